"""The list of runs: filter, order, groups, marks. What keys do to runs is `runs_pane`'s."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import DataTable, Static

from backends.runs.listing import RunRow
from mli_tui import errands, filtering, grouping, watch
from mli_tui.run_rows import Order, columns, list_title, nothing_there, ordered, toggled
from mli_tui.screens.prompt import PromptScreen
from mli_tui.widgets.filter_line import FilterLine, KeySuggester
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.runs_table import RunsTable, Wish

if TYPE_CHECKING:
    from mli_tui.app import MliApp

AGES_SECONDS = 60.0


class RunsList(Vertical, Leaving):
    """The runs of a folder. They are read by a thread; this only hands them to the table."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space",
            "mark",
            "Mark",
            id="runs.mark",
            tooltip="marked runs are compared, tagged, pinned and deleted together",
        ),
        Binding("A", "mark_all", "Mark all", show=False, id="runs.mark-all", tooltip="that the filter leaves, or none"),
        Binding(
            "slash",
            "filter",
            "Filter",
            key_display="/",
            id="runs.filter",
            tooltip="preset:fc10 depth>3 status:done tag:paper word",
        ),
        Binding("o", "sort", "Sort by the next column", show=False, id="runs.sort"),
        Binding("O", "sort(True)", "Sort the other way round", show=False, id="runs.turn"),
        Binding(
            "b", "group", "Group by keys", show=False, id="runs.group", tooltip="preset, depth, seed, tag, status ..."
        ),
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
        self._keys: tuple[str, ...] = ()
        self._folded: frozenset[str] = frozenset()
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
        yield FilterLine(id="filter-line")
        yield RunsTable(id="runs")
        yield Static(Content(""), id="empty")

    def on_mount(self) -> None:
        """Let a thread look for runs."""
        self.border_title = "Runs"  # not drawn: the help says by it where its keys are
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
        self.query_one(FilterLine).offer(message.rows)
        if message.complete:
            known = {row.run_id for row in message.rows}
            self._marked = {run_id: None for run_id in self._marked if run_id in known}
        self._show()

    def on_watch_failed(self, message: watch.WatchFailed) -> None:
        """Say why the runs can't be listed."""
        errands.tell(self.app, message.text, "error")

    def _show(self, from_top: bool = False) -> None:
        shown = ordered((row for row in self._rows if self._filter.holds(row)), self._order)
        entries = grouping.grouped(shown, self._keys, self._folded)
        ascii_only = cast("MliApp", self.app).look.marker == "ascii"
        self.table.show(Wish(entries, columns(self._width), self._order, frozenset(self._marked), ascii_only), from_top)
        known = len(self._rows)
        title = list_title(len(shown), known, len(self._marked), self._complete, self._keys)
        self.table.border_title = Content(title)
        said = "" if shown else nothing_there(known, self._complete)
        self.query_one("#empty", Static).update(Content(said))
        self.post_message(self.Changed())

    def on_data_table_row_highlighted(self, message: DataTable.RowHighlighted) -> None:
        """Follow the cursor."""
        message.stop()
        self.table.show_more()
        self.post_message(self.Changed())

    def on_data_table_header_selected(self, message: DataTable.HeaderSelected) -> None:
        """Sort by the column that was clicked; the other way round where it is sorted by already."""
        key = str(message.column_key.value)
        self._sort(self._order.turned() if key == self._order.key else Order(key))

    def action_sort(self, turned: bool = False) -> None:
        """Sort by the next column, or by the same one the other way round."""
        self._sort(self._order.turned() if turned else self._order.following())

    def _sort(self, order: Order) -> None:
        self._order = order
        self._show(from_top=True)

    def action_filter(self) -> None:
        """Ask which runs to show."""
        self.query_one(FilterLine).open()

    def on_filter_line_asked(self, message: FilterLine.Asked) -> None:
        """Show what is asked for."""
        self._filter = message.filter
        self._show(from_top=True)

    def on_filter_line_left(self) -> None:
        """Go to the runs that were found."""
        self.table.focus()

    def action_clear(self) -> None:
        """Clear the filter, or where there is none the marks."""
        if not self.query_one(FilterLine).clear():
            self._marked.clear()
            self._show()

    def action_group(self) -> None:
        """Ask for the key that the runs are grouped by."""

        def answered(line: str | None) -> None:
            if line is not None:
                self._keys = grouping.keys_of(line)
                self._show(from_top=True)

        hint = "keys such as preset, depth, seed, tag or status (tab completes); empty: no groups"
        self.app.push_screen(
            PromptScreen("Group the runs by", " ".join(self._keys), hint, grouping.complaint, KeySuggester()), answered
        )

    def fold(self, group: grouping.Group) -> None:
        """Hide the runs of a group, or show them again."""
        self._folded ^= {group.id}
        self._show()

    def action_mark(self) -> None:
        """Mark the run under the cursor, or the group, or take the marks away; go on to the next one."""
        run, group = self.chosen, self.table.chosen_group
        ids = group.members if group else (run.run_id,) if run else ()
        if ids:
            self._marked = toggled(self._marked, ids)
            self._show()
            self.table.action_cursor_down()

    def action_mark_all(self) -> None:
        """Mark all runs that the filter leaves, or take their marks away."""
        self._marked = toggled(self._marked, [row.run_id for row in self._rows if self._filter.holds(row)])
        self._show()

    @property
    def marked(self) -> list[RunRow]:
        """The runs that are marked, in the order of their marking."""
        by_id = {row.run_id: row for row in self._rows}
        return [by_id[run_id] for run_id in self._marked if run_id in by_id]
