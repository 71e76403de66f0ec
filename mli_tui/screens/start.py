"""The start screen: presets to launch, runs to open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Static

import presets
from backends.runs.listing import RunRow
from backends.runs.paths import RunPaths
from backends.runs.text import safe_line
from mli_tui import actions, errands, launching, needs
from mli_tui.keys import key_of
from mli_tui.run_rows import described
from mli_tui.sweep_rows import is_sweep, paths_of
from mli_tui.tables import LIVE
from mli_tui.widgets.entry import Entry
from mli_tui.widgets.hint import Hint
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.keys_panel import free_width
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.runs_pane import RunsPane
from mli_tui.widgets.table import Table
from presets.loader import Preset

if TYPE_CHECKING:
    from mli_tui.app import MliApp

PRESET_COLUMNS = (
    ("preset", 23, 0), ("claim", 6, 0), ("what it is", 34, 0), ("2 cores", 8, 0), ("needs", 29, 119),
    ("what it shows", 77, 198),
)  # fmt: skip
ROOMY_TITLE = 42
"""Width of what a preset is, where there is room for what it needs, too."""
SHORT = {needs.GPU: "GPU", needs.DOWNLOAD: "download", needs.DATA: "data"}
"""What a preset needs, in the place of the time that it takes."""


class PresetTable(Table):
    """A table of what can be launched."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Launch", id="presets.launch"),
        Binding("f", "screen.form", "Form", id="presets.form", tooltip="launch with other values, or a sweep of them"),
    ]


@dataclass
class NeedsFound(Message):
    """The presets, what each of them needs, and a line for each damaged file of the user's."""

    presets: list[Preset]
    needs: tuple[tuple[str, ...], ...]
    damaged: tuple[str, ...]


