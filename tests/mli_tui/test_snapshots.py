"""What the screens look like, a picture a size. After a change that is meant: pytest --snapshot-update, and look."""

import pytest

from mli_tui.app import MliApp
from mli_tui.screens import start
from tests.mli_tui import make_run

SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture(autouse=True)
def fixed(monkeypatch):
    """Ages that stand still, and colours that do not depend on where the tests run."""
    monkeypatch.setattr(start.time, "time", lambda: make_run.STARTED + 3 * 3600.0)
    monkeypatch.delenv("NO_COLOR", raising=False)


async def settled(pilot):
    """Wait for the watcher's first snapshot and for the plots that are built of it."""
    for _ in range(4):
        await pilot.pause(0.3)
        await pilot.app.workers.wait_for_complete()


def runs(root):
    done, live = make_run.finished(root), make_run.live(root)
    make_run.failed(root)
    make_run.stopped(root)
    return done, live


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_start(tmp_path, snap_compare, size):
    runs(tmp_path)
    assert snap_compare(MliApp(tmp_path), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_finished_run(tmp_path, snap_compare, size):
    done, _ = runs(tmp_path)
    assert snap_compare(MliApp(tmp_path, done.run_id), terminal_size=size, run_before=settled)


def test_live_run(tmp_path, snap_compare):
    _, live = runs(tmp_path)
    assert snap_compare(MliApp(tmp_path, live.run_id), terminal_size=SIZES[1], run_before=settled)


def test_light_theme(tmp_path, snap_compare):
    done, _ = runs(tmp_path)
    app = MliApp(tmp_path, done.run_id)

    async def light(pilot):
        pilot.app.theme = "textual-light"
        await settled(pilot)

    assert snap_compare(app, terminal_size=SIZES[1], run_before=light)


def test_help(tmp_path, snap_compare):
    assert snap_compare(MliApp(tmp_path), terminal_size=SIZES[0], press=["question_mark"])
