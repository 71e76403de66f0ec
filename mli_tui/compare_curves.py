"""The curves of a comparison: as plots, and as tables for a file. Pure functions."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import tomli_w

from backends.runs import export
from backends.runs.view import RunView
from mli_tui.axes import Metric, Window
from mli_tui.compare_lines import Line, curve_of, lines, plateau_end
from mli_tui.compare_reading import METRICS, CompareReading, whole
from mli_tui.comparing import Comparison, Group
from mli_tui.fitting import limits
from mli_tui.format import number
from mli_tui.pictures import SHORT
from mli_tui.plotting import palette
from mli_tui.plotting.cells import cut_before
from mli_tui.plotting.series import Level, Mark, Plot, Ribbon, Series, Shade
from mli_tui.reading import is_final
from presets.experiment import Scheme, Split
from presets.loader import to_toml

FADED = 0.45
"""How much of their colour curves keep that another one stands out from."""
MOST_MARKED = 4
"""Groups whose plateau ends are marked with their numbers; of more, the table has them."""
CSV_HEADER = ("group", "name", "runs", "seeds", "scheme", "split", "metric", "statistic", "alpha", "value")


def plot(comparison: Comparison, reading: CompareReading, metric: Metric) -> Plot:
    """Return loss or error against alpha, a colour and a letter a group; of several runs a ribbon around a median.

    Where one group stands out all others fade.
    """
    scheme, colours = reading.scheme(comparison), _Colours(reading.accent(comparison))
    drawn = shown_lines(comparison, reading, metric)
    series = _series(drawn, comparison.groups, colours)
    marks = tuple(_marks(comparison, reading, metric, colours))
    stretch = reading.limits(comparison)
    fitted, shared = _limits(comparison, reading, metric, series, stretch)
    return Plot(
        title=f"{reading.named(metric)}, {reading.split}, {SHORT.get(scheme, scheme)}",
        series=(*series, *_hidden(comparison, reading)),
        marks=marks,
        shades=tuple(Shade(0.0, mark.x, mark.colour) for mark in sorted(marks, key=lambda mark: -mark.x)),
        ribbons=tuple(_ribbons(drawn, comparison.groups, colours)),
        levels=tuple(_levels(comparison, reading.split, metric)),
        x_limits=stretch,
        y_limits=fitted,
        x_label="alpha",
        log=reading.log,
        log_x=reading.log_alpha,
        notes=replace(reading, shared=shared).notes((reading.window or whole(comparison))[0]),
        empty=_empty(comparison, reading),
    )


def named(plot: Plot, comparison: Comparison) -> Plot:
    """Return a picture for where no table beside it says whose the letters are: with names in its legend.

    What is hidden is not in it.
    """
    names = {g.letter: f"{g.letter} {g.name}{_of(g)}" for g in comparison.groups}
    drawn = (replace(one, label=names.get(one.label, one.label)) for one in plot.series if one.x)
    return replace(plot, series=tuple(drawn))


def _of(group: Group) -> str:
    return f", median of {len(group.views)} runs" if len(group.views) > 1 else ""


@dataclass(frozen=True)
class _Colours:
    """The colours of groups: where one stands out, those of all others fade."""

    accent: str

    def of(self, place: int, letter: str) -> str:
        """Return the colour of a group."""
        return colour_of(place) if self.accent in ("", letter) else palette.faded(colour_of(place), FADED)

    def edge(self, place: int, letter: str) -> str:
        """Return the colour of the smallest and the largest values of a group."""
        return palette.faded(colour_of(place), 0.7 if self.accent in ("", letter) else FADED)


def heads(comparison: Comparison, reading: CompareReading, widest: int) -> list[tuple[str, str]]:
    """Return what stands above each group's column, and its colour; of hidden ones the letter is in brackets."""
    found = []
    for place, group in enumerate(comparison.groups):
        name = cut_before(group.name.removesuffix(group.telling), group.telling, widest)
        colour, hidden = colour_of(place), reading.hides(group)
        found.append(
            (f"({group.letter}) {name}", palette.faded(colour, FADED)) if hidden else (f"{group.letter} {name}", colour)
        )
    return found


def colour_of(group: int) -> str:
    """Return the name of a group's colour."""
    return palette.class_colour(group)


def shown_lines(comparison: Comparison, reading: CompareReading, metric: Metric) -> list[Line]:
    """Return the lines of a picture, without those that are hidden."""
    found = lines(comparison, reading.scheme(comparison), reading.split, metric)
    return [line for line in found if not reading.hides(comparison.groups[line.group])]


def _empty(comparison: Comparison, reading: CompareReading) -> str:
    if not comparison.groups:
        return "reading ..."
    hidden = not reading.shown(comparison)
    return "all curves are hidden" if hidden else "none of these runs has this curve yet"


def _series(drawn: Sequence[Line], groups: Sequence[Group], colours: _Colours) -> list[Series]:
    found = []
    for line in drawn:
        letter = groups[line.group].letter
        edge = line.statistic in ("smallest", "largest")
        colour = colours.edge(line.group, letter) if edge else colours.of(line.group, letter)
        strong = letter == colours.accent
        found.append(Series(line.alphas, line.values, colour, "" if edge else letter, thin=edge, strong=strong))
    return sorted(found, key=lambda one: not one.thin)


