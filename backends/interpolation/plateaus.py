"""Plateau ends, half falls and rises of a curve. Pure Python: a curve is its alphas, its values, and a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

Evaluate = Callable[[float], tuple[float, float]]


@dataclass(frozen=True)
class Rise:
    """The largest curve(a') - curve(a) over a < a', and where; 0 at the start where the curve never rises."""

    rise: float
    alpha_from: float
    alpha_to: float


@dataclass(frozen=True)
class Plateaus:
    """Alphas from 0 to 1; a half fall is None where the curve never falls that far."""

    error_plateau_end: float
    loss_plateau_end: float
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
    evaluate: Evaluate,
) -> Plateaus:
    """Locate the ends of both plateaus and both half falls to within `resolution`.

    The grid (ascending, from 0 to 1) says between which two alphas a bound is first passed; bisection with
    `evaluate` (alpha -> loss, error) finds where. A plateau's height E is 1 - (largest class share) for the error,
    loss(0) for the loss; it lasts while the curve is at least E - tau * (E - end value). A half fall is the first
    alpha below the middle of E and the end value.
    """
    known = cache(evaluate)

    def loss_at(alpha: float) -> float:
        return known(alpha)[0]

    def error_at(alpha: float) -> float:
        return known(alpha)[1]

    height = 1.0 - largest_class_share
    return Plateaus(
        error_plateau_end=_end(alphas, errors, height - tau * (height - errors[-1]), resolution, error_at),
        loss_plateau_end=_end(alphas, losses, losses[0] - tau * (losses[0] - losses[-1]), resolution, loss_at),
        error_half_fall=_first_below(alphas, errors, (height + errors[-1]) / 2, resolution, error_at),
        loss_half_fall=_first_below(alphas, losses, (losses[0] + losses[-1]) / 2, resolution, loss_at),
        max_rise_loss=max_rise(alphas, losses),
        max_rise_error=max_rise(alphas, errors),
    )


def _end(
    alphas: Sequence[float], values: Sequence[float], bound: float, resolution: float, at: Callable[[float], float]
) -> float:
    """Return the largest alpha up to which the curve stays at or above `bound`; 0 where it starts below."""
    place = _first_below(alphas, values, bound, resolution, at)
    return alphas[-1] if place is None else place


def _first_below(
    alphas: Sequence[float], values: Sequence[float], bound: float, resolution: float, at: Callable[[float], float]
) -> float | None:
    """Return where the curve is first below `bound`, or None. A value that is no number counts as below."""
    first = next((i for i, value in enumerate(values) if not value >= bound), None)
    if first is None or first == 0:
        return None if first is None else alphas[0]
    low, high = alphas[first - 1], alphas[first]
    while high - low > 2 * resolution:
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) >= bound else (low, middle)
    return (low + high) / 2


def max_rise(alphas: Sequence[float], values: Sequence[float]) -> Rise:
    """Return the largest rise of the curve, in one pass over the lowest value so far (Lucas et al., ICML 2021)."""
    best, lowest = Rise(0.0, alphas[0], alphas[0]), (values[0], alphas[0])
    for (_, _), (alpha, value) in pairwise(zip(alphas, values, strict=True)):
        if value - lowest[0] > best.rise:
            best = Rise(value - lowest[0], lowest[1], alpha)
        if value < lowest[0]:
            lowest = (value, alpha)
    return best
