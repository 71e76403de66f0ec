"""A small network that never was: logits of 50 inputs from a closed form, and every measure of the science on them.

Predicted: logits_i(x; a) = a^r * s(x) * [i is x's class] + a * b_i on the linear path, a^r * (s(x) * [..] + b_i)
on the homogeneous one. Measured: with a little of an initial network that gives every input to class 3, and a signal
that is up to a tenth weaker on the way. So the plateau, its end and its cause are the paper's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from statistics import fmean

from backends.runs.events import CurvePoint, Ends, Rise

CLASSES = 10
DEPTH = 8
BIASES = (-0.9, -0.5, 0.1, 0.6, -1.2, -0.2, 0.3, -0.7, 1.9, 0.5)
"""Class 8 has the largest bias, by a gap of 1.3."""
TRAIN = (10.0, 13.0, 16.0, 19.0, 22.0)
"""Signals s(x) of the five training inputs of each class."""
TEST = (0.5, 10.0, 13.0, 17.0, 21.0)
"""The weakest test input of each class stays wrong."""
NOISE = 1e-10


def signals(split: str) -> tuple[float, ...]:
    """Return the signals of one class's inputs."""
    return TRAIN if split == "train" else TEST


@cache
def point(scheme: str, split: str, alpha: float, grown: float = 1.0, predicted: bool = False) -> CurvePoint:
    """Return all that is measured (or predicted) at `alpha`; `grown` scales the signal of a network that still
    trains, and its square the biases, so that the plateau grows.


    Each class's signals get 2 % stronger from one to the next, so that errors fall in many steps.
    """
    weaker = 1.0 if predicted else 0.9 + 0.1 * alpha
    given = [0] * CLASSES
    wrong, losses, gaps = [0] * CLASSES, [], []
    values = signals(split)
    for label in range(CLASSES):
        for signal in values:
            signal_here = alpha**DEPTH * signal * grown * weaker * (1 + 0.02 * label)
            logits = [_bias(scheme, alpha, b * grown**2) for b in BIASES]
            logits[3] += 0.0 if predicted else NOISE * (1 - alpha) ** DEPTH
            logits[label] += signal_here
            chosen = max(range(CLASSES), key=logits.__getitem__)
            given[chosen] += 1
            wrong[label] += chosen != label
            losses.append(math.log(sum(math.exp(v - logits[chosen]) for v in logits)) + logits[chosen] - logits[label])
            gaps.append(signal_here)
    count = CLASSES * len(values)
    top = max(range(CLASSES), key=given.__getitem__)
    return CurvePoint(
        alpha=alpha,
        loss=fmean(losses),
        error=sum(wrong) / count,
        class_error=tuple(w / len(values) for w in wrong),
        histogram=tuple(g / count for g in given),
        top_class=top,
        top_class_share=given[top] / count,
        signal_gap=fmean(gaps),
        bias_gap=_bias(scheme, alpha, (1.9 - 0.6) * grown**2),
    )


def _bias(scheme: str, alpha: float, bias: float) -> float:
    return bias * (alpha if scheme == "linear" else alpha**DEPTH)


def alphas(points: int) -> tuple[float, ...]:
    """Return evenly spaced alphas."""
    return tuple(i / (points - 1) for i in range(points))


@cache
def ends(scheme: str, split: str, predicted: bool = False, tau: float = 0.1) -> Ends:
    """Return plateau ends and half falls, read off at every 0.001."""
    grid = alphas(1001)
    found = [point(scheme, split, a, predicted=predicted) for a in grid]
    errors, losses = [p.error for p in found], [p.loss for p in found]
    one_class = 1 - 1 / CLASSES
    return Ends(
        error_plateau_end=_plateau(grid, errors, one_class - tau * (one_class - errors[-1])),
        loss_plateau_end=_plateau(grid, losses, losses[0] - tau * (losses[0] - losses[-1])),
        error_half_fall=_first(grid, errors, lambda e: e < (one_class + errors[-1]) / 2),
        loss_half_fall=_first(grid, losses, lambda v: v < (losses[0] + losses[-1]) / 2),
        max_rise_loss=_rise(grid, losses),
        max_rise_error=_rise(grid, errors),
    )


def _plateau(grid: Sequence[float], values: Sequence[float], height: float) -> float:
    below = next((i for i, value in enumerate(values) if value < height), len(values))
    return grid[below - 1] if below else 0.0


def _first(grid: Sequence[float], values: Sequence[float], holds: Callable[[float], bool]) -> float | None:
    return next((a for a, value in zip(grid, values, strict=True) if holds(value)), None)


def _rise(grid: Sequence[float], values: Sequence[float]) -> Rise:
    lowest, best = 0, Rise(rise=0.0, alpha_from=0.0, alpha_to=0.0)
    for i, value in enumerate(values):
        if value < values[lowest]:
            lowest = i
        if value - values[lowest] > (best.rise or 0.0):
            best = Rise(rise=value - values[lowest], alpha_from=grid[lowest], alpha_to=grid[i])
    return best
