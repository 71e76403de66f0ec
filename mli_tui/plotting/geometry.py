"""From data to the unit square, and from the unit square to cells.

Only what is inside the square ever reaches the kernel that draws: a line that leaves it is cut at the edge,
exactly where it crosses, and never bent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from mli_tui.plotting.series import Plot, Series
from mli_tui.plotting.ticks import linear_ticks, log_ticks

Point = tuple[float, float]
"""Fractions of the canvas: across from the left, up from the bottom."""

_FAR, _HAIR = 1e9, 1e-9
# plotext 6.1 keeps this much of a cell free at the ends of a ruler whose limits are aligned to the edge.
_MARGIN, _MARGINS = 0.00176, 0.00338


@dataclass(frozen=True)
class Axis:
    """One axis: its ends as it counts, which on a log axis is in logarithms to base ten."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def over(cls, limits: tuple[float, float], log: bool) -> Axis:
        """Return the axis between two values, the first below the second, and on a log axis above 0."""
        low, high = map(math.log10, limits) if log else limits
        # Two neighbouring floats can have one logarithm.
        return cls(low, high if low < high else low + 1, log)

    def coordinate(self, value: float) -> float | None:
        """Return `value` as the axis counts; None where it has no place: 0 and below on a log axis."""
        if not self.log:
            return value
        return math.log10(value) if value > 0 else None

    def place(self, value: float | None) -> float | None:
        """Return how far along the axis `value` is: 0 and 1 are its ends; None where it has no place."""
        at = None if value is None else self.coordinate(value)
        return None if at is None else fraction(at, self.low, self.high)

    def value(self, place: float) -> float:
        """Return what stands that far along the axis."""
        at = self.low + place * (self.high - self.low)
        return float(10.0**at) if self.log else at

    def between(self, one: float, other: float, part: float) -> float:
        """Return what stands that part of the way from one value to another, both of which have a place."""
        if not self.log:
            return one + (other - one) * part
        first, last = math.log10(one), math.log10(other)
        return float(10.0 ** (first + (last - first) * part))

    def stretch(self, start: float | None, end: float | None) -> tuple[float, float] | None:
        """Return which part of the axis is between two values, as places; None for nothing of it.

        On a log axis what begins at 0 or below begins at the lower end.
        """
        if start is None or end is None or not start < end:
            return None
        first, last = self.place(start), self.place(end)
        first = 0.0 if first is None else first
        return (max(0.0, first), min(1.0, last)) if last is not None and last >= 0.0 and first <= 1.0 else None

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Return at most `most` ticks, each as its place on the axis and its label."""
        choose = log_ticks if self.log else linear_ticks
        return [(fraction(tick.at, self.low, self.high), tick.label) for tick in choose(self.low, self.high, most)]


@dataclass(frozen=True)
class Scale:
    """The two axes of a picture."""

    x: Axis
    y: Axis

    @classmethod
    def of(cls, plot: Plot) -> Scale:
        """Return the scale of `plot`, with limits that can be divided by."""
        return cls(Axis.over(plot.across(), plot.log_x), Axis.over(plot.limits(), plot.log))

    def point(self, x: float, y: float | None) -> Point | None:
        """Return where a point is on the canvas; None for a gap."""
        across, up = self.x.place(x), self.y.place(y)
        return None if across is None or up is None else (across, up)

    def points(self, series: Series) -> list[Point | None]:
        """Return the points of a series, None for each gap."""
        return [self.point(x, y) for x, y in zip(series.x, series.y, strict=True)]


def fraction(value: float, low: float, high: float) -> float:
    """Return where `value` is between two limits: 0 at the lower one, 1 at the higher one."""
    part = max(-_FAR, min(_FAR, (value - low) / (high - low)))
    # What is at the edge but for rounding is at the edge: 3 * 0.1 of 0.3.
    return float(round(part)) if abs(part - round(part)) < _HAIR else part


def cell(fraction: float, size: int) -> int | None:
    """Return the cell of `size` cells that plotext gives a fraction; None for one outside."""
    return int(_MARGIN + (size - _MARGINS) * fraction) if 0 <= fraction <= 1 and size > 0 else None


def pieces(points: Iterable[Point | None]) -> list[list[Point]]:
    """Return the connected parts of a line that are inside the unit square, cut at its edges."""
    parts: list[list[Point]] = []
    previous: Point | None = None
    for point in points:
        if point is not None and previous is not None:
            _extend(parts, previous, point)
        elif point is not None and inside(point):
            parts.append([point])
        previous = point
    return parts


def _extend(parts: list[list[Point]], start: Point, end: Point) -> None:
    cut = (start, end) if inside(start) and inside(end) else _clip(start, end)
    if cut is None:
        return
    if not parts or parts[-1][-1] != cut[0]:
        parts.append([cut[0]])
    parts[-1].append(cut[1])


def inside(point: Point) -> bool:
    """Return whether a point is in the unit square."""
    return 0.0 <= point[0] <= 1.0 and 0.0 <= point[1] <= 1.0


def _clip(start: Point, end: Point) -> tuple[Point, Point] | None:
    """Cut a segment to the unit square (Liang and Barsky)."""
    begin, stop = 0.0, 1.0
    for axis in (0, 1):
        origin, change = start[axis], end[axis] - start[axis]
        if change == 0:
            if not 0.0 <= origin <= 1.0:
                return None
            continue
        near, far = sorted(((0.0 - origin) / change, (1.0 - origin) / change))
        begin, stop = max(begin, near), min(stop, far)
    if begin > stop:
        return None
    return _along(start, end, begin), _along(start, end, stop)


def _along(start: Point, end: Point, part: float) -> Point:
    # An untouched end keeps its exact value, so that neighbouring segments still meet.
    ends = zip(start, end, strict=True)
    x, y = (a if part == 0.0 else b if part == 1.0 else a + (b - a) * part for a, b in ends)
    return max(0.0, min(1.0, x)), max(0.0, min(1.0, y))


def dots(piece: list[Point], columns: int, rows: int, spacing: float = 1.0) -> list[Point]:
    """Return points every `spacing` columns along a line; a cell is taken for twice as high as wide."""
    result, left = [piece[0]], spacing
    for (x0, y0), (x1, y1) in pairwise(piece):
        length = math.hypot((x1 - x0) * columns, (y1 - y0) * rows * 2)
        while left <= length and length > 0:
            part = left / length
            result.append((x0 + (x1 - x0) * part, y0 + (y1 - y0) * part))
            left += spacing
        left -= length
    return result


def dashes(piece: list[Point], columns: int, rows: int) -> list[list[Point]]:
    """Return a line as dashes, each two and a half columns long with one and a half between them."""
    points = dots(piece, columns, rows, 0.5)
    return [points[start : start + 6] for start in range(0, len(points), 8)]
