"""The line in which a value of the form is typed, behind the name of its key."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.suggester import SuggestFromList

from mli_tui.widgets.entry import Entry
from mli_tui.widgets.lines import Lines
from presets.keys import Key

LABEL = 26
"""Columns of the longest key's name."""


class ValueEntry(Entry):
    """The value, with its keys in the footer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Keep", id="form.keep", tooltip="the value as it is typed"),
        Binding(
            "tab,shift+tab", "complete", "Complete", show=False, id="form.complete", tooltip="takes what is suggested"
        ),
    ]

    def action_complete(self) -> None:
        """Take what is suggested, and stay."""
        self.take_suggestion()


class EditRow(Horizontal):
    """Invisible until a key is edited; its room is kept, as a layout would send the whole screen."""

    key: Key | None = None
    """The key that is edited."""

    def compose(self) -> ComposeResult:
        """Lay out the key's name and the entry."""
        yield Lines(id="edit-label")
        yield ValueEntry(id="edit")

    def on_mount(self) -> None:
        """Wait for a key."""
        self.visible = False

    def edit(self, key: Key, text: str) -> None:
        """Have `text` edited as the value of `key`."""
        self.key = key
        entry = self.query_one(Entry)
        entry.suggester = SuggestFromList(key.choices) if key.choices else None
        entry.value = text
        self.query_one(Lines).show([Content.styled(f"{key.name:>{LABEL}} = ", "bold")])
        self.visible = True
        entry.focus()
        entry.cursor_position = len(entry.value)

    def leave(self) -> None:
        """Edit no key any more."""
        self.key = None
        self.visible = False