class StartScreen(Screen[None], Leaving):
    """Presets above, runs below. Filled without importing torch; the runs are read by a thread."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other", "Other list", id="start.other", tooltip="in the filter it takes what is suggested"),
        Binding("D", "device", "Device", show=False, id="start.device", tooltip="load, memory, the workers, the queue"),
    ]

    def __init__(self, root: Path, hinting: bool = False, later: bool = False) -> None:
        """List the runs in `root`; `hinting` for somebody who has never been here.

        With `later` it is empty, below another screen that is wanted first, until `fill` or until it is on top.
        """
        super().__init__()
        self._hinting, self._later = hinting, later
        self._root = root
        self._presets = presets.catalog()
        self._needs: tuple[tuple[str, ...], ...] = ((),) * len(self._presets)
        self._complaints: tuple[str, ...] = ()
        self._possible: tuple[object, ...] = ()
        self._shown: tuple[bool, ...] = ()

    @property
    def rows(self) -> tuple[RunRow, ...]:
        """The runs as they are listed now; none before the lists are there, when another screen may be on top."""
        return self._pane.rows if self.is_mounted and not self._later else ()

    def compose(self) -> ComposeResult:
        """Lay out the two tables, the line about the chosen one, and the keys."""
        if self._later:
            return
        yield Static(Content.assemble(("mli-tui", "bold"), "  monotonic linear interpolation"), id="title")
        yield PresetTable(id="presets", cursor_type="row")
        yield Static(Content(""), id="about")
        yield RunsPane(self._root, id="runs-pane")
        if self._hinting:
            yield Hint()
        yield KeysFooter()

    def on_mount(self) -> None:
        """Begin with the presets; the runs fill themselves."""
        if not self._later:
            self._begin()

    def _begin(self) -> None:
        self._table.border_title = "Presets"
        self._table.focus()

    async def fill(self) -> None:
        """Lay out what was put off."""
        if self._later:
            self._later = False
            await self.recompose()
            if self.children:  # an app that ends mounts nothing any more
                self._begin()
                self.on_resize()

    def on_resize(self) -> None:
        """Show the columns that there is room for."""
        width = free_width(self)
        widths = tuple(width >= need for _, _, need in PRESET_COLUMNS)
        if widths != self._shown and not self._later:
            self._shown = widths
            self._fill_presets(width)

    def _fill_presets(self, width: int) -> None:
        table = self._table
        chosen = table.cursor_row
        table.clear(columns=True)
        title = ROOMY_TITLE if width >= PRESET_COLUMNS[4][2] else PRESET_COLUMNS[2][1]
        columns = (*PRESET_COLUMNS[:2], ("what it is", title, 0), *PRESET_COLUMNS[3:])
        count = _add_columns(table, columns, width)
        for preset, needed in zip(self._presets, self._needs, strict=True):
            table.add_row(*_preset_cells(preset, needed)[:count], key=preset.name)
        table.move_cursor(row=chosen, animate=False)

    def _look_for_needs(self) -> None:
        """Find, in a thread, the presets, what each needs, and which of the user's files are damaged."""
        listed = presets.catalog()
        found = tuple(needs.of(preset.experiment) for preset in listed)
        self.post_message(NeedsFound(listed, found, tuple(presets.damaged())))

    def on_needs_found(self, message: NeedsFound) -> None:
        """Show what each preset needs; say which files of the user's are damaged."""
        for complaint in message.damaged:
            if complaint not in self._complaints:
                errands.tell(self.app, complaint, "error")
        self._complaints = message.damaged
        if (self._presets, self._needs) != (message.presets, message.needs):
            self._presets, self._needs = message.presets, message.needs
            self._fill_presets(free_width(self))
            self._describe()

    async def on_screen_resume(self) -> None:
        """Look at once for what changed while another screen was on top: runs, and presets of the user's."""
        if self.app.screen is not self:
            return  # another screen was put on top at once
        await self.fill()
        self._pane.look_again()
        self.run_worker(self._look_for_needs, thread=True, group="presets", exclusive=True)

    def on_runs_list_changed(self) -> None:
        """Say more about the run under the cursor."""
        self._describe()

    def on_data_table_row_highlighted(self) -> None:
        """Say more about the preset under the cursor."""
        self._describe()

    def on_descendant_focus(self) -> None:
        """Say more about the table that has the keys now."""
        self._describe()

    def on_data_table_row_selected(self, message: DataTable.RowSelected) -> None:
        """Launch the preset, and open what was started."""
        experiment, app = self._presets[message.cursor_row].experiment, cast("MliApp", self.app)
        launching.begin(app, lambda: actions.launch_new(self._root, experiment), app.open_run)

    def action_other(self) -> None:
        """Go to the other list, or in the line of the filter take what it suggests."""
        if not (isinstance(self.focused, Entry) and self.focused.take_suggestion()):
            self.focus_next()

    def action_form(self) -> None:
        """Open the launch form, filled in as the chosen preset."""
        preset = self._presets[self._table.cursor_row]
        cast("MliApp", self.app).open_form(self._root, preset.experiment, preset.name, preset.experiment.title)

    def action_device(self) -> None:
        """Show what the machine does, with the workers of the chosen run or sweep, else of the newest one at work."""
        chosen = self._pane.chosen if self._in_pane else None
        row = chosen or next((run for run in self.rows if run.status in LIVE), None)
        cast("MliApp", self.app).open_device(None if row is None else _paths_of(self._root, row))

    def _describe(self) -> None:
        if self._in_pane:
            pane = self._pane
            text = described(pane.chosen, pane.table.chosen_group, key_of(self, "table.open"))
            possible = pane.possible
        else:
            row = self._table.cursor_row
            text = safe_line("; ".join((*self._needs[row], self._presets[row].experiment.shows)), 1_000)
            possible = ()
        self.query_one("#about", Static).update(Content(text))
        if possible != self._possible:  # making the footer anew costs more than all else that a key does
            self._possible = possible
            self.refresh_bindings()

    @property
    def _in_pane(self) -> bool:
        """Whether the runs have the keys."""
        return self.focused is not None and self._pane in self.focused.ancestors

    @property
    def _table(self) -> Table:
        return self.query_one("#presets", Table)

    @property
    def _pane(self) -> RunsPane:
        return self.query_one(RunsPane)


def _paths_of(root: Path, row: RunRow) -> RunPaths:
    return paths_of(root, row) if is_sweep(row) else RunPaths(root / row.run_id)


def _preset_cells(preset: Preset, needed: tuple[str, ...]) -> tuple[Text, ...]:
    spec = preset.experiment
    claim = "yours" if preset.own else spec.group.removeprefix("claim ").partition(" ")[0]
    time = SHORT.get(needed[0], "") if needed else spec.expected_time
    texts = (preset.name, claim, spec.title, time, ", ".join(needed), spec.shows)
    return tuple(_cell(safe_line(text)) for text in texts)  # a preset of the user's own may hold anything


def _cell(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def _add_columns(table: Table, columns: tuple[tuple[str, int, int], ...], width: int) -> int:
    """Add the columns that `width` has room for, and return how many."""
    fitting = [(label, size) for label, size, need in columns if width >= need]
    for label, size in fitting:
        table.add_column(Text(label), width=size)
    return len(fitting)
