"""The line of the filter: what is typed, how it could go on, and what is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input, Static

from backends.runs.listing import RunRow
from mli_tui import completing, filtering
from mli_tui.completing import Completer
from mli_tui.widgets.entry import Entry

EXAMPLE = "preset:fc10 depth>3 seed:0,1 -tag:old word (tab completes, escape clears)"


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

    def __init__(self, *others: str) -> None:
        """Suggest these, too."""
        super().__init__()
        self._others = others

    async def get_suggestion(self, value: str) -> str | None:
        """Return the line with its last key completed."""
        before, blank, begun = value.rpartition(" ")
        found = completing.key(begun, self._others)
        return None if found is None else f"{before}{blank}{found}"


class FilterInput(Entry):
    """The line that is typed into, with its keys in the footer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "submit", "To the runs", key_display="⏎", id="filter.done"),
    ]

    async def action_submit(self) -> None:
        """Leave the line at once: were it told by a message, the next key of a burst would be typed into it."""
        self.query_ancestor(FilterLine).leave()


class FilterLine(Horizontal):
    """Says which runs are asked for. Hidden until it is opened; what is asked for stays when it is left."""

    def __init__(
        self, text: str, asked: Callable[[filtering.Filter], object], left: Callable[[], object], *, id: str
    ) -> None:
        """Begin with a wish, or hidden. `asked` is called with each other wish, `left` when the keys are the runs'."""
        super().__init__(id=id)
        self._tell, self._leave = asked, left
        self._text = text
        self.display = bool(text)
        self._suggester = FilterSuggester()
        self._asked = filtering.Filter()

    def compose(self) -> ComposeResult:
        """Lay out the line, and the place where it is said what is wrong with it."""
        yield FilterInput(self._text, placeholder=EXAMPLE, suggester=self._suggester, id="filter")
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
            with self.prevent(Input.Changed):
                self.query_one(FilterInput).value = ""
            self._ask("")
            self.display = False
            self._leave()
        return shown

    def leave(self) -> None:
        """Ask for what is typed, and leave; an empty line hides."""
        line = self.query_one(FilterInput).value
        self._ask(line)
        self.display = bool(line.strip())
        self._leave()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell at once what the line asks for, and what is wrong with it."""
        event.stop()
        self._ask(event.value)

    def _ask(self, text: str) -> None:
        self._asked = filtering.parse(text, self._asked)
        self.query_one("#filter-said", Static).update(Content(self._asked.mistake))
        self._tell(self._asked)
