"""What goes over the line: only changed lines and spans, and a terminal that gets them shows what the app shows."""

from itertools import pairwise
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from textual import _compositor
from textual.app import App
from textual.content import Content
from textual.strip import Strip

from mli_tui import spans
from mli_tui.app import MliApp
from mli_tui.widgets.lines import Lines
from tests.mli_tui import make_run
from tests.mli_tui.test_snapshots import settled


def update(row: str, cuts: list[int], changed: list[tuple[int, int]]) -> str:
    """Return what is written for these spans of one row that lies in widgets between `cuts`."""
    pairs = list(pairwise(cuts))
    chops = [MappingProxyType({a: Strip([Segment(row[a:b])], b - a) for a, b in pairs})]
    made = spans.SpanUpdate(chops, [(0, a, b) for a, b in changed], [cuts[1:]])
    return made.render_segments(Console(width=len(row), color_system=None, force_terminal=True))


def applied(screen: str, written: str) -> str:
    """Return the row that a terminal shows after what was written."""
    cells, parts = list(screen), written.split("\x1b[")
    for part in parts[1:]:
        place, _, text = part.partition("H")
        column = int(place.split(";")[1]) - 1
        cells[column : column + len(text)] = text
    return "".join(cells)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_terminal_gets_the_changed_cells_and_no_others(data):
    width = data.draw(st.integers(1, 40))
    inner = data.draw(st.lists(st.integers(0, width), max_size=4))
    cuts = sorted({0, width, *inner})
    ends = sorted(data.draw(st.lists(st.integers(0, width), max_size=6, unique=True)))
    changed = list(zip(ends[::2], ends[1::2], strict=False)) or [(0, width)]
    new = "".join(chr(ord("a") + i % 26) for i in range(width))
    shown = applied("." * width, update(new, cuts, changed))
    wanted = {i for a, b in changed for i in range(a, b)}
    assert shown == "".join(c if i in wanted else "." for i, c in enumerate(new))


def test_no_wide_character_is_cut():
    strip = Strip([Segment("a損失b")])
    assert spans.piece(strip, 10, 12, 14) == (10, 14)
    assert spans.piece(Strip([Segment("abcd")]), 10, 12, 14) == (12, 14)


def test_the_private_names_of_textual_are_still_there(tmp_path):
    MliApp(tmp_path)
    assert _compositor.ChopsUpdate is spans.SpanUpdate
    assert {"spans", "chops", "chop_ends"} <= set(vars(spans.SpanUpdate([{}], [(0, 0, 1)], [[]])))


async def test_a_cursor_that_moves_sends_a_few_cells_of_each_row(tmp_path, monkeypatch):
    sent = []
    original = _compositor.Compositor.render_partial_update

    def recorded(self):
        sent.append(original(self))
        return sent[-1]

    monkeypatch.setattr(_compositor.Compositor, "render_partial_update", recorded)
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("4", "right")
        await settled(pilot)
        sent.clear()
        await pilot.press("right")
        await settled(pilot)
        updates = [update for update in sent if update is not None]
        assert updates
        assert all(isinstance(update, spans.SpanUpdate) for update in updates)
        top, bottom = (app.screen.query_one("#loss").region.y + n for n in (2, 17))
        cells = [b - a for update in updates for y, a, b in update.spans if top <= y < bottom]
        assert cells
        assert max(cells) <= 2


class Host(App[None]):
    CSS = "#nowrap { text-wrap: nowrap; }"

    def compose(self):
        yield Lines(id="nowrap")
        yield Lines(id="wrap")


@pytest.mark.parametrize(("name", "rows"), [("nowrap", [1]), ("wrap", [])])
async def test_only_the_lines_that_differ_are_drawn(monkeypatch, name, rows):
    async with Host().run_test(size=(40, 10)) as pilot:
        lines = pilot.app.query_one(f"#{name}", Lines)
        lines.show([Content(text) for text in ("one", "two", "three")])
        await pilot.pause()
        asked = []
        monkeypatch.setattr(lines, "refresh", lambda *regions, **options: asked.append([r.y for r in regions]))
        lines.show([Content(text) for text in ("one", "2", "three")])
        lines.show([Content(text) for text in ("one", "2", "three")])
        assert asked == [rows]
        lines.show([Content("one"), Content.styled("2", "bold"), Content("three")])
        assert asked == [rows, rows]


async def test_what_is_drawn_is_what_was_shown():
    async with Host().run_test(size=(40, 10)) as pilot:
        lines = pilot.app.query_one("#nowrap", Lines)
        for texts in (("one", "two"), ("one", "2"), ("1", "2", "3"), ("1",), ()):
            lines.show([Content(text) for text in texts])
            await pilot.pause()
            drawn = [lines.render_line(y).text.rstrip() for y in range(lines.size.height)]
            assert [text for text in drawn if text] == list(texts)
