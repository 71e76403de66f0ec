"""What a run in the list is: ended and not interrupted, and as old as it says itself."""

import shutil
import time

import pytest

from backends.runs import events, listing
from backends.runs.workers import Liveness
from tests.backends.runs import samples
from tests.mli_tui import make_run


def test_a_run_that_ends_while_it_is_looked_at_is_never_called_interrupted(tmp_path, monkeypatch):
    paths = samples.tell(samples.run(tmp_path), samples.started())

    def look(_paths):
        """The worker writes its end and is gone, just after its journal was read."""
        monkeypatch.setattr(listing.workers, "liveness", lambda _: Liveness.DEAD)
        samples.tell(paths, events.Finished(status="done"))
        return Liveness.DEAD

    monkeypatch.setattr(listing.workers, "liveness", look)
    assert listing.RunFollower(paths).poll().status == "done"


def test_a_run_whose_worker_is_gone_without_a_word_is_interrupted(tmp_path):
    paths = samples.tell(samples.run(tmp_path), samples.started())
    assert listing.RunFollower(paths).poll().status == "interrupted"


def test_a_copied_run_is_as_old_as_it_was_by_its_own_journal(tmp_path):
    first = make_run.older(make_run.finished(tmp_path / "there", "quick-20260921-120000-0001"), 50.0)
    second = make_run.finished(tmp_path / "there", "quick-20260921-120001-0002")
    for paths in (second, first):  # so that the older one has the newer files
        shutil.copytree(paths.folder, tmp_path / "here" / paths.run_id, copy_function=shutil.copyfile)
    rows = listing.list_runs(tmp_path / "here")
    assert [(row.run_id, row.created) for row in rows] == [
        (second.run_id, make_run.STARTED),
        (first.run_id, make_run.STARTED - 50.0),
    ]


@pytest.mark.parametrize("said", ["1e400", "-5.0", "0"])
def test_a_journal_that_tells_no_time_leaves_it_to_the_id(tmp_path, said):
    paths = make_run.finished(tmp_path)
    head, rest = paths.events.read_text().split('"time":', 1)
    paths.events.write_text(f'{head}"time":{said}{rest[rest.index(",") :]}'.split("\n")[0] + "\n")
    (row,) = listing.list_runs(tmp_path)
    assert row.created == time.mktime((2026, 9, 21, 12, 0, 0, 0, 0, -1))


GOES_ON = [
    events.CheckpointSaved(name="final", epoch=12),
    events.EndsChecked(scheme="linear", split="train", start=True, end=True),
    events.PhaseBegan(phase="interpolating"),
]


@pytest.mark.parametrize("event", GOES_ON, ids=lambda event: type(event).__name__)
def test_a_run_that_goes_on_after_a_pause_is_at_work_in_the_list_too(tmp_path, event):
    paths = make_run.live(tmp_path)
    make_run.append(paths, [events.Paused(reason="disk: full")])
    assert [row.status for row in listing.list_runs(tmp_path)] == ["paused"]
    make_run.append(paths, [event])
    (row,) = listing.list_runs(tmp_path)
    assert (row.status, row.message) == (listing.read_run(paths).status, "") == ("running", "")
