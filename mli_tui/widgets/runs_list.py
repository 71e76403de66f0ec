"""The list of runs: filter, order, marks. What keys do to runs is `runs_pane`'s."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import DataTable, Input, Static

from backends.runs.listing import RunRow
from mli_tui import errands, filtering, watch
from mli_tui.run_rows import Order, about, columns, ordered
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.runs_table import RunsTable, Wish

if TYPE_CHECKING:
    from mli_tui.app import MliApp

AGES_SECONDS = 60.0
TITLE = "Runs"


class FilterInput(Input):
    """The line of the filter, with its keys in the footer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "submit", "To the runs", id="filter.done"),
    ]


class RunsList(Leaving, Vertical):
    """The runs of a folder. They are read by a thread; this only hands them to the table."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space",
            "mark",
            "Mark",
            id="runs.mark",
            tooltip="marked runs are compared, tagged, pinned and deleted together",
        ),
        Binding(
            "slash",
            "filter",
            "Filter",
            key_display="/",
            id="runs.filter",
            tooltip="preset:fc10 depth>3 status:done tag:paper word",
        ),
        Binding("o", "sort", "Sort by the next column", show=False, id="runs.sort"),
        Binding("O", "turn", "Sort the other way round", show=False, id="runs.turn"),
        Binding("escape", "clear", "Clear filter or marks", show=False, id="runs.clear"),
    ]

    class Changed(Message):
        """The run under the cursor, or what can be done to it, may be another one now."""

    def __init__(self, root: Path, *, id: str | None = None) -> None:
        """List the runs in `root`."""
        super().__init__(id=id)
        self.root = root
        self._rows: tuple[RunRow, ...] = ()
        self._complete = False
        self._order = Order()
        self._filter = filtering.Filter()
        self._marked: dict[str, None] = {}
        self._width = 0
        self._watcher: watch.RunsWatcher | None = None

    @property
    def rows(self) -> tuple[RunRow, ...]:
        """All runs that are known, filtered or not."""
        return self._rows

    @property
    def chosen(self) -> RunRow | None:
        """The run under the cursor."""
        return self.table.chosen

    @property
    def table(self) -> RunsTable:
        """The table."""
        return self.query_one(RunsTable)

    def compose(self) -> ComposeResult:
        """Lay out the line of the filter, the table, and what is said where there is nothing."""
        with Horizontal(id="filter-line"):
            example = "preset:fc10 depth>3 status:done tag:paper word (escape clears)"
            yield FilterInput(placeholder=example, compact=True, id="filter")
            yield Static(Content(""), id="filter-said")
        yield RunsTable(id="runs")
        yield Static(Content(""), id="empty")

    def on_mount(self) -> None:
        """Let a thread look for runs."""
        self.query_one("#filter-line").display = False
        self.border_title = TITLE  # not drawn: the help says by it where its keys are
        self._watcher = watch.RunsWatcher(self.root, self.post_message)
        self._watcher.start()
        self.set_interval(AGES_SECONDS, self.table.refresh_ages)

    def on_unmount(self) -> None:
        """Let the thread end."""
        if self._watcher:
            self._watcher.stop()

    def look_again(self) -> None:
        """Look at once for what changed."""
        if self._watcher:
            self._watcher.hurry()

    def on_resize(self, event: events.Resize) -> None:
        """Show the columns that there is room for."""
        if event.size.width != self._width:
            self._width = event.size.width
            self._show()

    def on_runs_listed(self, message: watch.RunsListed) -> None:
        """Show the runs."""
        self._rows, self._complete = message.rows, message.complete
        if message.complete:
            known = {row.run_id for row in message.rows}
            self._marked = {run_id: None for run_id in self._marked if run_id in known}
        self._show()

    def on_watch_failed(self, message: watch.WatchFailed) -> None:
        """Say why the runs can't be listed."""
        errands.tell(self.app, message.text, "error")

    def _show(self, from_top: bool = False) -> None:
        shown = ordered((row for row in self._rows if self._filter.holds(row)), self._order)
        look = cast("MliApp", self.app).look
        marked = frozenset(self._marked)
        self.table.show(Wish(shown, columns(self._width), self._order, marked, look.marker == "ascii"), from_top)
        self.table.border_title = Content(self._title(len(shown)))
        self.query_one("#empty", Static).update(Content(self._nothing() if not shown else ""))
        self.post_message(self.Changed())

    def _title(self, shown: int) -> str:
        count = f"{shown:,} of {len(self._rows):,}" if shown < len(self._rows) else f"{shown:,}" if shown else ""
        marks = f"{len(self._marked)} marked" if self._marked else ""
        parts = (TITLE, count, marks, "" if self._complete else "reading ...")
        return "  ".join(filter(None, parts))

    def _nothing(self) -> str:
        if self._rows:
            return "no run is what the filter asks for: escape clears it"
        return "no runs yet: choose a preset above and press enter" if self._complete else ""

    def describe(self) -> str:
        """Return more about the run under the cursor: what it is called, and what is written on it."""
        run = self.chosen
        if run is None:
            return ""
        name = f"{run.labels.name}  " if run.labels.name else ""
        return f"{name}{run.run_id}  {about(run)}"

    def on_data_table_row_highlighted(self, message: DataTable.RowHighlighted) -> None:
        """Follow the cursor."""
        message.stop()
        self.table.show_more()
        self.post_message(self.Changed())

    def on_data_table_header_selected(self, message: DataTable.HeaderSelected) -> None:
        """Sort by the column that was clicked; the other way round where it is sorted by already."""
        key = str(message.column_key.value)
        self._sort(self._order.turned() if key == self._order.key else Order(key))

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort(self._order.following())

    def action_turn(self) -> None:
        """Sort the other way round."""
        self._sort(self._order.turned())

    def _sort(self, order: Order) -> None:
        self._order = order
        self._show(from_top=True)

    def action_filter(self) -> None:
        """Ask which runs to show."""
        self.query_one("#filter-line").display = True
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show at once what the line asks for, and what is wrong with it."""
        event.stop()
        self._filter = filtering.parse(event.value)
        self.query_one("#filter-said", Static).update(Content(self._filter.mistake))
        self._show(from_top=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the runs that were found."""
        event.stop()
        self.query_one("#filter-line").display = bool(event.value.strip())
        self.table.focus()

    def action_clear(self) -> None:
        """Clear the filter, or where there is none the marks."""
        line = self.query_one("#filter-line")
        if line.display:
            self.query_one(Input).value = ""
            line.display = False
            self.table.focus()
        else:
            self._marked.clear()
            self._show()

    def action_mark(self) -> None:
        """Mark the run under the cursor, or take its mark away, and go to the next one."""
        if run := self.chosen:
            if run.run_id in self._marked:
                del self._marked[run.run_id]
            else:
                self._marked[run.run_id] = None
            self._show()
            self.table.action_cursor_down()

    @property
    def marked(self) -> list[RunRow]:
        """The runs that are marked, in the order of their marking."""
        by_id = {row.run_id: row for row in self._rows}
        return [by_id[run_id] for run_id in self._marked if run_id in by_id]
