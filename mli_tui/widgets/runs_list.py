"""The list of runs: filter, order, groups, marks. What keys do to runs is `runs_pane`'s."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import DataTable, Static

from backends.runs.listing import RunRow
from mli_tui import errands, filtering, grouping, key_columns, watch
from mli_tui.run_rows import Order, about, columns, list_title, nothing_there, ordered, toggled
from mli_tui.screens.prompt import PromptScreen
from mli_tui.widgets.filter_line import FilterLine, KeySuggester
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.runs_table import RunsTable, Wish

if TYPE_CHECKING:
    from mli_tui.app import MliApp

AGES_SECONDS = 60.0


class Beginning(NamedTuple):
    """What the list begins with: a filter, and keys to group by."""

    asked: str = ""
    keys: str = ""


PLAIN = Beginning()


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
            tooltip="preset:fc10 depth>3 seed:0,1 -tag:old word",
        ),
        Binding("o", "sort", "Sort", show=False, id="runs.sort", tooltip="by the next column"),
        Binding("O", "sort(True)", "Turn the order", show=False, id="runs.turn", tooltip="sort the other way round"),
        Binding(
            "b", "group", "Group by keys", show=False, id="runs.group", tooltip="preset, depth, seed, tag, status ..."
        ),
        Binding(
            "C", "columns", "Columns", show=False, id="runs.columns", tooltip="depth, init_scale, gap, loss, curve ..."
        ),
        Binding("escape", "clear", "Clear", show=False, id="runs.clear", tooltip="the filter, then the marks"),
    ]

    class Changed(Message):
        """The run under the cursor, or what can be done to it, may be another one now."""

    def __init__(self, root: Path, beginning: Beginning = PLAIN, *, id: str | None = None) -> None:
        """List the runs in `root`."""
        super().__init__(id=id)
        self._beginning = beginning
        self.root = root
        self._rows: tuple[RunRow, ...] = ()
        self._complete = False
        self._order = Order()
        self._filter = filtering.Filter()
        self._keys = grouping.keys_of(beginning.keys)
        self._folded: frozenset[str] = frozenset()
        self._marked: dict[str, None] = {}
        self._wanted = ""
        self._telling: tuple[str, ...] = ()
        self._more: tuple[key_columns.Column, ...] = ()
        self._noted = False
        self._width = 0
        self._watcher: watch.RunsWatcher | None = None

    @property
    def rows(self) -> tuple[RunRow, ...]:
        """All runs that are known, filtered or not."""
        return self._rows

    @property
    def listed(self) -> bool:
        """Whether all runs are known: until then another one may come to stand under the cursor."""
        return self._complete

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
        yield FilterLine(self._beginning.asked, self._asked_for, self._filter_left, id="filter-line")
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

    def go_to(self, run_id: str) -> None:
        """Put the cursor on a run, now or as soon as it is listed: the watcher may have been faster."""
        self._wanted = run_id
        self._show_wanted()
        self.look_again()

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
        self._rows, self._complete, self._telling = message.rows, message.complete, message.telling
        self.query_one(FilterLine).offer(message.rows)
        if message.complete:
            known = {row.run_id for row in message.rows}
            self._marked = {run_id: None for run_id in self._marked if run_id in known}
        self._show_wanted()

    def _show_wanted(self) -> None:
        """Show the runs, and one that is wanted under the cursor: once, for a filter may hide it."""
        wanted = next((row.run_id for row in self._rows if row.run_id == self._wanted), "")
        if wanted:
            self._wanted = ""
        self._show(wanted=wanted)

    def on_watch_failed(self, message: watch.WatchFailed) -> None:
        """Say why the runs can't be listed."""
        errands.tell(self.app, message.text, "error")

    def _show(self, from_top: bool = False, typing: bool = False, wanted: str = "") -> None:
        """Show what is asked for. Columns stay as they are while a filter is typed: they may differ at every letter."""
        shown = ordered((row for row in self._rows if self._filter.holds(row)), self._order)
        if not typing:
            self._more = key_columns.wanted(self._app.chosen.columns, self._telling, shown, self._keys)
            self._noted = any(map(about, shown))
        entries = grouping.grouped(shown, self._keys, self._folded)
        level, ascii_only = len(self._keys), self._app.look.marker == "ascii"
        fitting = columns(self._width, level, self._more, self._noted)
        wish = Wish(entries, fitting, level, self._order, frozenset(self._marked), ascii_only)
        self.table.show(wish, from_top, wanted)
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
        if key != key_columns.CURVE:
            self._sort(self._order.turned() if key == self._order.key else Order(key))

    def action_sort(self, turned: bool = False) -> None:
        """Sort by the next column, or by the same one the other way round."""
        self._sort(self._order.turned() if turned else self._order.following(self.table.wish.columns))

    def _sort(self, order: Order) -> None:
        self._order = order
        self._show(from_top=True)

    def action_filter(self) -> None:
        """Ask which runs to show."""
        self.query_one(FilterLine).open()

    def _asked_for(self, wish: filtering.Filter) -> None:
        """Show what is asked for."""
        if wish.terms != self._filter.terms:
            self._filter = wish
            self._show(from_top=True, typing=True)

    def _filter_left(self) -> None:
        """Go to the runs that were found."""
        self._show()
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

        hint = "keys such as preset, depth or seed (tab completes), a level each; empty: no groups"
        self.app.push_screen(
            PromptScreen("Group the runs by", " ".join(self._keys), hint, grouping.complaint, KeySuggester()), answered
        )

    def action_columns(self) -> None:
        """Ask which keys have columns of their own; kept for the next time."""

        def answered(line: str | None) -> None:
            if line is not None:
                self._app.choose(msgspec.structs.replace(self._app.chosen, columns=" ".join(line.split())))
                self._show()
                if line and (left := [one.label for one in self._more if one not in self.table.wish.columns]):
                    told = f"no room in {self._width} columns for {', '.join(left)}; a wider terminal shows them"
                    errands.tell(self.app, told)

        hint = "keys such as depth, init_scale, gap, loss, error or curve; empty: those that differ"
        line = self._app.chosen.columns
        suggester = KeySuggester(key_columns.CURVE)
        self.app.push_screen(PromptScreen("Columns", line, hint, key_columns.complaint, suggester), answered)

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
    def _app(self) -> MliApp:
        return cast("MliApp", self.app)

    @property
    def marked(self) -> list[RunRow]:
        """The runs that are marked, in the order of their marking."""
        by_id = {row.run_id: row for row in self._rows}
        return [by_id[run_id] for run_id in self._marked if run_id in by_id]
