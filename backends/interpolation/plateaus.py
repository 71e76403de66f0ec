"""Where plateaus end, by the definitions below; plain numbers, no torch.

E is the height of the plateau: 1 - (largest class share) of an error curve, the loss at alpha = 0 of a loss curve.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Values = tuple[float, float]
"""Loss and error at one alpha."""


@dataclass(frozen=True)
class Rise:
    """The largest rise of a curve and the alphas between which it happens; `rise` is 0 where the curve never rises."""

    rise: float
    alpha_from: float
    alpha_to: float


@dataclass(frozen=True)
class Plateaus:
    """Plateau ends and half falls of one curve, as alphas within the resolution, and the largest rises on the grid.

    A plateau end is the last alpha found on the plateau, a half fall the first found below the middle. Plateau ends
    are None where the curve's height or its value at 1 is not finite, half falls also where it never falls so far.
    """

    error_plateau_end: float | None
    loss_plateau_end: float | None
    error_half_fall: float | None
    loss_half_fall: float | None
    max_rise_loss: Rise
    max_rise_error: Rise


def plateaus(
    alphas: Sequence[float],
    losses: Sequence[float],
    errors: Sequence[float],
    largest_class_share: float,
    tau: float,
    resolution: float,
    evaluate: Callable[[float], Values],
) -> Plateaus:
    """Return the plateaus of a curve that is known on a grid of ascending alphas from 0 to 1.

    The grid finds the gap in which a condition first fails, bisection with `evaluate` (alpha to loss and error) the
    place in it, to `resolution`. The four searches share what is evaluated. What happens and ends between two
    neighbouring grid points is not seen. Raises `ValueError` where the grid is not such a grid.
    """
    if len(alphas) < 2 or (alphas[0], alphas[-1]) != (0.0, 1.0) or list(alphas) != sorted(set(alphas)):
        raise ValueError("the grid of alphas must ascend from 0 to 1")
    curve = _Curve(alphas, list(zip(losses, errors, strict=True)), resolution, evaluate)
    return Plateaus(
        error_plateau_end=curve.plateau_end(_ERROR, 1.0 - largest_class_share, tau),
        loss_plateau_end=curve.plateau_end(_LOSS, losses[0], tau),
        error_half_fall=curve.half_fall(_ERROR, 1.0 - largest_class_share),
        loss_half_fall=curve.half_fall(_LOSS, losses[0]),
        max_rise_loss=max_rise(alphas, losses),
        max_rise_error=max_rise(alphas, errors),
    )


def max_rise(alphas: Sequence[float], values: Sequence[float]) -> Rise:
    """Return the maximum of value(a') - value(a) over a < a', and these two alphas; NaN where a value is NaN.

    0 where the curve never rises (MLI holds). One pass: the lowest value so far is the best place to rise from.
    """
    best = Rise(0.0, alphas[0], alphas[0])
    low, low_alpha = values[0], alphas[0]
    for alpha, value in zip(alphas, values, strict=True):
        if math.isnan(value):
            return Rise(math.nan, alpha, alpha)
        if value - low > best.rise:
            best = Rise(value - low, low_alpha, alpha)
        if value < low:
            low, low_alpha = value, alpha
    return best


_LOSS, _ERROR = 0, 1


class _Curve:
    """A curve on its grid, and what was evaluated beside it."""

    def __init__(
        self, alphas: Sequence[float], grid: Sequence[Values], resolution: float, evaluate: Callable[[float], Values]
    ) -> None:
        self._alphas, self._resolution, self._evaluate = alphas, resolution, evaluate
        self._known = dict(zip(alphas, grid, strict=True))

    def plateau_end(self, which: int, height: float, tau: float) -> float | None:
        """Return the largest a with value(a') >= E - tau (E - value(1)) for all a' <= a; 0 where it fails at 0."""
        threshold = height - tau * (height - self._value(which, 1.0))
        if not math.isfinite(threshold):
            return None
        end, _beyond = self._first(lambda alpha: not self._value(which, alpha) >= threshold)
        return end

    def half_fall(self, which: int, height: float) -> float | None:
        """Return the first a with a value below the middle of E and value(1); None where the curve does not fall."""
        final = self._value(which, 1.0)
        if not (math.isfinite(height) and final < height):
            return None
        middle = (height + final) / 2
        _before, first = self._first(lambda alpha: self._value(which, alpha) < middle)
        return first

    def _first(self, met: Callable[[float], bool]) -> tuple[float, float | None]:
        """Return the ends of the interval, at most the resolution wide, in which `met` first turns true.

        (0, 0) where it is true at 0, (1, None) where it never is on the grid.
        """
        index = next((i for i, alpha in enumerate(self._alphas) if met(alpha)), None)
        if index is None:
            return 1.0, None
        low, high = self._alphas[max(index - 1, 0)], self._alphas[index]
        while high - low > self._resolution:
            middle = (low + high) / 2
            low, high = (low, middle) if met(middle) else (middle, high)
        return low, high

    def _value(self, which: int, alpha: float) -> float:
        if alpha not in self._known:
            self._known[alpha] = self._evaluate(alpha)
        return self._known[alpha][which]
