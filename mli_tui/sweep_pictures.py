"""From a `SweepView` to what is seen of it: lines with bands for one key, a heat map for two, a table for any."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from backends.runs import sweeps
from backends.runs.sweeps import Axis, SweepRow, SweepView
from backends.runs.text import safe_line
from mli_tui import format
from mli_tui.format import UNKNOWN, aligned, measured, short_stage
from mli_tui.plotting import palette
from mli_tui.plotting.cells import cut
from mli_tui.plotting.series import Plot, Ribbon, Series

CIVIDIS = ((0, 34, 78), (53, 69, 108), (102, 105, 112), (148, 142, 119), (200, 184, 102), (254, 232, 56))
"""Nuñez, Anderton and Renslow 2018: ascending in lightness, the same to red-green blind and normal sight."""
_TELLING = ("failed", "damaged", "interrupted", "stopped", "paused", "running", "ending", "queued", "waiting")
"""What a cell without a number says of its runs: the first of these that any of them is."""
MOST_VALUE = 12
"""Characters of a value in a heat map's head, and below points."""
BESIDE = 0.5
"""How much of the room of a seed the points of all schemes take."""


@dataclass(frozen=True)
class Metric:
    """One figure of a run."""

    label: str
    field: str
    scheme: str = ""

    def of(self, row: SweepRow) -> float | None:
        """Return the figure of a run that is done; None where it is not known, or no number.

        What a run that failed or still goes on measured last is no result.
        """
        found = getattr(row.run, self.field) if row.run and row.status == "done" else None
        value = found.get(self.scheme) if isinstance(found, dict) else found
        return value if value is not None and math.isfinite(value) else None


@dataclass(frozen=True)
class Band:
    """A figure over the seeds: median, smallest, largest, and of how many runs."""

    median: float | None
    low: float | None
    high: float | None
    count: int

    def text(self) -> str:
        """Return `0.531`, or over several runs `0.531 (0.450..0.602)`."""
        if self.count < 2:
            return measured(self.median)
        return f"{measured(self.median)} ({measured(self.low)}..{measured(self.high)})"


class Tile(NamedTuple):
    """Some cells of a heat map's row: text, and its ground as `#rrggbb`, "" for the terminal's own."""

    text: str
    ground: str = ""

    @property
    def ink(self) -> str:
        """The colour of text that can be read on it."""
        return palette.ink_on(self.ground)


def metrics(view: SweepView) -> tuple[Metric, ...]:
    """Return what can be looked at: error and loss plateau ends of each scheme, and the bias gap."""
    schemes = view.sweep.base.interpolation.schemes
    ends = [Metric(f"{what} plateau, {s}", f"{what}_plateau_end", s) for what in ("error", "loss") for s in schemes]
    return (*ends, Metric("bias gap", "bias_gap"))


def band(rows: Sequence[SweepRow], metric: Metric) -> Band:
    """Return a figure over the runs in `rows` that are done."""
    found = [value for row in rows if (value := metric.of(row)) is not None]
    if not found:
        return Band(None, None, None, 0)
    return Band(statistics.median(found), min(found), max(found), len(found))


def lines(view: SweepView) -> Plot:
    """Return error plateau ends against the one shown key: medians in ribbons from smallest to largest.

    They are joined over a quantity alone: seeds and words stand beside each other as points.
    """
    key = sweeps.shown_keys(view.sweep)[0]
    groups = list(sweeps.group(view))
    numbers = [] if key == sweeps.SEED else _numbers([values[0] for values, _ in groups])
    order = sorted(range(len(groups)), key=lambda i: numbers[i]) if numbers else list(range(len(groups)))
    x = tuple(numbers[i] if numbers else float(place) for place, i in enumerate(order))
    bands = {m.scheme: [band(groups[i][1], m) for i in order] for m in metrics(view) if m.field == "error_plateau_end"}
    drawn = [_drawn(x, scheme, found) for scheme, found in bands.items()]
    series = [one for some, _ in drawn for one in some] if numbers else _side_by_side([some for some, _ in drawn])
    margin = 0.5 if not numbers or x[0] == x[-1] else 0.0
    return Plot(
        title=f"error plateau end by {key}",
        series=tuple(sorted(series, key=lambda one: not one.thin)),
        ribbons=tuple(ribbon for _, some in drawn for ribbon in some) if numbers else (),
        x_limits=(x[0] - margin, x[-1] + margin),
        x_names=()
        if numbers
        else tuple((x[n], cut(safe_line(groups[i][0][0]), MOST_VALUE)) for n, i in enumerate(order)),
        y_limits=(0.0, 1.0),
        x_label=safe_line(key, 60),
        empty="plateau ends appear as runs end",
    )


