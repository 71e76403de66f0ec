"""Stacked bands as cells: each column shows the shares at the nearest measured place, in eighths of a cell."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from rich.style import Style

from mli_tui.plotting.palette import Look, hexadecimal, ink_on
from mli_tui.plotting.series import Band, Bands

EIGHTHS = " ▁▂▃▄▅▆▇"
"""Blocks from the bottom up, by the eighths of a cell that they fill."""
_LONG = 0.6
"""Part of the longest run from which another one is long enough for a label."""


class Cut(NamedTuple):
    """What one cell shows: the lower layer up to `eighths` of its height, the upper one above."""

    lower: int
    upper: int
    eighths: int

    @property
    def owner(self) -> int:
        """The layer with most of the cell."""
        return self.lower if self.eighths >= 4 else self.upper


def nearest(known: Sequence[float], place: float) -> int:
    """Return the number of the value nearest to `place` among ascending ones."""
    right = min(bisect_left(known, place), len(known) - 1)
    left = max(0, right - 1)
    return left if abs(known[left] - place) <= abs(known[right] - place) else right


def column(shares: Sequence[float], lines: int) -> list[Cut]:
    """Return the cells of one column, from the bottom up; what shares leave of the whole goes to the last layer."""
    tops, total = [], 0.0
    for share in shares:
        total += max(0.0, share) if math.isfinite(share) else 0.0
        tops.append(total)
    scale = 1 / total if total > 0 else 1.0
    edges = [min(1.0, top * scale) for top in tops[:-1]] + [1.0]
    return [_cut(edges, line / lines, (line + 1) / lines) for line in range(lines)]


def _cut(edges: Sequence[float], low: float, high: float) -> Cut:
    """Return the two layers with most of the cell between two heights, the lower one first."""
    parts, below = [], 0.0
    for layer, edge in enumerate(edges):
        overlap = min(edge, high) - max(below, low)
        if overlap > 1e-9:
            parts.append((overlap, layer))
        below = edge
    most = sorted(sorted(parts, reverse=True)[:2], key=lambda part: part[1])
    if len(most) < 2:
        layer = most[0][1] if most else len(edges) - 1
        return Cut(layer, layer, 0)
    (under, lower), (over, upper) = most
    return Cut(lower, upper, round(8 * under / (under + over)))


def columns(bands: Bands, known: Sequence[float | None], places: Sequence[float], lines: int) -> list[list[Cut]]:
    """Return the cells of each column, from the bottom up.

    `known` says where on the x axis each x of the bands is, None for nowhere, and `places` where each column is.
    """
    ascending = [-math.inf if place is None else place for place in known]
    remembered: dict[int, list[Cut]] = {}
    result = []
    for place in places:
        number = nearest(ascending, place)
        if number not in remembered:
            remembered[number] = column([layer.share[number] for layer in bands.layers], lines)
        result.append(remembered[number])
    return result


def glyph(cut: Cut, layers: Sequence[Band], look: Look, lettered: bool) -> tuple[str, Style]:
    """Return character and style of a cell: painted, or where colours can't be relied on a letter."""
    if lettered:
        owner = layers[cut.owner]
        return owner.letter, _painted("" if look.no_colour else owner.colour, "", look)
    if cut.eighths in (0, 8) or cut.lower == cut.upper:
        return " ", _painted("", layers[cut.owner].colour, look)
    return EIGHTHS[cut.eighths], _painted(layers[cut.lower].colour, layers[cut.upper].colour, look)


@lru_cache(maxsize=512)
def _painted(fore: str, back: str, look: Look) -> Style:
    return Style(
        color=hexadecimal(fore, look) if fore else None,
        bgcolor=hexadecimal(back, look) if back else None,
    )


@lru_cache(maxsize=512)
def ink(style: Style) -> Style:
    """Return this style with a foreground that can be read on its ground."""
    ground = style.bgcolor
    return Style(color=ink_on(ground.name), bgcolor=ground.name, bold=True) if ground else Style(bold=True)


def label_place(cuts: list[list[Cut]], layer: int, size: int) -> tuple[int, int] | None:
    """Return column and line (from the bottom) where a label of that size is wholly on its layer; None for nowhere.

    It stands in the middle of a long run of whole cells, on the middlemost of the lines that have one.
    """
    runs: list[tuple[int, int, int]] = []
    for line in range(len(cuts[0]) if cuts else 0):
        start = 0
        for whole, run in groupby(_is_whole(cells[line], layer) for cells in cuts):
            length = len(list(run))
            if whole and length >= size + 2:
                runs.append((length, start, line))
            start += length
    if not runs:
        return None
    longest = max(length for length, _, _ in runs)
    long = [one for one in runs if one[0] >= _LONG * longest]
    length, start, line = long[len(long) // 2]
    return start + (length - size) // 2, line


def _is_whole(cut: Cut, layer: int) -> bool:
    return cut.owner == layer and (cut.lower == cut.upper or cut.eighths in (0, 8))
