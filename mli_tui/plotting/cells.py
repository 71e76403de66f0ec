"""A rectangle of cells that text and curves are put into, and that comes out as rows of segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from unicodedata import category, normalize

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

PLAIN = Style()
LEAST_LEFT = 4
"""Cells of a cut text that are worth the room before its end."""


@lru_cache(maxsize=512)
def _grounded(style: Style, ground: Style) -> Style:
    """Return the two put together; one object for each pair, as `rows` joins cells by identity."""
    return style + ground


def clean(text: str) -> str:
    """Return `text` with nothing in it but characters of one or two cells.

    Control, format, private and combining characters go: they take no cell of their own, and the first
    two could be obeyed by the terminal.
    """
    return "".join(c for c in normalize("NFC", text) if c.isprintable() and category(c)[0] != "M" and cell_len(c))


def cut(text: str, width: int) -> str:
    """Return `text`, cleaned, in at most `width` cells, with an ellipsis where something is missing."""
    text = clean(text)
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + "…" if width > 0 else ""


def cut_before(text: str, end: str, width: int) -> str:
    """Return `text` and behind it `end`, which tells it from others: where both have no room, `text` is cut."""
    room = width - cell_len(end)
    return cut(text, room) + end if room >= LEAST_LEFT else cut(text + end, width)


class Cells:
    """A grid of characters with a style each. What does not fit is left out, never wrapped."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        # None: nothing was put here, which is not the same as a space.
        self._text: list[list[str | None]] = [[None] * width for _ in range(height)]
        self._style = [[PLAIN] * width for _ in range(height)]

    def put(self, row: int, column: int, text: str, style: Style = PLAIN) -> None:
        """Write `text` from that cell on; a wide character takes two cells, or none at the edge."""
        if not 0 <= row < self.height:
            return
        for character in clean(text):
            size = cell_len(character)
            if column >= 0 and column + size <= self.width:
                self._text[row][column : column + size] = [character, ""][:size]
                self._style[row][column : column + size] = [style] * size
            column += size

    def stroke(self, row: int, column: int, character: str, style: Style) -> None:
        """Put one piece of a line there, unless something stands there: lines pass behind all else."""
        if self._text[row][column] is None:
            self._text[row][column] = character
            self._style[row][column] = style

    def paste(self, row: int, column: int, text: str, styles: Sequence[Style]) -> None:
        """Put a row of single-cell characters behind what stands there; its spaces put nothing."""
        target_text, target_style = self._text[row], self._style[row]
        for offset, character in enumerate(text, column):
            if character != " " and target_text[offset] is None:
                target_text[offset] = character
                target_style[offset] = styles[offset - column]

    def fill(self, row: int, column: int, character: str, style: Style) -> None:
        """Put one single-cell character there, before what stood there."""
        self._text[row][column] = character
        self._style[row][column] = style

    def over(self, row: int, column: int, text: str, ink: Callable[[Style], Style]) -> None:
        """Write `text` from that cell on, before what stands there, in the ink that suits the style of each cell."""
        for character in clean(text):
            size = cell_len(character)
            if column >= 0 and column + size <= self.width:
                self._text[row][column : column + size] = [character, ""][:size]
                self._style[row][column : column + size] = [ink(self._style[row][column])] * size
            column += size

    def tint(self, rows: Iterable[int], columns: Iterable[int], ground: Style) -> None:
        """Give these cells this ground, whatever stands in them."""
        for row in rows:
            styles = self._style[row]
            for column in columns:
                styles[column] = _grounded(styles[column], ground)

    def blank(self, row: int, column: int, width: int = 1) -> bool:
        """Whether these cells are inside and nothing was put there, not even a space."""
        inside = 0 <= row < self.height and column >= 0 and column + width <= self.width
        return inside and all(text is None for text in self._text[row][column : column + width])

    def rows(self) -> list[list[Segment]]:
        """Return each row as segments, neighbours of one style joined."""
        return [self._row(text, style) for text, style in zip(self._text, self._style, strict=True)]

    @staticmethod
    def _row(text: list[str | None], styles: list[Style]) -> list[Segment]:
        segments, start = [], 0
        # Styles come from a cache: comparing identities finds the same runs, several times faster.
        for _, run in groupby(map(id, styles)):
            end = start + len(list(run))
            segments.append(Segment("".join([" " if t is None else t for t in text[start:end]]), styles[start]))
            start = end
        return segments
