"""Which rows and columns each part of a picture gets, and how labels share a row without touching."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEAST_WIDTH, LEAST_HEIGHT = 20, 5
"""Below this there is no picture, only a line that says so."""

_MARKS_FROM, _AXIS_FROM, OWN_LEGEND_FROM, _X_LABEL_FROM = 7, 10, 14, 20
_BANDS_LEGEND_FROM = 8
"""Bands mean nothing without their names, which thin ones have no room for: their legend comes before the axis line."""


@dataclass(frozen=True)
class Rows:
    """The rows of a picture, from the top; None for a part there is no height for."""

    legend: int
    marks: int | None
    top: int
    height: int
    axis: int | None
    ticks: int
    x_label: int | None


def rows(height: int, *, legend_alone: bool, marks: bool, x_label: bool, bands: bool = False) -> Rows:
    """Share `height` rows out; `legend_alone` says that it does not fit beside the title."""
    legend = 1 if legend_alone and height >= (_BANDS_LEGEND_FROM if bands else OWN_LEGEND_FROM) else 0
    axis_from = OWN_LEGEND_FROM if bands and legend else _AXIS_FROM
    marks_row = legend + 1 if marks and height >= _MARKS_FROM else None
    top = legend + 1 if marks_row is None else marks_row + 1
    x_label_row = height - 1 if x_label and height >= _X_LABEL_FROM else None
    ticks = height - 1 if x_label_row is None else height - 2
    axis = ticks - 1 if height >= axis_from else None
    bottom = ticks if axis is None else axis
    return Rows(legend, marks_row, top, bottom - top, axis, ticks, x_label_row)


def apart(spans: Sequence[tuple[int, int]], room: int, gap: int = 1) -> list[int] | None:
    """Return where labels of (centre, width) start so that none touches another or leaves 0..room.

    They stay in order, those with one centre in the order given, and move no further than they must. None where they
    do not all fit.
    """
    order = sorted(range(len(spans)), key=lambda i: spans[i][0])
    starts = {i: spans[i][0] - spans[i][1] // 2 for i in order}
    free = 0
    for i in order:
        starts[i] = max(starts[i], free)
        free = starts[i] + spans[i][1] + gap
    free = room
    for i in reversed(order):
        starts[i] = min(starts[i], free - spans[i][1])
        free = starts[i] - gap
    return None if any(start < 0 for start in starts.values()) else [starts[i] for i in range(len(spans))]


def untouched(spans: Sequence[tuple[int, int]], room: int, gap: int) -> list[int] | None:
    """Return the starts of centred labels, moved only to stay inside; None where two would touch."""
    starts = [max(0, min(room - width, centre - width // 2)) for centre, width in spans]
    ends = [start + width + gap for start, (_, width) in zip(starts, spans, strict=True)]
    touching = any(end > start for end, start in zip(ends, starts[1:], strict=False))
    return None if touching or min(starts, default=0) < 0 or max(ends, default=0) - gap > room else starts
