"""Pictures as figures in files, by matplotlib (the extra `figures`): what the screen shows, for a paper.

The only module that knows matplotlib, which it loads when a figure is made.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from backends.runs.errors import BadRequest
from backends.runs.text import safe_line
from mli_tui.pictures import SHORT
from mli_tui.plotting.geometry import Axis, Scale
from mli_tui.plotting.multiples import Multiples
from mli_tui.plotting.palette import Look, hexadecimal, ink_on
from mli_tui.plotting.series import Bands, Mark, Plot, Ribbon, Series
from mli_tui.sweep_pictures import Grid, ground

if TYPE_CHECKING:
    from mli_tui.plotting.figure import Drawable

FORMATS = (".png", ".svg", ".pdf")
WIDTH, HEIGHT = 7.0, 4.3
"""Inches of one plot."""
MOST_TICKS, MOST_TICKS_SMALL = 6, 3
"""Ticks of a log axis; of those of a small plot."""
ACROSS = 5
"""Small plots side by side."""
MOST_NAMES = 12
"""Names below a horizontal axis, where they stand in place of numbers."""
MOST_INSIDE, MOST_BESIDE = 5, 20
"""Names of a legend inside the frame, and of one column beside it."""
LABEL_SHARE = 0.08
"""How much of a figure's width a number above it takes."""
LEAST_BAND = 0.06
"""Share that a class must get somewhere for its name to stand in its band."""
_PAPER = Look(dark=False)


