"""The compare screen: curves of several runs over each other, and a table of what differs in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import DataTable

from backends.runs.paths import RunPaths
from backends.runs.view import RunView
from mli_tui import compare_curves, compare_reading, comparing, errands, exporting, keys, watch
from mli_tui.axes import GRID, LOG_ALPHA
from mli_tui.compare_reading import METRICS, CompareReading
from mli_tui.comparing import Comparison, Row
from mli_tui.exporting import Compared
from mli_tui.format import counted
from mli_tui.plotting import palette
from mli_tui.plotting.figure import Drawable
from mli_tui.plotting.layout import LEAST_HEIGHT
from mli_tui.reasons import Reasoned
from mli_tui.screens import limits
from mli_tui.screens.alpha_keys import stretch_keys
from mli_tui.screens.compare_keys import CURSOR, HIDE, SINGLE
from mli_tui.screens.export import ExportScreen
from mli_tui.widgets.border import Bordered, Place, border_keys, full_key
from mli_tui.widgets.differences import Differences
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.lines import Lines
from mli_tui.widgets.plot import WHEEL, PlotView, stacked
from presets.experiment import Scheme

if TYPE_CHECKING:
    from mli_tui.app import MliApp

AXES = (
    Binding("y", "read('log')", "Log", id="compare.log", tooltip="log or linear scale of loss and error"),
    Binding("x", "read('log-alpha')", "Log alpha", show=False, id="compare.log-alpha", tooltip=LOG_ALPHA),
    Binding("Y", "read('shared')", "Shared y", show=False, id="compare.shared", tooltip="for all schemes and splits"),
    Binding("A", "limits", "Limits", id="compare.limits", tooltip="of alpha, loss and error, typed"),
    Binding("number_sign", "app.grid", "Grid", show=False, id="compare.grid", tooltip=GRID),
)
"""Keys of the axes."""
LEAST_TABLE, USUAL_TABLE, AROUND = 4, 8, 3
"""Rows of the table at least, in a small window and in any other; rows that are neither pictures nor table."""
TABLES = "curves as CSV, specs beside"
UNCHANGED = "one y axis for all schemes and splits is on; the limits shown here stay as they are"
WIDEST_NAME = 24
"""Cells of a group's name in the head of its column; the line above the table has it whole."""


