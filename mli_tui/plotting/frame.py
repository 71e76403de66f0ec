"""Where in a picture its canvas is, and which alpha each of its columns stands for."""

from __future__ import annotations

from dataclasses import dataclass

from mli_tui.plotting.geometry import cell, fraction


@dataclass(frozen=True)
class Frame:
    """The canvas of one picture, in cells of the whole rectangle."""

    left: int
    columns: int
    top: int
    lines: int
    ticks: int | None
    """The row of the tick labels; None where this canvas has none of its own."""
    limits: tuple[float, float]

    @property
    def rows(self) -> range:
        """The rows that curves are drawn in."""
        return range(self.top, self.top + self.lines)

    def column(self, x: float) -> int | None:
        """Return the column that shows `x`; None where it is outside."""
        found = cell(fraction(x, *self.limits), self.columns)
        return None if found is None else self.left + found

    def x_at(self, column: int) -> float:
        """Return the x in the middle of a column."""
        low, high = self.limits
        return low + (column - self.left + 0.5) / max(1, self.columns) * (high - low)

    def holds(self, column: int, row: int) -> bool:
        """Return whether that cell is on the canvas."""
        return row in self.rows and self.left <= column < self.left + self.columns
