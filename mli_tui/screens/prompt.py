"""One line of text that is asked for, with what is wrong with it said while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Static

from mli_tui.widgets.entry import Entry
from mli_tui.widgets.leaving import Leaving


class PromptScreen(ModalScreen[str | None], Leaving):
    """Asks for a line; None where it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave as it was", id="prompt.leave"),
        Binding("tab", "complete", "Complete", id="prompt.complete", tooltip="takes what is suggested"),
    ]

    def __init__(
        self, question: str, text: str, hint: str, check: Callable[[str], str], suggester: Suggester | None = None
    ) -> None:
        """Ask `question`, beginning with `text`; `check` returns what is wrong with a line, or ""."""
        super().__init__()
        self._suggester = suggester
        self._question, self._text, self._hint, self._check = question, text, hint, check

    def compose(self) -> ComposeResult:
        """Show the question, the line, and below it what is wrong with it or what can be typed."""
        with Vertical(classes="dialog prompt"):
            yield Static(Content(self._question), id="question")
            yield Entry(self._text, suggester=self._suggester)
            yield Static(Content(self._hint), id="said")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say at once what is wrong with the line."""
        self._is_right(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the line, unless something is wrong with it."""
        if self._is_right(event.value):
            self.dismiss(event.value)

    def _is_right(self, line: str) -> bool:
        """Return whether nothing is wrong with the line; else say what."""
        complaint = self._check(line)
        said = self.query_one("#said", Static)
        said.set_class(bool(complaint), "wrong")
        said.update(Content(complaint or self._hint))
        return not complaint

    def action_complete(self) -> None:
        """Take what is suggested."""
        self.query_one(Entry).take_suggestion()

    def action_leave(self) -> None:
        """Close and change nothing."""
        self.dismiss(None)
