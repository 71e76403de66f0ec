"""The line between app and terminal: resize, mouse, paste, hang-up; and that no text can command the terminal."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import presets
from backends.runs import events, labels, launch, workers
from presets.loader import to_toml
from tests.end_to_end.conftest import PATIENCE_SECONDS, Terminal
from tests.mli_tui import make_run
from tests.virtual_terminal import VirtualTerminal

HOSTILE = (
    "\x1b]52;c;aGk=\x07",
    "\x1b]0;owned\x07",
    "\x1b]8;;http://x\x1b\\y",
    "\x1bP+q\x1b\\",
    "\x1b_Gx\x1b\\",
    "\x1b[6n\x1b[2J",
    "\x1bc\x1b(0\x1b7",
    "\x9b31m\x9d0;x\x9c",
    "\u202e\u2066\u200b\u2028\x85",
    "[@click=app.quit]x[/]",
    "[/oops",
)
hostile = st.one_of(st.sampled_from(HOSTILE), st.text(alphabet=st.characters(max_codepoint=0x2FF), max_size=12)).map(
    lambda text: text.replace("\ud800", "")
)


def settle(app: Terminal) -> None:
    """Read until nothing comes any more."""
    for _ in range(4):  # a cursor that blinks never rests
        before = len(app.output)
        app.drain(0.7)
        if len(app.output) == before:
            break


def write_hostile(root: Path, texts: list[str]) -> None:
    """Write a run all of whose texts come from outside, and a preset, too."""
    a, b, c, d = texts
    run = make_run.live(root, epochs=6)
    shares = {"train": 0.1, "test": 0.1}
    said = [
        events.Dataset(class_names=(a, b, c, d, *"456789"), train=50, test=50, largest_class_share=shares),
        events.Started(attempt=2, device=a, threads=1, host=b, pid=1),
        events.Note(text=c),
        events.Finished(status="failed", message=d),
    ]
    make_run.append(run, said)
    run.lock.unlink()
    run.log.write_text("\n".join(texts))
    made = labels.Labels(name=a[:20], tags=(b[:10],), note=c)
    labels.place(run).write_text(tomli_w.dumps(msgspec.to_builtins(made)))
    own = root.parent / "presets"
    own.mkdir(exist_ok=True)
    spec = presets.load("quick")
    (own / "mine.toml").write_text(to_toml(msgspec.structs.replace(spec, preset="mine", title=d, shows=a)))


@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(hostile, min_size=4, max_size=4))
def test_no_text_can_command_the_terminal(texts):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "runs"
        root.mkdir(mode=0o700)
        write_hostile(root, texts)
        app = Terminal(
            root, MLI_TUI_PRESETS=str(root.parent / "presets"), XDG_STATE_HOME=folder, XDG_CONFIG_HOME=folder
        )
        app.screen.copies = False
        try:
            app.read_until(b"Runs")
            settle(app)
            for key in (b"\x1b[F", b"?", b"\x1b", b"f", b"\x1b", b"\t", b"\r", b"i", b"\x1b", b"v", b"D", b"\x1b"):
                app.type(key)
                app.drain(0.5)
            settle(app)
        finally:
            app.end()
        assert app.process.returncode == -signal.SIGKILL  # it was there to the end
        assert app.screen.forbidden == []


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(hostile, min_size=4, max_size=4))
def test_no_text_can_command_the_terminal_of_a_command(texts):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "runs"
        root.mkdir(mode=0o700)
        write_hostile(root, texts)
        for command in (["runs"], ["show", "last"], ["log", "last"], ["--plain"]):
            words = [sys.executable, "-m", "mli_tui", *command, "--runs-dir", str(root)]
            environment = {**os.environ, "MLI_TUI_PRESETS": str(root.parent / "presets"), "XDG_STATE_HOME": folder}
            done = subprocess.run(words, capture_output=True, env=environment, check=False)
            screen = VirtualTerminal(10_000, 10)
            screen.feed(re.sub(rb"[\r\n\t]", b" ", done.stdout + done.stderr))
            assert screen.forbidden == [], command


def test_a_resize_while_a_run_trains_leaves_the_screen_whole(terminal, tmp_path):
    run = make_run.live(tmp_path, epochs=3)
    app = terminal(size=(24, 80))
    app.read_until(b"training")
    app.type(b"\t\r")
    app.read_until(b"bias by epoch")
    for size in ((130, 40), (60, 15), (200, 60), (120, 40)):
        app.resize(*size)
        make_run.append(run, make_run.training(8)[-3:])
        app.drain(0.3)
    app.wait_for(lambda: "loss (log)" in app.screen.text)
    settle(app)
    shown = app.screen.text
    app.screen.resize(120, 40)
    app.type(b"\x0c")  # ctrl+l: all is sent again
    app.wait_for(lambda: "loss (log)" in app.screen.text)
    settle(app)
    assert app.screen.text == shown


def test_a_click_chooses_a_row_and_the_wheel_scrolls(terminal, tmp_path):
    for number in range(40):
        make_run.finished(tmp_path, f"quick-20260921-1200{number:02d}-0001")
    app = terminal()
    app.read_until(b"done")
    settle(app)
    before = app.screen.lines
    x, y = app.place_of("✓ done")
    app.type(b"\x1b[<65;%d;%dM" % (x, y) * 3)
    app.wait_for(lambda: app.screen.lines != before)
    settle(app)
    x, y = app.place_of("✓ done")
    chosen = set[str]()
    for row in (y + 1, y + 3):
        app.type(b"\x1b[<0;%d;%dM\x1b[<0;%d;%dm" % (x, row, x, row))
        settle(app)
        chosen.update(re.findall(r"quick-20260921-1200\d\d-0001", app.screen.text))
    assert len(chosen) == 2  # each time the screen told of another run


def test_a_pasted_text_is_a_text(terminal, tmp_path):
    make_run.finished(tmp_path)
    app = terminal()
    app.read_until(b"done")
    app.type(b"\t/")
    settle(app)
    app.type("\x1b[200~quack\x9b31m\x9d0;x\x9c\u202e\x07\nq\rq\x1b[201~".encode())
    app.read_until(b"quack")
    app.type(f"\x1b[200~{''.join(HOSTILE)}\x1b[201~".encode())
    settle(app)
    assert app.process.poll() is None


def test_the_worker_outlives_a_terminal_that_hangs_up(terminal, tmp_path):
    spec = presets.override(presets.load("quick"), ["train.max_epochs=100000", "train.stop_loss=0.0"])
    run = launch.create(tmp_path, spec)
    launch.start(run, "cpu")
    app = terminal()
    app.read_until(b"training")
    os.close(app.master)
    assert app.process.wait(PATIENCE_SECONDS) == -signal.SIGHUP
    assert workers.liveness(run) is workers.Liveness.ALIVE
    workers.send_stop(run)


def test_keys_under_way_when_the_app_quits_leave_nothing_for_the_shell(terminal):
    app = terminal()
    app.read_until(b"Quit")
    app.type(b"jjkkq")
    app.drain(1.0)
    assert app.process.wait(PATIENCE_SECONDS) == 0
    assert app.output.count(b"\x1b[6n") == app.screen.asked
    assert b"\x1b[6n" not in app.output[app.output.rindex(b"\x1b[?1049l") :]