def _drawn(x: tuple[float, ...], scheme: str, bands: Sequence[Band]) -> tuple[list[Series], list[Ribbon]]:
    """Return the median of a scheme, with smallest and largest where there are several, and what lies between them."""
    median = Series(x, tuple(b.median for b in bands), scheme, scheme)
    if all(b.count < 2 for b in bands):
        return [median], []
    edge = palette.faded(scheme, 0.7)
    lows, highs = tuple(b.low for b in bands), tuple(b.high for b in bands)
    return [Series(x, lows, edge, thin=True), Series(x, highs, edge, thin=True), median], [
        Ribbon(x, lows, highs, scheme)
    ]


def _side_by_side(schemes: Sequence[Sequence[Series]]) -> list[Series]:
    """Return points of what has no order, those of the schemes beside each other: none covers another one."""
    step = BESIDE / len(schemes)
    shifts = [(number - (len(schemes) - 1) / 2) * step for number in range(len(schemes))]
    return [
        replace(one, x=tuple(x + shift for x in one.x), points=True)
        for shift, some in zip(shifts, schemes, strict=True)
        for one in some
    ]


def _numbers(values: list[str]) -> list[float]:
    """Return the values as numbers to stand at on an axis; none where one is no finite number, or is there twice."""
    try:
        found = [float(value) for value in values]
    except ValueError:
        return []
    return found if all(math.isfinite(v) for v in found) and len(set(found)) == len(found) else []


@dataclass(frozen=True)
class Grid:
    """A figure at two keys' values; `medians` over the seeds and `texts` have a row a value of the key downwards."""

    label: str
    down: Axis
    across: Axis
    medians: tuple[tuple[float | None, ...], ...]
    texts: tuple[tuple[str, ...], ...]
    """What stands in a cell: its number, and without one why it has none."""

    @property
    def limits(self) -> tuple[float, float]:
        """The smallest and the largest median; 0 and 1 where none is known."""
        known = [value for row in self.medians for value in row if value is not None]
        return (min(known), max(known)) if known else (0.0, 1.0)


def grid(view: SweepView, metric: Metric) -> Grid:
    """Return a figure at the two shown keys: the first one downwards, the second one across."""
    down, across = (one for one in view.sweep.axes if one.key in sweeps.shown_keys(view.sweep))
    bands = {values: band(rows, metric) for values, rows in sweeps.group(view)}
    cells = {values: _cell(rows, bands[values], view.driven) for values, rows in sweeps.group(view)}
    over = ", median over seeds" if len(view.sweep.axes) > 2 else ""
    medians = tuple(tuple(bands[value, other].median for other in across.values) for value in down.values)
    texts = tuple(tuple(cells[value, other] for other in across.values) for value in down.values)
    return Grid(f"{metric.label}{over}", down, across, medians, texts)


def heat(view: SweepView, metric: Metric) -> list[list[Tile]]:
    """Return a heat map of two shown keys, row by row, with a line that explains what a cell of parts says."""
    found = grid(view, metric)
    low, high = found.limits
    left = max(len(label) for label in (*map(_short, found.down.values), ""))
    inside = (*map(_short, found.across.values), *(text for row in found.texts for text in row))
    wide = 2 + max(2 + format.decimals(), *map(len, inside))
    tiles = [
        [Tile(f"{found.label}: {_last(found.down.key)} (down), {_last(found.across.key)} (across)")],
        [Tile(" " * (left + 1)), *(Tile(f"{_short(v):^{wide}}") for v in found.across.values)],
    ]
    for value, medians, texts in zip(found.down.values, found.medians, found.texts, strict=True):
        row = [Tile(f"{_short(value):>{left}} ")]
        for median, text in zip(medians, texts, strict=True):
            row.append(Tile(f"{text:^{wide}}", "" if median is None else ground(median, low, high)))
        tiles.append(row)
    if any("/" in text for row in found.texts for text in row):
        tiles.append([Tile("2/3: so many of the runs are done; !: one has failed")])
    return tiles


