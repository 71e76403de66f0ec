"""A screen of plain text over the others, scrollable where it is longer than the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mli_tui import clipboard, keys
from mli_tui.format import TableLine
from mli_tui.widgets.leaving import Leaving

STEP = 8
"""Columns that a key scrolls sideways."""


class TextScreen(ModalScreen[None], Leaving):
    """Shows a text, as data and never as markup, until a key closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "app.pop_screen", "Close", id="text.close"),
        Binding("y", "copy", "Copy", id="text.copy"),
        Binding("j", "move('scroll_down')", "Down", id="text.down", show=False),
        Binding("k", "move('scroll_up')", "Up", id="text.up", show=False),
        Binding("h", "sideways(-1)", "Left", id="text.left", show=False, tooltip="where a table is wider"),
        Binding("l", "sideways(1)", "Right", id="text.right", show=False, tooltip="where a table is wider"),
        Binding("g", "move('scroll_home')", "Top", id="text.top", show=False),
        Binding("G", "move('scroll_end')", "Bottom", id="text.bottom", show=False),
    ]

    def __init__(self, title: str, lines: Iterable[str]) -> None:
        """Show lines under `title`."""
        super().__init__()
        self._title, self._lines = title, tuple(lines)

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n".join(self._lines)

    def compose(self) -> ComposeResult:
        """Show the text: what is wider than the screen is wrapped, but for tables, which scroll sideways."""
        with VerticalScroll(classes="dialog wide") as scroll:
            scroll.border_title = Content(
                f"{self._title} ({keys.key_of(self, 'text.close')} closes, {keys.key_of(self, 'text.copy')} copies)"
            )
            for in_table, lines in groupby(self._lines, lambda line: isinstance(line, TableLine)):
                yield Static(Content("\n".join(lines)), classes="table" if in_table else "")

    def action_move(self, what: str) -> None:
        """Scroll the text: by a line, or to an end."""
        getattr(self.query_one(VerticalScroll), what)(animate=False)

    def action_sideways(self, direction: int) -> None:
        """Scroll tables that are wider than the screen."""
        self.query_one(VerticalScroll).scroll_relative(x=direction * STEP, animate=False)

    def action_copy(self) -> None:
        """Copy the whole text."""
        clipboard.copy(self.app, self._title, self.text)
