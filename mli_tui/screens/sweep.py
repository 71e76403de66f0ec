"""The sweep screen: how far it is, its picture, and a table of its cells that opens each run."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widgets import DataTable

from backends.runs import sweeps
from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepPaths, SweepView
from mli_tui import actions, clipboard, errands, exporting, not_now, sweep_pictures, watch
from mli_tui.axes import GRID
from mli_tui.format import status_mark
from mli_tui.pictures import SHORT
from mli_tui.plotting.layout import LEAST_HEIGHT
from mli_tui.plotting.series import Plot
from mli_tui.reasons import Reasoned
from mli_tui.screens.export import SWEEP_TABLES, ExportScreen
from mli_tui.sweep_pictures import Tile
from mli_tui.widgets.border import Bordered, Place, border_keys, full_key
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.lines import Lines
from mli_tui.widgets.plot import PlotView
from mli_tui.widgets.table import Table, cell

if TYPE_CHECKING:
    from mli_tui.app import MliApp

LEAST_TABLE, AROUND, LOW = 4, 2, 16
"""Rows of the table at least; rows that are neither picture nor table; rows below which a heat map has no margin."""
STATUS_WIDTH, FIGURE_WIDTH = len("interpolating"), len("-12.123456")
"""Cells of the longest thing that a run is at, and of a figure with all its decimals."""


class SweepScreen(Bordered, Reasoned, Leaving):
    """One sweep, live or ended. Snapshots come from a thread; this only hands them to the widgets."""

    PLACE = Place("sweep", "#picture", "#cells", 6, 6)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "Back", id="sweep.back", tooltip="to the list"),
        Binding("s", "stop", "Stop", id="sweep.stop", tooltip="the sweep and its runs"),
        Binding("r", "resume", "Resume missing", id="sweep.resume", tooltip="what is not done yet"),
        Binding("m", "metric", "Figure", id="sweep.figure", tooltip="the next one in the heat map"),
        Binding("number_sign", "grid", "Grid", show=False, id="sweep.grid", tooltip=GRID),
        Binding("e", "export", "Export", id="sweep.export", tooltip="tables, the picture, the screen, copies"),
        Binding("D", "device", "Device", id="sweep.device", tooltip="load, memory, the workers, the queue"),
        full_key("sweep"),
        *border_keys("sweep"),
    ]

    def __init__(self, paths: SweepPaths) -> None:
        """Show the sweep in `paths`."""
        super().__init__()
        self._paths = paths
        self._view: SweepView | None = None
        self._metric = 0
        self._filled: list[tuple[str, ...]] = []
        self._watcher: watch.SweepWatcher | None = None

    @property
    def view(self) -> SweepView | None:
        """The snapshot that is shown; None until the first one came."""
        return self._view

    @property
    def bordered(self) -> bool:
        """Whether it is known that there is a picture, beside the table."""
        return self._keys in (1, 2)

    def compose(self) -> ComposeResult:
        """Lay out heading, picture and cells."""
        yield Lines(id="heading")
        with Vertical(id="picture"):
            yield PlotView(id="lines")
            yield Lines(id="heat")
        yield Table(id="cells", cursor_type="row")
        yield KeysFooter()

    def on_mount(self) -> None:
        """Follow the sweep in a thread."""
        self.query_one("#heading", Lines).show([Content(f"{self._paths.run_id}  reading ...")])
        self._cells.focus()
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._show())
        self._watcher = watch.SweepWatcher(self._paths, self.post_message)
        self._watcher.start()

    def on_unmount(self) -> None:
        """Let the thread end."""
        if self._watcher:
            self._watcher.stop()

    def on_screen_resume(self) -> None:
        """Look at once for what changed while another screen was on top."""
        self._look_again()

    def on_resize(self, event: events.Resize) -> None:
        """Cut the picture to the new size."""
        self.set_class(event.size.height < LOW, "low")
        self.call_after_refresh(self._show_picture)

    def usual(self) -> None:
        """Give lines the rows that they need, where the table can spare them."""
        spared = self.app.size.height - AROUND - LEAST_TABLE
        lines = self._keys == 1 and spared <= LEAST_HEIGHT
        self.query_one("#picture").styles.height = max(1, spared) if lines else None

    def arranged(self) -> None:
        """Show all of a heat map where it has rows of its own."""
        self._show_picture()

    def on_sweep_changed(self, message: watch.SweepChanged) -> None:
        """Show a new snapshot."""
        before, self._view = self._view, message.view
        view = message.view
        called = f"{view.labels.name}, " if view.labels.name else ""
        name = f"{called}sweep of {view.sweep.base.preset} "
        failed = "failed" in view.counts
        mark = f" {status_mark('failed' if failed else view.status)} {view.status} "
        shared = f" · {view.sweep.beside} at a time, threads each: {view.sweep.threads}" if view.sweep.threads else ""
        told = f" {sweep_pictures.progress(view)}{shared}"
        self.query_one("#heading", Lines).show(
            [Content.assemble((name, "bold"), (mark, f"bold ${'error' if failed else 'accent'}"), told)]
        )
        self._show()
        if before is None or before.status != view.status:
            self.refresh_bindings()

    def on_watch_failed(self, message: watch.WatchFailed) -> None:
        """Say why the sweep can't be read; it is tried again."""
        errands.tell(self.app, message.text, "error")

    def _show(self) -> None:
        if self._view is not None:
            self._fill()
            self._show_picture()

    def _show_picture(self) -> None:
        """Show lines for one key, a heat map for two; with more keys the table has the room."""
        view = self._view
        if view is None:
            return
        count = self._keys
        picture, plot, heat = self.query_one("#picture"), self.query_one(PlotView), self.query_one("#heat", Lines)
        picture.set_class(count == 1, "lines").set_class(not self.bordered, "nothing")
        self.lay_out()
        plot.show(sweep_pictures.lines(view) if count == 1 else Plot())
        if count == 2:
            plain = cast("MliApp", self.app).look.no_colour
            shown = sweep_pictures.metrics(view)
            rows = [_line(row, plain) for row in sweep_pictures.heat(view, shown[self._metric % len(shown)])]
            heat.show(rows if self.moved else _cut(rows, self.size))

    def _fill(self) -> None:
        """Put the cells into the table; of one that is filled only what changed."""
        view, table = self._view, self._cells
        assert view is not None
        labels, *rows = sweep_pictures.cells(view)
        if len(rows) != len(self._filled):
            table.clear(columns=True)
            shown = [_short(label) for label in labels]
            for number, inside in enumerate(zip(shown, *rows, strict=True)):
                # Wide enough from the beginning: a table that finds its widths later moves what is read.
                place = number - len(view.sweep.axes)
                least = 0 if place < 0 else FIGURE_WIDTH if place else STATUS_WIDTH
                table.add_column(Text(inside[0]), key=str(number), width=max(least, *map(cell_len, inside)))
            for number, texts in enumerate(rows):
                table.add_row(*map(cell, texts), key=str(number))
        else:
            for number, (old, new) in enumerate(zip(self._filled, rows, strict=True)):
                for column, (was, now) in enumerate(zip(old, new, strict=True)):
                    if was != now:
                        table.update_cell(str(number), str(column), cell(now))
        self._filled = rows

    @property
    def _cells(self) -> Table:
        return self.query_one("#cells", Table)

    def on_data_table_row_selected(self, message: DataTable.RowSelected) -> None:
        """Open the run of the cell under the cursor, where it has one."""
        row = self._view.rows[message.cursor_row] if self._view else None
        if row and row.run:
            cast("MliApp", self.app).open_run(RunPaths(self._paths.root / row.run.run_id))
        else:
            errands.tell(self.app, "this cell has no run yet")

    def why_not(self, action: str, _parameters: tuple[object, ...]) -> str:
        """Return why a key can't do anything to this sweep now, or ""."""
        if action == "metric" and self._keys != 2:
            return "a figure is chosen for a heat map: for a sweep of two keys"
        if action == "grid" and self._keys != 1:
            return "a grid is behind lines: for a sweep of one key"
        return not_now.why_not(action, self._view.status if self._view else "not read yet", who="this sweep")

    def action_stop(self) -> None:
        """Stop the sweep and its runs."""
        errands.run_errand(self.app, lambda: actions.stop_sweep(self._paths), self._look_again)

    def action_resume(self) -> None:
        """Do what is missing."""
        errands.run_errand(self.app, lambda: actions.resume_sweep(self._paths), self._look_again)

    def action_metric(self) -> None:
        """Show the next figure in the heat map."""
        self._metric += 1
        self._show_picture()

    def action_grid(self) -> None:
        """Show lines at the ticks of the axes, or hide them."""
        cast("MliApp", self.app).action_grid()

    @property
    def _keys(self) -> int:
        """How many swept keys are shown: lines are of one, a heat map is of two."""
        return len(sweeps.shown_keys(self._view.sweep)) if self._view else 0

    def action_device(self) -> None:
        """Show what the machine does, and what this sweep's workers have of it."""
        cast("MliApp", self.app).open_device(self._paths)

    def action_export(self) -> None:
        """Ask what is to be exported, and do it."""
        view = self._view
        if view is None:
            return
        shown = sweep_pictures.metrics(view)
        figure = shown[self._metric % len(shown)].label if self._keys == 2 else ""

        def chosen(kind: str | None) -> None:
            if kind == "table":
                clipboard.copy(
                    self.app,
                    f"{self._paths.run_id}-table",
                    "\n".join(sweep_pictures.as_text(view, sweep_pictures.cells(view))),
                )
            elif kind:
                exporting.export_sweep(self.app, self._paths, kind, figure)

        drawn = exporting.FIGURES if self._keys in (1, 2) else ()
        self.app.push_screen(ExportScreen(*drawn, "screen", "table", "folder", tables=SWEEP_TABLES), chosen)

    def _look_again(self) -> None:
        if self._watcher:
            self._watcher.hurry()


def _short(label: str) -> str:
    """Return the label of a column with its scheme as legends have it: all columns have room in 120 cells."""
    what, comma, scheme = label.partition(", ")
    return f"{what}{comma}{SHORT.get(scheme, scheme)}"


def _cut(rows: list[Content], size: Size) -> list[Content]:
    """Return the rows that there is room for beside the table; the last one says how many there is none for."""
    around = AROUND + LEAST_TABLE
    room = max(2, size.height - around - (0 if size.height < LOW else 2))
    if len(rows) <= room:
        return rows
    needed = len(rows) + around + (0 if len(rows) + around < LOW else 2)
    count, has = len(rows) - room + 1, f"{size.width}x{needed}"
    told = f"{count} more rows need {has}" if size.width >= 30 else f"+{count} rows: {has}"
    return [*rows[: room - 1], Content.styled(told, "$foreground-muted")]


def _line(row: list[Tile], plain: bool) -> Content:
    parts = ((t.text, "" if plain or not t.ground else f"{t.ink} on {t.ground}") for t in row)
    return Content.assemble(*parts)
