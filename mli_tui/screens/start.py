"""The start screen: presets to launch, runs to open."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

import presets
from backends.runs.listing import RunRow
from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepPaths
from mli_tui import actions, errands, needs, watch
from mli_tui.format import age, number, status_mark
from mli_tui.screens.confirm import ConfirmScreen
from mli_tui.sweep_rows import is_sweep, paths_of
from mli_tui.tables import LIVE
from mli_tui.widgets.table import Table
from presets.loader import Preset

if TYPE_CHECKING:
    from mli_tui.app import MliApp

RUN_ACTIONS = ("stop", "resume", "export", "delete")
PRESET_COLUMNS = (
    ("preset", 23, 0), ("claim", 6, 0), ("what it is", 34, 0), ("2 cores", 8, 0), ("needs", 29, 119),
    ("what it shows", 77, 198),
)  # fmt: skip
ROOMY_TITLE = 42
"""Width of what a preset is, where there is room for what it needs, too."""
RUN_COLUMNS = (
    ("preset", 23, 0), ("seed", 4, 0), ("status", 15, 0), ("epochs", 7, 0), ("lin./homog.", 11, 0), ("age", 6, 0),
    ("run", 45, 126), ("", 64, 192),
)  # fmt: skip
"""Label, width, and the columns of the terminal from which there is room for it."""
SHORT = {needs.GPU: "GPU", needs.DOWNLOAD: "download", needs.DATA: "data"}
"""What a preset needs, in the place of the time that it takes."""


class PresetTable(Table):
    """A table of what can be launched."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select_cursor", "Launch", id="presets.launch")]


@dataclass
class NeedsFound(Message):
    """The presets, what each of them needs, and a line for each damaged file of the user's."""

    presets: list[Preset]
    needs: tuple[tuple[str, ...], ...]
    damaged: tuple[str, ...]


