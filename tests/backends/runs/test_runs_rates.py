"""What finished runs took, from their journals; and of which runs nothing may be concluded."""

import os

import pytest

from backends.runs import events, rates
from tests.mli_tui import make_run

HERE = "host"


def journal(root, run_id="quick-20260921-120000-0001", *, host=HERE, ending=None, before=(), within=()):
    """Write a run: made at t, trains 10 epochs from t + 7 to t + 27, its grid takes until t + 31, its ends t + 36."""
    paths = make_run.create(root, run_id)
    start = make_run.STARTED
    begun = events.Started(attempt=1, device="CPU \x1b[1m", threads=2, host=host, pid=1)
    rows = [make_run._epoch(epoch) for epoch in range(11)]
    make_run.append(paths, [*before, begun, events.PhaseBegan(phase="loading")], start=start + 5)
    make_run.append(paths, [events.PhaseBegan(phase="training"), *rows, *within], start=start + 7)
    make_run.append(paths, [events.PhaseBegan(phase="interpolating")], start=start + 27)
    make_run.append(paths, [events.Points(scheme="linear", split="train", points=())], start=start + 31)
    make_run.append(paths, [events.PhaseBegan(phase="writing")], start=start + 36)
    last = ending or events.Finished(status="done", memory=123, gpu_memory=None)
    make_run.append(paths, [last], start=start + 37)
    return paths


def test_a_finished_run_says_what_each_part_took(tmp_path):
    rate = rates.rate_of(journal(tmp_path), HERE)
    assert (rate.epochs, rate.setup_seconds, rate.epoch_seconds) == (10, 7.0, 2.0)
    assert (rate.grid_seconds, rate.ends_seconds) == (4.0, 5.0)
    assert (rate.threads, rate.memory, rate.gpu_memory) == (2, 123, None)
    assert rate.device == "CPU \\x1b[1m"


def test_of_a_run_that_waited_for_its_device_it_is_not_known_how_long_it_took_to_begin(tmp_path):
    paths = journal(tmp_path, before=[events.Queued(device="cpu", ahead=1)])
    assert rates.rate_of(paths, HERE).setup_seconds is None


def test_more_points_asked_for_later_are_no_part_of_what_a_run_took(tmp_path):
    paths = journal(tmp_path)
    before = rates.rate_of(paths, HERE)
    points = events.Points(scheme="linear", split="train", points=())
    later = [events.Refining(points=2), points, events.Refining(points=2, done=2), events.Note(text="x")]
    make_run.append(paths, later, start=make_run.STARTED + 3600)
    assert rates.rate_of(paths, HERE) == before


def test_a_copy_made_long_after_says_nothing_of_the_beginning(tmp_path):
    paths = journal(tmp_path)
    os.utime(paths.experiment)
    rate = rates.rate_of(paths, HERE)
    assert (rate.setup_seconds, rate.epoch_seconds) == (None, 2.0)


@pytest.mark.parametrize(
    "change",
    [
        {"host": "elsewhere"},
        {"ending": events.Finished(status="stopped")},
        {"ending": events.Finished(status="failed")},
        {"within": [events.Paused(reason="disk full")]},
        {"within": [events.Resumed(attempt=2, epoch=3, batch=0, keeps_curves=False)]},
        {"within": [events.Started(attempt=2, device="CPU", threads=2, host=HERE, pid=2)]},
    ],
    ids=["another host", "stopped", "failed", "paused", "resumed", "second attempt"],
)
def test_nothing_is_concluded_from(tmp_path, change):
    assert rates.rate_of(journal(tmp_path, **change), HERE) is None


def test_a_clock_that_was_put_back_gives_no_rate(tmp_path):
    paths = make_run.create(tmp_path)
    begun = events.Started(attempt=1, device="CPU", threads=2, host=HERE, pid=1)
    make_run.append(paths, [begun, events.PhaseBegan(phase="training"), make_run._epoch(1)], start=make_run.STARTED + 9)
    make_run.append(paths, [events.PhaseBegan(phase="interpolating"), *make_run.ending()], start=make_run.STARTED)
    assert rates.rate_of(paths, HERE) is None


def test_damaged_and_missing_runs_are_passed_over(tmp_path):
    good = journal(tmp_path)
    damaged = make_run.create(tmp_path, "quick-20260921-120000-0002")
    damaged.experiment.write_text("= nonsense")
    make_run.create(tmp_path, "quick-20260921-120000-0003")
    assert [rate.run_id for rate in rates.measured(tmp_path, HERE)] == [good.run_id]
    assert rates.measured(tmp_path / "nothing") == ()


def test_the_newest_comes_first(tmp_path):
    old, new = journal(tmp_path), journal(tmp_path, "quick-20260921-120000-0002")
    os.utime(old.experiment, (make_run.STARTED - 60, make_run.STARTED - 60))
    assert [rate.run_id for rate in rates.measured(tmp_path, HERE)] == [new.run_id, old.run_id]
