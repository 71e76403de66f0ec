"""The legend, in one row: a sample and a label for each curve, shortened until it fits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.style import Style

from mli_tui.plotting.cells import PLAIN, Cells, clean, cut
from mli_tui.plotting.palette import Look, style
from mli_tui.plotting.series import Bands, Plot, Series

_GLYPHS = "*ox+#@%&=~"
_SHORTEST = 3


def glyphs(plot: Plot) -> dict[int, str]:
    """Return for each measured curve a letter of its own, for where colour cannot tell it apart.

    A label of one letter, such as a class, is its own letter.
    """
    measured = [i for i, series in enumerate(plot.series) if not series.thin]
    found: dict[int, str] = {}
    for order, index in enumerate(measured):
        label = clean(plot.series[index].letter or plot.series[index].label)
        own = label if len(label) == 1 and label.isascii() and label != " " else ""
        found[index] = own or _GLYPHS[order % len(_GLYPHS)]
    return found


@dataclass(frozen=True)
class Entry:
    """One entry, as it is shown."""

    sample: str
    label: str
    style: Style
    short: str = ""
    """The label where there is less room."""
    optional: bool = False
    """Left out where there is no room for it."""
    yields: bool = False
    """Left out before any label is cut."""
    strong: bool = False
    """Left out last."""
    bare: bool = False
    """Where there is no room for its sample, the label has its colour."""

    @property
    def lead(self) -> int:
        """Cells before the label."""
        return cell_len(self.sample) + 1 if self.sample else 0

    @property
    def width(self) -> int:
        """Cells it takes."""
        return self.lead + cell_len(self.label)


def entries(plot: Plot, look: Look) -> list[Entry]:
    """Return the legend of `plot`: one entry for each label, measured curves before dotted ones; then the strokes."""
    if plot.bands:
        return _layers(plot.bands, look)
    letters = glyphs(plot)
    found: dict[tuple[str, bool], Entry] = {}
    for index, series in enumerate(plot.series):
        label = clean(series.label)
        colour = style(series.colour, look)
        key = (label, series.thin)
        if label and key in found and found[key].style != colour:
            found[key] = replace(found[key], style=PLAIN)  # several colours share it: it has none
        elif label and key not in found:
            sample, named = _sample(series, letters.get(index, ""), look), f"[{label}]" if series.strong else label
            found[key] = Entry(sample, named, colour, clean(series.short), strong=series.strong)
    return [found[key] for key in sorted(found, key=lambda key: key[1])] + _strokes(plot, look)


def _strokes(plot: Plot, look: Look) -> list[Entry]:
    """Say what is solid and what is not, once for all colours."""
    solid, thin = (clean(stroke) for stroke in plot.strokes)
    others = [series for series in plot.series if series.thin]
    if not thin or not others:
        return []
    line, _ = _lines(look, dashed=False)
    _, broken = _lines(look, dashed=any(series.dashed for series in others))
    short = f"{thin[:4]}." if len(thin) > 5 else thin
    return [Entry(line, solid, PLAIN, optional=True), Entry(broken, thin, PLAIN, short, yields=True)]


def _layers(bands: Bands, look: Look) -> list[Entry]:
    """Return an entry a layer, from the bottom up; none for a letter that is a name already."""
    if look.lettered:
        return [
            Entry(layer.letter, clean(layer.label), style(layer.colour, look))
            for layer in bands.layers
            if clean(layer.label) != layer.letter
        ]
    return [Entry("█", clean(layer.label), style(layer.colour, look), bare=True) for layer in bands.layers]


def _lines(look: Look, *, dashed: bool) -> tuple[str, str]:
    if look.marker == "ascii":
        return "--", ".."
    return "━━", "╍╍" if dashed else "┈┈"


def point(look: Look, letter: str, *, thin: bool) -> str:
    """Return what a point by itself is drawn with: where colours can't be relied on, the letter of its series."""
    if thin:
        return "." if look.marker == "ascii" else "·"
    return letter if look.lettered else "●"


def _sample(series: Series, letter: str, look: Look) -> str:
    if series.points:
        return point(look, letter, thin=series.thin)
    line, dots = _lines(look, dashed=series.dashed)
    if series.thin:
        return dots
    if letter == clean(series.label):
        return line  # the letter stands beside it already
    if look.marker == "ascii":
        return letter * 2
    return f"━{letter}" if look.no_colour else line


_MORE = Entry("…", "", PLAIN)
"""Stands for entries that have no room at all."""


def fit(legend: list[Entry], room: int) -> list[tuple[int, Entry]]:
    """Return the entries with their offsets, made to fit: closer, without what can go, shorter, then fewer."""
    legend = _fewer(legend, room)
    least = _least(legend)
    named = [entry for entry in least if not entry.yields]
    for choice in (legend, [entry for entry in legend if not entry.optional], least, named):
        for gap, sample in ((2, 2), (2, 1), (1, 1)):
            tight = [replace(entry, sample=entry.sample[-sample:]) for entry in choice]
            if _width(tight, gap) <= room:
                return _spread(tight, gap)
    tight = _tight(named)
    for longest in range(max((_SHORTEST, *(cell_len(entry.label) for entry in named))), _SHORTEST - 1, -1):
        short = [replace(entry, label=cut(entry.label, longest)) for entry in tight]
        if _width(short, 1) <= room:
            return _spread(short, 1)
    return []


def _fewer(legend: list[Entry], room: int) -> list[Entry]:
    """Return the entries without the last ones that have no room even when all are as short as can be."""
    least = sum(map(_narrowest, legend)) - 1
    if least <= room:
        return legend
    left, least = list(legend), least + _narrowest(_MORE)
    while left and least > room:
        last = max((i for i, entry in enumerate(left) if not entry.strong), default=0)
        least -= _narrowest(left.pop(last))
    return [*left, _MORE] if left else []


def _narrowest(entry: Entry) -> int:
    """Return the cells that an entry takes at least, with the gap behind it."""
    return sum(one.lead + cell_len(cut(one.label, _SHORTEST)) + 1 for one in _tight(_least([entry])) if not one.yields)


def _least(legend: list[Entry]) -> list[Entry]:
    return [replace(entry, label=entry.short or entry.label) for entry in legend if not entry.optional]


def _width(legend: list[Entry], gap: int) -> int:
    return sum(entry.width for entry in legend) + gap * max(0, len(legend) - 1)


def _tight(legend: list[Entry], bare: bool = True) -> list[Entry]:
    return [replace(entry, sample="" if entry.bare and bare else entry.sample[-1:]) for entry in legend]


def width(legend: list[Entry], bare: bool = True) -> int:
    """Return the cells that the legend takes at least with no label shortened, and without `bare` all samples there."""
    return _width(_tight(_least(legend), bare), 1)


def write(cells: Cells, row: int, column: int, placed: list[tuple[int, Entry]]) -> None:
    """Write entries at their offsets from a cell on."""
    for offset, entry in placed:
        cells.put(row, column + offset, entry.sample, entry.style)
        cells.put(row, column + offset + entry.lead, entry.label, PLAIN if entry.sample else entry.style)


def _spread(legend: list[Entry], gap: int) -> list[tuple[int, Entry]]:
    placed, column = [], 0
    for entry in legend:
        placed.append((column, entry))
        column += entry.width + gap
    return placed