class CompareScreen(Bordered, Reasoned, Leaving):
    """Several runs. Snapshots come from a thread; this only hands them to the widgets."""

    PLACE = Place("compare", "#curves", "#differences", 5, 6)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="compare.back", tooltip="to the list; takes the cursor away first"),
        *CURSOR,
        SINGLE,
        Binding("e", "export", "Export", id="compare.export", tooltip="what is drawn, the table, the screen"),
        Binding("t", "read('split')", "Split", id="compare.split"),
        HIDE,
        Binding("m", "read('scheme')", "Scheme", id="compare.scheme"),
        Binding(
            "b", "bands", "Band", id="compare.bands", tooltip="runs that differ in the seed alone as one band, or not"
        ),
        Binding("a", "align", "Align", id="compare.align", tooltip="by seed: differences to A, run against run"),
        *stretch_keys("compare"),
        *AXES,
        full_key("compare"),
        *border_keys("compare"),
    ]

    def __init__(self, runs: Sequence[RunPaths]) -> None:
        """Show these runs together."""
        super().__init__()
        self._runs = {paths.run_id: paths for paths in runs}
        self._views: tuple[RunView, ...] = ()
        self._comparison = Comparison()
        self.reading = CompareReading()
        """What is looked at."""
        self._rows: list[Row] = []
        self._bands, self._aligned, self._shareable = True, False, False
        self._watcher: watch.CompareWatcher | None = None

    @property
    def comparison(self) -> Comparison:
        """What is shown."""
        return self._comparison

    @property
    def scheme(self) -> Scheme:
        """The scheme whose curves are drawn."""
        return self.reading.scheme(self._comparison)

    def compose(self) -> ComposeResult:
        """Lay out heading, curves, the line about a column, the table, and the keys."""
        yield Lines(id="heading")
        with Horizontal(id="curves"):
            yield PlotView(id="loss")
            yield PlotView(id="error")
        yield Lines(id="about")
        yield Differences(id="differences")
        yield KeysFooter()

    def on_mount(self) -> None:
        """Follow the runs in a thread."""
        self.query_one("#heading", Lines).show([Content(f"compare  reading {counted(len(self._runs), 'run')} ...")])
        self._table.focus()
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._fill())
        self._watcher = watch.CompareWatcher(tuple(self._runs.values()), self.post_message)
        self._watcher.start()

    def on_unmount(self) -> None:
        """Let the thread end."""
        if self._watcher:
            self._watcher.stop()

    def on_resize(self) -> None:
        """Put the pictures below each other in a slim window."""
        stacked(self)

    def usual(self) -> None:
        """Leave the pictures the rows that they need, where the table can spare them."""
        pictures, height = (2 if self.has_class("stacked") else 1) * LEAST_HEIGHT, self.app.size.height
        most = max(LEAST_TABLE, min((height - 1) * 3 // 5, height - pictures - AROUND))
        self._table.styles.max_height, self._table.styles.min_height = most, min(most, USUAL_TABLE)

    def on_compared_changed(self, message: watch.ComparedChanged) -> None:
        """Show new snapshots."""
        self._views = message.views
        self._compare()

    def on_watch_failed(self, message: watch.WatchFailed) -> None:
        """Say which run can't be read; the others are shown."""
        errands.tell(self.app, message.text, "error")

    def _compare(self) -> None:
        self._comparison = comparing.compare(self._views, bands=self._bands, aligned=self._aligned)
        self.reading = compare_reading.settled(self._comparison, self.reading)
        self._show()
        shareable = len(compare_curves.pictures(self._comparison)) > 1
        if shareable != self._shareable:
            self._shareable = shareable
            self.refresh_bindings()

    def _show(self) -> None:
        rows = comparing.spec_rows(self._comparison), comparing.result_rows(self._comparison, self.reading.split)
        self._rows = [row for some in rows for row in some]
        self._show_pictures()
        self._show_texts()

    def _show_pictures(self) -> None:
        for metric in METRICS:
            plot = self.query_one(f"#{metric}", PlotView)
            plot.show(compare_curves.plot(self._comparison, self.reading, metric))
            plot.point(self.reading.alpha)

    def _show_texts(self) -> None:
        self.query_one("#heading", Lines).show([self._heading()])
        self._fill()
        self._describe()

    def _drawn(self) -> list[Drawable]:
        return [plot.plot for plot in self.query(PlotView)]

    def _read(self, new: CompareReading) -> None:
        """Look at something else: of the pictures only what changes is built, a cursor that moves builds nothing."""
        old, self.reading = self.reading, new
        if old.split != new.split:
            self._show()
        elif old.drawn(self._comparison) != new.drawn(self._comparison):
            self._show_pictures()
            self._show_texts()
        else:
            for plot in self.query(PlotView):
                plot.point(new.alpha)
            self._show_texts()

    def _heading(self) -> Content:
        return Content.assemble(("compare ", "bold"), f" {compare_reading.summary(self._comparison, self.reading)}")

    def _fill(self) -> None:
        """Put what is read under the cursor, and what differs, into the table."""
        comparison, look = self._comparison, cast("MliApp", self.app).look
        heads = compare_curves.heads(comparison, self.reading, WIDEST_NAME)
        styled = [
            (name, "bold" if look.few_colours else palette.style(colour, look, bold=True)) for name, colour in heads
        ]
        self._table.fill([("what differs", ""), *styled], compare_reading.rows(comparison, self.reading), self._rows)

    def _describe(self) -> None:
        """Say whose column the cursor is in, and how its curves are seen again where they are hidden."""
        group, said = self.reading.chosen(self._comparison), ""
        if group:
            seeds = f"{len(group.views)} runs, seeds {comparing.seeds_text(group.seeds)}"
            runs = group.views[0].run_id if len(group.views) == 1 else seeds
            hidden = f"hidden: {keys.key_of(self, HIDE.id or '')} shows it" if self.reading.hides(group) else ""
            parts = (f"{group.letter}  {group.name}", hidden, runs, comparing.labels_text(group))
            said = "  ".join(filter(None, parts))
        self.query_one("#about", Lines).show([Content(said)])

    @property
    def _table(self) -> Differences:
        return self.query_one(Differences)

    def on_data_table_cell_highlighted(self) -> None:
        """Follow the cursor of the table from column to column."""
        new = compare_reading.in_column(self.reading, self._table.cursor_column - 1)
        if new != self.reading:
            self._read(new)

    @on(PlotView.Pointed)
    def point(self, message: PlotView.Pointed) -> None:
        """Put the cursor where the mouse clicked, or zoom where its wheel turned."""
        alphas = compare_reading.alphas_of(self._comparison, self.reading)
        if message.wheel:
            self._read(alphas.zoomed_at(self.reading, message.x, WHEEL**message.wheel))
        else:
            self._read(alphas.at(self.reading, message.x))

    def on_data_table_cell_selected(self, _message: DataTable.CellSelected) -> None:
        """Open the run of the column under the cursor, of several the first."""
        if group := self.reading.chosen(self._comparison):
            cast("MliApp", self.app).open_run(self._runs[group.views[0].run_id])

    def why_not(self, _action: str, parameters: tuple[object, ...]) -> str:
        """Return why there is nothing that could share an axis, or ""."""
        return "" if self._shareable or parameters != ("shared",) else "one picture alone shares no axis"

    def action_read(self, move: str) -> None:
        """Look at something else: cursor, stretch of alpha, split, scheme, scale, whose curves."""
        new = compare_reading.moved(self._comparison, self.reading, move)
        if new == self.reading and (why := compare_reading.why_still(self._comparison, self.reading, move)):
            cast("MliApp", self.app).say_why(why)
            return
        before = self._drawn()
        self._read(new)
        if move == "shared" and self.reading.shared and self._drawn() == before:
            errands.tell(self.app, UNCHANGED)

    action_cursor_to = action_read
    """By another name, so that the palette knows it for mere movement."""

    def action_back(self) -> None:
        """Take the cursor away; without one, leave."""
        if self.reading.alpha is not None:
            self.action_read("no-cursor")
        else:
            self.app.pop_screen()

    def action_limits(self) -> None:
        """Ask for the limits of the axes; those of alpha are what a zoom changes."""
        alphas = compare_reading.alphas_of(self._comparison, self.reading)
        limits.ask(self.app, self.reading, alphas.whole, lambda line: self._read(alphas.typed(self.reading, line)))

    def action_bands(self) -> None:
        """Show runs that differ in the seed alone as one band, or each by itself."""
        self._bands, self._aligned = not self._bands, False
        self._compare()

    def action_align(self) -> None:
        """Compare seed by seed: only the seeds that all have, as differences to the first."""
        self._aligned = not self._aligned
        self._compare()

    def action_export(self) -> None:
        """Ask what is to be exported, and do it."""
        runs = [self._runs[view.run_id] for view in self._views]
        # Aligned by seed, runs that differ in the seed alone are together in any case.
        bands = self._bands or self._aligned
        shown = Compared(self._comparison, self.reading, bands)

        def chosen(kind: str | None) -> None:
            if kind:
                exporting.export_comparison(self.app, runs, shown, kind)

        if runs:
            self.app.push_screen(ExportScreen(*exporting.FIGURES, "screen", "table", tables=TABLES), chosen)
