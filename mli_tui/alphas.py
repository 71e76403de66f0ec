"""The alpha axis of a picture: a cursor on what was measured, and the stretch that is shown. Pure.

What is looked at is a value, a `Pointed`; what a key does to it depends on where there are curves, an `Alphas`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from mli_tui.axes import Axes, Window, typed

LEAP = 5
"""Points that a bigger step goes."""
CURSOR = frozenset({"left", "right", "far-left", "far-right", "first", "last", "end", *(f"to-{n}" for n in range(10))})
STRETCH = frozenset({"zoom-in", "zoom-out", "pan-left", "pan-right", "whole"})
LOWEST = 0.01
"""Where a log axis of alpha begins while nothing above 0 is measured."""


@dataclass(frozen=True)
class Pointed(Axes):
    """Axes with a cursor."""

    alpha: float | None = None
    """Where the cursor stands; None without one."""


Looked = TypeVar("Looked", bound=Pointed)


@dataclass(frozen=True)
class Alphas:
    """Where curves were measured."""

    whole: Window
    """The stretch of alpha that is covered."""
    curves: tuple[frozenset[float], ...]
    """The alphas of each curve that the cursor reads."""
    lowest: float = LOWEST
    """Where a log axis begins."""
    end: float | None = None
    """Where the plateau ends: there a cursor begins."""

    def limits(self, axes: Axes) -> Window:
        """Return the stretch of alpha that is shown; on a log axis from the lowest one above 0 that was measured."""
        low, high = axes.window or self.whole
        if not axes.log_alpha or low > 0:
            return low, high
        return self.lowest, high if high > self.lowest else self.whole[1]

    def stops(self, axes: Axes) -> tuple[float, ...]:
        """Return where the cursor can stand: alphas that every curve was measured at; of a zoomed stretch all."""
        curves = [{a for a in curve if a > 0 or not axes.log_alpha} for curve in self.curves]
        curves = [curve for curve in curves if curve]
        shared = set.intersection(*curves) if curves else set()
        every = axes.window is not None or len(shared) < 2
        return tuple(sorted(set().union(*curves) if every else shared))

    def at(self, looked: Looked, alpha: float) -> Looked:
        """Put the cursor on the stop nearest to `alpha`; a stretch that it would leave is moved along."""
        found = self.stops(looked)
        if not found:
            return looked
        place = looked.place(alpha)
        alpha = min(found, key=lambda a: abs(looked.place(a) - place))
        low, high = self.limits(looked)
        if low <= alpha <= high:
            return replace(looked, alpha=alpha)
        span = looked.place(high) - looked.place(low)
        return replace(looked, alpha=alpha, window=self._inside(looked, looked.place(alpha) - span / 2, span))

    def stepped(self, looked: Looked, steps: int) -> Looked:
        """Move the cursor by stops; one that is not there yet begins where the plateau ends."""
        found = self.stops(looked)
        if not found:
            return looked
        if looked.alpha is None:
            return self.at(looked, self._beginning(looked))
        here = min(range(len(found)), key=lambda i: abs(found[i] - (looked.alpha or 0.0)))
        return self.at(looked, found[max(0, min(len(found) - 1, here + steps))])

    def ended(self, looked: Looked, last: bool) -> Looked:
        """Put the cursor on the first stop, or on the last one."""
        found = self.stops(looked)
        return self.at(looked, found[-1 if last else 0]) if found else looked

    def _beginning(self, axes: Axes) -> float:
        low, high = self.limits(axes)
        if self.end and low <= self.end <= high:
            return self.end
        return axes.alpha_at((axes.place(low) + axes.place(high)) / 2)

    def zoomed(self, looked: Looked, factor: float) -> Looked:
        """Show a stretch `factor` times as long around the cursor, or without one around its middle."""
        low, high = map(looked.place, self.limits(looked))
        centre = (low + high) / 2 if looked.alpha is None else max(low, min(high, looked.place(looked.alpha)))
        return self.settled(self._stretched(looked, centre, 0.5, factor))

    def zoomed_at(self, looked: Looked, alpha: float, factor: float) -> Looked:
        """Show a stretch `factor` times as long, `alpha` where it was; a cursor that it leaves behind is put in it."""
        low, high = map(looked.place, self.limits(looked))
        centre = max(low, min(high, looked.place(alpha)))  # the mouse may be on a picture of before, on another scale
        new = self._stretched(looked, centre, (centre - low) / (high - low), factor)
        return self.settled(new) if new.window is None else self._kept_inside(new)

    def _stretched(self, looked: Looked, centre: float, part: float, factor: float) -> Looked:
        """Show a stretch `factor` times as long, `part` of it before a place, no longer than the whole of alpha."""
        low, high = map(looked.place, self.limits(looked))
        first, last = map(looked.place, self.limits(replace(looked, window=None)))
        span = max(looked.least_span(looked.alpha_at(centre)), (high - low) * factor)
        window = None if span >= last - first else self._inside(looked, centre - part * span, span)
        return replace(looked, window=window)

    def panned(self, looked: Looked, part: float) -> Looked:
        """Move the stretch by this part of its length. The whole of alpha has nowhere to go."""
        if looked.window is None:
            return looked
        low, high = map(looked.place, self.limits(looked))
        window = self._inside(looked, low + (high - low) * part, high - low)
        return self._kept_inside(replace(looked, window=window))

    def typed(self, looked: Looked, line: str) -> Looked:
        """Return what is looked at within the limits that a line names; raises `ValueError` as `axes.typed`."""
        return self._kept_inside(typed(looked, line, self.whole))

    def _kept_inside(self, looked: Looked) -> Looked:
        """Put a cursor that the stretch has left behind on the middlemost stop of it, or take it away."""
        low, high = self.limits(looked)
        if looked.alpha is None or low <= looked.alpha <= high:
            return looked
        inside = [a for a in self.stops(looked) if low <= a <= high]
        return replace(looked, alpha=inside[len(inside) // 2] if inside else None)

    def settled(self, looked: Looked) -> Looked:
        """Put a cursor back on a stop: the whole of alpha has fewer of them than a stretch."""
        return looked if looked.alpha is None else self.at(looked, looked.alpha)

    def _inside(self, axes: Axes, low: float, span: float) -> Window:
        """Return a stretch of that length, as the axis counts, moved until it is within all of alpha."""
        first, last = map(axes.place, self.limits(replace(axes, window=None)))
        low = max(first, min(last - span, low))
        return axes.alpha_at(low), axes.alpha_at(low + span)

    def why_still(self, looked: Pointed, move: str) -> str:
        """Return why a move would change nothing, or ""."""
        if move in CURSOR and not self.stops(looked):
            return "nothing is measured yet that a cursor could read"
        if looked.window is None and move in STRETCH - {"zoom-in"}:
            return "all of alpha is shown: zoom in first"
        return "there is no cursor" if move == "no-cursor" and looked.alpha is None else ""


class Move(Protocol):
    """What a key does."""

    def __call__(self, alphas: Alphas, looked: Looked, /) -> Looked:
        """Return what is looked at then."""


MOVES: dict[str, Move] = {
    "left": lambda alphas, looked: alphas.stepped(looked, -1),
    "right": lambda alphas, looked: alphas.stepped(looked, 1),
    "far-left": lambda alphas, looked: alphas.stepped(looked, -LEAP),
    "far-right": lambda alphas, looked: alphas.stepped(looked, LEAP),
    "first": lambda alphas, looked: alphas.ended(looked, last=False),
    "last": lambda alphas, looked: alphas.ended(looked, last=True),
    "end": lambda alphas, looked: alphas.at(looked, 1.0),
    "zoom-in": lambda alphas, looked: alphas.zoomed(looked, 0.5),
    "zoom-out": lambda alphas, looked: alphas.zoomed(looked, 2.0),
    "pan-left": lambda alphas, looked: alphas.panned(looked, -0.25),
    "pan-right": lambda alphas, looked: alphas.panned(looked, 0.25),
    "whole": lambda alphas, looked: alphas.settled(replace(looked, window=None)),
    "no-cursor": lambda _alphas, looked: replace(looked, alpha=None),
}
"""What a key does on the alpha axis, by name."""
for _digit in range(10):
    MOVES[f"to-{_digit}"] = lambda alphas, looked, tenth=_digit / 10: alphas.at(looked, tenth)
