"""The curves of a comparison: as lines of numbers, as plots, and as tables for a file. Pure functions."""

from __future__ import annotations

import math
import statistics
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import tomli_w

from backends.runs import export
from backends.runs.view import RunView
from mli_tui.axes import Axes, Metric, Window
from mli_tui.comparing import Comparison, Group
from mli_tui.format import number
from mli_tui.pictures import SHORT, limits
from mli_tui.plotting import palette
from mli_tui.plotting.series import Level, Mark, Plot, Ribbon, Series, Shade
from presets.experiment import Scheme, Split
from presets.loader import to_toml

MOST_MARKED = 4
"""Groups whose plateau ends are marked with their numbers; of more, the table has them."""
CSV_HEADER = ("group", "name", "runs", "seeds", "scheme", "split", "metric", "statistic", "alpha", "value")


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
    for index, group in enumerate(comparison.groups):
        curves = [curve for view in group.views if (curve := _curve(view, scheme, split, metric))]
        if len(curves) == 1:
            found.append(Line(index, "measured", tuple(curves[0]), tuple(curves[0].values())))
        elif curves:
            alphas = tuple(a for a in curves[0] if all(a in other for other in curves))
            rows = [[curve[a] for curve in curves] for a in alphas]
            found += [
                Line(index, name, alphas, tuple(map(of, rows)))
                for name, of in (("smallest", _smallest), ("largest", _largest), ("median", _median))
            ]
    return found


def _curve(view: RunView, scheme: Scheme, split: Split, metric: Metric) -> dict[float, float | None]:
    """Return the final curve of a run by alpha; while it trains, the newest one to its present weights."""
    points = view.curves.get((scheme, split), ())
    if len(points) > 1:
        return {point.alpha: getattr(point, metric) for point in points}
    live = view.live.get(scheme, ()) if split == "train" else ()
    return dict(zip(live[-1].alphas, getattr(live[-1], metric), strict=False)) if live else {}


def _known(row: Sequence[float | None]) -> list[float] | None:
    """Return a row of numbers; None where one is missing: a band over fewer runs is another band."""
    found = [value for value in row if value is not None and math.isfinite(value)]
    return found if len(found) == len(row) else None


def _median(row: Sequence[float | None]) -> float | None:
    return None if (found := _known(row)) is None else statistics.median(found)


def _smallest(row: Sequence[float | None]) -> float | None:
    return None if (found := _known(row)) is None else min(found)


def _largest(row: Sequence[float | None]) -> float | None:
    return None if (found := _known(row)) is None else max(found)


def plot(comparison: Comparison, scheme: Scheme, split: Split, metric: Metric, axes: Axes) -> Plot:
    """Return loss or error against alpha, a colour and a letter a group; of several runs a ribbon around a median."""
    drawn = lines(comparison, scheme, split, metric)
    series = sorted((_series(line, comparison.groups) for line in drawn), key=lambda one: not one.thin)
    marks = tuple(_marks(comparison, scheme, split, metric))
    shown = axes.window or whole(comparison)
    return Plot(
        title=f"{metric}, {split}, {SHORT.get(scheme, scheme)}",
        series=tuple(series),
        marks=marks,
        shades=tuple(Shade(0.0, mark.x, mark.colour) for mark in sorted(marks, key=lambda mark: -mark.x)),
        ribbons=tuple(_ribbons(drawn)),
        levels=tuple(_levels(comparison, split, metric)),
        x_limits=shown,
        y_limits=axes.limits_of(metric) or _limits(metric, series, comparison, axes),
        x_label="alpha",
        log=axes.log,
        log_x=axes.log_alpha,
        notes=axes.notes(shown[0]),
        empty="none of these runs has this curve yet" if comparison.groups else "reading ...",
    )


def whole(comparison: Comparison) -> Window:
    """Return the stretch of alpha that the runs cover together."""
    alphas = [view.experiment.interpolation for view in comparison.views]
    return min((a.alpha_from for a in alphas), default=0.0), max((a.alpha_to for a in alphas), default=1.0)


