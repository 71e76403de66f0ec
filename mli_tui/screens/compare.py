"""The compare screen: curves of several runs over each other, and a table of what differs in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.coordinate import Coordinate
from textual.screen import Screen
from textual.widgets import DataTable

from backends.runs.paths import RunPaths
from backends.runs.view import RunView
from mli_tui import actions, compare_curves, comparing, errands, watch
from mli_tui.axes import LOG_ALPHA, Axes, Metric, Toggle, toggled, typed
from mli_tui.comparing import Comparison, Group
from mli_tui.links import Note
from mli_tui.plotting import palette
from mli_tui.screens import limits
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.lines import Lines
from mli_tui.widgets.plot import PlotView
from mli_tui.widgets.table import Table
from presets.experiment import Scheme, Split

if TYPE_CHECKING:
    from mli_tui.app import MliApp

AXES = (
    Binding("y", "axes('log')", "Log", show=False, id="compare.log", tooltip="log or linear scale of loss and error"),
    Binding("x", "axes('log-alpha')", "Log alpha", show=False, id="compare.log-alpha", tooltip=LOG_ALPHA),
    Binding("Y", "axes('shared')", "Shared y", show=False, id="compare.shared", tooltip="for all schemes and splits"),
    Binding("A", "limits", "Limits", show=False, id="compare.limits", tooltip="of alpha, loss and error, typed"),
)
"""Keys of the axes."""
WIDEST_NAME = 24
"""Cells of a group's name in the head of its column; the line above the table has it whole."""


