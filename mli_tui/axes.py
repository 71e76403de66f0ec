"""How pictures lie on their axes: which are in decades, between which limits, and which are shared. Pure.

The limits are one state, whoever sets them: a zoom, or a line that is typed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from backends.runs.text import safe_line

Metric = Literal["loss", "error"]
Toggle = Literal["log", "log-alpha", "shared"]
Window = tuple[float, float]
LEAST_SPAN = 0.01
"""Of alpha: plateau ends are located to 0.001, and nothing is to be seen on a shorter stretch."""
NAMES = ("alpha", "loss", "error")
_EXAMPLES = {"alpha": "alpha 0.2..0.6", "loss": "loss 0..2.5", "error": "error 0..1"}
LOG_ALPHA = "alpha in decades; 0 and below are left out"
"""What the key says that makes it so."""
GRID = "dotted lines at the ticks, behind the curves; kept for the next time"
"""What the key says that shows them."""


@dataclass(frozen=True)
class Axes:
    """The axes of all pictures on a screen."""

    log: bool = False
    """Loss and error in decades."""
    log_alpha: bool = False
    """Alpha in decades: what is at 0 or below is left out."""
    window: Window | None = None
    """The stretch of alpha that is shown; None for all of it."""
    loss: Window | None = None
    """The stretch of loss that is shown; None for one that fits."""
    error: Window | None = None
    """The stretch of error that is shown; None for one that fits."""
    shared: bool = False
    """Pictures of one measure have one y axis, whatever split or scheme is shown."""

    @property
    def axis_names(self) -> tuple[str, ...]:
        """The axes that are shown and whose limits can be chosen."""
        return NAMES

    def limits_of(self, metric: Metric) -> Window | None:
        """Return the limits asked for of a metric."""
        return self.loss if metric == "loss" else self.error

    def place(self, alpha: float) -> float:
        """Return where `alpha` stands as its axis counts: minus infinity for what has no place."""
        if not self.log_alpha:
            return alpha
        return math.log10(alpha) if alpha > 0 else -math.inf

    def alpha_at(self, place: float) -> float:
        """Return the alpha of a place; as round as what was measured, so that the ends of a stretch hold it."""
        return float(f"{10.0**place:.12g}") if self.log_alpha else place

    def least_span(self, alpha: float) -> float:
        """Return how long the shortest stretch around `alpha` is, as the axis counts."""
        return 2 * math.asinh(LEAST_SPAN / (2 * alpha)) / math.log(10) if self.log_alpha else LEAST_SPAN

    def named(self, metric: Metric) -> str:
        """Return a metric as titles have it, which say that it is in decades; where alpha is, too, the notes do."""
        return f"{metric} (log)" if self.log and not self.log_alpha else metric

    def notes(self, low: float) -> tuple[str, ...]:
        """Return what a picture must say of its axes; `low` is where alpha would begin on a linear axis."""
        which = "log-log" if self.log else "log alpha"  # short: with all else it has half of 80 columns
        told = (f"{which} > 0" if low <= 0 else which) if self.log_alpha else ""
        return tuple(filter(None, (told, "shared y" if self.shared else "")))


SomeAxes = TypeVar("SomeAxes", bound=Axes)


def toggled(axes: SomeAxes, what: Toggle) -> SomeAxes:
    """Return the axes with this of them the other way round."""
    match what:
        case "log":
            return replace(axes, log=not axes.log)
        case "log-alpha":
            return replace(axes, log_alpha=not axes.log_alpha)
        case "shared":
            return replace(axes, shared=not axes.shared)


def example(names: Sequence[str] = NAMES) -> str:
    """Return a line of limits of these axes."""
    return " ".join(_EXAMPLES[name] for name in names)


def listed(names: Sequence[str]) -> str:
    """Return names as they stand in a sentence: `alpha, loss or error`."""
    *first, last = names or ("none",)
    return f"{', '.join(first)} or {last}" if first else last


def typed(axes: SomeAxes, line: str, whole: Window) -> SomeAxes:
    """Return the axes with the limits that a line names, and automatic ones where it names none.

    `whole` is all of alpha. Limits of what is not shown stay as they were. Raises `ValueError` with one line on what is
    wrong.
    """
    names = axes.axis_names
    found: dict[str, Window] = {}
    words = line.replace(",", " ").split()
    for name, limits in zip(words[::2], [*words[1::2], ""], strict=False):
        if name not in names:
            where = "not in this view" if name in NAMES else "no such axis"
            raise ValueError(f"{safe_line(name)}: {where}; expected {listed(names)}")
        if name in found:
            raise ValueError(f"{name}: is there twice")
        found[name] = _window(name, limits)
    if "alpha" in found:
        _check_alpha(found["alpha"], whole, axes.log_alpha)
    if found.get("alpha") == whole:
        del found["alpha"]
    now = {name: found.get(name) if name in names else kept for name, kept in _by_name(axes).items()}
    return replace(axes, window=now["alpha"], loss=now["loss"], error=now["error"])


def _by_name(axes: Axes) -> dict[str, Window | None]:
    return {"alpha": axes.window, "loss": axes.loss, "error": axes.error}


def _window(name: str, text: str) -> Window:
    first, dots, last = text.partition("..")
    try:
        low, high = float(first), float(last)
    except ValueError:
        dots = ""
    if not dots or not math.isfinite(low) or not math.isfinite(high):
        raise ValueError(f"{name} {safe_line(text)}: expected A..B, such as 0..0.5")
    if not low < high:
        raise ValueError(f"{name} {safe_line(text)}: expected the lower number first")
    if (name != "alpha" and low < 0) or (name == "error" and high > 1):
        what = "an error is from 0 to 1" if name == "error" else "a loss is 0 or more"
        raise ValueError(f"{name} {safe_line(text)}: {what}")
    return low, high


def _check_alpha(window: Window, whole: Window, log: bool) -> None:
    low, high = window
    text = f"alpha {low:g}..{high:g}"
    if low < whole[0] or high > whole[1]:
        raise ValueError(f"{text}: measured from {whole[0]:g} to {whole[1]:g}")
    if log and high <= 0:
        raise ValueError(f"{text}: a log axis has only what is above 0")


def as_line(axes: Axes, write: Callable[[float], str] = "{:.6g}".format) -> str:
    """Return the limits of what is shown as they are typed; "" where all are automatic."""
    limits = ((name, pair) for name, pair in _by_name(axes).items() if name in axes.axis_names and pair)
    return " ".join(f"{name} {write(low)}..{write(high)}" for name, (low, high) in limits)


def complaint(axes: Axes, line: str, whole: Window) -> str:
    """Return what is wrong with a typed line, or ""."""
    try:
        typed(axes, line, whole)
    except ValueError as error:
        return str(error)
    return ""