def _hidden(comparison: Comparison, reading: CompareReading) -> Iterable[Series]:
    """Yield a line without a point for each group that is hidden: the legend has it."""
    for place, group in enumerate(comparison.groups):
        if reading.hides(group):
            colour = palette.faded(colour_of(place), FADED)
            yield Series((), (), colour, f"{group.letter} hidden", thin=True, short=f"({group.letter})")


def _ribbons(drawn: Sequence[Line], groups: Sequence[Group], colours: _Colours) -> Iterable[Ribbon]:
    """Yield what lies between the smallest and the largest of each group, the first group's over the others'.

    Where one group stands out, its own is the only one.
    """
    for low in reversed([line for line in drawn if line.statistic == "smallest"]):
        if colours.accent in ("", groups[low.group].letter):
            high = next(line for line in drawn if (line.group, line.statistic) == (low.group, "largest"))
            yield Ribbon(low.alphas, low.values, high.values, colour_of(low.group))


def _marks(comparison: Comparison, reading: CompareReading, metric: Metric, colours: _Colours) -> Iterable[Mark]:
    """Yield where plateaus end: of few groups all, of many the one that stands out."""
    few = len(comparison.groups) <= MOST_MARKED
    for place, group in enumerate(comparison.groups):
        if reading.hides(group) or not (few or group.letter == colours.accent):
            continue
        end = plateau_end(group, reading.scheme(comparison), reading.split, metric)
        if end is not None and end > 0:
            yield Mark(end, f"{group.letter} {number(end, 3)}", colours.of(place, group.letter))


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


def _limits(
    comparison: Comparison, reading: CompareReading, metric: Metric, series: Sequence[Series], stretch: Window
) -> tuple[Window, bool]:
    """Return limits for what is drawn, or where the axis is shared for all pictures; and whether that changes them."""
    if asked := reading.limits_of(metric):
        return asked, False
    classes = max((view.classes for view in comparison.views), default=0)
    views = [view for group in reading.shown(comparison) for view in group.views]
    drawn = [*series, *(_earlier(views, reading, comparison, metric) if reading.window else ())]
    own = limits(metric, classes, drawn, reading, stretch)
    if not reading.shared:
        return own, False
    curves = (curve_of(view, *key, metric) for view in views for key in pictures(comparison))
    drawn += [Series(tuple(curve), tuple(curve.values())) for curve in curves]
    shared = limits(metric, classes, drawn, reading, stretch)
    return shared, shared != own


def pictures(comparison: Comparison) -> tuple[tuple[Scheme, Split], ...]:
    """Return of which schemes and splits there are pictures of a measure: those of which any run has a curve."""
    splits: tuple[Split, ...] = ("train", "test")
    keys = ((scheme, split) for scheme in comparison.schemes for split in splits)
    return tuple(key for key in keys if any(_is_known(view, *key) for view in comparison.views))


def _is_known(view: RunView, scheme: Scheme, split: Split) -> bool:
    return len(view.curves.get((scheme, split), ())) > 1 or (split == "train" and bool(view.live.get(scheme)))


def _earlier(
    views: Sequence[RunView], reading: CompareReading, comparison: Comparison, metric: Metric
) -> Iterable[Series]:
    """Yield the older curves of runs in training: with them the limits of a stretch do not swing with the newest."""
    scheme = reading.scheme(comparison)
    for view in views if reading.split == "train" else ():
        for curve in view.live.get(scheme, ()) if not is_final(view, reading.split) else ():
            yield Series(curve.alphas, getattr(curve, metric))


def curves_csv(comparison: Comparison, reading: CompareReading) -> str:
    """Return what is drawn as a tidy table: one row a line and alpha of the stretch that is shown, loss, then error."""
    low, high = reading.limits(comparison)
    rows = []
    for metric in METRICS:
        for line in shown_lines(comparison, reading, metric):
            group = comparison.groups[line.group]
            runs, seeds = " ".join(v.run_id for v in group.views), " ".join(map(str, group.seeds))
            what = (reading.scheme(comparison), reading.split, metric, line.statistic)
            who = (group.letter, group.name, runs, seeds)
            drawn = ((a, value) for a, value in zip(line.alphas, line.values, strict=True) if low <= a <= high)
            rows += [(*who, *what, a, value) for a, value in drawn]
    return export.csv_text(CSV_HEADER, rows)


def specs_toml(comparison: Comparison, reading: CompareReading) -> str:
    """Return what belongs beside that table: of each group its runs, seeds, and specification (of its first run)."""
    groups = {
        group.letter: {
            "name": group.name,
            "runs": [view.run_id for view in group.views],
            "seeds": list(group.seeds),
            "experiment": tomllib.loads(to_toml(group.views[0].experiment)),
        }
        for group in reading.shown(comparison)
    }
    what = {"scheme": reading.scheme(comparison), "split": reading.split, "aligned_by_seed": comparison.aligned}
    hidden = [group.letter for group in comparison.groups if reading.hides(group)]
    return tomli_w.dumps({**what, **({"hidden": hidden} if hidden else {}), **groups})
