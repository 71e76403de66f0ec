"""The recorded run: it is real and whole, it plays, nothing is started in it, and nothing is left of it."""

import os
import signal
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import pytest

from backends.runs import workers
from backends.runs.errors import BadRequest, RunError
from backends.runs.listing import read_run
from mli_tui import actions, demo
from presets import load
from tests.mli_tui.command import mli


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
