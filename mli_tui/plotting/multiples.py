"""Small multiples: many little plots on shared axes, in one picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment

from mli_tui.plotting import layout, legend
from mli_tui.plotting.cells import Cells, cut
from mli_tui.plotting.frame import Frame
from mli_tui.plotting.geometry import Scale
from mli_tui.plotting.palette import QUIET, STRONG, Look, style, tint
from mli_tui.plotting.picture import Ink, Layer, guides, ink
from mli_tui.plotting.series import Plot

LEAST_WIDTH, LEAST_HEIGHT = 10, 3
"""Cells of a panel, its title included and its axis not."""
_ASPECT = 1.6
"""How much wider than high a panel is at best; a cell is taken for twice as high as wide."""


@dataclass(frozen=True)
class Multiples:
    """Plots of the same kind, read line by line. All have the axes of the first one, and the legend is its own."""

    title: str = ""
    panels: tuple[Plot, ...] = ()
    x_label: str = ""
    empty: str = ""
    own_y: bool = False
    """Each panel has a y axis of its own, from 0 to what its title says."""
    steady: bool = False
    """The x axis is one of time, and not of measured places."""
    least_width: int = LEAST_WIDTH
    """Cells of a panel, so that its title is not cut."""

    @property
    def drawable(self) -> bool:
        """Whether any panel has anything to draw."""
        return any(panel.drawable for panel in self.panels)


@dataclass(frozen=True)
class Grid:
    """How panels share a rectangle: so many across, each so wide and so high, the first rows of cells taken."""

    across: int
    down: int
    width: int
    height: int


def _ends(multiples: Multiples) -> tuple[str, str]:
    """Return what stands at the lower and the upper end of the shared y axis."""
    low, high = multiples.panels[0].limits()
    return f"{low:.3g}", f"{high:.3g}"


def gutter(multiples: Multiples) -> int:
    """Return the columns at the left for the numbers of the shared y axis."""
    return 1 if multiples.own_y else max(map(len, _ends(multiples))) + 1


def grid(count: int, width: int, height: int, least_width: int = LEAST_WIDTH) -> Grid | None:
    """Return the grid of panels that are shaped best, beside the numbers; None where they do not all fit."""
    best: tuple[float, Grid] | None = None
    for across in range(1, count + 1):
        down = math.ceil(count / across)
        one = Grid(across, down, width // across, (height - 2) // down)
        if one.width < least_width or one.height < LEAST_HEIGHT:
            continue
        badness = abs(math.log(one.width / (2 * one.height) / _ASPECT)) + (across * down - count) / count
        if best is None or badness < best[0]:
            best = badness, one
    return best[1] if best else None


def frames(multiples: Multiples, width: int, height: int) -> tuple[Frame, ...]:
    """Return the canvas of each panel that has room; those of the last row of panels have the tick labels."""
    count, width = len(multiples.panels), width - gutter(multiples)
    shape = grid(count, width, height, multiples.least_width)
    while shape is None and count > 1:
        count -= 1
        shape = grid(count, width, height, multiples.least_width)
    if shape is None:
        return ()
    return tuple(_frame(multiples, shape, number, count) for number in range(count))


def _frame(multiples: Multiples, shape: Grid, number: int, count: int) -> Frame:
    row, column = divmod(number, shape.across)
    lowest = number + shape.across >= count
    return Frame(
        left=gutter(multiples) + column * shape.width + 1,
        columns=shape.width - 2,
        top=1 + row * shape.height + 1,
        lines=shape.height - 1,
        ticks=1 + (row + 1) * shape.height if lowest and row == shape.down - 1 else None,
        axis=Scale.of(multiples.panels[number]).x,
        steady=multiples.steady,
    )


def draw(
    multiples: Multiples, width: int, height: int, look: Look, layer: Callable[[Plot, Frame], Layer]
) -> list[list[Segment]]:
    """Return the picture; `layer` draws the curves of one panel."""
    cells = Cells(width, height)
    shown = frames(multiples, width, height)
    lines, ticks = ink(look), _ticks(shown[0]) if shown else []
    _head(cells, multiples, look, len(shown))
    for plot, frame in zip(multiples.panels, shown, strict=False):
        cells.put(frame.top - 1, frame.left, cut(plot.title, frame.columns), style(plot.title_colour, look, bold=True))
        _axes(cells, multiples, frame, lines, ticks)
        _curves(cells, plot, frame, look, layer(plot, frame))
        if look.grid:
            columns = [frame.left + column for _, column, _ in ticks if column]
            guides(cells, frame.rows, range(0), [], columns, look)
        _shade(cells, plot, frame, look)
    _x_label(cells, multiples, shown)
    return cells.rows()


def _head(cells: Cells, multiples: Multiples, look: Look, shown: int) -> None:
    count = len(multiples.panels)
    left_out = f", {shown} of {count}" if shown < count else ""
    title = cut(multiples.title, cells.width - len(left_out)) + left_out
    cells.put(0, 0, title, STRONG)
    entries = legend.entries(multiples.panels[0], look)
    placed = legend.fit(entries, cells.width - cell_len(title) - 2)
    end = placed[-1][0] + placed[-1][1].width if placed else 0
    legend.write(cells, 0, cells.width - end, placed)


def _ticks(frame: Frame) -> list[tuple[int, int, str]]:
    """Return the ticks of a panel's x axis: where each label begins, which column it is of, and the label."""
    for most in (3, 2, 1):
        ticks = [(frame.column_at(place), label) for place, label in frame.axis.ticks(most)]
        placed = [(column - frame.left, label) for column, label in ticks if column is not None]
        starts = layout.untouched([(column, cell_len(label)) for column, label in placed], frame.columns, gap=1)
        if starts is not None:
            return [(start, column, label) for start, (column, label) in zip(starts, placed, strict=True)]
    return []


