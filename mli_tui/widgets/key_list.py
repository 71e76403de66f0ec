"""The rows of the launch form."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList


class KeyList(OptionList):
    """A list of keys to choose from; headings of sections are passed over."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Edit", id="form.edit"),
        Binding("j", "cursor_down", "Down", show=False, id="form.down"),
        Binding("k", "cursor_up", "Up", show=False, id="form.up"),
        Binding("g", "first", "First", show=False, id="form.first"),
        Binding("G", "last", "Last", show=False, id="form.last"),
    ]
