"""What is looked at on the run screen: picture, split, scheme, the cursor on the alpha axis, a stretch of it.

A `Reading` is a value; every key is a function from one to the next. Only measured points are ever read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from backends.runs.events import CurvePoint, LiveCurve
from backends.runs.view import RunView
from mli_tui import alphas, device_cursor, device_use, panes
from mli_tui.alphas import LOWEST, Alphas, Pointed
from mli_tui.axes import NAMES, Window, toggled
from mli_tui.panes import Shown
from presets.experiment import Scheme, Split

Picture = Literal["curves", "shares", "classes", "splits", "device"]
PICTURES: tuple[Picture, ...] = ("curves", "shares", "classes", "splits", "device")
SPLITS: tuple[tuple[Split, ...], ...] = (("train",), ("test",), ("train", "test"))
_AXES: dict[Picture, tuple[str, ...]] = {
    "curves": NAMES,
    "shares": ("alpha",),
    "classes": ("alpha", "error"),
    "splits": ("alpha", "loss"),
    "device": (),
}


@dataclass(frozen=True)
class Reading(Pointed):
    """What is looked at, and how."""

    picture: Picture = "curves"
    splits: tuple[Split, ...] = ("train",)
    scheme: int = 0
    """Number of the scheme whose shares and class errors are read, among those of the experiment."""
    shown: Shown = "both"
    """Which pictures are shown where the view has two side by side."""

    moment: float | None = None
    """Where the cursor stands in the pictures of the device, which are over time: in seconds of work."""

    @property
    def pointed(self) -> bool:
        """Whether there is a cursor in the pictures that are shown."""
        return (self.moment if self.picture == "device" else self.alpha) is not None

    def pointer(self, view: RunView) -> float | None:
        """Return where the cursor stands in the pictures, as their x axis counts."""
        if self.picture != "device":
            return self.alpha
        return None if self.moment is None else self.moment / device_use.unit(view)[0]

    @property
    def split(self) -> Split:
        """The split that is read where only one can be."""
        return self.splits[0]

    def shown_splits(self, view: RunView) -> tuple[Split, ...]:
        """Return the splits that the picture is of: by class it is one, side by side those that are shown."""
        match self.picture:
            case "shares" | "classes":
                return (self.split,)
            case "splits":
                return panes.of_two(final_splits(view), self.shown)
            case _:
                return self.splits

    @property
    def axis_names(self) -> tuple[str, ...]:
        """The axes of the pictures that are shown whose limits can be chosen."""
        if self.picture == "curves" and self.shown != "both":
            return "alpha", "loss" if self.shown == "first" else "error"
        return _AXES[self.picture]

    def scheme_of(self, view: RunView) -> Scheme:
        """Return the scheme that is read."""
        schemes = view.experiment.interpolation.schemes
        return schemes[self.scheme % len(schemes)]

    def limits(self, view: RunView) -> Window:
        """Return the stretch of alpha that is shown; on a log axis from the lowest one above 0 that was measured."""
        return alphas_of(view, self).limits(self)


def whole(view: RunView) -> Window:
    """Return the stretch of alpha that the experiment covers."""
    return view.experiment.interpolation.alpha_from, view.experiment.interpolation.alpha_to


def alphas_of(view: RunView, reading: Reading) -> Alphas:
    """Return where the curves that are read were measured."""
    schemes = view.experiment.interpolation.schemes
    curves = (frozenset(p.alpha for p in points(view, scheme, reading.split)) for scheme in schemes)
    shown = (p.alpha for scheme in schemes for split in reading.splits for p in points(view, scheme, split))
    plateau = view.plateaus.get((reading.scheme_of(view), reading.split))
    return Alphas(
        whole=whole(view),
        curves=tuple(curves),
        lowest=min((a for a in shown if a > 0), default=LOWEST) if reading.log_alpha else LOWEST,
        end=plateau.measured.error_plateau_end if plateau else None,
    )


def final_splits(view: RunView) -> tuple[Split, ...]:
    """Return the splits whose losses are side by side; while there is no final curve the live one's."""
    return tuple(split for split in view.splits if is_final(view, split)) or ("train",)


