"""Lines of a panel: a label, a bar, a figure, and the last seconds of it as columns. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual.content import Content

from mli_tui.past import Past

GIB = 1 << 30
NOT_REPORTED = "not reported"
LABEL = 12
TEXT = 19
"""Cells of a figure with its mark, such as `120.1 of 139.8 GiB`."""
HIGH, FULL = 0.80, 0.95
"""Shares from which a figure has the mark of one that is high, and of one that is as good as full."""
NEAR = 0.95
"""The same of power, which may well be high: near its limit the clock is lowered."""
_INDENT, _GAP = 2, 2
_LEAST_BAR, _MOST_BAR, _LEAST_PAST = 5, 40, 10
_STEPS = ("▁▂▃▄▅▆▇█", "_.-:=+*#")


class Level(NamedTuple):
    """How a figure is shown: a mark behind it, and a colour, which alone would not do."""

    mark: str = ""
    style: str = "$text-accent"


CALM, WARN, ALARM = Level(), Level(" !", "$text-warning"), Level(" !!", "$text-error")


def level(share: float | None) -> Level:
    """Return how a share of memory is shown."""
    if share is None or share < HIGH:
        return CALM
    return WARN if share < FULL else ALARM


@dataclass(frozen=True)
class Shape:
    """How the width of a line is shared: cells of the bar, and of the last seconds; 0 where there is no room."""

    bar: int
    past: int

    @property
    def start(self) -> int:
        """The cell where the last seconds begin."""
        return _INDENT + LABEL + (self.bar + _GAP if self.bar else 0) + TEXT + _GAP


def shape(width: int) -> Shape:
    """Return how a line of `width` cells is shared."""
    room = width - _INDENT - LABEL - TEXT - 2 * _GAP
    cells = min(_MOST_BAR, room // 4 + 2)
    if room - cells < _LEAST_PAST or cells < _LEAST_BAR:
        cells = min(_MOST_BAR, room + _GAP)
        return Shape(cells if cells >= _LEAST_BAR else 0, 0)
    return Shape(cells, room - cells)


class Page(NamedTuple):
    """On what is written: so many cells wide, maybe in ASCII alone, and with what of the last seconds."""

    width: int
    ascii_only: bool
    past: Past

    @property
    def shape(self) -> Shape:
        """How a line of a figure is laid out."""
        return shape(self.width)

    @property
    def room(self) -> int:
        """Cells of a text beside its label."""
        return self.width - _INDENT - LABEL

    def recent(self, name: str) -> list[float | None]:
        """Return the last seconds of a figure, as many as are shown of it."""
        return self.past.of(name, self.shape.past)


class Gauge(NamedTuple):
    """One figure: a share of 1 that the bar shows, the same in words, and its last seconds."""

    label: str
    share: float | None
    text: str
    past: Sequence[float | None] = ()
    level: Level = CALM


def gauge(one: Gauge, page: Page) -> Content:
    """Return the line of a figure. What is not known has no bar: it would look like nothing, which is a value."""
    shape, ascii_only = page.shape, page.ascii_only
    filled = bar(one.share, shape.bar, ascii_only)
    text = f"{one.text}{one.level.mark}"
    bare = shape.start - _INDENT - LABEL - _GAP
    parts = [(filled, one.level.style), (" " * _GAP if filled else "", "")]
    size = TEXT if filled else bare
    # The mark has the bar's colour, too: on a narrow terminal there is no bar.
    parts += [(one.text, ""), (one.level.mark, f"bold {one.level.style}"), (" " * (size - len(text)), "")]
    shown = steps(one.past[-shape.past :], ascii_only) if shape.past else ""
    return labelled(one.label, *parts, (f"{' ' * _GAP}{shown}" if shown.strip() else "", "$text-accent")).rstrip()


def labelled(label: str, *parts: tuple[str, str]) -> Content:
    """Return a line with a label."""
    return Content.assemble((f"{' ' * _INDENT}{label:<{LABEL}}", "$foreground-muted"), *parts)


def plain(label: str, text: str, style: str = "") -> Content:
    """Return a line of a label and a text."""
    return labelled(label, (text, style))


def title(name: str, text: str) -> Content:
    """Return the first line of a block."""
    return Content.assemble((name, "bold"), f"  {text}" if text else "")


def title_over_past(name: str, text: str, shape: Shape) -> Content:
    """Return the first line of a block with the axis of time over the last seconds, where it does not cut the text."""
    line = title(name, text)
    begin, end = f"{shape.past} s ago", "now"
    if line.cell_length + _GAP <= shape.start:
        axis = begin + " " * (shape.past - len(begin) - len(end)) + end
        left = shape.start - line.cell_length
    else:
        axis = f"last {shape.past} s"
        left = shape.start + shape.past - len(axis) - line.cell_length
    if not shape.past or left < _GAP:
        return line
    return Content.assemble(line, (f"{' ' * left}{axis}", "$foreground-muted"))


def fitting(parts: Iterable[str], room: int) -> str:
    """Return as many of the parts as there is room for, the first one in any case, with commas between them."""
    shown = ""
    for part in filter(None, parts):
        longer = f"{shown}, {part}" if shown else part
        if shown and len(longer) > room:
            break
        shown = longer
    return shown


def bar(share: float | None, width: int, ascii_only: bool) -> str:
    """Return a bar of `width` cells for a share of 1: full where it is full, without any where it is 0."""
    if share is None or width < 1:
        return ""
    filled, empty = ("#", ".") if ascii_only else ("█", "░")
    cells = min(width, max(0, round(share * width)))
    if 0 < share < 1 and width > 1:
        cells = min(width - 1, max(1, cells))
    return filled * cells + empty * (width - cells)


def steps(shares: Iterable[float | None], ascii_only: bool) -> str:
    """Return a column a share of 1; blank where it is not known."""
    heights = _STEPS[ascii_only]
    return "".join(
        " " if share is None else heights[max(0, min(len(heights) - 1, int(share * len(heights))))] for share in shares
    )


def amount_of(used: int, total: int) -> str:
    """Return two amounts of memory; from 100 GiB on in whole ones, which are as fine as the tenths of less."""
    digits = 1 if total < 100 * GIB else 0
    return f"{used / GIB:.{digits}f} of {total / GIB:.{digits}f} GiB"


def share_of(used: float | None, total: float | None) -> float | None:
    """Return a part of a whole; None where either is not known."""
    return None if used is None or not total else used / total