def figure(drawn: Mapping[str, Drawable], kind: str, grid: bool = False) -> bytes:
    """Return a figure of this format with the pictures side by side, each under the name of its vertical axis.

    Small multiples stand alone; `grid` dots lines at the ticks, behind all else. Raises `BadRequest` where there is
    nothing to draw, or no matplotlib.
    """
    for one in drawn.values():
        if not one.drawable:
            raise BadRequest(f"no figure: {one.empty}")
    panels = {name: one for name, one in drawn.items() if isinstance(one, Plot)}
    many = next((one for one in drawn.values() if isinstance(one, Multiples)), None)
    made = _empty(WIDTH * (len(panels) or 2))
    if many is not None:
        _multiples(made, many)
    else:
        for axes, (name, one) in zip(made.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
            _axes(axes, one)
            axes.set_ylabel(name)
        _classes(made, len(panels))
    for axes in made.axes if grid else ():
        axes.set_axisbelow(True)
        axes.grid(True, linestyle=":", linewidth=0.7, color="0.75")
    return _content(made, kind)


def kind_of(name: str) -> str:
    """Return the format of a figure's file by its name, without the dot; raises `BadRequest`."""
    suffix = PurePath(name).suffix
    if suffix not in FORMATS:
        raise BadRequest(f"--save = {name!r}: expected a name that ends in one of {', '.join(FORMATS)}")
    return suffix[1:]


def heat(grid: Grid, kind: str) -> bytes:
    """Return a sweep's heat map in this format, a number in each cell; raises `BadRequest`, as `figure` does."""
    known = [[math.nan if value is None else value for value in row] for row in grid.medians]
    if all(math.isnan(value) for row in known for value in row):
        raise BadRequest("no figure yet: its numbers appear as runs end")
    made = _empty(WIDTH)
    axes = made.subplots()
    low, high = grid.limits
    image = axes.imshow(known, cmap="cividis", vmin=low, vmax=high, aspect="auto")
    for y, (row, texts) in enumerate(zip(known, grid.texts, strict=True)):
        for x, (value, text) in enumerate(zip(row, texts, strict=True)):
            ink = "0.5" if math.isnan(value) else ink_on(ground(value, low, high))
            axes.text(x, y, text, ha="center", va="center", fontsize=8, color=ink)
    for axis, one in ((axes.xaxis, grid.across), (axes.yaxis, grid.down)):
        axis.set_ticks(range(len(one.values)), [_plain(value) for value in one.values])
        axis.set_label_text(_plain(one.key))
    made.colorbar(image, label=grid.label)
    return _content(made, kind)


def _plain(text: str) -> str:
    """Return a value as a label: matplotlib takes dollars for formulas."""
    return _escaped(safe_line(text, 40))


def _escaped(text: str) -> str:
    return text.replace("$", r"\$")


def _empty(width: float) -> Any:
    """Return a figure so many inches wide, without anything; raises `BadRequest` where there is no matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BadRequest(f"--save needs matplotlib ({error}): pip install 'mli-tui[figures]'") from None
    return Figure(figsize=(width, HEIGHT), layout="constrained")


def _content(made: Any, kind: str) -> bytes:
    content = io.BytesIO()
    made.savefig(content, format=kind, dpi=150)
    return content.getvalue()


def _multiples(made: Any, many: Multiples) -> None:
    """Draw small plots on shared axes, with one legend for all."""
    down = math.ceil(len(many.panels) / ACROSS)
    grid = made.subplots(down, min(ACROSS, len(many.panels)), squeeze=False, sharex=True, sharey=not many.own_y).ravel()
    for axes, panel in zip(grid, many.panels, strict=False):
        _curves(axes, panel)
        _scaled(axes, panel, MOST_TICKS_SMALL)
        axes.set_title(_escaped(panel.title), fontsize=9, loc="left", color=_colour(panel.title_colour))
        if many.own_y:  # whole numbers: no power of ten apart from them
            axes.ticklabel_format(axis="y", style="plain", useOffset=False)
    for axes in grid[len(many.panels) :]:
        axes.set_axis_off()
    made.suptitle(_escaped(many.title), fontsize=9)
    made.supxlabel(many.x_label, fontsize=9)
    handles, labels = grid[0].get_legend_handles_labels()
    if labels:
        made.legend(handles, labels, loc="outside upper right", fontsize=8, ncols=len(labels))


def _axes(axes: Any, drawn: Plot) -> None:
    if drawn.bands:
        _bands(axes, drawn.bands, Scale.of(drawn).x)
    else:
        _curves(axes, drawn)
        _legend(axes)
    for mark, side in sided(drawn):
        axes.axvline(mark.x, color=_colour(mark.colour), linewidth=0.8, linestyle="--")
        axes.text(mark.x, 1.0, mark.label, transform=axes.get_xaxis_transform(), ha=side, va="bottom", fontsize=8)
    low, high = drawn.limits()
    for level in (one for one in drawn.levels if low <= one.y <= high):
        axes.axhline(level.y, color="0.6", linewidth=0.8)
        axes.text(drawn.across()[1], level.y, level.label, ha="right", va="bottom", fontsize=8, color="0.4")
    _scaled(axes, drawn, MOST_TICKS)
    axes.set_xlabel(drawn.x_label)
    axes.set_title(_escaped(_long(drawn.headline)), fontsize=9, loc="left", pad=18)  # above the labels of the marks


def _classes(made: Any, panels: int) -> None:
    """Put one legend of the layers of all stacked plots below them, where it covers nothing."""
    found = {collection.get_label(): collection for axes in made.axes for collection in axes.collections}
    named = {label: one for label, one in found.items() if not label.startswith("_")}  # so are those without a name
    if named:
        made.legend(
            named.values(), named, loc="outside lower center", fontsize=8, ncols=min(len(named), ACROSS * panels)
        )


def _legend(axes: Any) -> None:
    """Put the legend where it covers least; one of many curves beside them, where it covers nothing."""
    count = len(axes.get_legend_handles_labels()[1])
    if count <= MOST_INSIDE:
        axes.legend(fontsize=8)
    else:
        axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0), ncols=1 + (count - 1) // MOST_BESIDE)


def _scaled(axes: Any, drawn: Plot, most: int) -> None:
    """Give the axes the limits and scales of the screen; on a log axis what is not above 0 is left out there, too."""
    scale = Scale.of(drawn)
    for axis, set_scale, axis_of in ((axes.xaxis, axes.set_xscale, scale.x), (axes.yaxis, axes.set_yscale, scale.y)):
        if axis_of.log:
            set_scale("log", nonpositive="mask")
            ticks = axis_of.ticks(most)
            axis.set_ticks([axis_of.value(place) for place, _ in ticks], [label for _, label in ticks])
            axis.set_ticks([], minor=True)
    if names := drawn.x_names[:: math.ceil(len(drawn.x_names) / MOST_NAMES) or 1]:
        axes.set_xticks([x for x, _ in names], [_plain(name) for _, name in names])
    axes.set(xlim=drawn.across(), ylim=drawn.limits())


def _curves(axes: Any, drawn: Plot) -> None:
    low, high = drawn.across()
    for shade in drawn.shades:
        if shade.end > low and shade.start < high:  # cut: a log axis has no place for what begins at 0
            ends = max(low, shade.start), min(high, shade.end)
            axes.axvspan(*ends, color=_colour(shade.colour), alpha=0.08, linewidth=0)
    for ribbon in drawn.ribbons:
        axes.fill_between(*_edges(ribbon, drawn), color=_colour(ribbon.colour), alpha=0.2, linewidth=0)
    told = set[str]()
    for series in drawn.series:
        line = _line(series, drawn.strokes[1])
        label = None if line["label"] in told else line["label"]
        told.add(line["label"] or "")
        axes.plot(series.x, [math.nan if y is None else y for y in series.y], **{**line, "label": label})


def _edges(ribbon: Ribbon, drawn: Plot) -> tuple[list[float], list[float], list[float]]:
    """Return x, lower and upper edge, without what has no place on a log axis: there the ribbon breaks, too."""
    scale = Scale.of(drawn)
    placed = [i for i, x in enumerate(ribbon.x) if scale.x.place(x) is not None]

    def edge(values: Sequence[float | None]) -> list[float]:
        return [math.nan if (y := values[i]) is None or scale.y.place(y) is None else y for i in placed]

    return [ribbon.x[i] for i in placed], edge(ribbon.low), edge(ribbon.high)


def _bands(axes: Any, bands: Bands, axis: Axis) -> None:
    """Draw layers one on another; each has its name in the middle of where it is thick, of what is shown."""
    # A polygon of which one corner has no place would not be drawn at all.
    shown = [i for i, x in enumerate(bands.x) if axis.place(x) is not None]
    inside = [i for i in shown if 0.0 <= (axis.place(bands.x[i]) or 0.0) <= 1.0]
    low = [0.0] * len(bands.x)
    for layer in bands.layers:
        high = [one + share for one, share in zip(low, layer.share, strict=True)]
        x, under, over = ([row[i] for i in shown] for row in (bands.x, low, high))
        axes.fill_between(
            x, under, over, color=_colour(layer.colour), alpha=0.75, linewidth=0, label=_escaped(layer.label)
        )
        if thick := [i for i in inside if layer.share[i] >= LEAST_BAND]:
            at = thick[len(thick) // 2]
            axes.text(
                bands.x[at], low[at] + layer.share[at] / 2, _escaped(layer.label), ha="center", va="center", fontsize=8
            )
        low = high


def sided(drawn: Plot) -> Iterator[tuple[Mark, str]]:
    """Yield the marks, each with the side of its line that its label ends at: neighbours make room for each other."""
    axis = Scale.of(drawn).x
    places = ((axis.place(mark.x), mark) for mark in drawn.marks)
    shown = sorted(((p, mark) for p, mark in places if p is not None and 0 <= p <= 1), key=lambda one: one[0])
    for number, (place, mark) in enumerate(shown):
        before = number > 0 and place - shown[number - 1][0] < LABEL_SHARE
        after = number + 1 < len(shown) and shown[number + 1][0] - place < LABEL_SHARE
        yield mark, "left" if before and not after else "right" if after and not before else "center"


def _line(series: Series, thin: str) -> dict[str, Any]:
    label = series.colour if series.label == SHORT.get(series.colour) else series.label  # here is room for it
    style = "" if series.points else "--" if series.dashed else ":" if series.thin else "-"
    return {
        "color": _colour(series.colour),
        "linestyle": style,
        "marker": ("_" if series.thin else "o") if series.points else "",
        "markersize": 5,
        "linewidth": 1.0 if series.thin else 1.6,
        "label": _escaped(label) or (thin if series.thin else "") or None,
    }


def _long(label: str) -> str:
    """Return a title with its words written out: a figure has the room that a terminal lacks."""
    for whole, short in SHORT.items():
        label = re.sub(rf"(^|\s){re.escape(short)}(?=,|$)", rf"\g<1>{whole}", label)
    return label


def _colour(name: str) -> str:
    return hexadecimal(name, _PAPER) or "black"
