"""The cursor over a finished picture: cells that stand in place of the picture's own, row by row.

It is laid over what is built, so that moving it builds nothing and sends two columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from mli_tui import format
from mli_tui.plotting import bands
from mli_tui.plotting.frame import Frame

_EMPTY = frozenset(" ┊:╌-│|⠀")
_LABEL = 8
"""Cells that a tick label takes at most."""
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
            start, text = _tick(column, x, width)
            # With the labels beside it, of which no half may be left.
            left, right = max(0, start - _LABEL), min(width, start + len(text) + _LABEL)
            found.append(Region(left, frame.ticks, right - left, 1))
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
            strip = _ticked(strip, *_tick(column, x, strip.cell_length))
    return strip


def _tick(column: int, x: float, width: int) -> tuple[int, str]:
    """Return where the cursor's own tick label begins, and its text."""
    text = f" {format.alpha_read(x)} "
    return max(0, min(width - len(text), column - len(text) // 2)), text


def _ticked(strip: Strip, start: int, text: str) -> Strip:
    """Put the cursor's tick label on the row of labels, and take away those that it would cut."""
    under = strip.text  # digits, points and blanks: a character a cell
    left, right = start, start + len(text)
    while left > 0 and under[left - 1] != " ":
        left -= 1
    while right < len(under) and under[right] != " ":
        right += 1
    before, after = Segment(" " * (start - left)), Segment(" " * (right - start - len(text)))
    return _replaced(strip, left, [before, Segment(text, _REVERSE), after])


def _cell(strip: Strip, column: int, line: str) -> Segment:
    """Return the cursor in one cell: a line where nothing is, else what is there, reversed."""
    under = strip.crop(column, column + 1)
    text = under.text or " "
    style = next((segment.style for segment in under if segment.style), None) or Style()
    if style.bgcolor is not None and text in bands.EIGHTHS:
        return Segment(line, bands.ink(style))  # a painted area
    return Segment(line, style + _BOLD) if text in _EMPTY else Segment(text, style + _REVERSE)


def _replaced(strip: Strip, start: int, segments: list[Segment]) -> Strip:
    end = start + sum(segment.cell_length for segment in segments)
    return Strip.join([strip.crop(0, start), Strip(segments), strip.crop(end)])
