"""The legend, in one row: a sample and a label for each curve, shortened until it fits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.style import Style

from mli_tui.plotting.cells import PLAIN, clean, cut
from mli_tui.plotting.palette import Look, style
from mli_tui.plotting.series import Plot, Series

_GLYPHS = "*ox+#@%&=~"
_SHORTEST = 3


def glyphs(plot: Plot) -> dict[int, str]:
    """Return for each measured curve a letter of its own, for where colour cannot tell it apart.

    A label of one letter, such as a class, is its own letter.
    """
    measured = [i for i, series in enumerate(plot.series) if not series.thin]
    found: dict[int, str] = {}
    for order, index in enumerate(measured):
        label = clean(plot.series[index].label)
        own = label if len(label) == 1 and label.isascii() and label != " " else ""
        found[index] = own or _GLYPHS[order % len(_GLYPHS)]
    return found


@dataclass(frozen=True)
class Entry:
    """One entry, as it is shown."""

    sample: str
    label: str
    style: Style

    @property
    def width(self) -> int:
        """Cells it takes."""
        return cell_len(self.sample) + 1 + cell_len(self.label)


def entries(plot: Plot, look: Look) -> list[Entry]:
    """Return the legend of `plot`: one entry for each label, measured curves before dotted ones."""
    letters = glyphs(plot)
    found: dict[tuple[str, bool], Entry] = {}
    for index, series in enumerate(plot.series):
        label = clean(series.label)
        colour = style(series.colour, look)
        key = (label, series.thin)
        if label and key in found and found[key].style != colour:
            found[key] = replace(found[key], style=PLAIN)  # several colours share it: it has none
        elif label and key not in found:
            found[key] = Entry(_sample(series, letters.get(index, ""), look), label, colour)
    return [found[key] for key in sorted(found, key=lambda key: key[1])]


def _sample(series: Series, letter: str, look: Look) -> str:
    line, dots = ("--", "..") if look.marker == "ascii" else ("━━", "┈┈")
    if series.thin:
        return dots
    if letter == clean(series.label):
        return line  # the letter stands beside it already
    if look.marker == "ascii":
        return letter * 2
    return f"━{letter}" if look.no_colour else line


def fit(legend: list[Entry], room: int) -> list[tuple[int, Entry]]:
    """Return the entries with their offsets, made to fit: closer, then shorter, then fewer."""
    for gap, sample in ((2, 2), (2, 1), (1, 1)):
        tight = [replace(entry, sample=entry.sample[-sample:]) for entry in legend]
        if _width(tight, gap) <= room:
            return _spread(tight, gap)
    tight = [replace(entry, sample=entry.sample[-1:]) for entry in legend]
    for longest in range(max((cell_len(entry.label) for entry in legend), default=0), _SHORTEST - 1, -1):
        short = [replace(entry, label=cut(entry.label, longest)) for entry in tight]
        if _width(short, 1) <= room:
            return _spread(short, 1)
    return fit(legend[:-1], room) if legend else []


def _width(legend: list[Entry], gap: int) -> int:
    return sum(entry.width for entry in legend) + gap * max(0, len(legend) - 1)


def width(legend: list[Entry]) -> int:
    """Return the cells that the legend takes at least with no label shortened."""
    return _width([replace(entry, sample=entry.sample[-1:]) for entry in legend], 1)


def _spread(legend: list[Entry], gap: int) -> list[tuple[int, Entry]]:
    placed, column = [], 0
    for entry in legend:
        placed.append((column, entry))
        column += entry.width + gap
    return placed
