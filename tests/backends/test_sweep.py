"""Sweeps with real drivers and workers: complete, killed, stopped, beside each other; and the same bits as alone."""

import os
import signal
import time

import pytest

import presets
from backends.runs import launch, listing, sweeps, workers
from backends.runs.journal import Reader
from backends.runs.workers import Liveness
from tests.backends.worker_runs import PATIENCE_SECONDS, finish, rows

TINY = (
    "model.depth=2", "model.width=8", "train.max_epochs=1", "interpolation.points=5", "interpolation.live_every=0",
    "output.autosave_seconds=0.0",
)  # fmt: skip
LONG = ("train.max_epochs=100000", "train.stop_loss=0.0")


@pytest.fixture(autouse=True)
def own_slots(tmp_path_factory, monkeypatch):
    """A queue of this test's own: no other run on the machine is waited for."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


def make(root, *settings, over=("train.seed=0,1", "model.init_scale=0.4,0.5"), threads=1):
    base = presets.override(presets.load("quick"), [*TINY, *settings])
    planned = sweeps.plan(base, [sweeps.axis(one) for one in over])
    paths = sweeps.keep(root, planned)
    if threads:  # as if it had been measured so: two runs beside each other, of one thread each
        sweeps.write(paths, sweeps.msgspec.structs.replace(planned, threads=threads, beside=2))
    return paths


def start(paths):
    launch.start(paths, "cpu", module="backends.sweep")
    return paths


def look(paths):
    return sweeps.fold(paths, sweeps.read(paths), listing.list_runs(paths.root))


def wait(paths, condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition(view := look(paths)):
        assert time.monotonic() < deadline, (view.status, view.counts, paths.log.read_text())
        time.sleep(0.05)
    return view


def ended(view):
    return not view.driven and not {"running", "queued"} & set(view.counts)


def curves(paths):
    """What each cell's run computed, without the names of the runs."""
    return {
        row.values: rows((paths.root / row.run.run_id / "curves.csv").read_text())
        for row in look(paths).rows
        if row.run
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        paths = start(make(tmp_path_factory.mktemp("undisturbed")))
        assert wait(paths, ended).counts == {"done": 4}
    return paths


def test_a_sweep_completes_and_a_second_call_does_nothing(undisturbed):
    before = {run.run_id: run.events.read_bytes() for run in listing.newest_first(undisturbed.root)}
    assert len(before) == 4
    view = wait(start(undisturbed), ended)
    assert (view.status, view.counts) == ("done", {"done": 4})
    assert {run.run_id: run.events.read_bytes() for run in listing.newest_first(undisturbed.root)} == before
    assert undisturbed.log.read_text() == ""


def test_a_run_beside_others_in_one_process_has_the_bits_of_a_run_alone(undisturbed, tmp_path):
    cell = sweeps.read(undisturbed).cells[3]
    alone = launch.create(tmp_path, cell.experiment)
    assert finish(alone).status == "done"
    assert rows(alone.curves.read_text()) == curves(undisturbed)[cell.values]


def test_what_is_measured_first_is_recorded_and_decides_the_threads(tmp_path):
    paths = start(make(tmp_path, over=("train.seed=0,1",), threads=0))
    view = wait(paths, ended)
    assert view.counts == {"done": 2}
    assert view.sweep.threads * view.sweep.beside <= max(1, len(os.sched_getaffinity(0)))
    for run in listing.newest_first(tmp_path):
        assert listing.read_experiment(run).train.threads == view.sweep.threads
        assert listing.read_run(run).threads == view.sweep.threads


def test_driver_and_worker_killed_then_a_second_call_gives_the_undisturbed_curves(tmp_path, undisturbed):
    paths = start(make(tmp_path))
    view = wait(paths, lambda v: any(row.run and row.run.epochs for row in v.rows))
    os.kill(workers.worker_of(paths).pid, signal.SIGKILL)
    for row in view.rows:
        run = row.run and launch.RunPaths(tmp_path / row.run.run_id)
        if run and workers.liveness(run) is Liveness.ALIVE:
            os.kill(workers.worker_of(run).pid, signal.SIGKILL)
            break
    wait(paths, lambda v: not v.driven)
    kept = {r.run.run_id: r.run.status for r in wait(paths, ended).rows if r.run}
    assert 0 < len(kept) < 4
    assert wait(start(paths), ended).counts == {"done": 4}
    assert curves(paths) == curves(undisturbed)
    assert set(kept) < {run.run_id for run in listing.newest_first(tmp_path)}
    assert len(list(listing.newest_first(tmp_path))) == 4


def test_stop_stops_the_runs_cleanly_and_the_next_call_goes_on(tmp_path):
    paths = start(make(tmp_path, *LONG, over=("train.seed=0..3",)))
    wait(paths, lambda v: sum(bool(row.run and row.run.epochs) for row in v.rows) == 2)
    workers.send_stop(paths)
    view = wait(paths, lambda v: not v.driven)
    assert (view.status, view.counts) == ("stopped", {"stopped": 2, "waiting": 2})
    wait(start(paths), lambda v: v.counts.get("running") == 2)
    assert len(listing.newest_first(tmp_path)) == 2
    workers.send_stop(paths)
    assert wait(paths, lambda v: not v.driven).counts == {"stopped": 2, "waiting": 2}


def test_one_stopped_run_makes_place_for_the_next(tmp_path):
    paths = start(make(tmp_path, *LONG, over=("train.seed=0..2",)))
    view = wait(paths, lambda v: sum(bool(row.run and row.run.epochs) for row in v.rows) == 2)
    workers.send_stop(launch.RunPaths(tmp_path / view.rows[0].run.run_id))
    view = wait(paths, lambda v: bool(v.rows[2].run and v.rows[2].run.epochs))
    assert [row.status for row in view.rows] == ["stopped", "running", "running"]
    workers.send_stop(paths)
    wait(paths, lambda v: not v.driven)


def test_a_diverged_run_is_not_repeated(tmp_path):
    paths = make(tmp_path, "model.activation=linear", "train.max_epochs=20", over=("train.lr=1000.0,0.01",))
    assert wait(start(paths), ended).counts == {"failed": 1, "done": 1}
    attempts = [len(Reader(run.events).read()) for run in listing.newest_first(tmp_path)]
    assert wait(start(paths), ended).status == "done"
    assert [len(Reader(run.events).read()) for run in listing.newest_first(tmp_path)] == attempts


def test_two_sweeps_at_once_both_complete(tmp_path):
    one, two = start(make(tmp_path, over=("train.seed=0,1",))), start(make(tmp_path, over=("train.seed=2..3",)))
    assert wait(one, ended).counts == wait(two, ended).counts == {"done": 2}
    assert len(listing.newest_first(tmp_path)) == 4


def test_a_second_driver_is_refused(tmp_path):
    paths = start(make(tmp_path, *LONG, over=("train.seed=0,1",)))
    with pytest.raises(launch.AlreadyRunning):
        launch.start(paths, "cpu", module="backends.sweep")
    workers.send_stop(paths)
    wait(paths, lambda v: not v.driven)
