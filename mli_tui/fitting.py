"""Between which limits loss and error are drawn. Pure.

Where all of alpha is shown they stand still while curves grow, and a plateau looks like one: loss from 0, error from
0 to 1. On a stretch of alpha they are close around what is there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mli_tui.axes import Axes, Metric, Window
from mli_tui.plotting.geometry import Axis
from mli_tui.plotting.series import Series, nice_limits, round_down, round_up

KEPT = 0.5
"""How much of the usual axis curves take at least for it to be kept on a stretch, too."""
CLOSEST = 0.05
"""How much of the axis from 0 to their largest value is shown at least, so that a plateau is no mountain of noise."""
LEAST = 1e-280
"""What can still be divided."""
STEPS = 5
"""Round numbers between the limits of a stretch, more or less."""


def limits(metric: Metric, classes: int, drawn: Sequence[Series], axes: Axes, stretch: Window) -> Window:
    """Return limits that hold these curves, or what a stretch of alpha shows of them."""
    if axes.window is not None:
        inside = [y for one in drawn for y in _inside(one, axes, stretch) if y > LEAST or not axes.log]
        if inside:
            return _close_in_decades(inside) if axes.log else _close(metric, inside)
    values = [y for one in drawn for y in one.y]
    if axes.log:
        return nice_limits(values, log=True)
    if metric == "error":
        return 0.0, 1.0
    floor = math.log(classes) * 1.15 if classes > 1 else 1.0  # a little above the loss of zero logits
    return nice_limits([floor, *values])


def _inside(curve: Series, axes: Axes, stretch: Window) -> Iterator[float]:
    """Yield how high a curve is on a stretch: at its points there, and where its line crosses an end of it."""
    across, up = Axis.over(stretch, axes.log_alpha), Axis(0.0, 1.0, axes.log)
    points = [
        (across.place(x), None if y is None or up.coordinate(y) is None else y)
        for x, y in zip(curve.x, curve.y, strict=True)
    ]
    yield from (y for x, y in points if x is not None and y is not None and 0.0 <= x <= 1.0)
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 is None or x1 is None or y0 is None or y1 is None:
            continue
        for end in (0.0, 1.0):
            if x0 < end < x1:
                yield up.between(y0, y1, (end - x0) / (x1 - x0))


def _close(metric: Metric, values: Sequence[float]) -> Window:
    low, high = min(values), max(values)
    least, most = nice_limits(values)
    if metric == "error":
        least, most = min(0.0, least), max(1.0, most)
    span = max(high - low, CLOSEST * round_up(max(abs(low), abs(high))))
    if span < LEAST or high - low >= KEPT * (most - least):
        return least, most
    middle, step = (low + high) / 2, _step(span)
    first = math.floor(min(low, middle - span / 2) / step + 1e-9)
    last = math.ceil(max(high, middle + span / 2) / step - 1e-9)
    return max(least, _round(first * step)), min(most, _round(last * step))


def _step(span: float) -> float:
    """Return a round number of which about `STEPS` are in a span."""
    decade = 10.0 ** math.floor(math.log10(span))
    return next(part * decade for part in (0.2, 0.5, 1.0, 2.0) if span <= part * decade * STEPS * (1 + 1e-9))


def _round(value: float) -> float:
    return float(f"{value:.12g}")


def _close_in_decades(values: Sequence[float]) -> Window:
    low, high = round_down(min(values)), round_up(max(values))
    # What is one round number all along is shown between the next ones.
    return (low, high) if low < high else (round_down(low * 0.99), round_up(high * 1.01))
