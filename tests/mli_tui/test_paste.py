"""What is pasted is one text and never a key, whatever it holds and however it comes."""

import codecs
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.widgets import DataTable, Input

from mli_tui.app import MliApp
from mli_tui.line import brackets, keyboard
from mli_tui.line.brackets import END, START, Brackets, Dropped, Pasted, Typed
from mli_tui.line.keyboard import Keyboard, PasteDropped
from mli_tui.widgets.runs_pane import RunsPane
from tests.mli_tui.test_app import SIZE, until

typing = st.lists(st.sampled_from(["a", "b", "é", "\r", "\x1b[A", "\x1b[20~", "\x1b[<0;3;4M"]), max_size=4).map("".join)
PIECES = [
    "P",
    "漢",
    "\x1b",
    "\x1b[",
    "\x1b[A",
    "\x1b[2",
    START,
    START[:-1],
    END[:-1],
    "\r",
    "\x00",
    "\x9b",
    "201~",
    "\x1b\x1b[",
]
contents = st.lists(st.sampled_from(PIECES), max_size=8).map("".join).filter(lambda text: END not in text)
hostile = st.lists(st.sampled_from([*PIECES, END]), max_size=8).map("".join)


def pieces(text, cuts):
    """Yield a text as it comes through a pipe: its bytes, cut at some places, decoded one after the other."""
    data = text.encode()
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for first, last in pairwise(places):
        yield decode(data[first:last])


def parts_of(stream, cuts, now=0.0):
    """Return the parts of a stream that ends with silence."""
    found, cutter = [], Brackets()
    for piece in pieces(stream, cuts):
        found += cutter.feed(piece, now)
    for later in (0.2, 0.4, 0.6, 6.0, 12.0):
        found += cutter.tick(now + later)
    return found


def typed(parts):
    return "".join(part.text for part in parts if isinstance(part, Typed))


cuts = st.lists(st.integers(0, 200), max_size=12)


@settings(deadline=None, max_examples=500)
@given(typing, contents, cuts)
def test_a_paste_is_one_text_wherever_it_is_cut(before, content, cuts):
    parts = parts_of(before + START + content + END, cuts)
    assert typed(parts) == before
    assert [part.text for part in parts if isinstance(part, Pasted)] == [brackets._clean(content)]
    assert not any(isinstance(part, Dropped) for part in parts)


@settings(deadline=None, max_examples=500)
@given(typing, hostile, cuts)
def test_an_end_within_what_was_pasted_makes_no_keys_of_the_rest(before, content, cuts):
    assert typed(parts_of(before + START + content + END, cuts)) == before


@settings(deadline=None, max_examples=300)
@given(typing, contents, typing, cuts)
def test_what_is_typed_after_a_paste_is_typed(before, content, after, cuts):
    cutter = Brackets()
    found = list(cutter.feed(before + START + content + END, 0.0))
    found += cutter.tick(brackets.SETTLE_SECONDS)
    for piece in pieces(after, cuts):
        found += cutter.feed(piece, 1.0)
    found += cutter.tick(9.0)
    assert typed(found) == before + after


@settings(deadline=None, max_examples=300)
@given(typing, contents, cuts)
def test_a_paste_without_an_end_is_dropped_and_makes_no_keys(before, content, cuts):
    parts = parts_of(before + START + content, cuts)
    assert typed(parts) == before
    assert parts[-1:] == [Dropped()]
    assert not any(isinstance(part, Pasted) for part in parts)


@settings(deadline=None, max_examples=300)
@given(typing.filter(bool), cuts)
def test_what_is_typed_is_passed_on_as_it_is(text, cuts):
    parts = parts_of(text, cuts)
    assert typed(parts) == text
    assert all(isinstance(part, Typed) for part in parts)


def test_what_is_typed_is_not_held_up():
    cutter = Brackets()
    assert list(cutter.feed("ab\x1b[A", 0.0)) == [Typed("ab\x1b[A")]


