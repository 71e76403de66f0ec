"""The export menu: a letter each, or arrows and enter."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mli_tui import keys
from mli_tui.widgets.leaving import Leaving

OFFERS = {
    "tables": "curves, biases, device as CSV",
    "png": "the figure as PNG",
    "svg": "the figure as SVG",
    "pdf": "the figure as PDF",
    "screen": "this screen as SVG",
    "numbers": "copy all numbers, as text",
    "biases": "copy the bias table, as text",
    "table": "copy the table, as text",
    "folder": "copy the path of the folder",
}
"""Whatever can be exported somewhere, and what it is called where nothing more precise is said."""
SWEEP_TABLES = "curves and summary as CSV"


class ExportScreen(ModalScreen[str | None], Leaving):
    """Offers what can be exported here; its answer is one of those, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "choose('tables')", "CSV", id="export.tables"),
        Binding("p", "choose('png')", "PNG", id="export.png"),
        Binding("v", "choose('svg')", "SVG", id="export.svg"),
        Binding("f", "choose('pdf')", "PDF", id="export.pdf"),
        Binding("s", "choose('screen')", "Screen", id="export.screen"),
        Binding("y", "choose('numbers')", "Copy numbers", id="export.numbers"),
        Binding("b", "choose('biases')", "Copy biases", id="export.biases"),
        Binding("t", "choose('table')", "Copy table", id="export.table"),
        Binding("w", "choose('folder')", "Copy path", id="export.folder"),
        Binding("j", "move('cursor_down')", "Down", show=False, id="export.down"),
        Binding("k", "move('cursor_up')", "Up", show=False, id="export.up"),
        Binding("escape,q,e", "dismiss(None)", "Close", id="export.close"),
    ]

    def __init__(self, *offered: str, **called: str) -> None:
        """Offer these of `OFFERS`, and those that are `called` otherwise here."""
        super().__init__()
        self._called = {kind: called.get(kind, OFFERS[kind]) for kind in OFFERS if kind in offered or kind in called}

    def compose(self) -> ComposeResult:
        """Show the offers, each with its key."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content("Export")
            yield OptionList(*(Option(self._line(kind), id=kind) for kind in self._called))

    def _line(self, kind: str) -> Content:
        return Content(f"{keys.key_of(self, f'export.{kind}'):<3} {self._called[kind]}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Answer only with what is offered."""
        return action != "choose" or parameters[0] in self._called

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Answer with the offer under the cursor."""
        self.dismiss(message.option.id)

    def action_choose(self, kind: str) -> None:
        """Answer with an offer."""
        self.dismiss(kind)

    def action_move(self, what: str) -> None:
        """Move the cursor."""
        getattr(self.query_one(OptionList), f"action_{what}")()
