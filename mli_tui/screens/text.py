"""A screen of plain text over the others, scrollable where it is longer than the terminal."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mli_tui import clipboard, keys
from mli_tui.widgets.leaving import Leaving


class TextScreen(ModalScreen[None], Leaving):
    """Shows a text, as data and never as markup, until a key closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "app.pop_screen", "Close", id="text.close"),
        Binding("y", "copy", "Copy", id="text.copy"),
        Binding("j", "move('scroll_down')", "Down", id="text.down", show=False),
        Binding("k", "move('scroll_up')", "Up", id="text.up", show=False),
        Binding("g", "move('scroll_home')", "Top", id="text.top", show=False),
        Binding("G", "move('scroll_end')", "Bottom", id="text.bottom", show=False),
    ]

    def __init__(self, title: str, text: str) -> None:
        """Show `text` under `title`."""
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """Show the text."""
        with VerticalScroll(classes="dialog wide") as scroll:
            scroll.border_title = Content(
                f"{self._title} ({keys.key_of(self, 'text.close')} closes, {keys.key_of(self, 'text.copy')} copies)"
            )
            yield Static(Content(self._text))

    def action_move(self, what: str) -> None:
        """Scroll the text: a line, or to an end."""
        getattr(self.query_one(VerticalScroll), what)(animate=False)

    def action_copy(self) -> None:
        """Copy the whole text."""
        clipboard.copy(self.app, self._title, self._text)