def _ribbons(drawn: Sequence[Line]) -> Iterable[Ribbon]:
    """Yield what lies between the smallest and the largest of each group, the first group's over the others'."""
    for low in reversed([line for line in drawn if line.statistic == "smallest"]):
        high = next(line for line in drawn if (line.group, line.statistic) == (low.group, "largest"))
        yield Ribbon(low.alphas, low.values, high.values, colour_of(low.group))


def _series(line: Line, groups: Sequence[Group]) -> Series:
    colour = colour_of(line.group)
    if line.statistic in ("smallest", "largest"):
        return Series(line.alphas, line.values, palette.faded(colour, 0.7), thin=True)
    return Series(line.alphas, line.values, colour, groups[line.group].letter)


def colour_of(group: int) -> str:
    """Return the name of a group's colour."""
    return palette.class_colour(group)


def _marks(comparison: Comparison, scheme: Scheme, split: Split, metric: Metric) -> Iterable[Mark]:
    for index, group in enumerate(comparison.groups[:MOST_MARKED] if len(comparison.groups) <= MOST_MARKED else ()):
        found = [v.plateaus[scheme, split].measured for v in group.views if (scheme, split) in v.plateaus]
        ends = [end for one in found if (end := getattr(one, f"{metric}_plateau_end")) is not None]
        if ends and statistics.median(ends) > 0:
            end = statistics.median(ends)
            yield Mark(end, f"{group.letter} {number(end, 3)}", colour_of(index))


def _levels(comparison: Comparison, split: Split, metric: Metric) -> Iterable[Level]:
    """What a network without a signal has, where that is the same for all."""
    classes = {view.classes for view in comparison.views}
    count = classes.pop() if len(classes) == 1 else 0
    shares = {view.dataset.largest_class_share.get(split) for view in comparison.views if view.dataset}
    share = shares.pop() if len(shares) == 1 else None
    if metric == "loss" and count > 1:
        yield Level(math.log(count), f"ln {count}")
    elif metric == "error" and share is not None and count > 1:
        yield Level(1 - share, f"1 - 1/{count}" if math.isclose(share, 1 / count) else "one class for all")


def _limits(metric: Metric, series: Sequence[Series], comparison: Comparison, axes: Axes) -> Window:
    """Return limits for what is drawn, or where the axis is shared for all schemes and splits of all runs."""
    values = [v for s in series for v in s.y]
    if axes.shared:
        splits: tuple[Split, ...] = ("train", "test")
        keys = [(scheme, split) for scheme in comparison.schemes for split in splits]
        values += [v for view in comparison.views for key in keys for v in _curve(view, *key, metric).values()]
    return limits(metric, max((view.classes for view in comparison.views), default=0), values, axes.log)


def curves_csv(comparison: Comparison, scheme: Scheme, split: Split) -> str:
    """Return what is drawn as a tidy table: one row a line and alpha, loss and error below each other."""
    metrics: tuple[Metric, ...] = ("loss", "error")
    rows = []
    for metric in metrics:
        for line in lines(comparison, scheme, split, metric):
            group = comparison.groups[line.group]
            runs, seeds = " ".join(v.run_id for v in group.views), " ".join(map(str, group.seeds))
            who = (group.letter, group.name, runs, seeds, scheme, split, metric, line.statistic)
            rows += [(*who, a, value) for a, value in zip(line.alphas, line.values, strict=True)]
    return export.csv_text(CSV_HEADER, rows)


def specs_toml(comparison: Comparison, scheme: Scheme, split: Split) -> str:
    """Return what belongs beside that table: of each group its runs, seeds, and specification (of its first run)."""
    groups = {
        group.letter: {
            "name": group.name,
            "runs": [view.run_id for view in group.views],
            "seeds": list(group.seeds),
            "experiment": tomllib.loads(to_toml(group.views[0].experiment)),
        }
        for group in comparison.groups
    }
    return tomli_w.dumps({"scheme": scheme, "split": split, "aligned_by_seed": comparison.aligned, **groups})
