"""The curves of a comparison as numbers: what each group has at which alpha. Pure functions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backends.runs.view import RunView
from mli_tui.axes import Metric
from mli_tui.comparing import Comparison, Group
from presets.experiment import Scheme, Split

Curve = dict[float, float | None]
"""A value at each alpha; None where it is no number."""


@dataclass(frozen=True)
class Line:
    """One line of a picture: which group's, and what of it."""

    group: int
    statistic: str
    """`measured` of one run; `median`, `smallest` and `largest` of several."""
    alphas: tuple[float, ...]
    values: tuple[float | None, ...]


def lines(comparison: Comparison, scheme: Scheme, split: Split, metric: Metric) -> list[Line]:
    """Return all lines of a picture; those of a band at the alphas that all its runs were measured at."""
    found: list[Line] = []
    for number, group in enumerate(comparison.groups):
        curves = curves_of(group, scheme, split, metric)
        alphas = shared(curves)
        rows = [[curve[a] for curve in curves] for a in alphas]
        statistics_of = MEASURED if len(curves) == 1 else BAND
        found += [Line(number, name, alphas, tuple(map(of, rows))) for name, of in statistics_of.items() if curves]
    return found


def curves_of(group: Group, scheme: Scheme, split: Split, metric: Metric) -> list[Curve]:
    """Return the curves of those of its runs that have one."""
    return [curve for view in group.views if (curve := curve_of(view, scheme, split, metric))]


def curve_of(view: RunView, scheme: Scheme, split: Split, metric: Metric) -> Curve:
    """Return the final curve of a run by alpha; while it trains, the newest one to its present weights."""
    points = view.curves.get((scheme, split), ())
    if len(points) > 1:
        return {point.alpha: getattr(point, metric) for point in points}
    live = view.live.get(scheme, ()) if split == "train" else ()
    return dict(zip(live[-1].alphas, getattr(live[-1], metric), strict=False)) if live else {}


def shared(curves: Sequence[Curve]) -> tuple[float, ...]:
    """Return the alphas that all curves have, in the order of the first one."""
    return tuple(a for a in curves[0] if all(a in other for other in curves)) if curves else ()


def known(row: Sequence[float | None]) -> list[float] | None:
    """Return a row of numbers; None where one is missing: a band over fewer runs is another band."""
    found = [value for value in row if value is not None and math.isfinite(value)]
    return found if len(found) == len(row) else None


def _of(statistic: Callable[[list[float]], float]) -> Callable[[Sequence[float | None]], float | None]:
    return lambda row: None if (found := known(row)) is None else statistic(found)


MEASURED: dict[str, Callable[[Sequence[float | None]], float | None]] = {"measured": lambda row: row[0]}
BAND = {"smallest": _of(min), "largest": _of(max), "median": _of(statistics.median)}


def difference(curve: Curve, other: Curve) -> Curve:
    """Return by how much a curve is above another one, at the alphas that both have."""
    pairs = ((a, value, other[a]) for a, value in curve.items() if a in other)
    return {a: None if one is None or two is None else one - two for a, one, two in pairs}


def plateau_end(group: Group, scheme: Scheme, split: Split, metric: Metric) -> float | None:
    """Return where the plateau of a group ends, of several runs the median."""
    found = [v.plateaus[scheme, split].measured for v in group.views if (scheme, split) in v.plateaus]
    ends = [end for one in found if (end := getattr(one, f"{metric}_plateau_end")) is not None]
    return statistics.median(ends) if ends else None
