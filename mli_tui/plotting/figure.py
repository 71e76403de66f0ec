"""Draws a Plot into rows of cells. The only module that knows plotext, so an upgrade breaks in one place.

plotext 6.1 draws the curves and nothing else: it is given a bare canvas and points of the unit square, all
finite, because a single NaN makes its kernel abort the process. What stands around the curves is `picture`.
"""

from __future__ import annotations

import re
import sys
import threading
from contextlib import suppress
from functools import cache
from types import ModuleType
from typing import Any

from rich.segment import Segment

from mli_tui.plotting import geometry, legend, multiples, picture
from mli_tui.plotting.frame import Frame
from mli_tui.plotting.geometry import Point, Scale
from mli_tui.plotting.layout import LEAST_HEIGHT, LEAST_WIDTH
from mli_tui.plotting.multiples import Multiples
from mli_tui.plotting.palette import Look
from mli_tui.plotting.picture import Layer, Picture
from mli_tui.plotting.series import Plot, Series, thin

__all__ = ["Look", "draw"]

# plotext keeps one figure and its colours in global state, and panels are built in threads.
_lock = threading.Lock()
_RUN = re.compile(r"\x1b\[(?:0|38;2;(\d+);(\d+);(\d+))m([^\x1b\n]*)")
# What a dotted curve is made of, and how many columns apart: a whole cell of ink needs more air.
_DOTS = {"braille": ("braille", 1.0), "hd": ("·", 2.0), "ascii": (".", 2.0)}


Drawable = Plot | Multiples
"""What can be drawn."""
Strokes = tuple[str, list[list[Point]], bool]
"""What of a series is drawn: with which symbol, which points, and whether those of a part are joined."""


def draw(plot: Drawable, width: int, height: int, look: Look) -> list[list[Segment]]:
    """Return `plot` as exactly `height` rows of exactly `width` cells, whatever its data and the size.

    It never raises and never returns an escape character. May be called from any thread; the first call
    that has something to draw imports plotext, which takes 0.1 to 0.3 s.
    """
    width, height = max(0, width), max(0, height)
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return picture.too_small(plot.title, width, height)
    if not plot.drawable:
        return picture.message(plot.empty, width, height, plot.title)
    if isinstance(plot, Plot) and plot.bands:
        return Picture(plot, width, height, look).finish_bands(plot.bands)
    try:
        return _with_curves(plot, width, height, look)
    except ImportError as error:  # its kernel is a shared library: no wheel, a wrong machine, a missing libstdc++
        reason = str(error).partition("\n")[0]
        return picture.message(f"No pictures here: {reason}", width, height, plot.title)


def frames(plot: Drawable, width: int, height: int, look: Look) -> tuple[Frame, ...]:
    """Return where in such a picture its canvases are; none of one without a picture."""
    if width < LEAST_WIDTH or height < LEAST_HEIGHT or not plot.drawable:
        return ()
    if isinstance(plot, Multiples):
        return multiples.frames(plot, width, height)
    return (Picture(plot, width, height, look).frame,)


def _with_curves(plot: Drawable, width: int, height: int, look: Look) -> list[list[Segment]]:
    with _lock:
        if isinstance(plot, Multiples):
            return multiples.draw(plot, width, height, look, lambda one, frame: _layers(one, frame, look)[0])
        whole = Picture(plot, width, height, look)
        return whole.finish(*_layers(plot, whole.frame, look))


def _layers(plot: Plot, frame: Frame, look: Look) -> tuple[Layer, Layer]:
    """Draw the measured curves and the thin ones, each by themselves, so that in no cell do their dots mix."""
    letters, scale = legend.glyphs(plot), Scale.of(plot)
    upwards = sorted(enumerate(plot.series), key=lambda one: one[1].strong)
    measured = [(i, series) for i, series in upwards if not series.thin]
    dotted = [(i, series) for i, series in upwards if series.thin]
    return _layer(measured, frame, scale, look, letters), _layer(dotted, frame, scale, look, letters)


