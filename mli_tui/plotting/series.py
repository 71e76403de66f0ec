"""What a picture shows: curves, marked places and reference levels, and the limits it is seen in.

Pure data. Nothing here knows plotext, textual or a terminal's size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import groupby

LARGEST = 1e100
"""Magnitudes are clamped here: far beyond any loss, and far from where differences overflow."""

_STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_LOWEST_DECADE, _HIGHEST_DECADE = -300, 100


def finite(value: float | None) -> float | None:
    """Return `value` as a float that is safe to compute with, or None for what is no number at all.

    NaN and the infinities are None: a diverged loss is a gap, not a point at the edge.
    """
    if value is None:
        return None
    try:
        number = float(value)
    except OverflowError:  # an int wider than a float
        number = LARGEST if value > 0 else -LARGEST
    return max(-LARGEST, min(LARGEST, number)) if math.isfinite(number) else None


@dataclass(frozen=True)
class Series:
    """One curve. `x` ascends; where `y` is None or not finite, the line breaks."""

    x: tuple[float, ...]
    y: tuple[float | None, ...]
    colour: str = "neutral"
    """A name from `palette`, `faded(...)` of one, or `rgb(r,g,b)`."""
    label: str = ""
    """Its entry in the legend; an empty one has none. Equal labels share one entry."""
    thin: bool = False
    """Dotted, and under every curve that is not: predictions and faded older curves."""
    dashed: bool = False
    """Of a thin one: drawn in dashes instead of dots, such as the second of two splits."""
    short: str = ""
    """The label where there is less room."""
    letter: str = ""
    """What stands for it where colour can't, such as a class's; an empty one is chosen from its label or its place."""
    strong: bool = False
    """Over all others of its kind, its label in brackets; others that fade make it stand out."""
    points: bool = False
    """Its points are not joined, for there is nothing between them: seeds are no quantity."""

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise ValueError(f"a series needs one y for each x: {len(self.x)} x, {len(self.y)} y")
        xs = [finite(value) for value in self.x]
        ys = [None if x is None else finite(y) for x, y in zip(xs, self.y, strict=True)]
        object.__setattr__(self, "x", tuple(0.0 if x is None else x for x in xs))
        object.__setattr__(self, "y", tuple(ys))


@dataclass(frozen=True)
class Mark:
    """A vertical line at `x`, such as a plateau's end, with its label above it."""

    x: float
    label: str
    colour: str = "neutral"
    long: str = ""
    """The label where there is room for more words."""


@dataclass(frozen=True)
class Level:
    """A horizontal reference line at `y`, such as ln k, with its label at the right end."""

    y: float
    label: str


@dataclass(frozen=True)
class Shade:
    """A stretch of x, such as a plateau, behind which the ground is tinted where the ground's own colour is known."""

    start: float
    end: float
    colour: str = "neutral"


@dataclass(frozen=True)
class Ribbon:
    """What lies between two lines over ascending x, such as the lowest and the highest of several runs.

    The ground between them is tinted where the ground's own colour is known; where one is None, there is a gap.
    """

    x: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    colour: str = "neutral"


@dataclass(frozen=True)
class Tag:
    """A short text at a point, before all curves: a class's name where it was learned."""

    x: float
    y: float
    text: str
    colour: str = "neutral"


@dataclass(frozen=True)
class Band:
    """One layer of a stacked picture: its thickness at each x, as a share of the whole height."""

    share: tuple[float, ...]
    colour: str
    letter: str
    """One character that stands for it where colour can't."""
    label: str = ""


@dataclass(frozen=True)
class Bands:
    """Layers from the bottom up, all known at the same ascending x. Between two of them the nearer one is shown."""

    x: tuple[float, ...]
    layers: tuple[Band, ...]

    def __post_init__(self) -> None:
        for layer in self.layers:
            if len(layer.share) != len(self.x):
                raise ValueError(f"a band needs one share for each x: {len(self.x)} x, {len(layer.share)} shares")


