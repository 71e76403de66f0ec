"""What the screen is to show beside what the terminal shows already; the difference is what has to be sent."""

from __future__ import annotations

from collections.abc import Iterable
from operator import ne
from typing import NamedTuple

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
        inside = list(content[left - x : right - x])
        if inside[0] == "":
            inside[0] = " "
        if content[right - x : right - x + 1] == ("",):
            inside[-1] = " "
        self.letters[left:right] = inside
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
        self.interrupted = False
        """Whether the last piece was not all that waited."""

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
        runs, size, odd = list[Run](), 0, False
        for y in sorted(self._waiting, key=lambda y: not self._waiting[y]):
            del self._waiting[y]
            wanted, sent = self._wanted[y], self._sent[y]
            odd |= (whole := wanted.odd or sent.odd)
            row = list(_runs(y, wanted, None if whole else sent))
            sent.copy_from(wanted)
            runs += row
            size += len(_written(row).encode())
            if size >= most:
                break
        self.interrupted = bool(self._waiting)
        by_row = _written(runs)
        if odd:
            return by_row
        return min(by_row, _written(sorted(runs, key=lambda run: run.pen)), key=len)


class Run(NamedTuple):
    """Cells beside each other that are written with one pen."""

    y: int
    x: int
    pen: Pen
    text: str
    sure: bool
    """Whether every terminal's cursor is behind the last cell after it."""


def _runs(y: int, wanted: Row, sent: Row | None) -> Iterable[Run]:
    """Return what is to be written to row `y`: where it differs from what was sent, or all of it."""
    letters, pens, width = wanted.letters, wanted.pens, len(wanted.letters)
    differs = [True] * width if sent is None else list(map(ne, zip(letters, pens), zip(sent.letters, sent.pens)))  # noqa: B905
    x = 0
    while x < width:
        if not differs[x] or not letters[x]:
            x += 1
            continue
        first, end, pen = x, x + 1, pens[x]
        if len(letters[x]) > 1 and letters[x + 1 : x + 2] == [""]:  # some terminals give it one cell alone
            yield Run(y, x, pen, "  ", sure=False)
        while x + 1 < min(width, end + _BRIDGE) and pens[x + 1] == pen and letters[x + 1] and _one(letters, x):
            x += 1
            end = x + 1 if differs[x] else end
        yield Run(y, first, pen, "".join(letters[first:end]), end < width and _one(letters, end - 1))
        x = end


def _one(letters: list[str], x: int) -> bool:
    """Return whether what stands in cell `x` takes this one cell in every terminal."""
    return len(letters[x]) == 1 and "" not in letters[x + 1 : x + 2]


def _written(runs: Iterable[Run]) -> str:
    """Return the sequences that write these runs, one after the other; the pen is put down at the end."""
    parts, pen, at = list[str](), PLAIN_PEN, None
    for run in runs:
        parts += [_move(at, run), run.pen.after(pen), run.text]
        pen, at = run.pen, (run.y, run.x + len(run.text)) if run.sure else None
    return "".join([*parts, PLAIN_PEN.after(pen)])


def _move(at: tuple[int, int] | None, to: Run) -> str:
    """Return the shortest way of the cursor, which stands at (row, column) if that is sure."""
    ways = [f"\x1b[{to.y + 1};{to.x + 1}H"]
    if at:
        down, across = to.y - at[0], to.x - at[1]
        ways.append(_steps(down, "B", "A") + _steps(across, "C", "D"))
        if not down:
            ways.append(f"\x1b[{to.x + 1}G")
    return min(ways, key=len)


def _steps(count: int, forwards: str, back: str) -> str:
    """Return a move along one direction."""
    if not count:
        return ""
    return f"\x1b[{abs(count) if abs(count) > 1 else ''}{forwards if count > 0 else back}"
