"""The cursor over a finished picture: cells that stand in place of the picture's own, row by row.

It is laid over what is built, so that moving it builds nothing and sends two columns.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from mli_tui import format
from mli_tui.plotting import bands
from mli_tui.plotting.frame import Frame

_EMPTY = frozenset(" ┊:╌-│|⠀")
_GUIDES = frozenset("·.")
_WORD = re.compile(r"\S+")
_REVERSE = Style(reverse=True)
_BOLD = Style(bold=True)


def regions(frames: Sequence[Frame], x: float, width: int) -> list[Region]:
    """Return what of the picture a cursor at `x` covers."""
    found = []
    for frame in frames:
        column = frame.column(x)
        if column is None:
            continue
        found.append(Region(column, frame.top, 1, frame.lines))
        if frame.ticks is not None:
            found.append(Region(0, frame.ticks, width, 1))  # where its label is depends on the labels beside it
    return found


def laid_over(strip: Strip, y: int, frames: Sequence[Frame], x: float, ascii_only: bool) -> Strip:
    """Return row `y` of the picture with the cursor over it."""
    for frame in frames:
        column = frame.column(x)
        if column is None:
            continue
        if y in frame.rows:
            strip = _replaced(strip, column, [_cell(strip, column, "|" if ascii_only else "│")])
        elif y == frame.ticks:
            strip = _ticked(strip, frame, column, f" {_label(frame, x)} ")
    return strip


def _label(frame: Frame, x: float) -> str:
    """Return a measured alpha as it is, and a time as finely as columns tell it apart."""
    if not frame.steady:
        return format.alpha_read(x)
    column = (frame.axis.high - frame.axis.low) / max(1, frame.columns)
    return format.number(x, max(0, min(4, math.ceil(-math.log10(column)))))


def _ticked(strip: Strip, frame: Frame, column: int, text: str) -> Strip:
    """Put the cursor's label on the row of labels, and take away those that it would cut.

    The labels of the axis' ends stay, and it gives way to them, but where the cursor itself is at the end.
    """
    under, size = strip.text, len(text)  # digits, points and blanks: a character a cell
    low, high = _kept(under, frame, column, size)
    first = frame.left - 1 if low is None else low
    last = frame.left + frame.columns if high is None else high
    left = start = max(0, min(len(under) - size, max(first, min(last - size, column - size // 2))))
    right = start + size
    while left > (low or 0) and under[left - 1] != " ":
        left -= 1
    while right < (high or len(under)) and under[right] != " ":
        right += 1
    before, after = Segment(" " * (start - left)), Segment(" " * (right - start - size))
    return _replaced(strip, left, [before, Segment(text, _REVERSE), after])


def _kept(under: str, frame: Frame, column: int, size: int) -> tuple[int | None, int | None]:
    """Return where the label of the left end ends and where that of the right end begins; None for one that goes."""
    first, last = frame.left, frame.left + frame.columns - 1
    words = [(word.start(), word.end()) for word in _WORD.finditer(under)]
    low = next((end for start, end in words if start <= first < end and column != first), None)
    high = next((start for start, end in words if start <= last < end and column != last), None)
    if low is None or high is None or high - low >= size:
        return low, high
    return (low, None) if last - column < column - first else (None, high)


def _cell(strip: Strip, column: int, line: str) -> Segment:
    """Return the cursor in one cell: a line where nothing is, else what is there, reversed."""
    under = strip.crop(column, column + 1)
    text = under.text or " "
    style = next((segment.style for segment in under if segment.style), None) or Style()
    if style.bgcolor is not None and text in bands.EIGHTHS:
        return Segment(line, bands.ink(style))  # a painted area
    empty = text in _EMPTY or (text in _GUIDES and style.dim is not None)  # the dots of a curve say nothing of it
    return Segment(line, style + _BOLD) if empty else Segment(text, style + _REVERSE)


def _replaced(strip: Strip, start: int, segments: list[Segment]) -> Strip:
    end = start + sum(segment.cell_length for segment in segments)
    return Strip.join([strip.crop(0, start), Strip(segments), strip.crop(end)])
