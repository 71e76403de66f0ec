"""Labels: of vertical marks above their lines or beside them, of points in their columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from mli_tui.plotting import layout
from mli_tui.plotting.cells import Cells


class Spot(NamedTuple):
    """A mark's label: the column of its line, its place on the axis, and its texts, the wordiest first."""

    column: int
    x: float
    texts: tuple[str, str]
    style: Style


def above(cells: Cells, row: int, left: int, spots: Sequence[Spot]) -> None:
    """Write the labels side by side above their lines: in many words, in few, or as many as there is room for."""
    choices = [(spots, 0), *((spots[:count], 1) for count in range(len(spots), 0, -1))]
    for chosen, words in choices:
        # Two marks in one column keep the order that they have on the axis.
        ordered = sorted(chosen, key=lambda spot: spot.x)
        spans = [(spot.column - left, cell_len(spot.texts[words])) for spot in ordered]
        starts = layout.apart(spans, cells.width - left)
        if starts is not None:
            for start, spot in zip(starts, ordered, strict=True):
                cells.put(row, left + start, spot.texts[words], spot.style)
            return


def beside(cells: Cells, rows: range, spots: Sequence[Spot]) -> None:
    """Write each label beside its line where nothing stands, or nowhere."""
    for spot in spots:
        text = spot.texts[1]
        size = cell_len(text)
        free = (
            (row, start)
            for row in rows
            for start in (spot.column + 1, spot.column - size)
            if cells.blank(row, start, size)
        )
        for row, start in islice(free, 1):
            cells.put(row, start, text, spot.style)


def within(
    cells: Cells, rows: range, left: int, spots: Iterable[tuple[int, int, str, Style]], *, apart: bool = False
) -> None:
    """Write each text in its column, on the row nearest to its own where it touches no other text beside it.

    One for which there is no such row is left out: in another column it would say something else. `apart` keeps the
    cells beside it blank for good.
    """
    for row, column, text, style in spots:
        start = min(column, cells.width - cell_len(text))
        first, last = max(left, start - 1), min(cells.width, start + cell_len(text) + 1)
        free = (
            near for near in sorted(rows, key=lambda near: abs(near - row)) if cells.blank(near, first, last - first)
        )
        for near in islice(free, 1 if start >= left else 0):
            if apart:
                cells.put(near, first, " " * (last - first))
            cells.put(near, start, text, style)