def _layer(chosen: list[tuple[int, Series]], frame: Frame, scale: Scale, look: Look, letters: dict[int, str]) -> Layer:
    if not chosen:
        return Layer([], [])
    figure = _figure()
    figure.clear.data()
    figure.plot_size(frame.columns, frame.lines)
    for index, series in chosen:
        points = scale.points(thin(series, frame.columns, scale.x.place))
        symbol, parts, joined = (_points if series.points else _line)(
            series, points, frame, look, letters.get(index, "")
        )
        _add(figure, parts, symbol, index, joined=joined)
    return _parse(figure.build().string(), frame.lines)


def _line(series: Series, points: list[Point | None], frame: Frame, look: Look, letter: str) -> Strokes:
    """Return a curve, solid, in dots or in dashes."""
    parts = geometry.pieces(points)
    if not series.thin:
        return letter if look.marker == "ascii" else look.marker, parts, True
    if series.dashed and look.marker == "braille":
        dashes = [dash for part in parts for dash in geometry.dashes(part, frame.columns, frame.lines)]
        return look.marker, dashes, True
    symbol, spacing = _DOTS[look.marker]
    return symbol, [geometry.dots(part, frame.columns, frame.lines, spacing) for part in parts], False


def _points(series: Series, points: list[Point | None], _frame: Frame, look: Look, letter: str) -> Strokes:
    """Return each point by itself, in a character of its own: a dot of braille would hardly be seen."""
    symbol = legend.point(look, letter, thin=series.thin)
    return symbol, [[point] for point in points if point is not None and geometry.inside(point)], False


def load() -> None:
    """Load plotext, where it can be loaded, before there is anything to draw."""
    with suppress(ImportError), _lock:  # whoever draws says what is missing
        _figure()


@cache
def _figure() -> Any:
    """Return plotext's figure as a bare canvas: no frame, no ticks, no legend, no paint, limits of 0 to 1."""
    _without_its_manual()
    import plotext

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.canvas("default")  # the terminal's own ground; plotext would paint white
    figure.axes(False)
    figure.legend(False)
    for axis in ("x", "y"):
        figure.ruler(axis).ticks([])
        figure.ruler(axis).lim(0, 1)
        figure.ruler(axis).alignment(lim="edge")
    return figure


def _without_its_manual() -> None:
    """Let plotext be imported without the manual that it puts together then, which takes as long as all the rest."""
    manual = ModuleType("plotext._doc.doc")
    manual.docs = None  # type: ignore[attr-defined]
    sys.modules.setdefault("plotext._doc.doc", manual)


def _add(figure: Any, parts: list[list[geometry.Point]], symbol: str, index: int, *, joined: bool) -> None:
    """Add one series; its number travels through plotext as its colour, and comes back in `_parse`."""
    import plotext

    points = [point for part in parts for point in part]
    if not points:
        return
    number = (index >> 16 & 255, index >> 8 & 255, index & 255)
    marker = plotext.marker(symbol, plotext.pixel(foreground=number))
    signal = figure.signal([x for x, _ in points], [y for _, y in points], marker=marker)
    if joined:
        signal.lines(True)
        start = 0
        for part in parts:
            signal.line(start, False)
            start += len(part)
    # Not figure.draw(signal): that looks at the colour of every point, which takes longer than drawing them.
    figure._signals._add(signal)


def _parse(text: str, lines: int) -> Layer:
    layer = Layer([], [])
    for row in text.split("\n")[:lines]:
        parts: list[str] = []
        owners: list[int] = []
        for red, green, blue, run in _RUN.findall(row):
            index = int(red) << 16 | int(green) << 8 | int(blue) if red else 0
            parts.append(run)
            owners += [index] * len(run)
        layer.text.append("".join(parts))
        layer.owners.append(owners)
    return layer
