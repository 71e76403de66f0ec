"""The line of the filter: what is typed, how it could go on, and what is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from backends.runs.listing import RunRow
from mli_tui import completing, filtering
from mli_tui.completing import Completer
from mli_tui.widgets.entry import Entry

EXAMPLE = "preset:fc10 depth>3 status:done word (tab completes, escape clears)"


class FilterSuggester(Suggester):
    """Asks a completer in a thread: the values of thousands of runs would hold up the key after this one."""

    def __init__(self) -> None:
        """Know no runs yet."""
        super().__init__(use_cache=False, case_sensitive=True)
        self.completer = Completer()

    async def get_suggestion(self, value: str) -> str | None:
        """Return the line as it could go on."""
        return await asyncio.to_thread(self.completer.line, value)


class KeySuggester(Suggester):
    """Suggests a key where nothing but keys is asked for."""

    async def get_suggestion(self, value: str) -> str | None:
        """Return the line with its last key completed."""
        before, blank, begun = value.rpartition(" ")
        found = completing.key(begun) if begun else None
        return None if found is None else f"{before}{blank}{found}"


class FilterInput(Entry):
    """The line that is typed into, with its keys in the footer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "submit", "To the runs", id="filter.done"),
    ]


class FilterLine(Horizontal):
    """Says which runs are asked for. Hidden until it is opened; what is asked for stays when it is left."""

    @dataclass
    class Asked(Message):
        """Other runs are asked for."""

        filter: filtering.Filter

    class Left(Message):
        """The keys go back to the runs."""

    def __init__(self, *, id: str) -> None:
        """Begin hidden, with no wish."""
        super().__init__(id=id)
        self.display = False
        self._suggester = FilterSuggester()

    def compose(self) -> ComposeResult:
        """Lay out the line, and the place where it is said what is wrong with it."""
        yield FilterInput(placeholder=EXAMPLE, suggester=self._suggester, id="filter")
        yield Static(Content(""), id="filter-said")

    def offer(self, rows: Sequence[RunRow]) -> None:
        """Complete with what these runs have from now on."""
        self._suggester.completer = Completer(rows)

    def open(self) -> None:
        """Let the user type."""
        self.display = True
        self.query_one(FilterInput).focus()

    def clear(self) -> bool:
        """Ask for nothing any more, and hide; return whether there was something to hide."""
        shown = self.display
        if shown:
            self.query_one(FilterInput).value = ""
            self.display = False
            self.post_message(self.Left())
        return shown

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell at once what the line asks for, and what is wrong with it."""
        event.stop()
        asked = filtering.parse(event.value)
        self.query_one("#filter-said", Static).update(Content(asked.mistake))
        self.post_message(self.Asked(asked))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Leave the line; an empty one hides."""
        event.stop()
        self.display = bool(event.value.strip())
        self.post_message(self.Left())