def _last(key: str) -> str:
    """Return `depth` of `model.depth`: the table has the whole."""
    return safe_line(key.rpartition(".")[2], 60)


def _cell(rows: Sequence[SweepRow], over: Band, driven: bool) -> str:
    """Return a number, with how many of the runs are done where not all are; without one how it is with the runs."""
    statuses = [row.status for row in rows]
    done = statuses.count("done")
    if over.median is not None:
        partly = "" if done == len(rows) else f" {done}/{len(rows)}"
        return measured(over.median) + partly + ("!" if "failed" in statuses else "")
    if done == len(rows):
        return UNKNOWN  # measured, and there is no such figure
    first = min((s for s in statuses if s != "done"), key=lambda s: _TELLING.index(s) if s in _TELLING else 0)
    return "missing" if first == "waiting" and not driven else first


def ground(value: float, low: float, high: float) -> str:
    """Return the colour of a value between `low` (dark) and `high` (light)."""
    place = (value - low) / (high - low) if high > low else 0.5
    first = min(len(CIVIDIS) - 2, int(place * (len(CIVIDIS) - 1)))
    rest = place * (len(CIVIDIS) - 1) - first
    mixed = (round(a + (b - a) * rest) for a, b in zip(CIVIDIS[first], CIVIDIS[first + 1], strict=True))
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def _short(value: str) -> str:
    return cut(safe_line(value), MOST_VALUE)


def table(view: SweepView) -> list[tuple[str, ...]]:
    """Return a head and a row a cell, seeds taken together: values, status, plateau ends, bias gap."""
    shown = metrics(view)
    head = (*sweeps.shown_keys(view.sweep), "status", *(m.label.replace(" plateau", "") for m in shown))
    body = [
        (*(safe_line(v, 40) for v in values), _status(rows), *(band(rows, m).text() for m in shown))
        for values, rows in sweeps.group(view)
    ]
    return [head, *body]


def as_text(view: SweepView, rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return a table of the sweep as lines with aligned columns, numbers to the right."""
    count = len(rows[0])
    return aligned(rows, right=frozenset(range(count - len(metrics(view)), count)))


def _status(rows: Sequence[SweepRow]) -> str:
    if len(rows) == 1:
        return rows[0].status
    done = sum(row.status == "done" for row in rows)
    others = sorted({row.status for row in rows} - {"done"})
    return f"{done}/{len(rows)} done" + "".join(f", {status}" for status in others)


def cells(view: SweepView) -> list[tuple[str, ...]]:
    """Return a head and a row a cell, seed by seed, as the screen's table has them."""
    shown = metrics(view)
    head = (*(one.key for one in view.sweep.axes), "status", *(m.label.replace(" plateau", "") for m in shown))
    return [head, *(cell_row(row, shown) for row in view.rows)]


def cell_row(row: SweepRow, shown: Sequence[Metric]) -> tuple[str, ...]:
    """Return one cell as texts: values, status, and each figure."""
    texts = [UNKNOWN if (value := m.of(row)) is None else measured(value) for m in shown]
    phase = short_stage(row.run) if row.run else row.status
    return (*(safe_line(v, 40) for v in row.values), phase, *texts)


def progress(view: SweepView) -> str:
    """Return how far it is: `3 of 12 done, 2 running, 7 waiting`."""
    counts = dict(view.counts)
    done = counts.pop("done", 0)
    rest = "".join(f", {count} {status}" for status, count in counts.items())
    if view.driven and not view.sweep.beside:
        return f"{done} of {len(view.rows)} done{rest}; measuring how many runs go best beside each other"
    return f"{done} of {len(view.rows)} done{rest}"
