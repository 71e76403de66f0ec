"""Numbers, times and statuses as text: pure functions, every one with an answer for `None`."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeGuard

from backends.runs.listing import RunRow
from backends.runs.view import RunView

UNKNOWN = "-"
RECENT_EPOCHS = 10
DECIMALS = 3
"""Digits behind the point of a measured value where the user chose no others: plateau ends are located so finely."""
_decimals = DECIMALS
_MARKS = {
    "queued": ("…", "."),
    "running": ("▶", ">"),
    "paused": ("‖", "|"),
    "done": ("✓", "+"),
    "stopped": ("■", "#"),
    "failed": ("✗", "x"),
    "interrupted": ("!", "!"),
    "ending": ("!", "!"),
    "damaged": ("?", "?"),
}


def main_ends(found: Mapping[str, float | None], places: int, between: str = " ") -> str:
    """Return the plateau ends of the two main schemes, as lists have them."""
    return between.join(number(found.get(scheme), places) for scheme in ("linear", "homogeneous"))


def duration(seconds: float | None) -> str:
    """Return a length of time such as `1:05` or `2:03:09`."""
    if not _known(seconds):
        return UNKNOWN
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def age(seconds: float | None) -> str:
    """Return how long ago something was, in its largest whole unit: `45 s`, `3 min`, `5 h`, `12 d`."""
    if not _known(seconds):
        return UNKNOWN
    whole = int(max(0.0, seconds))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def use_decimals(count: int) -> None:
    """Write measured values with so many decimals from now on, losses with as many significant digits and one more."""
    global _decimals
    _decimals = count


def decimals() -> int:
    """Return how many decimals measured values have."""
    return _decimals


def measured(value: float | None, width: int = 0) -> str:
    """Return a measured value, such as an error or an alpha, with the decimals that were chosen."""
    return number(value, _decimals, width)


def number(value: float | None, digits: int, width: int = 0) -> str:
    """Return `value` with `digits` decimals, right-aligned in `width`."""
    return (f"{value:.{digits}f}" if _known(value) else UNKNOWN).rjust(width)


def loss(value: float | None, width: int = 0) -> str:
    """Return `value` with four significant digits (`2.303`, `0.0009812`, `1.234e-05`), right-aligned in `width`.

    There are more or fewer of them where the user chose other decimals.
    """
    return (f"{value:#.{_decimals + 1}g}".rstrip(".") if _known(value) else UNKNOWN).rjust(width)


def alpha(value: float | None, width: int = 0) -> str:
    """Return an alpha with three decimals, the precision that plateau ends are located with, or as was chosen."""
    return measured(value, width)


def alpha_read(value: float) -> str:
    """Return an alpha that something was measured at: two decimals, or as many as it has, up to four."""
    text = f"{value:.4f}"
    return text[:-2] if text.endswith("00") else text.rstrip("0")


def short_loss(value: float | None) -> str:
    """Return `value` in at most six characters, wherever it can be: `2.303`, `12.34`, `0.0123`, `7.8e-4`.

    There are more or fewer where the user chose other decimals.
    """
    if not _known(value):
        return UNKNOWN
    if 0 < abs(value) < 0.0995:
        return f"{value:.{max(3, _decimals + 1)}f}" if abs(value) >= 0.00995 else _power(value)
    return f"{value:#.{_decimals + 1}g}".rstrip(".") if abs(value) < 1e5 else _power(value)


def _power(value: float) -> str:
    """Return a value with a power of ten that has no more digits than it needs: `7.8e-4`."""
    mantissa, _, exponent = f"{value:.{1 + max(0, _decimals - DECIMALS)}e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def counted(count: int, what: str) -> str:
    """Return how many of something there are: `1 run`, `2 runs`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def share(value: float | None, width: int = 0) -> str:
    """Return a share of inputs in per cent with one decimal, cut and not rounded: only all inputs are `100.0 %`."""
    if not _known(value):
        return UNKNOWN.rjust(width)
    return f"{math.floor(value * 1000 + 1e-6) / 10:.1f} %".rjust(width)


def status_mark(status: str, ascii_only: bool = False) -> str:
    """Return one character for a status, different for each that asks for different action, whatever the colour."""
    return _MARKS.get(status, ("?", "?"))[ascii_only]


def stage(of: RunView | RunRow) -> str:
    """Return what a run does now, in a few words: while it runs its phase, and of more points how many are there."""
    if of.status == "running" and of.phase == "refining" and of.more:
        more = of.more
        if more.ahead:
            return f"waiting to measure points, {more.ahead} ahead"
        return f"measuring points, {more.done} of {more.points}"
    return of.phase if of.status == "running" and of.phase else of.status


def short_stage(row: RunRow) -> str:
    """Return the same in 13 characters wherever it can be."""
    if row.status == "running" and row.phase == "refining" and row.more:
        return "points: waits" if row.more.ahead else f"pts {row.more.done}/{row.more.points}"
    return stage(row)


def time_left(view: RunView) -> float | None:
    """Return the seconds that training takes at most from now on; None where nothing tells."""
    rows = view.epochs[-RECENT_EPOCHS - 1 :]
    most = view.experiment.most_epochs
    if most is None or view.status != "running" or view.phase != "training" or len(rows) < 2:
        return None
    # An epoch's own seconds leave out its measures; the clock between two epochs holds all, but also a pause.
    # The median bears with one pause.
    pace = statistics.median(max(b.seconds, b.time - a.time) for a, b in pairwise(rows))
    left = (most - view.epoch) * pace
    return max(0.0, left) if math.isfinite(left) else None


def _known(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


class TableLine(str):
    """A line of a table, which means nothing in two pieces: what has no room for it scrolls, and does not wrap it."""

    __slots__ = ()


def aligned(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset(), between: str = "  ") -> list[str]:
    """Return rows as table lines with aligned columns, those in `right` to the right."""
    sizes = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        TableLine(
            between.join(
                cell.rjust(size) if i in right else cell.ljust(size)
                for i, (cell, size) in enumerate(zip(row, sizes, strict=True))
            ).rstrip()
        )
        for row in rows
    ]
