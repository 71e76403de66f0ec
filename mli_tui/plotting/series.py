"""What a picture shows: curves, marked places and reference levels, and the limits it is seen in.

Pure data. Nothing here knows plotext, textual or a terminal's size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
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
    letter: str = ""
    """What stands for it where colour can't, such as a class's; an empty one is chosen from its label or its place."""

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
    """A later one is over an earlier one, and every measured one over every thin one."""
    marks: tuple[Mark, ...] = ()
    levels: tuple[Level, ...] = ()
    shades: tuple[Shade, ...] = ()
    """A later one is over an earlier one."""
    tags: tuple[Tag, ...] = ()
    bands: Bands | None = None
    """A stacked picture, in place of curves."""
    strokes: tuple[str, str] = ("", "")
    """What a solid line is and what a dotted or dashed one; the legend says so where there is room."""
    x_limits: tuple[float, float] = (0.0, 1.0)
    y_limits: tuple[float, float] | None = None
    """In the data's own units, also on a log scale. None: fitted to this picture's data alone."""
    x_label: str = ""
    log: bool = False
    """Decades upwards; a value that is not positive breaks its line."""
    empty: str = ""
    """What to say while there is nothing to draw."""
    title_colour: str = ""
    """The colour of the title of one of many small plots, such as a class's."""

    @property
    def drawable(self) -> bool:
        """Whether any point can be drawn, at this scale."""
        return bool(self.bands and self.bands.x) or any(self._visible(y) for series in self.series for y in series.y)

    def limits(self) -> tuple[float, float]:
        """Return the y limits asked for, or where they cannot be used, ones that hold all data."""
        asked = [finite(limit) for limit in self.y_limits or ()]
        if len(asked) == 2 and None not in asked:
            low, high = asked
            if low is not None and high is not None and low < high and (low > 0 or not self.log):
                return low, high
        return nice_limits((y for series in self.series for y in series.y), log=self.log)

    def _visible(self, y: float | None) -> bool:
        return y is not None and (y > 0 or not self.log)


def thin(series: Series, columns: int) -> Series:
    """Return `series` with at most three points a column: the smallest, the largest and a gap.

    First and last points stay. Every point that is left is one of the series' own, in its order, so that
    no peak is smoothed away and nothing is drawn that was not measured.
    """
    columns = max(1, columns)
    if len(series.x) <= 2 * columns:
        return series
    low, high = min(series.x), max(series.x)
    scale = columns / (high - low) if high > low else 0.0
    kept = {0, len(series.x) - 1}
    for _, group in groupby(range(len(series.x)), key=lambda i: int((series.x[i] - low) * scale)):
        kept |= _extremes(series.y, list(group))
    order = sorted(kept)
    return replace(series, x=tuple(series.x[i] for i in order), y=tuple(series.y[i] for i in order))


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
    low, high = -round_up(-min(numbers, default=0.0)), round_up(max(numbers, default=0.0))
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


@dataclass(frozen=True)
class Limits:
    """Limits that only grow, so that a picture stands still while its data streams in.

    Keep one for each picture, replace it by `include` of what arrived, and give `pair` to the Plot.
    """

    low: float | None = None
    high: float | None = None
    log: bool = False

    def include(self, values: Iterable[float | None]) -> Limits:
        """Return limits that hold these values too; this very object where they fit already."""
        numbers = [number for value in values if (number := finite(value)) is not None]
        numbers = [number for number in numbers if number > 0 or not self.log]
        if not numbers:
            return self
        low, high = nice_limits(numbers, log=self.log)
        grown = Limits(
            low if self.low is None else min(low, self.low),
            high if self.high is None else max(high, self.high),
            self.log,
        )
        return self if grown == self else grown

    @property
    def pair(self) -> tuple[float, float]:
        """The limits; the usual ones of an empty picture before anything came."""
        if self.low is None or self.high is None:
            return nice_limits((), log=self.log)
        return self.low, self.high