def shares_y(view: RunView, reading: Reading) -> bool:
    """Return whether the curves in a picture could share a y axis with others: with those of the other split."""
    return len(final_splits(view)) > 1 and (reading.picture == "splits" or len(reading.splits) == 1)


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
    return alphas_of(view, reading).stops(reading)


def at(view: RunView, reading: Reading, alpha: float) -> Reading:
    """Put the cursor on the stop nearest to `alpha`; a stretch that it would leave is moved along."""
    return alphas_of(view, reading).at(reading, alpha)


def clicked(view: RunView, reading: Reading, x: float) -> Reading:
    """Put the cursor on the stop nearest to a place of the pictures' x axis."""
    if reading.picture == "device":
        return replace(reading, moment=device_cursor.at(view, x * device_use.unit(view)[0]))
    return at(view, reading, x)


def zoomed_at(view: RunView, reading: Reading, alpha: float, factor: float) -> Reading:
    """Show a stretch `factor` times as long, with `alpha` where it was; a cursor that it leaves behind is put in it."""
    if reading.picture == "device":
        return reading
    return alphas_of(view, reading).zoomed_at(reading, alpha, factor)


def with_limits(view: RunView, reading: Reading, line: str) -> Reading:
    """Return the reading with the limits that a line names; raises `ValueError` as `axes.typed`."""
    return alphas_of(view, reading).typed(reading, line)


def _settled(view: RunView, reading: Reading) -> Reading:
    return alphas_of(view, reading).settled(reading)


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


def _along(move: str) -> Callable[[RunView, Reading], Reading]:
    return lambda view, reading: alphas.MOVES[move](alphas_of(view, reading), reading)


MOVES: dict[str, Callable[[RunView, Reading], Reading]] = {
    **{move: _along(move) for move in alphas.MOVES},
    "split": _next_split,
    "picture": lambda _view, reading: _picture(reading, 1),
    "picture-back": lambda _view, reading: _picture(reading, -1),
    "scheme": _next_scheme,
    "log": lambda _view, reading: toggled(reading, "log"),
    "log-alpha": _log_alpha,
    "shared": lambda _view, reading: toggled(reading, "shared"),
}
"""What a key does to a reading, by name."""


_SCALES = frozenset({"log", "log-alpha", "shared"})


def why_still(view: RunView, reading: Reading, move: str) -> str:
    """Return why a move would change nothing that is seen, or ""."""
    picture = reading.picture
    if picture == "device" and move in _SCALES | alphas.STRETCH:
        return "the device is shown over time, on axes of its own"
    if picture == "device" and move in alphas.MOVES:
        return _why_still_in_time(view, reading, move)
    if picture == "shares" and move in ("log", "shared"):
        return "shares are always shown from 0 to 1"
    if picture == "classes" and move == "shared":
        return "the classes share one y axis always"
    if move == "shared" and not shares_y(view, reading):
        one = len(final_splits(view)) < 2
        return "there are curves of one split: no axis to share" if one else "both splits are on one y axis already"
    if move == "scheme" and len(view.experiment.interpolation.schemes) < 2:
        return "this run has one scheme"
    return alphas_of(view, reading).why_still(reading, move)


def _why_still_in_time(view: RunView, reading: Reading, move: str) -> str:
    if move == "no-cursor":
        return "" if reading.pointed else "there is no cursor"
    return "" if view.use else "what it used of the device was not recorded"


def moved(view: RunView, reading: Reading, move: str) -> Reading:
    """Return the reading after a move; see `MOVES`. Over time the cursor goes its own way."""
    if reading.picture == "device" and move in alphas.MOVES:
        return replace(reading, moment=device_cursor.moved(view, reading.moment, move))
    return MOVES[move](view, reading)
