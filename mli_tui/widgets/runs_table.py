"""The table of runs: shows rows in the order it is given, and touches only the cells that differ."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import events

from backends.runs.listing import RunRow
from mli_tui.grouping import Entry, Group
from mli_tui.key_columns import Column
from mli_tui.run_rows import Order, cells, group_cells, heading
from mli_tui.widgets.table import Table, cell

STEP = 300
"""Rows that the table takes at once: filling it with thousands would hold up every key. More come by scrolling."""
NEAR = 60


@dataclass(frozen=True)
class Wish:
    """All that the table depends on, but for the time."""

    rows: Sequence[Entry] = ()
    """Runs, and where they are grouped the headings above them."""
    columns: Sequence[Column] = ()
    level: int = 0
    """How many headings stand above each run."""
    order: Order = Order()  # noqa: RUF009 - frozen
    marked: Collection[str] = ()
    ascii_only: bool = False


class RunsTable(Table):
    """Runs, one a row. The cursor stays on its run, wherever that goes."""

    def __init__(self, *, id: str) -> None:
        """Begin empty."""
        super().__init__(id=id, cursor_type="row")
        self._wish = Wish()
        self._head: tuple[tuple[str, int], ...] = ()
        self._filled: dict[str, tuple[str, ...]] = {}
        self._most = STEP
        self._used = False
        """Whether somebody has pressed a key or clicked in it: until then the cursor is nobody's choice."""

    @property
    def chosen(self) -> RunRow | None:
        """The run under the cursor."""
        found = self._under_cursor
        return found if isinstance(found, RunRow) else None

    @property
    def chosen_group(self) -> Group | None:
        """The heading under the cursor."""
        found = self._under_cursor
        return found if isinstance(found, Group) else None

    @property
    def wish(self) -> Wish:
        """What is listed, those rows too that have not been scrolled to."""
        return self._wish

    @property
    def _under_cursor(self) -> Entry | None:
        return self._wish.rows[self.cursor_row] if 0 <= self.cursor_row < len(self._filled) else None

    def show(self, wish: Wish, from_top: bool = False, wanted: str = "") -> None:
        """Show rows, the cursor on the run where it was, or on the first one; what is shown is not sent again.

        A run that is `wanted` gets the cursor where it is listed. Of very many runs more come step by step, and pinned
        ones go to the top: nobody has chosen what was there.
        """
        chosen = self._under_cursor
        self._wish = wish
        gone = max(0, min(self.cursor_row, len(wish.rows) - 1))
        place = next((i for i, row in enumerate(wish.rows) if chosen and _id(row) == _id(chosen)), gone)
        place = 0 if from_top or not self._used else place
        place = next((i for i, row in enumerate(wish.rows) if wanted and _id(row) == wanted), place)
        self._most = max(STEP, place + NEAR, 0 if from_top else self._most)
        self._follow(place)

    def on_key(self, _event: events.Key) -> None:
        """Leave the cursor where it is from now on."""
        self._used = True

    def on_mouse_down(self, _event: events.MouseDown) -> None:
        """Leave the cursor where it is from now on."""
        self._used = True

    def refresh_ages(self) -> None:
        """Show how old the runs are now."""
        self._follow(self.cursor_row)

    def _follow(self, place: int) -> None:
        new = self._cells()
        head = tuple((heading(c, self._wish.order, self._wish.ascii_only), c.width) for c in self._wish.columns)
        if head == self._head and list(new)[: len(self._filled)] == list(self._filled):
            self._update(new)
        else:
            self._refill(new, head)
        if place != self.cursor_row and place < len(new):
            self.move_cursor(row=place, animate=False)

    def _cells(self) -> dict[str, tuple[str, ...]]:
        wish, now = self._wish, time.time()
        return {
            _id(row): cells(row, wish.columns, now, row.run_id in wish.marked, wish.ascii_only, wish.level)
            if isinstance(row, RunRow)
            else group_cells(row, wish.columns, now, wish.marked, wish.ascii_only)
            for row in wish.rows[: self._most]
        }

    def _update(self, new: dict[str, tuple[str, ...]]) -> None:
        """Change the cells that differ, and add the rows that are new at the end."""
        for row, (run_id, texts) in zip(self._wish.rows, new.items(), strict=False):
            before = self._filled.get(run_id)
            if before is None:
                self.add_row(*_styled(row, texts), key=run_id)
                continue
            styled = _styled(row, texts)
            for column, was, now, new_cell in zip(self._wish.columns, before, texts, styled, strict=True):
                if was != now:
                    self.update_cell(run_id, column.key, new_cell)
        self._filled = new

    def _refill(self, new: dict[str, tuple[str, ...]], head: tuple[tuple[str, int], ...]) -> None:
        other_head = head != self._head
        # At first: a table that is emptied scrolls to its top, and `show_more` then looks here.
        self._filled, self._head = new, head
        self.clear(columns=other_head)
        if other_head:
            for (label, width), column in zip(head, self._wish.columns, strict=True):
                self.add_column(Text(label), width=width, key=column.key)
        for row, (run_id, texts) in zip(self._wish.rows, new.items(), strict=False):
            self.add_row(*_styled(row, texts), key=run_id)

    def show_more(self, all_rows: bool = False) -> None:
        """Take more rows where the end of those it has comes near."""
        have = len(self._filled)
        last_seen = max(self.cursor_row, int(self.scroll_y) + self.size.height)
        if have < len(self._wish.rows) and (all_rows or last_seen + NEAR > have):
            self._most = len(self._wish.rows) if all_rows else have + STEP
            self._follow(self.cursor_row)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the scrolling with more rows."""
        super().watch_scroll_y(old_value, new_value)
        self.show_more()

    def action_scroll_bottom(self) -> None:
        """Go to the last of all runs."""
        self.show_more(all_rows=True)
        super().action_scroll_bottom()


def _id(entry: Entry) -> str:
    return entry.run_id if isinstance(entry, RunRow) else entry.id


def _styled(entry: Entry, texts: Iterable[str]) -> list[Text]:
    """Return the cells of a row; those of a heading stand out."""
    style = "bold" if isinstance(entry, Group) else ""
    return [cell(text, style) for text in texts]
