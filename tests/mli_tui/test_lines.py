"""A block of lines draws only those that differ."""

import pytest
from textual.app import App
from textual.content import Content

from mli_tui.widgets.lines import Lines


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
