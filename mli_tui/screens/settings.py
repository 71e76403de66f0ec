"""The settings: each in a row, changed with the arrows, taken at once, kept for the next time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mli_tui import keys
from mli_tui.placing import WIDE
from mli_tui.settings import Settings, settings_file
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.table import Table

if TYPE_CHECKING:
    from mli_tui.app import MliApp

VALUES: dict[str, tuple[object, ...]] = {
    "marker": ("braille", "blocks", "ascii"),
    "grid": (False, True),
    "mouse": (True, False),
    "decimals": (2, 3, 4, 5, 6),
    "keys_panel": (False, True),
    "preview": ("off", "wide", "on"),
    "notice_seconds": (3, 6, 12, 30),
}
"""What can be chosen, setting by setting; the themes are those that the app knows."""
ABOUT = {
    "theme": ("theme", "dark and light; Textual's own, and two made for the colours of the curves"),
    "marker": ("curves", "blocks and ASCII are for fonts without braille dots"),
    "grid": ("grid", "dotted lines at the ticks, behind the curves; in figures, too"),
    "mouse": ("mouse", "off: the terminal selects text as usual; from the next start"),
    "notice_seconds": ("notices", "seconds that a notice stays"),
    "decimals": ("decimals", "of measured values in readouts and tables; files always have all"),
    "keys_panel": ("keys", "a panel that shows the keys of the focused place; where there is room"),
    "preview": ("preview", f"of the run under the cursor: wide has it from {WIDE} columns on, beside the list"),
}


class SettingsTable(Table):
    """A table whose rows are changed, not opened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l,space,enter", "screen.change(1)", "Next value", id="settings.next"),
        Binding("left,h", "screen.change(-1)", "Value before", id="settings.before"),
    ]


class SettingsScreen(ModalScreen[None], Leaving):
    """Shows the settings until a key closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,comma", "app.pop_screen", "Close", id="settings.close"),
    ]

    def compose(self) -> ComposeResult:
        """Show a row a setting, and what the one under the cursor is."""
        with Vertical(classes="dialog settings") as box:
            box.border_title = Content("Settings")
            yield SettingsTable(id="settings", cursor_type="row", show_header=False)
            yield Static(Content(""), id="setting")

    def on_mount(self) -> None:
        """Fill the table."""
        table = self.query_one(SettingsTable)
        table.add_column(Text("setting"), width=9)
        table.add_column(Text("value"), width=24, key="value")
        for name, (label, _) in ABOUT.items():
            table.add_row(Text(label), self._value(name), key=name)
        self._describe()

    def on_data_table_row_highlighted(self) -> None:
        """Say what the setting under the cursor is."""
        self._describe()

    def action_change(self, step: int) -> None:
        """Take the next or the previous value of the setting under the cursor."""
        name = self._chosen()
        app = cast("MliApp", self.app)
        values = VALUES.get(name) or tuple(sorted(app.available_themes))
        now = getattr(app.chosen, name)
        number = values.index(now) + step if now in values else 0
        app.choose(msgspec.structs.replace(app.chosen, **{name: values[number % len(values)]}))
        self.query_one(SettingsTable).update_cell(name, "value", self._value(name))

    def _chosen(self) -> str:
        return list(ABOUT)[self.query_one(SettingsTable).cursor_row]

    def _value(self, name: str) -> Text:
        chosen: Settings = cast("MliApp", self.app).chosen
        value = getattr(chosen, name)
        shown = ("off", "on")[value] if isinstance(value, bool) else str(value)
        return Text(f"< {shown} >")

    def _describe(self) -> None:
        change = f"{keys.key_of(self, 'settings.before')} {keys.key_of(self, 'settings.next')} change"
        close = f"{keys.key_of(self, 'settings.close')} closes"
        text = f"{ABOUT[self._chosen()][1]}\n\n{change}, {close}; kept in {settings_file()}"
        self.query_one("#setting", Static).update(Content(text))
