"""The start screen: presets to launch, runs to open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import DataTable, Static

import presets
from backends.runs.listing import LIVE, RunRow
from backends.runs.paths import RunPaths
from backends.runs.text import safe_line
from mli_tui import actions, errands, launching, needs, placing
from mli_tui.keys import key_of
from mli_tui.run_rows import described
from mli_tui.sweep_rows import is_sweep, paths_of
from mli_tui.widgets.border import Bordered, Place, border_keys
from mli_tui.widgets.entry import Entry
from mli_tui.widgets.hint import Hint
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.keys_panel import free_width
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.runs_list import PLAIN, Beginning
from mli_tui.widgets.runs_pane import RunsPane
from mli_tui.widgets.table import Table, cell
from presets.loader import Preset

if TYPE_CHECKING:
    from mli_tui.app import MliApp
    from mli_tui.widgets.preview import Preview

SLOTS: tuple[placing.Place, ...] = ("above", "beside")
"""Ids of the places for the preview."""
PRESET_COLUMNS = (
    ("preset", 23, 0), ("claim", 6, 0), ("what it is", 34, 0), ("2 cores", 8, 0), ("needs", 29, 119),
    ("what it shows", 77, 198),
)  # fmt: skip
PREVIEW_ROWS = 8
"""Rows of a preview in place of the presets: title, sentence, pictures."""
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


class StartScreen(Bordered, Leaving):
    """Presets above, runs below. Filled without importing torch; the runs are read by a thread.

    Presets that are shut have their title, and open while they have the keys.
    """

    PLACE = Place("start", "#upper", "#runs-pane", 4, 5, title="#runs", lower_shuts=False)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other", "Other list", id="start.other", tooltip="in the filter it takes what is suggested"),
        Binding("D", "device", "Device", id="start.device", tooltip="load, memory, the workers, the queue"),
        *border_keys("start"),
    ]

    def __init__(self, root: Path, hinting: bool = False, later: bool = False, beginning: Beginning = PLAIN) -> None:
        """List the runs in `root`, as `beginning` says; `hinting` for somebody who has never been here.

        With `later` it is empty, below another screen that is wanted first, until `fill` or until it is on top.
        """
        super().__init__()
        self._hinting, self._later = hinting, later
        self._root, self._beginning = root, beginning
        self._presets = presets.catalog()
        self._needs: tuple[tuple[str, ...], ...] = ((),) * len(self._presets)
        self._complaints: tuple[str, ...] = ()
        self._possible: tuple[object, ...] = ()
        self._shown: tuple[bool, ...] = ()
        self._where: placing.Place = ""
        """Where the preview is."""

    @property
    def rows(self) -> tuple[RunRow, ...]:
        """The runs as they are listed now; none before the lists are there, when another screen may be on top."""
        panes = self.query(RunsPane).results(RunsPane)  # while it is laid out there is none, too
        return next((pane.rows for pane in panes), ())

    def compose(self) -> ComposeResult:
        """Lay out the two tables, the line about the chosen one, and the keys."""
        if self._later:
            return
        yield Static(Content.assemble(("mli-tui", "bold"), "  monotonic linear interpolation"), id="title")
        with Horizontal(id="body"):
            with Vertical(id="lists"):
                with Vertical(id="upper"):
                    yield PresetTable(id="presets", cursor_type="row")
                    yield Vertical(id="above")
                yield Static(Content(""), id="about")
                yield RunsPane(self._root, self._beginning, id="runs-pane")
            yield Vertical(id="beside")
        if self._hinting:
            yield Hint()
        yield KeysFooter()

    def on_mount(self) -> None:
        """Begin with the presets; the runs fill themselves."""
        if not self._later:
            self._begin()

    def _begin(self) -> None:
        self._table.border_title = "Presets"
        below = any(self._beginning) or self.border.shut
        self.set_focus(self._pane.table if below else self._table)
        self._make_room()

    async def fill(self) -> None:
        """Lay out what was put off."""
        if self._later:
            self._later = False
            await self.recompose()
            if self._has_lists:
                self._begin()
                self.on_resize()

    @property
    def _has_lists(self) -> bool:
        """Whether both lists are there: not while they are put off, and an app that ends mounts nothing, or a part."""
        return bool(self.query("#presets") and self.query(RunsPane))

    def on_resize(self) -> None:
        """Show the columns that there is room for."""
        if self._has_lists:
            self._make_room()

    def _make_room(self) -> None:
        """Give the preview its place, and the presets the columns that there is room for. What it shows comes later."""
        pane = self._pane
        new_here = self._hinting and not pane.rows
        where = "" if new_here else placing.place(self._app.chosen.preview, free_width(self), self._in_pane)
        if where != self._where:
            self._where = where
            for slot in SLOTS:
                self.query_one(f"#{slot}").display = slot == where
            self.query_one("#upper").set_class(where == "above", "covered")
            self.lay_out()
        if where and pane.listed and not self.query(f"#{where} Preview"):  # so it is not in the first frame
            self.call_after_refresh(self._place_preview)
        self._follow()
        widths = tuple(self._lists_width >= need for _, _, need in PRESET_COLUMNS)
        if widths != self._shown:
            self._shown = widths
            self._fill_presets()

    async def _place_preview(self) -> None:
        """Put the preview into its place; without one it rests."""
        from mli_tui.widgets.preview import Preview

        for slot in self.query(f"#{self._where}") if self._where else ():
            if not slot.query(Preview):
                await self.query(Preview).remove()
                if slot.is_attached:  # else the app ends
                    await slot.mount(Preview(self._root))
        self._follow()

    @property
    def least_upper(self) -> int:
        """Rows that the presets must have, or the preview in their place."""
        return PREVIEW_ROWS if self._where == "above" else self.PLACE.least_upper

    @property
    def _lists_width(self) -> int:
        """Columns that presets and runs have."""
        return free_width(self) - (placing.BESIDE if self._where == "beside" else 0)

    def _fill_presets(self) -> None:
        table, width = self._table, self._lists_width
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
            self._fill_presets()
            self._describe()

    async def on_screen_resume(self) -> None:
        """Look at once for what changed while another screen was on top: runs, and presets of the user's."""
        if self.app.screen is not self:
            return  # another screen was put on top at once
        await self.fill()
        if not self._has_lists:
            return
        self._pane.look_again()
        self._follow()
        self.run_worker(self._look_for_needs, thread=True, group="presets", exclusive=True)

    def on_runs_list_changed(self) -> None:
        """Say more about the run under the cursor."""
        self._make_room()
        self._describe()

    def on_data_table_row_highlighted(self) -> None:
        """Say more about the preset under the cursor."""
        self._describe()

    def on_descendant_focus(self) -> None:
        """Say more about the table that has the keys now."""
        self._make_room()
        self._describe()

    def on_data_table_row_selected(self, message: DataTable.RowSelected) -> None:
        """Launch the preset, and open what was started."""
        experiment, app = self._presets[message.cursor_row].experiment, cast("MliApp", self.app)
        launching.begin(app, lambda: actions.launch_new(self._root, experiment), app.open_run)

    def action_other(self) -> None:
        """Go to the other list, or in the line of the filter take what it suggests."""
        if not (isinstance(self.focused, Entry) and self.focused.take_suggestion()):
            (self._table if self.focused is self._pane.table else self._pane.table).focus()

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
            text = described(pane.chosen, pane.table.chosen_group, key_of(self, "table.open", "enter"))
            possible = pane.possible
        else:
            row = self._table.cursor_row
            text = safe_line("; ".join((*self._needs[row], self._presets[row].experiment.shows)), 1_000)
            possible = ()
        self.query_one("#about", Static).update(Content(text))
        if possible != self._possible:  # making the footer anew costs more than all else that a key does
            self._possible = possible
            self.refresh_bindings()

    def _follow(self) -> None:
        """Let the preview follow the cursor of the runs, while there is one to be seen."""
        for preview in map(_as_preview, self.query("Preview")):
            if self._where and self.app.screen is self:
                preview.look_at(self._pane.table.chosen_group or self._pane.chosen)
            else:
                preview.rest()

    def on_screen_suspend(self) -> None:
        """Let the preview rest below another screen."""
        self._follow()

    def action_preview(self) -> None:
        """Show the preview of the run under the cursor, or hide it; kept for the next time."""
        when = placing.toggled(self._app.chosen.preview, free_width(self))
        self._app.choose(msgspec.structs.replace(self._app.chosen, preview=when))
        if when == "on":  # it takes the place of the presets, which may be shut
            self.opened("upper")

    @property
    def _app(self) -> MliApp:
        return cast("MliApp", self.app)

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


def _as_preview(widget: Widget) -> Preview:
    """Return the widget as what it is by its name: its module is not loaded before the first frame."""
    return cast("Preview", widget)


def _paths_of(root: Path, row: RunRow) -> RunPaths:
    return paths_of(root, row) if is_sweep(row) else RunPaths(root / row.run_id)


def _preset_cells(preset: Preset, needed: tuple[str, ...]) -> tuple[Text, ...]:
    spec = preset.experiment
    claim = "yours" if preset.own else spec.group.removeprefix("claim ").partition(" ")[0]
    time = SHORT.get(needed[0], "") if needed else spec.expected_time
    texts = (preset.name, claim, spec.title, time, ", ".join(needed), spec.shows)
    return tuple(cell(safe_line(text)) for text in texts)  # a preset of the user's own may hold anything


def _add_columns(table: Table, columns: tuple[tuple[str, int, int], ...], width: int) -> int:
    """Add the columns that `width` has room for, and return how many."""
    fitting = [(label, size) for label, size, need in columns if width >= need]
    for label, size in fitting:
        table.add_column(Text(label), width=size)
    return len(fitting)
