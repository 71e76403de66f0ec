"""What the screen is to show beside what the terminal shows already; the difference is what has to be sent."""

from __future__ import annotations

from collections.abc import Iterable

from rich.color import ColorSystem
from textual.strip import Strip

from mli_tui.line.cells import PLAIN_PEN, Pen, cells_of, pen_of

_BRIDGE = 5
"""So many unchanged cells cost less than a move across them."""


class Row:
    """A row of cells, each with its pen."""

    def __init__(self, width: int, letter: str = " ") -> None:
        """Make a row of blanks, or of any other letter."""
        self.letters = [letter] * width
        self.pens = [PLAIN_PEN] * width

    @property
    def odd(self) -> bool:
        """Whether some character takes more or less than a cell of its own."""
        return "" in self.letters or max(map(len, self.letters), default=1) > 1

    def put(self, x: int, strip: Strip, system: ColorSystem) -> None:
        """Write a strip from column `x` on; what lies outside the row is lost."""
        for text, style, control in strip:
            if not control:
                cells, pen = cells_of(text), pen_of(style, system)
                self._write(x, cells.content, pen.blank if cells.blank else pen)
                x += len(cells.content)

    def _write(self, x: int, content: tuple[str, ...], pen: Pen) -> None:
        width = len(self.letters)
        left, right = max(0, x), min(width, x + len(content))
        if left >= right:
            return
        # Of a character of two cells no half may stay.
        if left and self.letters[left] == "":
            self.letters[left - 1] = " "
        if right < width and self.letters[right] == "":
            self.letters[right] = " "
        self.letters[left:right] = content[left - x : right - x]
        self.pens[left:right] = [pen] * (right - left)

    def same(self, other: Row) -> bool:
        """Return whether both show the same."""
        return self.letters == other.letters and self.pens == other.pens

    def copy_from(self, other: Row) -> None:
        """Become as `other` is."""
        self.letters[:], self.pens[:] = other.letters, other.pens


class Canvas:
    """A screen of `width` x `height` cells. What is put on it is sent once, as it is at the time of sending."""

    def __init__(self, width: int, height: int, system: ColorSystem = ColorSystem.TRUECOLOR) -> None:
        """Begin with a screen of which nothing is known."""
        self.width, self.height = width, height
        self._system = system
        self._wanted = [Row(width) for _ in range(height)]
        self._sent = [Row(width, "\0") for _ in range(height)]
        self._waiting: dict[int, bool] = {}

    @property
    def waiting(self) -> bool:
        """Whether something is still to be sent."""
        return bool(self._waiting)

    def put(self, x: int, y: int, strip: Strip, urgent: bool = False) -> None:
        """Let a strip stand at column `x` of row `y`; an urgent row goes before the others."""
        if not 0 <= y < self.height:
            return
        row = self._wanted[y]
        row.put(x, strip, self._system)
        if row.same(self._sent[y]):
            self._waiting.pop(y, None)
        else:
            self._waiting[y] = urgent or self._waiting.get(y, False)

    def forget(self) -> None:
        """Send everything again: what the terminal shows is no longer known."""
        self._sent = [Row(self.width, "\0") for _ in range(self.height)]
        self._waiting = dict.fromkeys(range(self.height), False)

    def take(self, most: int) -> str:
        """Return about `most` bytes of what is due, a row at least; urgent rows first, then who waited longest."""
        taken, size, pen = list[str](), 0, PLAIN_PEN
        for y in sorted(self._waiting, key=lambda y: not self._waiting[y]):
            del self._waiting[y]
            text, pen = self._row(y, pen)
            self._sent[y].copy_from(self._wanted[y])
            taken.append(text)
            size += len(text.encode())
            if size >= most:
                break
        return "".join([*taken, PLAIN_PEN.after(pen)])

    def _row(self, y: int, pen: Pen) -> tuple[str, Pen]:
        """Return the sequences that bring row `y` up to date, and the pen they leave behind."""
        wanted, parts = self._wanted[y], list[str]()
        letters, pens = wanted.letters, wanted.pens
        at = -1  # the column that the cursor is sure to be in
        for first, end in self._spans(y):
            for x in range(first, end):
                if not letters[x]:
                    continue
                if x != at:
                    parts.append(f"\x1b[{x + 1}G" if parts else f"\x1b[{y + 1};{x + 1}H")
                if pens[x] is not pen:
                    parts.append(pens[x].after(pen))
                    pen = pens[x]
                parts.append(letters[x])
                # Terminals differ in how far a character of another width takes them.
                at = -1 if len(letters[x]) > 1 or "" in letters[x + 1 : x + 2] else x + 1
        return "".join(parts), pen

    def _spans(self, y: int) -> Iterable[tuple[int, int]]:
        """Return from where to where a row differs; a row with odd characters is sent whole."""
        wanted, sent = self._wanted[y], self._sent[y]
        if wanted.odd or sent.odd:
            return [(0, self.width)]
        pairs = zip(wanted.letters, sent.letters, wanted.pens, sent.pens, strict=True)
        spans: list[tuple[int, int]] = []
        for x in [x for x, (a, b, p, q) in enumerate(pairs) if a != b or p != q]:
            if spans and x - spans[-1][1] <= _BRIDGE:
                spans[-1] = spans[-1][0], x + 1
            else:
                spans.append((x, x + 1))
        return spans
