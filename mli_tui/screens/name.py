"""A question that is answered with a name."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mli_tui.widgets.entry import Entry


class NameScreen(ModalScreen[str]):
    """Asks for a name; None where escape was pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="name.cancel")]

    def __init__(self, question: str) -> None:
        """Ask `question`, which is shown as it is."""
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """Show the question and a line to type into."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question))
            yield Entry(id="name")
            yield Static(Content.styled("enter keeps it, escape does not", "$foreground-muted"))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Close with the name; an empty one is none."""
        self.dismiss(message.value.strip() or None)
