"""Where in a picture its canvas is, and which alpha each of its columns stands for."""

from __future__ import annotations

from dataclasses import dataclass

from mli_tui.plotting.geometry import Axis, cell
from mli_tui.plotting.series import finite


@dataclass(frozen=True)
class Frame:
    """The canvas of one picture, in cells of the whole rectangle."""

    left: int
    columns: int
    top: int
    lines: int
    ticks: int | None
    """The row of the tick labels; None where this canvas has none of its own."""
    axis: Axis
    steady: bool = False
    """Its x is known everywhere and not at measured places alone, as time is: no column tells more than its width."""

    @property
    def rows(self) -> range:
        """The rows that curves are drawn in."""
        return range(self.top, self.top + self.lines)

    def column(self, x: float) -> int | None:
        """Return the column that shows `x`; None where it is outside."""
        return self.column_at(self.axis.place(x))

    def column_at(self, place: float | None) -> int | None:
        """Return the column of a place on the axis, given as a fraction; None where it is outside."""
        found = None if place is None else cell(place, self.columns)
        return None if found is None else self.left + found

    def x_at(self, column: int) -> float:
        """Return the x in the middle of a column."""
        return self.axis.value((column - self.left + 0.5) / max(1, self.columns))

    def tinted(self, start: float | None, end: float | None) -> range:
        """Return the columns of a stretch of x, from its first to its last; none where it is outside."""
        part = self.axis.stretch(finite(start), finite(end))
        first, last = map(self.column_at, part or (None, None))
        return range(0) if first is None or last is None else range(first, last + 1)

    def holds(self, column: int, row: int) -> bool:
        """Return whether that cell is on the canvas."""
        return row in self.rows and self.left <= column < self.left + self.columns