@dataclass(frozen=True)
class Plot:
    """A whole picture, ready to be drawn at any size."""

    title: str = ""
    series: tuple[Series, ...] = ()
    """A later one is over an earlier one, a strong one over those, and every measured one over every thin one."""
    marks: tuple[Mark, ...] = ()
    levels: tuple[Level, ...] = ()
    shades: tuple[Shade, ...] = ()
    """A later one is over an earlier one."""
    ribbons: tuple[Ribbon, ...] = ()
    """A later one is over an earlier one, and all are over the shades."""
    tags: tuple[Tag, ...] = ()
    bands: Bands | None = None
    """A stacked picture, in place of curves."""
    strokes: tuple[str, str] = ("", "")
    """What a solid line is and what a dotted or dashed one; the legend says so where there is room."""
    x_limits: tuple[float, float] = (0.0, 1.0)
    y_limits: tuple[float, float] | None = None
    """In the data's own units, also on a log scale. None: fitted to this picture's data alone."""
    x_label: str = ""
    x_names: tuple[tuple[float, str], ...] = ()
    """Names of places on the x axis, in their order, in place of numbers."""
    log: bool = False
    """Decades upwards; a value that is not positive breaks its line."""
    log_x: bool = False
    """Decades across; an x that is not positive is left out."""
    notes: tuple[str, ...] = ()
    """What must be known of the axes to read the picture: follows the title, before which the legend gives way."""
    empty: str = ""
    """What to say while there is nothing to draw."""
    title_colour: str = ""
    """The colour of the title of one of many small plots, such as a class's."""

    @property
    def drawable(self) -> bool:
        """Whether any point can be drawn, at this scale."""
        if self.bands and any(self._has_place(x) for x in self.bands.x):
            return True
        points = (point for series in self.series for point in zip(series.x, series.y, strict=True))
        return any(self._has_place(x) and self._visible(y) for x, y in points)

    @property
    def headline(self) -> str:
        """The title, and what must be known of the axes."""
        return ", ".join(filter(None, (self.title, *self.notes)))

    def across(self) -> tuple[float, float]:
        """Return the x limits asked for, or where they cannot be used, ones that can.

        A log axis that is asked to begin at 0 or below begins at the smallest x above 0.
        """
        left, right = (finite(limit) for limit in self.x_limits)
        if left is None or right is None or left >= right or (self.log_x and right <= 0):
            left, right = 0.0, 1.0
        if self.log_x and left <= 0:
            every = (*(x for series in self.series for x in series.x), *(self.bands.x if self.bands else ()))
            left = min((x for x in every if 0 < x < right), default=_far_below(right))
        return left, right

    def limits(self) -> tuple[float, float]:
        """Return the y limits asked for, or where they cannot be used, ones that hold all data."""
        asked = [finite(limit) for limit in self.y_limits or ()]
        if len(asked) == 2 and None not in asked:
            low, high = asked
            if low is not None and high is not None and low < high and (high > 0 or not self.log):
                return (low if low > 0 or not self.log else self._lowest(high)), high
        return nice_limits((y for series in self.series for y in series.y), log=self.log)

    def _lowest(self, high: float) -> float:
        """Return where a log axis begins that was asked to begin at 0: the decade below the smallest value."""
        low = nice_limits((y for series in self.series for y in series.y), log=True)[0]
        return low if low < high else _far_below(high)

    def _visible(self, y: float | None) -> bool:
        return y is not None and (y > 0 or not self.log)

    def _has_place(self, x: float) -> bool:
        return x > 0 or not self.log_x


def _far_below(high: float) -> float:
    """Return where a log axis begins that nothing says where to begin; above 0 also for the smallest of floats."""
    return max(high / 100.0, math.ulp(0.0))


def thin(series: Series, columns: int, across: Callable[[float], float | None] | None = None) -> Series:
    """Return `series` with at most three points a column: the smallest, the largest and a gap.

    `across` says how far across the canvas an x is, as a fraction, None for one without a place; without it the
    series goes from edge to edge. First and last points stay, and so do the neighbours of the edges, whose lines are
    cut there. Every point that is left is one of the series' own, in its order, so that no peak is smoothed away and
    nothing is drawn that was not measured.
    """
    columns = max(1, columns)
    if len(series.x) <= 2 * columns:
        return series
    places = [across(x) for x in series.x] if across else _spread(series.x)
    numbers = [-1 if p is None else max(-1, min(columns, math.floor(p * columns))) for p in places]
    kept = {0, len(series.x) - 1}
    for number, group in groupby(range(len(series.x)), key=lambda i: numbers[i]):
        indices = list(group)
        outside = across is not None and number in (-1, columns)
        kept |= {indices[0], indices[-1]} if outside else _extremes(series.y, indices)
    order = sorted(kept)
    return replace(series, x=tuple(series.x[i] for i in order), y=tuple(series.y[i] for i in order))


def _spread(x: tuple[float, ...]) -> list[float | None]:
    low, high = min(x), max(x)
    return [(value - low) / (high - low) if high > low else 0.0 for value in x]


def _extremes(y: tuple[float | None, ...], indices: list[int]) -> set[int]:
    values = [(value, i) for i in indices if (value := y[i]) is not None]
    gaps = [i for i in indices if y[i] is None][:1]
    return {*gaps, min(values)[1], max(values)[1]} if values else set(gaps)


def nice_limits(values: Iterable[float | None], *, log: bool = False) -> tuple[float, float]:
    """Return round limits that hold every value: from 0 upwards, below 0 only where the data is.

    With `log` they are the decades around the positive values.
    """
    numbers = [number for value in values if (number := finite(value)) is not None]
    if log:
        return _decades([number for number in numbers if number > 0])
    low, high = 0.0 - round_up(-min(numbers, default=0.0)), round_up(max(numbers, default=0.0))
    return (low, high) if low < high else (0.0, 1.0)


def _decades(values: list[float]) -> tuple[float, float]:
    if not values:
        return 0.1, 1.0
    low = math.floor(math.log10(min(values)) + 1e-9)
    high = math.ceil(math.log10(max(values)) - 1e-9)
    low = max(_LOWEST_DECADE, min(low, _HIGHEST_DECADE - 1))
    return float(10.0**low), float(10.0 ** max(high, low + 1))


def round_up(value: float) -> float:
    """Return the next round number, one of ten for each power of ten; 0 for what is not positive."""
    if value < 10.0**_LOWEST_DECADE:
        return 0.0
    decade = math.floor(math.log10(value))
    # A hair of slack, so that 2.5 stays 2.5 whatever the power of ten rounds to.
    for candidate in (decade, decade + 1):
        for step in _STEPS:
            if (limit := float(f"{step}e{candidate}")) >= value * (1 - 1e-12):
                return limit
    return value


def round_down(value: float) -> float:
    """Return the round number before, among those of `round_up`; the smallest one for what is not above it."""
    value = max(value, 10.0**_LOWEST_DECADE)
    decade = math.floor(math.log10(value))
    rounds = (float(f"{step}e{found}") for found in (decade - 1, decade) for step in _STEPS)
    return max((one for one in rounds if 0.0 < one <= value * (1 + 1e-12)), default=value)