def _axes(cells: Cells, multiples: Multiples, frame: Frame, lines: Ink, ticks: list[tuple[int, int, str]]) -> None:
    """Draw the left edge of a panel, the limits beside the first of a row, and the ends of alpha below the lowest."""
    for row in frame.rows:
        cells.put(row, frame.left - 1, lines.vertical, QUIET)
    beside = gutter(multiples)
    if frame.left == beside + 1 and not multiples.own_y:
        low, high = _ends(multiples)
        cells.put(frame.top, beside - 1 - len(high), high, QUIET)
        cells.put(frame.top + frame.lines - 1, beside - 1 - len(low), low, QUIET)
    for start, _, label in ticks if frame.ticks is not None else ():
        cells.put(frame.ticks or 0, frame.left + start, label, QUIET)


def _curves(cells: Cells, plot: Plot, frame: Frame, look: Look, layer: Layer) -> None:
    styles = [style(series.colour, look) for series in plot.series]
    if look.no_colour and look.marker != "ascii":
        _letters(cells, plot, frame, layer)
    for row, (text, owners) in enumerate(zip(layer.text, layer.owners, strict=True), frame.top):
        cells.paste(row, frame.left, text, [styles[owner] for owner in owners])


def _letters(cells: Cells, plot: Plot, frame: Frame, layer: Layer) -> None:
    """Write the letter of each curve on it once, in a column where it is seen."""
    for order, (index, letter) in enumerate(legend.glyphs(plot).items()):
        found = [
            (abs(column - (1 + 2 * order) * frame.columns // (2 * len(plot.series))), line, column)
            for line, owners in enumerate(layer.owners)
            for column, owner in enumerate(owners)
            if owner == index and layer.text[line][column] != " "
        ]
        if found:
            _, line, column = min(found)
            cells.put(frame.top + line, frame.left + column, letter, STRONG)


def _shade(cells: Cells, plot: Plot, frame: Frame, look: Look) -> None:
    for shade in plot.shades:
        if (ground := tint(shade.colour, look)) is not None:
            cells.tint(frame.rows, frame.tinted(shade.start, shade.end), ground)


def _x_label(cells: Cells, multiples: Multiples, shown: tuple[Frame, ...]) -> None:
    """Name the axis in the last row, where nothing touches it."""
    label = multiples.x_label
    row = next((frame.ticks for frame in reversed(shown) if frame.ticks is not None), None)
    size = cell_len(label)
    for start in range(cells.width - size, 0, -1) if row is not None and size else ():
        if row is not None and cells.blank(row, start - 1, min(size + 2, cells.width - start + 1)):
            cells.put(row, start, label, QUIET)
            return
