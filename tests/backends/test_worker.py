"""The worker as a real process with real signals: nothing is lost, and a resumed run is the undisturbed one."""

import json
import os
import signal
import subprocess
import sys

import pytest

from backends.runs import export, listing, workers
from backends.runs.events import Resumed
from backends.runs.journal import Reader
from tests.backends.worker_runs import ended, finish, make, products, start, wait


@pytest.fixture(autouse=True)
def own_slots(tmp_path_factory, monkeypatch):
    """A queue of this test's own: no other run on the machine is waited for."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("runtime")))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    root = tmp_path_factory.mktemp("undisturbed")
    saved = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(root)
    try:
        run = make(root / "runs")
        assert finish(run).status == "done"
    finally:
        os.environ.pop("XDG_STATE_HOME")
        if saved:
            os.environ["XDG_STATE_HOME"] = saved
    return run


def attempts(paths):
    return [e for e in Reader(paths.events).read() if isinstance(e, Resumed)]


def test_a_run_leaves_what_the_contract_says(undisturbed):
    view = listing.read_run(undisturbed)
    assert view.epoch == 12
    assert json.loads(undisturbed.summary.read_text()) == export.summary(view)
    assert undisturbed.curves.read_text() == export.curves_csv([view])
    assert undisturbed.biases.read_text() == export.biases_csv([view])
    assert all(len(points) == 21 for points in view.curves.values())
    assert len(view.curves) == 4
    assert all(check.start and check.end for check in view.ends.values())
    assert [event.seq for event in Reader(undisturbed.events).read()] == list(range(view.version))
    assert not undisturbed.reserve.exists()
    assert oct(undisturbed.folder.stat().st_mode & 0o777) == "0o700"


def test_last_epoch_and_the_curve_at_alpha_1_are_the_same_numbers(undisturbed):
    view = listing.read_run(undisturbed)
    last = view.epochs[-1]
    for scheme in ("linear", "homogeneous"):
        end = view.curves[scheme, "train"][-1]
        assert (end.alpha, end.loss, end.error) == (1.0, last.loss, last.error)
        start_point = view.curves[scheme, "test"][0]
        assert (start_point.loss, start_point.error) == (view.epochs[0].test_loss, view.epochs[0].test_error)


def test_stopped_and_resumed_is_the_undisturbed_run(tmp_path, undisturbed):
    run = start(make(tmp_path))
    wait(run, lambda v: v.epoch >= 4)
    workers.send_stop(run)
    view = wait(run, ended)
    assert view.status == "stopped"
    assert view.epoch < 12
    assert finish(run).status == "done"
    assert len(attempts(run)) == 1
    assert attempts(run)[0].changed == ()
    assert products(run) == products(undisturbed)


@pytest.mark.parametrize("epoch", [1, 6, 11])
def test_killed_and_resumed_is_the_undisturbed_run(tmp_path, undisturbed, epoch):
    run = start(make(tmp_path))
    wait(run, lambda v: v.epoch >= epoch)
    os.kill(workers.worker_of(run).pid, signal.SIGKILL)
    view = wait(run, ended)
    assert view.status in ("interrupted", "done")
    assert finish(run).status == "done"
    assert products(run) == products(undisturbed)


def test_stopped_while_interpolating_evaluates_only_what_is_missing(tmp_path, undisturbed):
    run = start(make(tmp_path, "interpolation.points=201"))
    wait(run, lambda v: len(v.curves.get(("linear", "train"), ())) > 5)
    workers.send_stop(run)
    before = wait(run, ended)
    assert before.status == "stopped"
    known = {key: {p.alpha for p in points} for key, points in before.curves.items()}
    assert 5 < len(known["linear", "train"]) < 201
    view = finish(run)
    assert view.status == "done"
    (resumed,) = attempts(run)
    assert resumed.keeps_curves
    again = [e for e in Reader(run.events).read() if e.seq > resumed.seq and type(e).__name__ == "Points"]
    assert not any(p.alpha in known[e.scheme, e.split] for e in again for p in e.points)
    assert all(len(points) == 201 for points in view.curves.values())


def test_a_second_worker_for_the_same_run_is_refused(tmp_path):
    run = start(make(tmp_path, "train.max_epochs=200"))
    command = [sys.executable, "-m", "backends.worker", str(run.folder), "--backend", "cpu"]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 75
    assert "already running" in second.stderr
    assert second.stderr.count("\n") == 1
    workers.send_stop(run)
    assert wait(run, ended).status == "stopped"


def test_runs_queue_for_the_device_in_order_of_submission(tmp_path):
    first = start(make(tmp_path, "train.max_epochs=300"))
    second, third = start(make(tmp_path, "train.seed=1")), start(make(tmp_path, "train.seed=2"))
    wait(third, lambda v: v.status == "queued" and v.ahead == 1)
    workers.send_stop(third)
    assert wait(third, ended).message == "while queued"
    workers.send_stop(first)
    assert wait(second, ended).status == "done"
    assert wait(first, ended).status == "stopped"


def test_the_worker_outlives_a_hangup_of_its_starter(tmp_path):
    run = make(tmp_path, "train.max_epochs=200")
    code = (
        "import os, signal, sys; from pathlib import Path; from backends.runs import launch, paths;"
        "launch.start(paths.RunPaths(Path(sys.argv[1])), 'cpu'); os.killpg(0, signal.SIGHUP)"
    )
    starter = subprocess.run([sys.executable, "-c", code, str(run.folder)], start_new_session=True, check=False)
    assert starter.returncode == -signal.SIGHUP
    view = wait(run, lambda v: v.epoch >= 2)
    assert view.status == "running"
    os.kill(workers.worker_of(run).pid, signal.SIGHUP)
    assert wait(run, lambda v: v.epoch >= 5).status == "running"
    workers.send_stop(run)
    assert wait(run, ended).status == "stopped"


def test_divergence_fails_with_one_line_and_keeps_what_is_known(tmp_path):
    run = make(tmp_path, "model.activation=linear", "train.lr=1.0")
    view = finish(run)
    assert view.status == "failed"
    assert view.message.startswith("the loss is not finite at epoch ")
    assert "\n" not in view.message
    assert run.log.read_text() == ""
    failed_at = int(view.message.split("epoch ")[1].split()[0])
    assert view.epoch == failed_at - 1
    assert json.loads(run.summary.read_text())["status"] == "failed"
    assert run.biases.read_text().count("\n") == 1 + 10 * (failed_at)


def test_a_damaged_newest_checkpoint_is_said_and_the_one_before_is_used(tmp_path, undisturbed):
    run = start(make(tmp_path))
    wait(run, lambda v: v.epoch >= 5)
    workers.send_stop(run)
    wait(run, ended)
    newest = (run.checkpoints / "latest").read_text().strip()
    broken = run.checkpoints / f"{newest}.safetensors"
    content = bytearray(broken.read_bytes())
    content[-1] ^= 1
    broken.write_bytes(content)
    view = finish(run)
    assert view.status == "done"
    assert any(newest in note and "checksum" in note for note in view.notes)
    assert products(run) == products(undisturbed)


def test_without_any_usable_checkpoint_it_starts_over_and_says_so(tmp_path, undisturbed):
    run = start(make(tmp_path))
    wait(run, lambda v: v.epoch >= 3)
    workers.send_stop(run)
    wait(run, ended)
    for file in run.checkpoints.glob("resume-*.safetensors"):
        file.write_bytes(b"gone")
    view = finish(run)
    assert view.status == "done"
    assert any("starts over" in note for note in view.notes)
    assert products(run) == products(undisturbed)


def test_kept_checkpoints_are_those_the_specification_asks_for(tmp_path):
    run = make(tmp_path, "output.checkpoint_every=5", "output.checkpoint_epochs=[7]")
    assert finish(run).status == "done"
    kept = {file.stem for file in run.checkpoints.glob("*.json") if not file.stem.startswith("resume")}
    assert kept == {"initial", "epoch-0005", "epoch-0007", "epoch-0010", "final"}
    assert len(list(run.checkpoints.glob("resume-*.json"))) == 2


def test_zero_start_has_no_checkpoint_to_equal_at_alpha_0(tmp_path):
    run = make(tmp_path, 'interpolation.start="zero"', "train.max_epochs=2")
    view = finish(run)
    assert view.status == "done"
    assert {check.start for check in view.ends.values()} == {None}
    assert all(check.end for check in view.ends.values())
    for points in view.curves.values():
        assert points[0].loss == pytest.approx(2.302585092994046, abs=1e-7)
        assert abs(points[30 % len(points)].loss - points[30 % len(points)].predicted_loss) < 1e-5


def test_cuda_is_refused_in_one_line_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    from backends.runs import launch

    run = make(tmp_path)
    launch.start(run, "cuda")
    view = wait(run, ended)
    assert view.status == "failed"
    assert view.message == "backend = 'cuda': no CUDA device is visible here; expected auto or cpu"
    assert run.log.read_text() == ""