class CompareScreen(Screen[None], Leaving):
    """Several runs. Snapshots come from a thread; this only hands them to the widgets."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "Back", id="compare.back"),
        Binding("m", "scheme", "Scheme", id="compare.scheme"),
        Binding("t", "split", "Split", id="compare.split"),
        *AXES,
        Binding(
            "b", "bands", "Band", id="compare.bands", tooltip="runs that differ in the seed alone as one band, or not"
        ),
        Binding("a", "align", "Align", id="compare.align", tooltip="by seed: differences to A, run against run"),
        Binding(
            "e", "export", "Export", id="compare.export", tooltip="what is drawn as CSV, the specifications beside it"
        ),
    ]

    def __init__(self, runs: Sequence[RunPaths]) -> None:
        """Show these runs together."""
        super().__init__()
        self._runs = {paths.run_id: paths for paths in runs}
        self._views: tuple[RunView, ...] = ()
        self._comparison = Comparison()
        self._scheme = 0
        self._split: Split = "train"
        self._axes = Axes()
        self._bands, self._aligned = True, False
        self._filled: list[tuple[str, ...]] = []
        self._watcher: watch.CompareWatcher | None = None

    @property
    def comparison(self) -> Comparison:
        """What is shown."""
        return self._comparison

    @property
    def scheme(self) -> Scheme:
        """The scheme whose curves are drawn."""
        schemes = self._comparison.schemes or ("linear",)
        return schemes[self._scheme % len(schemes)]

    def compose(self) -> ComposeResult:
        """Lay out heading, curves, the line about a column, the table, and the keys."""
        yield Lines(id="heading")
        with Horizontal(id="curves"):
            yield PlotView(id="loss")
            yield PlotView(id="error")
        yield Lines(id="about")
        yield Table(id="differences", cursor_type="cell", fixed_columns=1)
        yield KeysFooter()

    def on_mount(self) -> None:
        """Follow the runs in a thread."""
        self.query_one("#heading", Lines).show([Content(f"compare  reading {len(self._runs)} runs ...")])
        self._table.focus()
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._fill(anew=True))
        self._watcher = watch.CompareWatcher(tuple(self._runs.values()), self.post_message)
        self._watcher.start()

    def on_unmount(self) -> None:
        """Let the thread end."""
        if self._watcher:
            self._watcher.stop()

    def on_compared_changed(self, message: watch.ComparedChanged) -> None:
        """Show new snapshots."""
        self._views = message.views
        self._compare()

    def on_watch_failed(self, message: watch.WatchFailed) -> None:
        """Say which run can't be read; the others are shown."""
        errands.tell(self.app, message.text, "error")

    def _compare(self) -> None:
        self._comparison = comparing.compare(self._views, bands=self._bands, aligned=self._aligned)
        self._show()

    def _show(self) -> None:
        comparison = self._comparison
        metrics: tuple[Metric, ...] = ("loss", "error")
        for metric in metrics:
            plot = compare_curves.plot(comparison, self.scheme, self._split, metric, self._axes)
            self.query_one(f"#{metric}", PlotView).show(plot)
        self.query_one("#heading", Lines).show([self._heading()])
        self._fill()
        self._describe()

    def _heading(self) -> Content:
        comparison = self._comparison
        runs, groups = len(comparison.views), len(comparison.groups)
        count = f"{runs} runs" if runs == groups else f"{runs} runs in {groups} groups, bands over seeds"
        seeds = len(comparison.groups[0].views) if comparison.groups else 0
        aligned = f"aligned by {seeds} seeds, differences to A" if comparison.aligned else comparison.complaint
        told = " · ".join(filter(None, (count, self.scheme, f"{self._split} split", aligned)))
        return Content.assemble(("compare ", "bold"), f" {told}")

    def _fill(self, anew: bool = False) -> None:
        """Put the differences into the table; of one that is filled only what changed."""
        comparison, table = self._comparison, self._table
        rows = [(row.label, *row.cells) for row in comparing.spec_rows(comparison)]
        rows += [(row.label, *row.cells) for row in comparing.result_rows(comparison, self._split)]
        new = [("what differs", *(_head(group) for group in comparison.groups)), *rows]
        if anew or _shape(new) != _shape(self._filled):
            self._refill(new)
        else:
            for number, (old, now) in enumerate(zip(self._filled[1:], rows, strict=True)):
                for column, (was, text) in enumerate(zip(old, now, strict=True)):
                    if was != text:
                        table.update_cell(str(number), str(column), _cell(text))
        self._filled = new

    def _refill(self, new: Sequence[tuple[str, ...]]) -> None:
        table, look = self._table, cast("MliApp", self.app).look
        place = table.cursor_coordinate if self._filled else Coordinate(0, 1)
        table.clear(columns=True)
        head, *rows = new
        for number, (label, width) in enumerate(zip(head, _widths(new), strict=True)):
            style = palette.style(compare_curves.colour_of(number - 1), look, bold=True) if number else ""
            table.add_column(Text(label, style), width=width, key=str(number))
        for number, row in enumerate(rows):
            table.add_row(*map(_cell, row), key=str(number))
        table.move_cursor(row=place.row, column=place.column, animate=False)

    def _describe(self) -> None:
        """Say whose column the cursor is in."""
        group = self._chosen
        text = ""
        if group:
            first = group.views[0]
            runs = (
                first.run_id
                if len(group.views) == 1
                else f"{len(group.views)} runs, seeds {comparing.seeds_text(group.seeds)}"
            )
            text = "  ".join(filter(None, (f"{group.letter}  {group.name}", runs, comparing.labels_text(group))))
        self.query_one("#about", Lines).show([Content(text)])

    @property
    def _chosen(self) -> Group | None:
        column = self._table.cursor_column - 1
        return self._comparison.groups[column] if 0 <= column < len(self._comparison.groups) else None

    @property
    def _table(self) -> Table:
        return self.query_one("#differences", Table)

    def on_data_table_cell_highlighted(self) -> None:
        """Follow the cursor."""
        self._describe()

    def on_data_table_cell_selected(self, _message: DataTable.CellSelected) -> None:
        """Open the run of the column under the cursor, of several the first."""
        if group := self._chosen:
            cast("MliApp", self.app).open_run(self._runs[group.views[0].run_id])

    def action_scheme(self) -> None:
        """Draw the next scheme."""
        self._scheme += 1
        self._show()

    def action_split(self) -> None:
        """Switch between the training and the test split."""
        self._split = "test" if self._split == "train" else "train"
        self._show()

    def action_axes(self, what: Toggle) -> None:
        """Change the axes: loss and error in decades, alpha in decades, one y axis for all schemes and splits."""
        self._axes = toggled(self._axes, what)
        self._show()

    def action_limits(self) -> None:
        """Ask for the limits of the axes."""
        whole = compare_curves.whole(self._comparison)

        def chosen(line: str) -> None:
            self._axes = typed(self._axes, line, whole)
            self._show()

        limits.ask(self.app, self._axes, whole, chosen)

    def action_bands(self) -> None:
        """Show runs that differ in the seed alone as one band, or each by itself."""
        self._bands, self._aligned = not self._bands, False
        self._compare()

    def action_align(self) -> None:
        """Compare seed by seed: only the seeds that all have, as differences to the first."""
        self._aligned = not self._aligned
        self._compare()

    def action_export(self) -> None:
        """Write what is drawn into the current folder, with the specifications beside it."""
        comparison, scheme, split, here = self._comparison, self.scheme, self._split, Path.cwd()

        def work() -> Note:
            curves = compare_curves.curves_csv(comparison, scheme, split)
            return actions.export_comparison(curves, compare_curves.specs_toml(comparison, scheme, split), here)

        errands.run_errand(self.app, work)


def _head(group: Group) -> str:
    name = group.name if len(group.name) <= WIDEST_NAME else group.name[: WIDEST_NAME - 1] + "…"
    return f"{group.letter} {name}"


def _widths(rows: Sequence[tuple[str, ...]]) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def _shape(rows: Sequence[tuple[str, ...]]) -> object:
    """Return all but what single cells say: the head, the labels, and how wide the columns are."""
    return (rows[0], [row[0] for row in rows], _widths(rows)) if rows else None


def _cell(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")
