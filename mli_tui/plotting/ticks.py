"""Where an axis has its ticks, and what stands beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0)
_LEAST_SPAN = 1e-290


@dataclass(frozen=True)
class Tick:
    """A place on an axis, in the axis' own coordinate, and its label."""

    at: float
    label: str


def linear_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return at most `most` evenly spaced ticks at round numbers within the limits."""
    if most < 1 or not high - low > _LEAST_SPAN:
        return []
    step = _step(low, high, most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # A range far from zero may hold no round number but its own ends.
    values = [n * step for n in range(first, min(last, first + most) + 1)] or [low]
    return _distinct([Tick(value, number(value, step)) for value in values])[:most]


def _step(low: float, high: float, most: int) -> float:
    decade = math.floor(math.log10((high - low) / max(1, most)))
    candidates = [factor * 10.0 ** (decade + shift) for shift in (0, 1, 2) for factor in _STEPS]
    for step in candidates:
        if math.floor(high / step + 1e-9) - math.ceil(low / step - 1e-9) < most:
            return step
    return candidates[-1]


def decade_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return at most `most` ticks at powers of ten, for limits that are logarithms to base ten."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    if most < 1 or first > last:
        return []
    stride = max(1, math.ceil((last - first + 1) / most))
    return [Tick(float(n), power(n)) for n in range(first, last + 1, stride)]


def log_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return at most `most` ticks of a log axis, for limits that are logarithms to base ten.

    They are at powers of ten, between few of which 2 and 5 of each decade have theirs; on less than a decade they are
    at round numbers.
    """
    decades = decade_ticks(low, high, most)
    if len(decades) > 2:
        return decades
    exponents = range(math.floor(low), math.ceil(high) + 1)
    fine = [Tick(n + math.log10(first), f"{first * 10.0**n:g}") for n in exponents for first in (1, 2, 5)]
    fine = [tick for tick in fine if low - 1e-9 <= tick.at <= high + 1e-9]
    if 3 <= len(fine) <= most:
        return fine
    if len(decades) == 2 or 10.0**low <= 0.0:
        return decades
    return [Tick(math.log10(tick.at), tick.label) for tick in linear_ticks(10.0**low, 10.0**high, most) if tick.at > 0]


def power(exponent: int) -> str:
    """Return ten to that power as short as it can be read: 0.01, 1, 100, 1e-5."""
    if -3 < exponent < 0:
        return "0." + "0" * (-exponent - 1) + "1"
    return str(10**exponent) if 0 <= exponent < 4 else f"1e{exponent}"


def number(value: float, step: float) -> str:
    """Return `value` with as many digits as a scale of that step needs, and no more."""
    if value == 0 or abs(value) < abs(step) * 1e-6:
        return "0"
    if abs(step) >= 1e-4 and abs(value) < 1e5:
        decimals = max(0, 1 - math.floor(math.log10(abs(step))))
        text = f"{value:.{decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    digits = min(16, max(0, math.ceil(math.log10(abs(value) / abs(step)) + 1)))
    mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
    short = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{short}e{int(exponent)}"


def _distinct(ticks: list[Tick]) -> list[Tick]:
    """Leave out a tick whose label repeats the one before: two places cannot have one value."""
    return [tick for i, tick in enumerate(ticks) if i == 0 or tick.label != ticks[i - 1].label]
