"""Paths as links: to whom they are sent, that they lead where they say, and that no name breaks out of one."""

import os
import pty
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from mli_tui import errands, links
from mli_tui.app import MliApp
from mli_tui.links import Note, Part
from tests.mli_tui import make_run
from tests.mli_tui.test_app import until
from tests.virtual_terminal import VirtualTerminal

NAMES = st.one_of(
    st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=20),
    st.text("\x1b\x07\x9c\\];8 %\n\u202e[é", min_size=1, max_size=12),
).filter(lambda name: name not in (".", ".."))


@given(NAMES)
def test_an_address_leads_to_the_file_and_holds_nothing_but_plain_characters(name):
    path = Path("/somewhere") / name
    address = links.uri(path)
    assert links.opening(address)
    assert all("!" <= letter <= "~" and letter != ";" for letter in address)
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("file", os.uname().nodename)
    assert unquote_to_bytes(parts.path) == os.fsencode(path)


@given(NAMES)
def test_no_path_breaks_out_of_a_link_on_a_terminal(name):
    path = Path("/") / name
    terminal = VirtualTerminal(200, 1)
    terminal.feed(links.around("shown", path))
    assert terminal.forbidden == []
    assert terminal.linked == {links.uri(path): "shown"}


@pytest.mark.parametrize(
    "address", ["https://x", "file://a b", "file://a\x1b\\", "file://a\x07", "file://a;b", "file://", "file://é", ""]
)
def test_no_other_address_is_sent(address):
    assert links.opening(address) == ""


@given(st.text(max_size=20), NAMES)
def test_a_note_with_links_says_what_it_says_without(text, name):
    note = Note((Part(text), Part(name, Path("/") / name)))
    markup = links.as_markup(note.parts)
    assert markup is None or Content.from_markup(markup).plain == links.harmless(str(note))
    assert (markup is None) == bool(set("[]\\$") & set(links.harmless(text + name)))


@pytest.mark.parametrize(
    ("term", "possible"), [("xterm-256color", True), ("dumb", False), ("linux", False), ("", False)]
)
def test_terminals_that_would_print_it_get_none(monkeypatch, term, possible):
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("TEXTUAL_DRIVER", raising=False)
    assert links.possible() is possible


def exported(tmp_path, **env):
    """Export a run on a terminal; return all that it was sent."""
    paths = make_run.finished(tmp_path / "runs")
    target = tmp_path / "c d.csv"
    mine, its = pty.openpty()
    command = [sys.executable, "-m", "mli_tui", "--runs-dir", str(tmp_path / "runs")]
    subprocess.run(
        [*command, "export", paths.run_id, "--curves", str(target)],
        stdout=its,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **env},
        check=True,
    )
    os.close(its)
    said = os.read(mine, 65536).decode()
    os.close(mine)
    return said.strip(), target


def test_on_a_terminal_the_command_line_says_a_file_as_a_link(tmp_path):
    said, target = exported(tmp_path, TERM="xterm-256color", NO_COLOR="1")
    assert said == links.around(str(target), target)
    assert "\x1b]8;id=" in said


def test_a_dumb_terminal_is_told_the_path_alone(tmp_path):
    said, target = exported(tmp_path, TERM="dumb")
    assert said == str(target)


def test_what_is_no_terminal_is_told_the_path_alone(tmp_path):
    paths = make_run.finished(tmp_path / "runs")
    command = [sys.executable, "-m", "mli_tui", "--runs-dir", str(tmp_path / "runs"), "export", paths.run_id]
    env = {**os.environ, "TERM": "xterm-256color"}
    done = subprocess.run([*command, "--curves", str(tmp_path / "c.csv")], capture_output=True, env=env, check=True)
    assert done.stdout.decode() == f"{tmp_path / 'c.csv'}\n"


async def test_a_notice_of_the_app_carries_the_link_to_the_screen(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        errands.tell(app, links.written(tmp_path / "a.csv", tmp_path / "b.csv"))
        await until(pilot, lambda: app.screen.query("Toast"))
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        found = {}
        for strip in strips:
            for text, style, _ in strip:
                if style and style.link:
                    found[style.link] = found.get(style.link, "") + text
        assert found == {links.uri(tmp_path / "a.csv"): str(tmp_path / "a.csv"), links.uri(tmp_path / "b.csv"): "b.csv"}