class StartScreen(Screen[None]):
    """Presets above, runs below. Filled without importing torch; the runs are read by a thread."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "Other list", show=True, id="start.other"),
        Binding("f", "form", "Form", id="start.form", tooltip="launch with other values, or a sweep of them"),
        Binding("D", "device", "Device", show=False, id="start.device", tooltip="load, memory, the workers, the queue"),
        Binding("s", "stop", "Stop", id="start.stop", tooltip="at the next batch, with a checkpoint"),
        Binding("r", "resume", "Resume", id="start.resume", tooltip="a stopped, killed or failed run"),
        Binding("e", "export", "Export", id="start.export", tooltip="curves and biases as CSV into this folder"),
        Binding("d", "delete", "Delete", id="start.delete", tooltip="asks first"),
    ]

    def __init__(self, root: Path) -> None:
        """List the runs in `root`."""
        super().__init__()
        self._root = root
        self._presets = presets.catalog()
        self._needs: tuple[tuple[str, ...], ...] = ((),) * len(self._presets)
        self._complaints: tuple[str, ...] = ()
        self._rows: tuple[RunRow, ...] = ()
        self._cursor_run = ""
        self._possible: tuple[bool | None, ...] = ()
        self._shown: tuple[bool, ...] = ()
        self._watcher: watch.RunsWatcher | None = None

    @property
    def rows(self) -> tuple[RunRow, ...]:
        """The runs as they are listed now."""
        return self._rows

    def compose(self) -> ComposeResult:
        """Lay out the two tables, the line about the chosen one, and the keys."""
        yield Static(Content.assemble(("mli-tui", "bold"), "  monotonic linear interpolation"), id="title")
        yield PresetTable(id="presets", cursor_type="row")
        yield Static(Content(""), id="about")
        yield Table(id="runs", cursor_type="row")
        yield Static(Content(""), id="empty")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Fill the presets, and let a thread look for runs."""
        for name in ("presets", "runs"):
            self._table(name).border_title = name.title()
        self._table("presets").focus()
        self._watcher = watch.RunsWatcher(self._root, self.post_message)
        self._watcher.start()

    def on_resize(self, event: events.Resize) -> None:
        """Show the columns that there is room for."""
        widths = tuple(event.size.width >= need for _, _, need in (*PRESET_COLUMNS, *RUN_COLUMNS))
        if widths != self._shown:
            self._shown = widths
            self._fill_presets(event.size.width)
            self._fill_runs(event.size.width)

    def _fill_presets(self, width: int) -> None:
        table = self._table("presets")
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
            self._fill_presets(self.size.width)
            self._describe()

    def _fill_runs(self, width: int) -> None:
        table = self._table("runs")
        chosen = self._cursor_run
        table.clear(columns=True)
        count = _add_columns(table, RUN_COLUMNS, width)
        now = time.time()
        for row in self._rows:
            table.add_row(*_cells(row, now)[:count], key=row.run_id)
        if chosen in {row.run_id for row in self._rows}:
            table.move_cursor(row=table.get_row_index(chosen), animate=False)

    def on_unmount(self) -> None:
        """Let the thread end."""
        if self._watcher:
            self._watcher.stop()

    def on_screen_resume(self) -> None:
        """Look at once for what changed while another screen was on top: runs, and presets of the user's."""
        self._look_again()
        self.run_worker(self._look_for_needs, thread=True, group="presets", exclusive=True)

    def on_runs_listed(self, message: watch.RunsListed) -> None:
        """Show the runs."""
        self._cursor_run = run.run_id if (run := self._chosen_run()) else ""
        self._rows = message.rows
        self._fill_runs(self.size.width)
        empty = "" if message.rows else "no runs yet: choose a preset above and press enter"
        self.query_one("#empty", Static).update(Content(empty))
        self._describe()

    def on_watch_failed(self, message: watch.WatchFailed) -> None:
        """Say why the runs can't be listed."""
        errands.tell(self.app, message.text, "error")

    def on_data_table_row_highlighted(self) -> None:
        """Say more about the row under the cursor."""
        self._describe()

    def on_descendant_focus(self) -> None:
        """Say more about the table that has the keys now."""
        self._describe()

    def on_data_table_row_selected(self, message: DataTable.RowSelected) -> None:
        """Launch the preset, or open the run."""
        if message.data_table.id == "presets":
            self._launch(self._presets[message.cursor_row])
        elif run := self._chosen_run():
            cast("MliApp", self.app).open_run(paths_of(self._root, run) if is_sweep(run) else self._paths(run))

    def action_form(self) -> None:
        """Open the launch form, filled in as the chosen preset."""
        preset = self._presets[self._table("presets").cursor_row]
        cast("MliApp", self.app).open_form(self._root, preset.experiment, preset.name, preset.experiment.title)

    def action_device(self) -> None:
        """Show what the machine does, with the worker of the chosen run, else of the newest that is at work."""
        chosen = self._chosen_run() if self._focused_table().id == "runs" else None
        working = [run for run in self._rows if run.status in LIVE and not is_sweep(run)]
        run = chosen if chosen is not None and not is_sweep(chosen) else next(iter(working), None)
        cast("MliApp", self.app).open_device(None if run is None else self._paths(run))

    def action_stop(self) -> None:
        """Stop the chosen run at its next batch, or the sweep with its runs."""
        if run := self._chosen_run():
            self._do(run, actions.stop_sweep, actions.stop)

    def action_resume(self) -> None:
        """Let the chosen run go on, or do what is missing of the sweep."""
        if run := self._chosen_run():
            self._do(run, actions.resume_sweep, actions.resume)

    def action_export(self) -> None:
        """Write the chosen run's tables, or the sweep's, into the current folder."""
        if run := self._chosen_run():
            here = Path.cwd()
            self._do(run, lambda p: actions.export_sweep(p, here), lambda p: actions.export_tables(p, here))

    def _do(self, run: RunRow, to_sweep: Callable[[SweepPaths], str], to_run: Callable[[RunPaths], str]) -> None:
        """Do to a sweep or to a run what a key says, and look again."""
        if is_sweep(run):
            errands.run_errand(self.app, lambda: to_sweep(paths_of(self._root, run)), self._look_again)
        else:
            errands.run_errand(self.app, lambda: to_run(self._paths(run)), self._look_again)

    def action_delete(self) -> None:
        """Ask, then delete the chosen run."""
        if run := self._chosen_run():
            paths = self._paths(run)

            def answered(yes: bool | None) -> None:
                if yes:
                    errands.run_errand(self.app, lambda: actions.delete(paths), self._look_again)

            self.app.push_screen(ConfirmScreen(f"Delete {run.run_id}, with its checkpoints?"), answered)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what can't be done to the chosen run."""
        if action not in RUN_ACTIONS:
            return True
        run = self._chosen_run() if self.is_mounted and self._focused_table().id == "runs" else None
        if run is None or (is_sweep(run) and action == "delete"):
            return None
        return True if _possible(action, run.status) else None

    def _look_again(self) -> None:
        if self._watcher:
            self._watcher.hurry()

    def _launch(self, preset: Preset) -> None:
        made: list[RunPaths] = []

        def work() -> str:
            paths, warning = actions.launch_new(self._root, preset.experiment)
            made.append(paths)
            return warning

        errands.run_errand(self.app, work, lambda: cast("MliApp", self.app).open_run(made[0]))

    def _describe(self) -> None:
        run, text = self._chosen_run(), ""
        if self._focused_table().id == "presets":
            row = self._table("presets").cursor_row
            text = "; ".join((*self._needs[row], self._presets[row].experiment.shows))
        elif run is not None:
            text = f"{run.run_id}  {run.message}"
        self.query_one("#about", Static).update(Content(text))
        possible = tuple(self.check_action(action, ()) for action in RUN_ACTIONS)
        if possible != self._possible:  # making the footer anew costs more than all else that a key does
            self._possible = possible
            self.refresh_bindings()

    def _chosen_run(self) -> RunRow | None:
        row = self._table("runs").cursor_row
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def _paths(self, run: RunRow) -> RunPaths:
        return RunPaths(self._root / run.run_id)

    def _focused_table(self) -> Table:
        return self._table("runs" if self.focused is not None and self.focused.id == "runs" else "presets")

    def _table(self, name: str) -> Table:
        return self.query_one(f"#{name}", Table)


