"""A screen of plain text over the others, scrollable where it is longer than the terminal."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class TextScreen(ModalScreen[None]):
    """Shows a text, as data and never as markup, until a key closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "app.pop_screen", "Close")]

    def __init__(self, title: str, text: str) -> None:
        """Show `text` under `title`."""
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """Show the text."""
        with VerticalScroll(classes="dialog wide") as scroll:
            scroll.border_title = Content(f"{self._title} (escape closes)")
            yield Static(Content(self._text))
