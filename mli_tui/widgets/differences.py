"""The table of a comparison: a column a group, a row a key or figure in which they differ."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.coordinate import Coordinate

from mli_tui.comparing import Row
from mli_tui.widgets.table import Rows, cell

Head = tuple[str, Style | str]
"""What stands above a column, and how it looks."""


class Differences(Rows):
    """Fills in only what changed, so that a cursor that goes along alpha sends no more than the numbers under it.

    What is read there are the first rows, which stay in sight.
    """

    def __init__(self, *, id: str | None = None) -> None:
        """Begin empty."""
        super().__init__(id=id, cursor_type="cell", fixed_columns=1)
        self._shown: list[tuple[str, ...]] = []
        self._head: tuple[Head, ...] = ()
        self._widths: list[int] = []

    def fill(self, head: Sequence[Head], read: Sequence[Row], rows: Sequence[Row]) -> None:
        """Show these rows below this head, those that are read under the cursor first."""
        texts = [(row.label, *row.cells) for row in (*read, *rows)]
        widths = [max(map(cell_len, column)) for column in zip([name for name, _ in head], *texts, strict=True)]
        same = self._head == tuple(head) and len(self._shown) == len(texts) and self.fixed_rows == len(read)
        if same and all(new <= old for new, old in zip(widths, self._widths, strict=True)):
            self._change(texts)
        else:
            # Numbers that get shorter and longer again move no column.
            before = self._widths if len(self._widths) == len(widths) and self._same_groups(head) else widths
            self._widths = list(map(max, widths, before))
            self._refill(head, texts, len(read))
        self._shown, self._head = texts, tuple(head)

    def _same_groups(self, head: Sequence[Head]) -> bool:
        return [name for name, _ in self._head] == [name for name, _ in head]

    def _change(self, texts: Sequence[tuple[str, ...]]) -> None:
        for number, (old, now) in enumerate(zip(self._shown, texts, strict=True)):
            for column, (was, text) in enumerate(zip(old, now, strict=True)):
                if was != text:
                    self.update_cell(str(number), str(column), cell(text))

    def _refill(self, head: Sequence[Head], texts: Sequence[tuple[str, ...]], read: int) -> None:
        """Fill in all anew, with the cursor on the row where it was."""
        first = not self._shown
        place = Coordinate(0, 1) if first else self.cursor_coordinate
        moved = 0 if first else read - self.fixed_rows
        self.clear(columns=True)
        self.fixed_rows = read
        for number, (label, width) in enumerate(zip(head, self._widths, strict=True)):
            self.add_column(Text(*label), width=width, key=str(number))
        for number, row in enumerate(texts):
            self.add_row(*map(cell, row), key=str(number))
        self.move_cursor(row=max(0, place.row + moved), column=place.column, animate=False)
