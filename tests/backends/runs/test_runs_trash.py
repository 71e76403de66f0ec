"""Deleting with a way back: what is moved, what is refused, and when it is gone for good."""

import pytest

from backends.runs import listing, removal, sweeps, workers
from backends.runs.errors import AlreadyRunning, BadRequest
from backends.runs.paths import RunPaths
from backends.runs.workers import Liveness
from mli_tui.trash import Trash
from tests.mli_tui import make_run, make_sweep


def ids(root):
    return [row.run_id for row in listing.list_runs(root)]


def test_a_deleted_run_comes_back_as_it_was(tmp_path):
    run = make_run.finished(tmp_path)
    before = {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()}
    trash = Trash(tmp_path)
    assert trash.delete([run]) == f"{run.run_id}: deleted; u undoes (until the app quits)"
    assert ids(tmp_path) == []
    assert trash.undo() == f"{run.run_id}: is back"
    assert ids(tmp_path) == [run.run_id]
    after = {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()}
    assert after.items() >= before.items()
    assert workers.liveness(run) is Liveness.DEAD
    with pytest.raises(BadRequest, match="nothing was deleted"):
        trash.undo()


def test_the_last_one_comes_back_first(tmp_path):
    runs = [make_run.finished(tmp_path, f"quick-{number}") for number in range(3)]
    trash = Trash(tmp_path)
    trash.delete(runs[:2])
    assert trash.delete(runs[2:]).startswith("quick-2: deleted")
    trash.undo()
    assert ids(tmp_path) == ["quick-2"]
    assert trash.undo() == "quick-0 and 1 more: is back"
    assert sorted(ids(tmp_path)) == ["quick-0", "quick-1", "quick-2"]


def test_a_live_run_stays_and_so_do_the_others_that_were_asked_for(tmp_path):
    done, live = make_run.finished(tmp_path), make_run.live(tmp_path)
    with pytest.raises(AlreadyRunning, match="is running; stop it first"):
        Trash(tmp_path).delete([done, live])
    assert sorted(ids(tmp_path)) == sorted([done.run_id, live.run_id])


def test_runs_of_others_stay(tmp_path, monkeypatch):
    run = make_run.finished(tmp_path)
    monkeypatch.setattr("backends.runs.paths.os.geteuid", lambda: run.folder.stat().st_uid + 1)
    with pytest.raises(BadRequest, match="belongs to another user, so it is only shown"):
        Trash(tmp_path).delete([run])
    assert run.folder.exists()


def test_a_sweep_goes_with_its_runs_and_comes_back_with_them(tmp_path):
    paths = make_sweep.made(tmp_path, over=("train.seed=0..2",))
    found = listing.list_runs(tmp_path)
    trash = Trash(tmp_path)
    trash.delete([paths, *(RunPaths(tmp_path / row.run_id) for row in found)])
    assert ids(tmp_path) == []
    assert sweeps.sweeps_in(tmp_path) == []
    trash.undo()
    assert len(ids(tmp_path)) == 3
    assert [one.run_id for one in sweeps.sweeps_in(tmp_path)] == [paths.run_id]


def test_a_place_that_is_taken_meanwhile_is_not_overwritten(tmp_path):
    run = make_run.finished(tmp_path)
    trash = Trash(tmp_path)
    trash.delete([run])
    make_run.live(tmp_path, run.run_id)
    with pytest.raises(BadRequest, match="can't come back, there is another of that id now; it is in "):
        trash.undo()
    assert listing.list_runs(tmp_path)[0].status == "queued" or ids(tmp_path) == [run.run_id]


def test_emptied_it_is_gone_for_good_and_others_sessions_keep_theirs(tmp_path):
    mine, theirs = make_run.finished(tmp_path, "quick-mine"), make_run.finished(tmp_path, "quick-theirs")
    trash, other = Trash(tmp_path), Trash(tmp_path)
    trash.delete([mine])
    other.delete([theirs])
    trash.empty()
    assert other.undo() == "quick-theirs: is back"
    with pytest.raises(BadRequest, match="nothing was deleted"):
        trash.undo()
    trash.empty()
    assert not (tmp_path / removal.TRASH).exists()
    assert ids(tmp_path) == ["quick-theirs"]


def test_what_a_killed_session_left_goes_after_a_day(tmp_path, monkeypatch):
    run = make_run.finished(tmp_path)
    Trash(tmp_path).delete([run])
    kept = next((tmp_path / removal.TRASH).iterdir())
    (tmp_path / removal.TRASH / "notes.txt").write_text("not ours")
    Trash(tmp_path).empty()
    assert kept.exists()
    now = removal.time.time()
    monkeypatch.setattr(removal.time, "time", lambda: now + removal.DAY + 2)
    Trash(tmp_path).empty()
    assert not kept.exists()
    assert (tmp_path / removal.TRASH / "notes.txt").exists()


def test_an_empty_folder_has_nothing_to_empty(tmp_path):
    Trash(tmp_path / "nowhere").empty()
    assert list(tmp_path.iterdir()) == []
