"""More points of a run that is done: measured from its checkpoints, the rest of it as it was."""

import itertools
import subprocess
import sys

import msgspec
import pytest

import presets
from backends import refine
from backends.runs import export, launch, listing, workers
from backends.runs.errors import AlreadyRunning, BadRequest, RunError
from backends.runs.events import Finished, Refining
from backends.runs.journal import Reader
from tests.backends.worker_runs import ended, finish, make, wait


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    run = make(tmp_path_factory.mktemp("refine") / "runs")
    assert finish(run).status == "done"
    return run


def spec(points=101, low=0.0, high=1.0):
    whole = presets.load("quick").interpolation
    return msgspec.structs.replace(whole, points=points, alpha_from=low, alpha_to=high)


@pytest.mark.parametrize(
    ("low", "high", "step", "count"),
    [(0.0, 1.0, 1 / 100, 101), (0.25, 0.5, 1 / 200, 51), (0.3, 0.4, 1 / 400, 41), (0.33, 0.34, 1 / 6400, 65)],
)
def test_a_stretch_gets_the_grid_halved_until_it_has_enough(low, high, step, count):
    found = refine.alphas_in(spec(), low, high)
    assert len(found) == count
    assert found[0] == pytest.approx(low)
    assert found[-1] == pytest.approx(high)
    assert [b - a for a, b in itertools.pairwise(found)] == pytest.approx([step] * (count - 1))


def test_alphas_of_the_grid_are_the_very_same_numbers():
    assert {i / 100 for i in range(30, 41)} <= set(refine.alphas_in(spec(), 0.3, 0.4))
    assert set(refine.alphas_in(spec(), 0.3, 0.4)) >= set(refine.alphas_in(spec(), 0.3, 0.5)) & {0.3, 0.31, 0.4}


def test_a_stretch_beyond_the_curve_is_cut_and_an_empty_one_has_nothing():
    assert refine.alphas_in(spec(), -1.0, 2.0) == [i / 100 for i in range(101)]
    assert refine.alphas_in(spec(), 0.5000001, 0.5000002) == []
    assert refine.alphas_in(spec(), 2.0, 3.0) == []


def test_more_points_are_measured_and_nothing_else_changes(done, tmp_path):
    before = listing.read_run(done)
    fine = finish(make(tmp_path / "runs", "interpolation.points=161"))
    launch.start(done, "cpu", module="backends.refine", more=("--stretch", "0.25", "0.5"))
    view = wait(done, lambda v: v.status == "done" and len(v.curves["linear", "train"]) > 21)
    assert view.status == "done"
    assert view.notes == before.notes
    assert view.plateaus == before.plateaus
    assert view.epochs == before.epochs
    for key, points in view.curves.items():
        known = {p.alpha: p for p in points}
        assert all(known[p.alpha] == p for p in before.curves[key])
        new = [p for p in points if p.alpha not in {q.alpha for q in before.curves[key]}]
        assert {p.alpha for p in new} == {i / 160 for i in range(40, 81) if i % 8}
        direct = {p.alpha: p for p in fine.curves[key]}
        for p in new:
            assert p.loss == pytest.approx(direct[p.alpha].loss, rel=1e-5)
            assert p.histogram == direct[p.alpha].histogram
    assert done.curves.read_text() == export.curves_csv([view])
    assert sum(isinstance(event, Finished) for event in Reader(done.events).read()) == 1
    assert not done.reserve.exists()


def test_what_was_refined_is_not_measured_again(done):
    refine_here = [sys.executable, "-m", "backends.refine", str(done.folder), "--backend", "cpu"]
    refine_here += ["--stretch", "0", "0.1"]
    subprocess.run(refine_here, check=True, timeout=120)
    size = done.events.stat().st_size
    subprocess.run(refine_here, check=True, timeout=120)
    assert done.events.stat().st_size == size


def test_a_missing_checkpoint_is_noted_and_the_run_stays_done(tmp_path):
    run = make(tmp_path / "runs")
    assert finish(run).status == "done"
    (run.checkpoints / "final.safetensors").write_bytes(b"")
    with pytest.raises(RunError, match="does not read back"):
        refine.refine(run, [0.123], "cpu", lambda: False)
    view = listing.read_run(run)
    assert view.status == "done"
    assert any("no more points: checkpoint final" in note for note in view.notes)


def test_a_run_that_is_not_done_is_refused(tmp_path):
    run = make(tmp_path / "runs")
    with pytest.raises(BadRequest, match="is queued; only a run that is done"):
        refine.require_refinable(run)
    assert not run.events.exists() or not list(Reader(run.events).read())


def test_a_run_that_is_worked_on_is_refused(done):
    lock = workers.lock_run(done)
    try:
        with pytest.raises(AlreadyRunning):
            refine.refine(done, [0.123], "cpu", lambda: False)
    finally:
        lock.resign()


def test_a_stop_before_its_turn_measures_nothing(done):
    size = done.events.stat().st_size
    assert not refine.refine(done, [0.123], "cpu", lambda: True)
    assert done.events.stat().st_size == size
    assert ended(listing.read_run(done))


def test_it_is_told_how_many_of_how_many_points_are_there(tmp_path):
    run = make(tmp_path / "runs")
    before = finish(run)
    alphas = [0.0, 0.01, 0.02, 0.05]
    there = {point.alpha for point in before.curves["linear", "train"]}
    assert refine.missing(before, alphas) == 4 * len(set(alphas) - there)
    assert refine.refine(run, alphas, "cpu", lambda: False)
    told = [event for event in Reader(run.events).read() if isinstance(event, Refining)]
    new = sum(map(len, listing.read_run(run).curves.values())) - sum(map(len, before.curves.values()))
    assert (told[0].done, told[-1].done) == (0, new)
    assert {event.points for event in told} == {new}
    assert [event.done for event in told] == sorted(event.done for event in told)
