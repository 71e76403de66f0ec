"""Which cells lie between two lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from mli_tui.plotting.geometry import Point, Scale, cell
from mli_tui.plotting.series import Ribbon, Series


def cells(ribbon: Ribbon, scale: Scale, columns: int, lines: int) -> Iterator[tuple[int, range]]:
    """Yield each column that has a part of the ribbon on the canvas, with its lines from the top."""
    low, high = (scale.points(Series(ribbon.x, edge)) for edge in (ribbon.low, ribbon.high))
    # An x without a place is a gap of both edges.
    both = [(a, b) if a is not None and b is not None else None for a, b in zip(low, high, strict=True)]
    places = [scale.x.place(x) for x in ribbon.x]
    ascending = [-1.0 if place is None else place for place in places]
    for column in range(columns):
        place = (column + 0.5) / columns
        right = bisect_right(ascending, place)
        before, after = (both[i] if 0 <= i < len(both) else None for i in (right - 1, right))
        if before is None or after is None:
            continue
        bottom, top = (_between(a, b, place) for a, b in zip(before, after, strict=True))
        if top >= 0.0 and bottom <= 1.0 and bottom <= top:
            first, last = cell(1 - min(1.0, top), lines), cell(1 - max(0.0, bottom), lines)
            if first is not None and last is not None:
                yield column, range(first, last + 1)


def _between(one: Point, other: Point, place: float) -> float:
    """Return how high the line from one point to another is at a place between them."""
    part = (place - one[0]) / (other[0] - one[0]) if other[0] > one[0] else 0.0
    return one[1] + (other[1] - one[1]) * part
