"""What happens to the app when its terminal goes away, on a real pseudo-terminal; and what bytes reach it."""

import base64
import os
import re
import signal

import pytest

from backends.runs import events
from tests.end_to_end.conftest import PATIENCE_SECONDS
from tests.mli_tui import make_run

HOSTILE = "\x1b]52;c;aGk=\x07\x1b]0;owned\x07\x9b31m\u202e[@click=app.quit]x[/]\x1bP+q\x1b\\"


def test_the_app_ends_when_its_terminal_closes(terminal):
    app = terminal()
    app.read_until(b"Presets")
    os.close(app.master)
    assert app.process.wait(PATIENCE_SECONDS) == -signal.SIGHUP


@pytest.mark.parametrize("controlling", [True, False])
def test_the_app_ends_even_where_a_parent_ignores_hangups(terminal, controlling):
    app = terminal(controlling=controlling, ignore_hangup=True)
    app.read_until(b"Presets")
    os.close(app.master)
    assert app.process.wait(PATIENCE_SECONDS) == -signal.SIGHUP


def test_q_quits_with_0_and_leaves_the_alternate_screen(terminal):
    app = terminal()
    app.read_until(b"Quit")
    app.type(b"q")
    app.read_until(b"\x1b[?1049l")
    app.drain(0.5)
    assert app.process.wait(PATIENCE_SECONDS) == 0


def test_no_text_of_a_run_reaches_the_terminal_as_an_escape_sequence(terminal, tmp_path):
    run = make_run.live(tmp_path, epochs=3)
    shares = {"train": 0.1, "test": 0.1}
    make_run.append(
        run,
        [
            events.Dataset(class_names=(HOSTILE, *"123456789"), train=50, test=50, largest_class_share=shares),
            events.Started(attempt=2, device=HOSTILE, threads=1, host=HOSTILE, pid=1),
            events.Note(text=HOSTILE),
            events.Finished(status="failed", message=HOSTILE),
        ],
    )
    run.lock.unlink()
    app = terminal()
    app.read_until(b"failed")
    app.type(b"\t\r")
    app.read_until(b"bias by epoch")
    app.drain(1.0)
    app.type(b"q")
    app.drain(1.0)
    text = app.output.decode("utf-8", "replace")
    assert "x1b]52" in text  # it is there, as text
    assert "\x1b]52" not in text
    assert "\x1b]0" not in text
    assert "\x1bP+q" not in text
    assert not re.search("[\x80-\x9f\u202e]", text)


def test_a_copy_reaches_the_terminal_as_osc_52_and_a_file(terminal, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run = make_run.finished(tmp_path)
    app = terminal()
    app.read_until(b"done")
    app.type(b"\t\r")
    app.read_until(b"bias by epoch")
    app.type(b"e")
    app.read_until(b"copy all numbers")
    app.type(b"y")
    app.read_until(b"copied")
    app.type(b"q")
    app.drain(1.0)
    (copied,) = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", app.output)
    text = base64.b64decode(copied).decode()
    assert text.startswith(f"run      {run.run_id}\n")
    assert (tmp_path / "state" / "mli-tui" / "copied" / f"{run.run_id}.txt").read_text() == text


@pytest.mark.parametrize(("options", "asked"), [((), True), (("--no-mouse",), False)])
def test_the_mouse_is_asked_for_unless_it_is_not_wanted(terminal, options, asked):
    app = terminal(options=options)
    app.read_until(b"Presets")
    assert (b"\x1b[?1003h" in app.output) is asked


def test_ascii_sends_nothing_else(terminal, tmp_path):
    make_run.finished(tmp_path)
    app = terminal(options=("--ascii",))
    app.read_until(b"done")
    app.type(b"\t\r")
    app.read_until(b"bias by epoch")
    app.drain(1.0)
    assert app.output.isascii()


def test_what_keys_toml_says_is_done_and_what_it_can_not_say_is_told(terminal, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "mli-tui"
    folder.mkdir(parents=True)
    (folder / "keys.toml").write_text('app.quit = "Z"\nrun.stop = "r"\n')
    app = terminal()
    app.read_until(b"keys.t")
    app.drain(1.0)
    told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", app.output.decode())
    assert "run.stop = 'r': is the key of run.resume already; run.stop keeps 's'" in told
    app.type(b"Z")
    app.drain(1.0)
    assert app.process.wait(PATIENCE_SECONDS) == 0