def _possible(action: str, status: str) -> bool:
    live = status in ("running", "queued", "paused")
    match action:
        case "stop":
            return live
        case "resume":
            return status in ("stopped", "interrupted", "failed")
        case "delete":
            return not live
        case _:
            return status != "damaged"


def _preset_cells(preset: Preset, needed: tuple[str, ...]) -> tuple[Text, ...]:
    spec = preset.experiment
    claim = "yours" if preset.own else spec.group.removeprefix("claim ").partition(" ")[0]
    time = SHORT.get(needed[0], "") if needed else spec.expected_time
    texts = (preset.name, claim, spec.title, time, ", ".join(needed), spec.shows)
    return tuple(_cell(text) for text in texts)


def _cells(row: RunRow, now: float) -> tuple[Text, ...]:
    phase = row.phase if row.status == "running" and row.phase else row.status
    most = "" if row.status == "done" or row.max_epochs is None else f"/{row.max_epochs}"
    progress = f"{row.epochs}{most}"
    ends = " ".join(number(row.error_plateau_end.get(scheme), 3) for scheme in ("linear", "homogeneous"))
    seed = "" if is_sweep(row) else "-" if row.seed is None else str(row.seed)
    texts = (
        row.preset, seed, f"{status_mark(row.status)} {phase}", progress, ends, age(now - row.created),
        row.run_id, row.message,
    )  # fmt: skip
    return tuple(_cell(text) for text in texts)


def _cell(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def _add_columns(table: Table, columns: tuple[tuple[str, int, int], ...], width: int) -> int:
    """Add the columns that `width` has room for, and return how many."""
    fitting = [(label, size) for label, size, need in columns if width >= need]
    for label, size in fitting:
        table.add_column(Text(label), width=size)
    return len(fitting)
