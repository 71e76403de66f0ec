"""run, attach, resume: a worker's events, written in its place, told as lines until the run ends."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backends.runs import events, listing, workers
from backends.runs.errors import AlreadyRunning, RunError
from backends.runs.paths import RunPaths
from backends.runs.workers import Liveness
from mli_tui.cli import devices, following, output, starting
from tests.mli_tui import make_run
from tests.mli_tui.command import mli

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The runs folder; nobody sits at a terminal."""
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(output, "interactive", lambda: False)
    return tmp_path / "runs"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was started, with which backend; each start finishes its run at once."""
    calls: list[tuple[str, str]] = []

    def start(paths: RunPaths, backend: str = "auto", *, own_code: bool = False) -> str:
        assert not own_code
        calls.append((paths.run_id, backend))
        make_run.finish(paths)
        return ""

    monkeypatch.setattr(starting.launch, "start", start)
    return calls


def only_run(root: Path) -> RunPaths:
    (folder,) = root.iterdir()
    return RunPaths(folder)


def test_run_names_the_run_first_and_the_tables_last(
    root: Path, started: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = mli(capsys, "run", "quick", "--set", "train.seed=5", "--backend", "cpu")
    paths = only_run(root)
    lines = answer.out.splitlines()
    assert (answer.code, answer.err, started) == (0, "", [(paths.run_id, "cpu")])
    assert lines[0] == f"run {paths.run_id}"
    assert lines[1].startswith("done (37 of at most 150 epochs, loss ")
    assert lines[-3:] == [f"curves   {paths.curves}", f"biases   {paths.biases}", f"summary  {paths.summary}"]
    assert lines[-4].startswith("error stays above 0.81 until alpha = 0.68 (as predicted): from 0.01 to ")
    assert listing.read_experiment(paths).train.seed == 5


@pytest.mark.usefixtures("started")
def test_run_as_json_is_one_object_a_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, last = map(json.loads, mli(capsys, "run", "quick", "--json").out.splitlines())
    paths = only_run(root)
    assert first == {"event": "run", "run_id": paths.run_id, "folder": str(paths.folder)}
    assert last["summary"] == json.loads(paths.summary.read_text())
    assert last["tables"] == {"curves": str(paths.curves), "biases": str(paths.biases), "summary": str(paths.summary)}


@pytest.mark.usefixtures("started")
def test_run_detached_prints_the_id_alone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = mli(capsys, "run", "quick", "--detach")
    assert answer == (0, only_run(root).run_id + "\n", "")


@pytest.mark.usefixtures("started")
def test_run_detached_as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(mli(capsys, "run", "quick", "--detach", "--json").out)["run_id"] == only_run(root).run_id


@pytest.mark.usefixtures("started")
def test_at_a_terminal_run_opens_the_app_on_the_run(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(output, "interactive", lambda: True)
    app = SimpleNamespace(run_app=lambda root, run_id, **options: opened.append((root, run_id, options)) or 4)
    monkeypatch.setitem(sys.modules, "mli_tui.app", app)
    assert mli(capsys, "--no-mouse", "--ascii", "run", "quick").code == 4
    assert opened == [(root, only_run(root).run_id, {"mouse": False, "ascii_only": True})]
    assert mli(capsys, "run", "quick", "--json").out.startswith('{"event": "run"')
    assert mli(capsys, "run", "quick", "--plain").out.startswith("run quick-")
    assert mli(capsys, "--plain", "attach", "last").out.startswith("run quick-")
    assert len(opened) == 1


def test_a_warning_of_the_start_is_told_apart_from_the_output(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(starting.launch, "start", lambda *_, **__: "logging out will stop this run here")
    assert mli(capsys, "run", "quick", "--detach").err == "logging out will stop this run here\n"


def test_cuda_without_a_gpu_is_refused_before_a_run_is_made(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(devices, "gpus", lambda: ([], "no driver"))
    line = "mli-tui: --backend = 'cuda': no CUDA device can be used here (no driver); expected auto or cpu\n"
    assert mli(capsys, "run", "quick", "--backend", "cuda") == (2, "", line)
    assert not root.exists()


@pytest.mark.parametrize(
    ("write", "code", "said"),
    [
        (make_run.finished, 0, "done (37 of"),
        (make_run.stopped, 1, "stopped (12 of"),
        (make_run.failed, 1, "failed: the loss is not finite (nan) at epoch 8: "),
        (make_run.interrupted, 1, "interrupted: its worker is gone"),
    ],
)
def test_attach_ends_as_the_run_has_ended(
    write: Any, code: int, said: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = write(root)
    answer = mli(capsys, "attach", "last")
    assert answer.code == code
    assert answer.out.splitlines()[1].startswith(said)
    assert (f"to go on: mli-tui resume {paths.run_id}" in answer.out) is (code == 1)


def test_a_hint_names_the_folder_that_was_named(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_run.stopped(tmp_path / "else where")
    answer = mli(capsys, "attach", "last", "--runs-dir", tmp_path / "else where")
    assert f"mli-tui show {paths.run_id} --runs-dir '{tmp_path}/else where'" in answer.out


def steps(paths: RunPaths) -> Iterator[list[events.Event]]:
    """What a worker does between two looks at its journal; then it is gone."""
    spec = listing.read_experiment(paths)
    yield [events.Queued(device="cpu", ahead=1)]
    yield make_run.beginning()
    yield from ([event] for event in make_run.training(6, live_every=100))
    final = make_run.interpolation(spec)
    yield final[:4]
    yield [*final[4:], *make_run.ending()]
    paths.lock.unlink()
    yield []


def working(paths: RunPaths) -> Callable[[float], None]:
    """Return a stand-in for sleep: each time the worker has done its next step."""
    todo = steps(paths)
    return lambda _: make_run.append(paths, next(todo))


def test_progress_is_told_as_it_happens_but_not_more_often_than_once_a_second(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = make_run.create(root)
    make_run.sign(paths)
    clock = itertools.count(0, 0.4)
    code = following.follow(paths, following.PlainReporter(paths), lambda: next(clock), working(paths))
    told = capsys.readouterr().out.splitlines()
    epochs = [int(match.group(1)) for line in told if (match := re.match(r"epoch +(\d+)/150  loss ", line))]
    assert code == 0
    assert told[1:4] == ["queued", "queued (1 ahead)", "running (training)"]
    assert epochs == sorted(set(epochs)) and 2 <= len(epochs) < 6
    assert told[4 + len(epochs)].startswith("interpolating  ")
    assert told[5 + len(epochs)] == "running (writing)"
    assert told[6 + len(epochs)].startswith("done (6 of at most 150 epochs")


def test_a_line_of_training_holds_what_is_asked_for(root: Path) -> None:
    view = listing.read_run(make_run.live(root, epochs=12))
    line = following.progress_line(view)
    assert re.fullmatch(
        r"epoch  12/150  loss +\d\.\d+  error \d\.\d{4}  bias gap +\d\.\d+  at most \d+:\d\d left", line
    )


def test_a_line_of_interpolation_counts_the_points(root: Path) -> None:
    view = listing.read_run(make_run.interpolating(root, points=25))
    assert following.progress_line(view) == "interpolating  100 of 404 points"
    assert following.progress_values(view)["points"] == 100


@pytest.mark.parametrize("write", [make_run.queued, make_run.live, make_run.interpolating])
def test_progress_as_json(write: Any, root: Path) -> None:
    view = listing.read_run(write(root))
    values = json.loads(json.dumps(following.progress_values(view), allow_nan=False))
    assert (values["status"], values["phase"]) == (view.status, view.phase)
    assert values["epoch"] == (view.epoch if view.epochs else None)


def test_resume_starts_a_worker_and_follows_it(
    root: Path, started: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    paths = make_run.stopped(root)
    answer = mli(capsys, "resume", "last")
    assert (answer.code, started) == (0, [(paths.run_id, "auto")])
    assert answer.out.splitlines()[1].startswith("done (37 of")


def test_a_run_that_is_done_is_not_resumed(
    root: Path, started: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    paths = make_run.finished(root)
    line = f"mli-tui: run {paths.run_id}: is done; there is nothing to resume\n"
    assert mli(capsys, "resume", "last") == (2, "", line)
    assert started == []


@pytest.mark.parametrize(("error", "code"), [(AlreadyRunning("already running"), 2), (RunError("ended at once"), 1)])
def test_a_start_that_fails_is_one_line(
    error: RunError, code: int, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def start(*_: object, **__: object) -> str:
        raise error

    make_run.stopped(root)
    monkeypatch.setattr(starting.launch, "start", start)
    assert mli(capsys, "resume", "last") == (code, "", f"mli-tui: {error}\n")


def test_ctrl_c_while_a_run_starts_says_where_to_look(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def start(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    paths = make_run.stopped(root)
    monkeypatch.setattr(starting.launch, "start", start)
    line = f"interrupted while the run was starting; mli-tui show {paths.run_id} says what became of it\n"
    assert mli(capsys, "resume", "last") == (130, "", line)


def follower(root: Path, paths: RunPaths) -> subprocess.Popen[str]:
    """Start a real follower of a live run and wait until it has said something about it."""
    child = subprocess.Popen(
        [sys.executable, "-m", "mli_tui", "attach", paths.run_id],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "MLI_TUI_RUNS": str(root)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == f"run {paths.run_id}\n"
    assert child.stdout.readline().startswith("epoch  12/150  loss ")
    return child


def test_ctrl_c_leaves_the_run_going_and_says_so(root: Path) -> None:
    paths = make_run.live(root)
    child = follower(root, paths)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert err == (
        f"run {paths.run_id} goes on by itself. "
        f"To watch it: mli-tui attach {paths.run_id}; to stop it: mli-tui stop {paths.run_id}\n"
    )
    assert workers.liveness(paths) is Liveness.ALIVE


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_signals_end_the_follower_by_their_default_action_and_not_the_run(number: int, root: Path) -> None:
    paths = make_run.live(root)
    child = follower(root, paths)
    child.send_signal(number)
    child.communicate(timeout=30)
    assert child.returncode == -number
    assert listing.read_run(paths).status == "running"
