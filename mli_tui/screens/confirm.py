"""A question that is answered with y or n."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mli_tui import keys
from mli_tui.widgets.leaving import Leaving


class ConfirmScreen(ModalScreen[bool], Leaving):
    """Asks one question; True for yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes"),
        Binding("n,escape", "answer(False)", "No", id="confirm.no"),
    ]

    def __init__(self, question: str) -> None:
        """Ask `question`, which is shown as it is."""
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """Show the question and its two answers."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question))
            yield Static(
                Content.from_markup(
                    "\n[@click=screen.answer(True)]$yes  yes[/]     [@click=screen.answer(False)]$no  no[/]",
                    yes=keys.key_of(self, "confirm.yes"),
                    no=keys.key_of(self, "confirm.no"),
                )
            )

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        self.dismiss(yes)
