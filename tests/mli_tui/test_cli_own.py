"""interpolate: what is refused before a run is made, and what is started."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from backends.runs import labels, launch, listing
from backends.runs.labels import Labels
from backends.runs.paths import RunPaths, runs_in
from mli_tui.cli import output, starting
from mli_tui.cli.own import experiment_between
from presets import Experiment, override
from tests.mli_tui import make_run
from tests.mli_tui.command import mli


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with code and two checkpoints that nobody looks into here; runs go to `runs` in it."""
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(output, "interactive", lambda: False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text("raise SystemExit('the viewer ran it')")
    (tmp_path / "a.pt").write_bytes(b"a")
    (tmp_path / "b.safetensors").write_bytes(b"b")
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, bool]]:
    """What was started, where, and whether own code was allowed."""
    calls: list[tuple[str, str, bool]] = []

    def start(paths: RunPaths, backend: str = "auto", *, own_code: bool = False) -> str:
        calls.append((paths.run_id, backend, own_code))
        make_run.finish(paths)
        return ""

    monkeypatch.setattr(starting.launch, "start", start)
    return calls


def arguments(**changed: str) -> list[str]:
    given = {"model": "nets.py:net", "start": "a.pt", "end": "b.safetensors", "data": "mnist5k"} | changed
    return ["interpolate", *(word for key, value in given.items() for word in (f"--{key}", value))]


def test_it_makes_a_run_of_real_paths_and_checksums(
    files: Path, started: list[tuple[str, str, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "link.pt").symlink_to("a.pt")
    more = [
        "--scheme",
        "linear",
        "--points",
        "21",
        "--set",
        "data.seed=3",
        "--set",
        "train.threads=1",
        "--backend",
        "cpu",
        "--detach",
    ]
    answer = mli(capsys, *arguments(start="link.pt", name="mine"), *more)
    paths = RunPaths(files / "runs" / answer.out.strip())
    assert (answer.code, answer.err, started) == (0, "", [(paths.run_id, "cpu", True)])
    spec = listing.read_experiment(paths)
    assert (spec.preset, spec.title) == ("mine", "nets.py:net, link.pt to b.safetensors")
    assert (spec.interpolation.start, spec.interpolation.end) == (f"file:{files}/a.pt", f"file:{files}/b.safetensors")
    assert (spec.interpolation.schemes, spec.interpolation.points, spec.data.seed) == (("linear",), 21, 3)
    assert spec.own.model == f"{files}/nets.py:net"
    assert spec.own.start_sha256 == hashlib.sha256(b"a").hexdigest()
    assert spec.train.threads == 1
    assert not spec.recorded


@pytest.mark.usefixtures("started")
def test_zero_is_a_start(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = mli(capsys, *arguments(start="zero"), "--detach")
    spec = listing.read_experiment(RunPaths(files / "runs" / answer.out.strip()))
    assert (spec.interpolation.start, spec.own.start_sha256) == ("zero", "")


def test_a_name_that_a_run_was_given_is_refused(
    files: Path, started: list[tuple[str, str, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    given = make_run.create(files / "runs", "quick-1")
    labels.change(given, lambda _: Labels(name="mine"))
    answer = mli(capsys, *arguments(name="mine"), "--detach")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "mli-tui: --name = 'mine': quick-1 has this name already\n"
    assert started == []
    assert [run.run_id for run in runs_in(files / "runs")] == ["quick-1"]


REFUSED = {
    "no factory": ({"model": "nets.py"}, "--model = 'nets.py': expected FILE.py:FACTORY, such as nets.py:make_net"),
    "odd factory": ({"model": "nets.py:a b"}, "--model = 'nets.py:a b': expected FILE.py:FACTORY"),
    "no python": ({"model": "a.pt:net"}, "--model = 'a.pt:net': expected FILE.py:FACTORY"),
    "no such code": ({"model": "no.py:net"}, "--model = 'no.py': No such file or directory"),
    "no such start": ({"start": "no.pt"}, "--start = 'no.pt': No such file or directory"),
    "no such end": ({"end": "no.pt"}, "--end = 'no.pt': No such file or directory"),
    "zero end": ({"end": "zero"}, "--end = 'zero': No such file or directory"),
    "no checkpoint": ({"end": "nets.py"}, "--end = 'nets.py': expected a file that ends in .safetensors, .pt, "),
    "data": ({"data": "mnist6k"}, "data.name = 'mnist6k': expected one of mnist5k, "),
    "own data": ({"data": "own"}, "data.name = 'own': expected a data set by name"),
    "scheme": ({"scheme": "cubic"}, "interpolation.schemes = ['cubic']: expected a list of: one of "),
    "points": ({"points": "2"}, "interpolation.points = 2: expected a whole number from 5 to 10001"),
    "name": ({"name": "a b"}, "preset = 'a b': expected letters, digits, "),
    "set": (
        {"set": "interpolation.start=init"},
        "interpolation.start = 'init': expected file:PATH or zero for a network of your own",
    ),
    "seed": ({"set": "train.seed=1"}, "train.seed = 1: expected its default: it decides nothing for a network of your"),
    "depth": ({"set": "model.depth=3"}, "model.depth = 3: expected its default"),
}


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_one_line_and_leaves_nothing(case: str, files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed, line = REFUSED[case]
    answer = mli(capsys, *arguments(**changed))
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith(f"mli-tui: {line}")
    assert not (files / "runs").exists()


def test_a_folder_is_no_checkpoint(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "c.pt").mkdir()
    answer = mli(capsys, *arguments(end="c.pt"))
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert answer.err.startswith("mli-tui: --end = 'c.pt': ")


def test_its_specification_is_not_run_from_a_file(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = launch.create(files / "runs", own_spec(files))
    for command in (["run", str(paths.experiment)], ["resume", paths.run_id]):
        answer = mli(capsys, *command)
        assert (answer.code, answer.out) == (2, "")
        assert "runs code of your own, which only `mli-tui interpolate --model FILE.py:FACTORY` starts" in answer.err
    assert len(list((files / "runs").iterdir())) == 1


def own_spec(files: Path) -> Experiment:
    spec = experiment_between(f"{files}/nets.py:net", "zero", f"{files}/b.safetensors", "mnist5k", "own")
    return override(spec, [])
