"""A user in a real terminal: launch `quick`, watch, quit, come back, export; the CSV against summary.json."""

import csv
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backends.runs import paths

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
COMMAND = str(Path(sys.executable).with_name("mli-tui"))
PATIENCE_SECONDS = 250.0


class Tmux:
    """A tmux server of its own, with one window."""

    def __init__(self, folder: Path, size=(80, 24)):
        self.socket = str(folder / "tmux.sock")
        self.folder = folder
        self.size = size

    def call(self, *words: str) -> str:
        done = subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True, check=False)
        return done.stdout

    def start(self, *command: str) -> None:
        words = ["env", f"MLI_TUI_RUNS={self.folder / 'runs'}", f"XDG_STATE_HOME={self.folder}"]
        words += ["COLUMNS=80", "LINES=24", *command]  # as some shells export them: a resize must show all the same
        width, height = map(str, self.size)
        self.call("-f", "/dev/null", "new-session", "-d", "-x", width, "-y", height, "-c", str(self.folder), *words)

    def keys(self, *keys: str) -> None:
        self.call("send-keys", *keys)

    def screen(self) -> str:
        return self.call("capture-pane", "-p")

    def until(self, pattern: str) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not re.search(pattern, screen := self.screen()):
            assert time.monotonic() < deadline, f"never saw {pattern!r}; the screen is\n{screen}"
            time.sleep(0.1)
        return screen

    def until_closed(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.call("list-sessions"):
            assert time.monotonic() < deadline, self.screen()
            time.sleep(0.1)


@pytest.fixture
def tmux(tmp_path):
    (tmp_path / "runs").mkdir()
    tmp_path.chmod(0o700)
    server = Tmux(tmp_path)
    yield server
    server.call("kill-server")


def test_from_a_preset_to_the_csv(tmux, tmp_path):
    tmux.start(COMMAND)
    tmux.until("fc10-mnist5k")
    while "for a first look" not in tmux.screen():  # what `quick` shows, below the list
        tmux.keys("Down")
        time.sleep(0.2)
    tmux.keys("Enter")
    screen = tmux.until(r"training .*epoch \d+/150")
    assert "class" in screen
    assert "Traceback" not in screen
    tmux.until("error to epoch")  # a live curve
    tmux.keys("q")
    tmux.until_closed()

    (run,) = paths.runs_in(tmp_path / "runs")
    tmux.start(COMMAND, "attach", run.run_id)  # it went on meanwhile
    screen = tmux.until("done")
    assert "error stays above 0.8" in tmux.until("error, train")
    tmux.call("resize-window", "-x", "120", "-y", "40")
    tmux.until(r"loss \(log\)")
    tmux.keys("e")
    tmux.until("curves, biases, device as CSV")
    tmux.keys("c")
    tmux.until("written:")
    tmux.keys("q")
    tmux.until_closed()
    compare(run, tmp_path / f"{run.run_id}-curves.csv")


def test_a_paste_of_escapes_and_keys_deletes_and_launches_nothing(tmux, tmp_path):
    from tests.mli_tui import make_run

    run = make_run.finished(tmp_path / "runs")
    pasted = tmp_path / "pasted"
    # Escapes, what would delete the run, what would launch, what would quit, and brackets of its own.
    pasted.write_bytes(b"\x1bdy\r\x1b\x1b[B\x1b[200~x\rq\x1b[3~\xff\x1b[A\x1bOP")
    tmux.start(COMMAND)
    tmux.until("done")
    tmux.call("load-buffer", str(pasted))
    tmux.keys("Tab")
    tmux.call("paste-buffer", "-p", "-r")  # into a list, which takes none
    tmux.keys("/")
    tmux.until("escape clears")
    tmux.call("paste-buffer", "-p", "-r")
    screen = tmux.until("x1bdy")
    assert "Delete" not in screen
    tmux.keys("Escape")
    tmux.until("space Mark")
    tmux.keys("q")
    tmux.until_closed()
    assert [each.run_id for each in paths.runs_in(tmp_path / "runs")] == [run.run_id]


def compare(run: paths.RunPaths, exported: Path) -> None:
    """The exported curve, read with the csv module alone, has its plateau end where summary.json says."""
    summary = json.loads(run.summary.read_text())
    assert summary["status"] == "done"
    rows = list(csv.DictReader(exported.read_text().splitlines()))
    assert len(rows) == 2 * 2 * 101
    for scheme, found in summary["schemes"].items():
        curve = [r for r in rows if r["scheme"] == scheme and r["split"] == "train"]
        errors = [float(r["error"]) for r in curve]
        assert errors[-1] == summary["train"]["error"]
        assert float(curve[-1]["loss"]) == summary["train"]["loss"]
        bound = 0.9 - 0.1 * (0.9 - errors[-1])
        first = next(i for i, error in enumerate(errors) if error < bound)
        low, high = float(curve[max(0, first - 1)]["alpha"]), float(curve[first]["alpha"])
        assert low - 0.001 <= found["error_plateau_end"] <= high + 0.001
