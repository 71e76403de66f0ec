"""A table of rows to choose from."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import DataTable


class Rows(DataTable[Text]):
    """A table whose keys stand in the footer; beside the arrows, j k and g G move, too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Open", id="table.open"),
        Binding("j", "cursor_down", "Down", show=False, id="table.down"),
        Binding("k", "cursor_up", "Up", show=False, id="table.up"),
        Binding("g", "scroll_top", "Top", show=False, id="table.top"),
        Binding("G", "scroll_bottom", "Bottom", show=False, id="table.bottom"),
    ]


class Table(Rows):
    """One on whose screen no letter moves anything else from side to side: h and l do, as the arrows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h", "cursor_left", "Left", show=False, id="table.left"),
        Binding("l", "cursor_right", "Right", show=False, id="table.right"),
    ]


def cell(text: str, style: str = "") -> Text:
    """Return what a cell shows: one line, with an ellipsis where there is no room."""
    return Text(text, style, no_wrap=True, overflow="ellipsis")
