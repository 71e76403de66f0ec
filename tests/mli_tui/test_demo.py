"""The recorded run: it is real and whole, it plays, nothing is started in it, and nothing is left of it."""

import os
import re
import signal
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import msgspec
import pytest

from backends.runs import labels, launch, workers
from backends.runs.errors import BadRequest, RunError
from backends.runs.listing import read_run
from mli_tui import actions, demo, device, worker_lines
from mli_tui.app import MliApp
from mli_tui.screens.form import FormScreen
from mli_tui.widgets.cost import Cost
from mli_tui.widgets.keys_footer import KeysFooter
from presets import load
from tests.mli_tui import make_run
from tests.mli_tui.command import mli
from tests.mli_tui.test_app import text_of, until


def test_the_recording_is_small_and_names_no_machine():
    folder = resources.files("mli_tui").joinpath("recorded")
    assert sum(len(file.read_bytes()) for file in folder.iterdir()) < 1_000_000
    assert b'"host":"recorded"' in demo.Lines().lines[0]


def test_played_to_its_end_it_is_a_run_that_is_done(capsys):
    answer = mli(capsys, "demo", "--plain", "--speed", "1000")
    assert answer.code == 0
    assert answer.out.startswith("run fc10-mnist5k-recorded\n")
    assert "error plateau" in answer.out or "plateau ends" in answer.out
    assert "equal" in answer.out  # its curves' ends equal the checkpoints' own numbers


def test_while_it_plays_it_is_live_but_nobody_can_stop_it_or_start_another():
    with demo.playing(speed=0.1) as paths:
        root = paths.folder.parent
        assert read_run(paths).status not in ("interrupted", "done")
        with pytest.raises(RunError, match="has no worker to stop"):
            workers.send_stop(paths)
        with pytest.raises(BadRequest, match="this is a recording, which starts nothing"):
            actions.launch_new(root, load("quick"))
    assert not root.exists()


def test_nothing_is_left_where_it_is_killed():
    code = "from mli_tui import demo\nwith demo.playing(0.1) as p: print(p.folder.parent, flush=True); input()"
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as child:
        folder = Path(child.stdout.readline().strip())
        assert (folder / demo.RUN_ID).is_dir()
        child.send_signal(signal.SIGKILL)
    for _ in range(300):
        if not folder.exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"{folder} is still there")


@pytest.fixture
def told(monkeypatch):
    """What the app notifies."""
    said = []
    monkeypatch.setattr(MliApp, "notify", lambda self, message, **options: said.append(message))
    return said


@pytest.mark.parametrize("speed", [0.1, 1000.0])
async def test_what_cannot_be_done_to_a_recording_says_so_and_changes_nothing(told, speed, monkeypatch):
    monkeypatch.setattr(launch, "start", lambda *a, **k: pytest.fail("started"))
    monkeypatch.setattr(workers, "send_stop", lambda *a: pytest.fail("stopped"))
    with demo.playing(speed) as paths:
        app = MliApp(paths.folder.parent, paths.run_id)
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: text_of(app, "heading").startswith("recording "))
            await until(pilot, lambda: speed < 1 or app.screen.view.status == "done")
            await pilot.press("s", "r", "n", "p")
            recorded = "this is a recording: it has no "
            assert told == [
                f"{recorded}worker to stop",
                f"{recorded}checkpoint to go on from",
                demo.STARTS_NOTHING,
                f"{recorded}checkpoints to measure more points from",
            ]
            footer = {key.description for key in app.screen.query_one(KeysFooter).keys}
            assert not footer & {"Stop", "Resume", "Launch", "More points"}
            await pilot.press("N")
            await until(pilot, lambda: isinstance(app.screen, FormScreen) and app.screen.query_one(Cost).ready)
            assert text_of(app, "cost").endswith("$ mli-tui run fc10-mnist5k")
            await pilot.press("x")
            await until(pilot, lambda: told[4:] == [demo.STARTS_NOTHING])
        assert [path.name for path in paths.folder.parent.iterdir() if path.name[0] != "."] == [paths.run_id]


async def test_what_is_written_on_a_recording_is_said_to_go_with_it(told):
    with demo.playing(1000.0) as paths:
        app = MliApp(paths.folder.parent)
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: [row.status for row in app.screen.rows] == ["done"])
            await pilot.press("tab", "N", *" again", "enter")
            await until(pilot, lambda: labels.read(paths).note.endswith("again"))
            await until(pilot, lambda: told)
            assert told == ["this is a recording: what is written on it goes when it is closed"]
            await pilot.press("d")
            await until(pilot, lambda: not app.screen.rows)
            await pilot.press("u")
            await until(pilot, lambda: app.screen.rows)


@pytest.mark.parametrize(("speed", "status"), [(2.0, "▶ training"), (1000.0, "✓ done")])
async def test_the_device_panel_of_a_recording_tells_of_no_worker(speed, status):
    with demo.playing(speed) as paths:
        app = MliApp(paths.folder.parent, paths.run_id)
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: app.screen.view and app.screen.view.epoch > 2)
            await until(pilot, lambda: speed < 10 or app.screen.view.status == "done")
            device, threads = app.screen.view.device, app.screen.view.threads
            await pilot.press("D")
            await until(pilot, lambda: status in text_of(app, "worker"))
            assert text_of(app, "worker").startswith("Recording  of fc10-mnist5k, which is played")
            assert f"{device}, {threads} threads, where it was recorded" in text_of(app, "worker")
            assert text_of(app, "queue") == "Queue  no run is at work, none waits"
            shown = "".join(text_of(app, name) for name in ("heading", "worker", "queue"))
            assert "this machine, recording fc10-mnist5k-recorded" in shown
            assert not re.search(r"process|cores at work|has its device|worker of", shown)


def test_how_fast_a_recording_trained_is_told_as_of_then_however_long_ago_that_was(tmp_path):
    run = make_run.live(tmp_path)
    make_run.append(run, make_run.used(count=1))
    view = msgspec.structs.replace(read_run(run), run_id=demo.RUN_ID, attempt=1, status="running", phase="training")
    reading = device.Reading(1, 1, None, None, None, "", view, time=view.use[-1].time + 1e6)
    lines = [line.plain for line in worker_lines.worker(reading, None)]
    assert lines[-1] == "  speed       10,000 samples/s when it was recorded"