def test_an_escape_is_the_key_when_nothing_follows():
    cutter = Brackets()
    assert list(cutter.feed("\x1b", 0.0)) == []
    assert list(cutter.tick(brackets.ESCAPE_SECONDS)) == [Typed("\x1b", whole=True)]


@pytest.mark.parametrize("cut", range(1, len(START)))
def test_a_beginning_that_comes_in_two_pieces_far_apart_is_one(cut):
    cutter = Brackets()
    found = list(cutter.feed(START[:cut], 0.0))
    found += cutter.tick(1.0)
    found += cutter.feed(START[cut:] + "P\rd" + END, 1.0)
    assert Pasted("P\nd") in found
    assert not set(typed(found)) & set("Pd\r2~")


def test_a_paste_that_is_too_long_is_dropped_at_once_and_its_end_awaited(monkeypatch):
    monkeypatch.setattr(brackets, "MOST", 100)
    cutter = Brackets()
    assert list(cutter.feed(START + "P" * 90, 0.0)) == []
    assert list(cutter.feed("P" * 20, 0.0)) == [Dropped()]
    assert list(cutter.feed("P" * 500 + END[:3], 0.0)) == []
    assert list(cutter.feed(END[3:], 0.0)) == []
    assert list(cutter.tick(1.0)) == []
    assert list(cutter.feed("a", 1.0)) == [Typed("a")]


def test_a_paste_that_goes_on_for_ever_ends(monkeypatch):
    cutter = Brackets()
    found = list(cutter.feed(START, 0.0))
    for second in range(1, 62):
        found += cutter.feed("P", float(second))
        found += cutter.tick(float(second))
    assert found[0] == Dropped()
    assert typed(found) == "P", "what follows the longest time counts as typed again"


def test_what_was_pasted_is_harmless():
    (part, *_) = parts_of(f"{START}a\x1b]52;c;aGk=\x07\u202eb\r\nc\rd\x00{END}", [])
    assert part == Pasted("a\\x1b]52;c;aGk=\\x07\\u202eb\nc\nd")


class Clock:
    now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(keyboard, "time", clock)
    return clock


def test_the_keyboard_makes_one_event_of_a_paste_and_keys_of_the_rest(clock):
    board = Keyboard()
    found = list(board.feed(f"a\x1b[A{START}d\x1b\x1b[Ay\rx{START}q{END}"))
    clock.now = 1.0
    found += board.tick()
    found += board.feed("b\x1b")
    clock.now = 2.0
    found += board.tick()
    keys = [event.key for event in found if isinstance(event, events.Key)]
    assert keys == ["a", "up", "b", "escape"]
    (paste,) = [event for event in found if isinstance(event, events.Paste)]
    assert paste.text == "d\\x1b\\x1b[Ay\nx\\x1b[200~q"


def test_the_keyboard_tells_of_a_paste_that_was_dropped(clock):
    board = Keyboard()
    assert list(board.feed(f"{START}dy\r")) == []
    clock.now = 6.0
    (dropped,) = board.tick()
    assert isinstance(dropped, PasteDropped)


async def test_a_dropped_paste_is_told(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(MliApp, "notify", lambda self, message, **options: said.append(message))
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        app.post_message(PasteDropped())
        await until(pilot, lambda: said)
    assert said == ["a paste was dropped: it had no end, or was too long"]


async def test_a_paste_behind_a_slash_goes_into_the_filter_that_the_slash_opens(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("tab")
        app.post_message(events.Key("slash", "/"))
        app.post_message(events.Paste("quick"))
        app.post_message(events.Key("x", "x"))
        await until(pilot, lambda: app.screen.query_one(Input).value == "quickx")


async def test_a_paste_where_nothing_is_typed_does_nothing(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.focused)
        presets = app.screen.query_one("#presets", DataTable)
        app.post_message(events.Paste("q\rdy"))
        await pilot.press("j")
        await until(pilot, lambda: presets.cursor_row == 1)
        assert app.focused is presets
        assert len(app.screen_stack) == 2
        assert not app.screen.query_one(RunsPane).table.row_count
