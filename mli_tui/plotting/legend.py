"""The legend, in one row: a sample and a label for each curve, shortened until it fits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.style import Style

from mli_tui.plotting.cells import PLAIN, clean, cut
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

    @property
    def width(self) -> int:
        """Cells it takes."""
        return cell_len(self.sample) + 1 + cell_len(self.label)


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
            found[key] = Entry(_sample(series, letters.get(index, ""), look), label, colour, clean(series.short))
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
    return [Entry(line, solid, PLAIN, optional=True), Entry(broken, thin, PLAIN, short)]


def _layers(bands: Bands, look: Look) -> list[Entry]:
    """Return an entry a layer, from the bottom up; none for a letter that is a name already."""
    if look.lettered:
        return [
            Entry(layer.letter, clean(layer.label), style(layer.colour, look))
            for layer in bands.layers
            if clean(layer.label) != layer.letter
        ]
    return [Entry("█", clean(layer.label), style(layer.colour, look)) for layer in bands.layers]


def _lines(look: Look, *, dashed: bool) -> tuple[str, str]:
    if look.marker == "ascii":
        return "--", ".."
    return "━━", "╍╍" if dashed else "┈┈"


def _sample(series: Series, letter: str, look: Look) -> str:
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
    least = _least(legend)
    for choice in (legend, [entry for entry in legend if not entry.optional], least):
        for gap, sample in ((2, 2), (2, 1), (1, 1)):
            tight = [replace(entry, sample=entry.sample[-sample:]) for entry in choice]
            if _width(tight, gap) <= room:
                return _spread(tight, gap)
    tight = [replace(entry, sample=entry.sample[-1:]) for entry in least]
    for longest in range(max((cell_len(entry.label) for entry in least), default=0), _SHORTEST - 1, -1):
        short = [replace(entry, label=cut(entry.label, longest)) for entry in tight]
        if _width(short, 1) <= room:
            return _spread(short, 1)
    fewer = [entry for entry in legend if entry is not _MORE][:-1]
    return fit([*fewer, _MORE], room) if fewer else []


def _least(legend: list[Entry]) -> list[Entry]:
    return [replace(entry, label=entry.short or entry.label) for entry in legend if not entry.optional]


def _width(legend: list[Entry], gap: int) -> int:
    return sum(entry.width for entry in legend) + gap * max(0, len(legend) - 1)


def width(legend: list[Entry]) -> int:
    """Return the cells that the legend takes at least with no label shortened."""
    return _width([replace(entry, sample=entry.sample[-1:]) for entry in _least(legend)], 1)


def _spread(legend: list[Entry], gap: int) -> list[tuple[int, Entry]]:
    placed, column = [], 0
    for entry in legend:
        placed.append((column, entry))
        column += entry.width + gap
    return placed
