"""What is looked at on the run screen: picture, split, scheme, the cursor on the alpha axis, a stretch of it.

A `Reading` is a value; every key is a function from one to the next. Only measured points are ever read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from backends.runs.events import CurvePoint, LiveCurve
from backends.runs.view import RunView
from mli_tui.axes import Axes, Window, toggled, typed
from presets.experiment import Scheme, Split

Picture = Literal["curves", "shares", "classes", "splits", "device"]
PICTURES: tuple[Picture, ...] = ("curves", "shares", "classes", "splits", "device")
SPLITS: tuple[tuple[Split, ...], ...] = (("train",), ("test",), ("train", "test"))
LEAP = 5
"""Points that a bigger step goes."""
LOWEST = 0.01
"""Where a log axis of alpha begins while nothing above 0 is measured."""


@dataclass(frozen=True)
class Reading(Axes):
    """What is looked at, and how."""

    picture: Picture = "curves"
    splits: tuple[Split, ...] = ("train",)
    scheme: int = 0
    """Number of the scheme whose shares and class errors are read, among those of the experiment."""
    alpha: float | None = None
    """Where the cursor stands; None without one."""

    @property
    def pointer(self) -> float | None:
        """Where the cursor stands in the pictures: nowhere in those that are not over alpha."""
        return None if self.picture == "device" else self.alpha

    @property
    def split(self) -> Split:
        """The split that is read where only one can be."""
        return self.splits[0]

    def scheme_of(self, view: RunView) -> Scheme:
        """Return the scheme that is read."""
        schemes = view.experiment.interpolation.schemes
        return schemes[self.scheme % len(schemes)]

    def limits(self, view: RunView) -> Window:
        """Return the stretch of alpha that is shown; on a log axis from the lowest one above 0 that was measured."""
        low, high = self.window or whole(view)
        if not self.log_alpha or low > 0:
            return low, high
        lowest = _lowest(view, self)
        return lowest, high if high > lowest else whole(view)[1]


def whole(view: RunView) -> Window:
    """Return the stretch of alpha that the experiment covers."""
    return view.experiment.interpolation.alpha_from, view.experiment.interpolation.alpha_to


def _lowest(view: RunView, reading: Reading) -> float:
    schemes = view.experiment.interpolation.schemes
    found = (p.alpha for scheme in schemes for split in reading.splits for p in points(view, scheme, split))
    return min((alpha for alpha in found if alpha > 0), default=LOWEST)


def is_final(view: RunView, split: Split) -> bool:
    """Return whether the final curves are there to be shown, and not the live ones of a network in training."""
    return split not in view.splits or any(len(points) > 1 for (_, s), points in view.curves.items() if s == split)


def points(view: RunView, scheme: Scheme, split: Split) -> tuple[CurvePoint, ...]:
    """Return what is known of the curve that is shown: the final one, or while training the newest live one."""
    if is_final(view, split):
        return view.curves.get((scheme, split), ())
    live = view.live.get(scheme, ())
    return _as_points(live[-1]) if live else ()


def _as_points(curve: LiveCurve) -> tuple[CurvePoint, ...]:
    """Live curves know loss and error alone."""
    return tuple(
        CurvePoint(
            alpha=alpha,
            loss=loss,
            error=error,
            class_error=(),
            histogram=(),
            top_class=0,
            top_class_share=0.0,
            signal_gap=None,
            bias_gap=None,
        )
        for alpha, loss, error in zip(curve.alphas, curve.loss, curve.error, strict=False)
    )


def nearest(found: tuple[CurvePoint, ...], alpha: float) -> CurvePoint | None:
    """Return the measured point nearest to `alpha`; None where nothing is measured."""
    return min(found, key=lambda p: abs(p.alpha - alpha)) if found else None


def stops(view: RunView, reading: Reading) -> tuple[float, ...]:
    """Return where the cursor can stand: alphas that every shown scheme was measured at; of a zoomed stretch all."""
    schemes = view.experiment.interpolation.schemes
    curves = [
        {p.alpha for p in points(view, scheme, reading.split) if p.alpha > 0 or not reading.log_alpha}
        for scheme in schemes
    ]
    curves = [curve for curve in curves if curve]
    shared = set.intersection(*curves) if curves else set()
    every = reading.window is not None or len(shared) < 2
    return tuple(sorted(set().union(*curves) if every else shared))


def at(view: RunView, reading: Reading, alpha: float) -> Reading:
    """Put the cursor on the stop nearest to `alpha`; a stretch that it would leave is moved along."""
    found = stops(view, reading)
    if not found:
        return reading
    place = reading.place(alpha)
    alpha = min(found, key=lambda a: abs(reading.place(a) - place))
    low, high = reading.limits(view)
    if low <= alpha <= high:
        return replace(reading, alpha=alpha)
    span = reading.place(high) - reading.place(low)
    return replace(reading, alpha=alpha, window=_inside(view, reading, reading.place(alpha) - span / 2, span))


def _step(view: RunView, reading: Reading, steps: int) -> Reading:
    """Move the cursor by stops; one that is not there yet begins where the plateau ends."""
    found = stops(view, reading)
    if not found:
        return reading
    if reading.alpha is None:
        return at(view, reading, _beginning(view, reading))
    here = min(range(len(found)), key=lambda i: abs(found[i] - (reading.alpha or 0.0)))
    return at(view, reading, found[max(0, min(len(found) - 1, here + steps))])


def _beginning(view: RunView, reading: Reading) -> float:
    plateau = view.plateaus.get((reading.scheme_of(view), reading.split))
    end = plateau.measured.error_plateau_end if plateau else None
    low, high = reading.limits(view)
    return end if end and low <= end <= high else reading.alpha_at((reading.place(low) + reading.place(high)) / 2)


def _zoom(view: RunView, reading: Reading, factor: float) -> Reading:
    """Show a stretch `factor` times as long around the cursor, or without one around its middle."""
    low, high = map(reading.place, reading.limits(view))
    centre = (low + high) / 2 if reading.alpha is None else max(low, min(high, reading.place(reading.alpha)))
    return _settled(view, _stretched(view, reading, centre, 0.5, factor))


def zoomed_at(view: RunView, reading: Reading, alpha: float, factor: float) -> Reading:
    """Show a stretch `factor` times as long, with `alpha` where it was; a cursor that it leaves behind is put in it."""
    low, high = map(reading.place, reading.limits(view))
    centre = reading.place(alpha)
    new = _stretched(view, reading, centre, (centre - low) / (high - low), factor)
    return _settled(view, new) if new.window is None else _kept_inside(view, new)


def _stretched(view: RunView, reading: Reading, centre: float, part: float, factor: float) -> Reading:
    """Show a stretch `factor` times as long, `part` of it before a place, no longer than the whole of alpha."""
    low, high = map(reading.place, reading.limits(view))
    first, last = map(reading.place, replace(reading, window=None).limits(view))
    span = max(reading.least_span(reading.alpha_at(centre)), (high - low) * factor)
    window = None if span >= last - first else _inside(view, reading, centre - part * span, span)
    return replace(reading, window=window)


def _pan(view: RunView, reading: Reading, part: float) -> Reading:
    """Move the stretch by this part of its length. The whole of alpha has nowhere to go."""
    if reading.window is None:
        return reading
    low, high = map(reading.place, reading.limits(view))
    window = _inside(view, reading, low + (high - low) * part, high - low)
    return _kept_inside(view, replace(reading, window=window))


def _kept_inside(view: RunView, reading: Reading) -> Reading:
    """Put a cursor that the stretch has left behind on the middlemost stop of it, or take it away."""
    low, high = reading.limits(view)
    if reading.alpha is None or low <= reading.alpha <= high:
        return reading
    inside = [a for a in stops(view, reading) if low <= a <= high]
    return replace(reading, alpha=inside[len(inside) // 2] if inside else None)


def with_limits(view: RunView, reading: Reading, line: str) -> Reading:
    """Return the reading with the limits that a line names; raises `ValueError` as `axes.typed`."""
    return _kept_inside(view, typed(reading, line, whole(view)))


def _settled(view: RunView, reading: Reading) -> Reading:
    """The whole of alpha has fewer stops than a stretch: put a cursor back on one."""
    return reading if reading.alpha is None else at(view, reading, reading.alpha)


def _inside(view: RunView, reading: Reading, low: float, span: float) -> Window:
    """Return a stretch of that length, as the axis counts, moved until it is within all of alpha."""
    first, last = map(reading.place, replace(reading, window=None).limits(view))
    low = max(first, min(last - span, low))
    return reading.alpha_at(low), reading.alpha_at(low + span)


def _log_alpha(view: RunView, reading: Reading) -> Reading:
    return _settled(view, toggled(reading, "log-alpha"))


def _next_split(view: RunView, reading: Reading) -> Reading:
    one = len(view.splits) < 2 or reading.picture in ("shares", "classes")  # which are of one split
    shown = SPLITS.index(reading.splits[:1] if one else reading.splits)
    splits = SPLITS[(shown + 1) % (2 if one else 3)]
    return _settled(view, replace(reading, splits=splits))


def _picture(reading: Reading, step: int) -> Reading:
    following = PICTURES[(PICTURES.index(reading.picture) + step) % len(PICTURES)]
    return replace(reading, picture=following)


def _next_scheme(view: RunView, reading: Reading) -> Reading:
    return replace(reading, scheme=(reading.scheme + 1) % len(view.experiment.interpolation.schemes))


def _end(view: RunView, reading: Reading, last: bool) -> Reading:
    found = stops(view, reading)
    return at(view, reading, found[-1 if last else 0]) if found else reading


MOVES: dict[str, Callable[[RunView, Reading], Reading]] = {
    "left": lambda view, reading: _step(view, reading, -1),
    "right": lambda view, reading: _step(view, reading, 1),
    "far-left": lambda view, reading: _step(view, reading, -LEAP),
    "far-right": lambda view, reading: _step(view, reading, LEAP),
    "first": lambda view, reading: _end(view, reading, last=False),
    "last": lambda view, reading: _end(view, reading, last=True),
    "end": lambda view, reading: at(view, reading, 1.0),
    "zoom-in": lambda view, reading: _zoom(view, reading, 0.5),
    "zoom-out": lambda view, reading: _zoom(view, reading, 2.0),
    "pan-left": lambda view, reading: _pan(view, reading, -0.25),
    "pan-right": lambda view, reading: _pan(view, reading, 0.25),
    "whole": lambda view, reading: _settled(view, replace(reading, window=None)),
    "split": _next_split,
    "picture": lambda _view, reading: _picture(reading, 1),
    "picture-back": lambda _view, reading: _picture(reading, -1),
    "scheme": _next_scheme,
    "log": lambda _view, reading: toggled(reading, "log"),
    "log-alpha": _log_alpha,
    "shared": lambda _view, reading: toggled(reading, "shared"),
    "no-cursor": lambda _view, reading: replace(reading, alpha=None),
}
"""What a key does to a reading, by name."""
for _digit in range(10):
    MOVES[f"to-{_digit}"] = lambda view, reading, tenth=_digit / 10: at(view, reading, tenth)  # type: ignore[misc]


def moved(view: RunView, reading: Reading, move: str) -> Reading:
    """Return the reading after a move; see `MOVES`."""
    return MOVES[move](view, reading)
