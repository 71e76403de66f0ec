"""A picture put together: title, legend, axes, reference lines and labels around the curves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, product
from textwrap import wrap

from rich.cells import cell_len
from rich.segment import Segment

from mli_tui.plotting import bands, labels, layout, legend, ribbons
from mli_tui.plotting.cells import Cells, clean, cut
from mli_tui.plotting.frame import Frame
from mli_tui.plotting.geometry import Scale, cell
from mli_tui.plotting.palette import QUIET, RIBBON, STRONG, Look, guide, style, tint
from mli_tui.plotting.series import Bands, Mark, Plot, finite

_TAG_EVERY = 12


@dataclass(frozen=True)
class Layer:
    """What the kernel drew: rows of text, and for each cell the number of the series it shows."""

    text: list[str]
    owners: list[list[int]]


@dataclass(frozen=True)
class Ink:
    """The characters lines are made of."""

    vertical: str
    horizontal: str
    corner: str
    y_tick: str
    x_tick: str
    mark: str
    level: str
    guide: str


_BOX = Ink("│", "─", "└", "┤", "┬", "┊", "╌", "·")
_ASCII = Ink("|", "-", "+", "+", "+", ":", "-", ".")


def ink(look: Look) -> Ink:
    """Return the characters that lines are made of in this look."""
    return _ASCII if look.marker == "ascii" else _BOX


def guides(cells: Cells, down: range, across: range, rows: list[int], columns: list[int], look: Look) -> None:
    """Dot these rows and columns of a canvas wherever nothing else is: the last thing that is drawn."""
    # Where a dotted curve is made of the same dots, the guides have them farther apart.
    step = 1 if look.marker == "braille" else 2
    beside = {column + side for column in columns for side in (-1, 1)}
    dotted = (column for column in across[:: 2 * step] if column not in beside)  # a cell is twice as high as wide
    for row, column in chain(product(down[::step], columns), product(rows, dotted)):
        cells.stroke(row, column, ink(look).guide, guide(look))


def message(text: str, width: int, height: int, title: str = "") -> list[list[Segment]]:
    """Return a text in the middle of an otherwise empty rectangle, under its title."""
    cells = Cells(width, height)
    lines = wrap(clean(text), max(1, width - 2))[: max(1, height - 1)]
    first = (height - len(lines)) // 2
    if title and first > 0:
        cells.put(0, 0, cut(title, width), STRONG)
    for row, line in enumerate(lines, max(0, first)):
        shown = cut(line, width)
        cells.put(row, (width - cell_len(shown)) // 2, shown, QUIET)
    return cells.rows()


def too_small(name: str, width: int, height: int, has: str = "", needs: str = "") -> list[list[Segment]]:
    """Return what stands in a rectangle too small for a picture: what there is, and what is needed, in columns x rows.

    Of the whole, where something around the rectangle is known; else of the rectangle.
    """
    title, needs = clean(name) or "plot", needs or f"{layout.LEAST_WIDTH}x{layout.LEAST_HEIGHT}"
    lead = f"{has}: " if has else ""
    choices = (f"{lead}{title} needs {needs}", f"{lead}needs {needs}", f"needs {needs}", needs)
    room = max(1, width - 2)
    fitting = (text for text in choices if len(wrap(text, room)) < max(2, height) and cell_len(text) <= room * height)
    return message(next(fitting, needs), width, height)


def headline(plot: Plot, room: int) -> str:
    """Return title and notes in at most `room` cells; where both do not fit, the title is cut."""
    notes = "".join(f", {clean(note)}" for note in plot.notes)
    return cut(cut(plot.title, max(room // 4, room - cell_len(notes))) + notes, room)


class Picture:
    """One picture in the making. `canvas` is the part the curves are drawn in."""

    def __init__(self, plot: Plot, width: int, height: int, look: Look) -> None:
        self._plot, self._look = plot, look
        self._cells = Cells(width, height)
        self._ink = ink(look)
        self._legend = legend.entries(plot, look)
        self.scale = Scale.of(plot)
        self._marks = [mark for mark in plot.marks if cell(self._across(mark.x), 1) is not None]
        least = legend.width(self._legend, bare=height < layout.OWN_LEGEND_FROM)
        beside = cell_len(clean(plot.headline)) + 2 + least <= width
        self._rows = layout.rows(
            height,
            legend_alone=not beside,
            marks=bool(plot.marks),
            x_label=bool(clean(plot.x_label)),
            bands=bool(plot.bands),
        )
        if plot.bands and not beside and not self._rows.legend:
            self._legend = []  # the title needs the row
        self._y_ticks = self._choose_y_ticks()
        widest = max((cell_len(label) for _, label in self._y_ticks), default=0)
        self._left = min(max(3, widest), width // 4) + 1
        self.columns, self.lines = width - self._left, self._rows.height
        self._canvas = range(self._rows.top, self._rows.top + self.lines)
        self._x_columns: list[int] = []

    @property
    def frame(self) -> Frame:
        """Where the canvas is."""
        return Frame(self._left, self.columns, self._rows.top, self.lines, self._rows.ticks, self.scale.x)

    def finish(self, measured: Layer, dotted: Layer) -> list[list[Segment]]:
        """Put everything in its place, from front to back, and return the rows."""
        self._surroundings()
        self._tags()
        if self._look.no_colour and self._look.marker != "ascii":
            self._letters(measured)
        self._curves(measured)
        self._mark_labels()
        self._level_labels()
        self._curves(dotted)
        self._lines()
        if self._look.grid:
            self._guides()
        self._shades()
        return self._cells.rows()

    def finish_bands(self, stacked: Bands) -> list[list[Segment]]:
        """Put a stacked picture in its place, and return the rows."""
        self._surroundings()
        places = [(column + 0.5) / self.columns for column in range(self.columns)]
        cuts = bands.columns(stacked, [self.scale.x.place(x) for x in stacked.x], places, self.lines)
        bottom = self._rows.top + self.lines - 1
        for column, cells in enumerate(cuts, self._left):
            for line, one in enumerate(cells):
                glyph, painted = bands.glyph(one, stacked.layers, self._look, self._look.lettered)
                self._cells.fill(bottom - line, column, glyph, painted)
        for _, column in self._mark_columns():
            for row in self._canvas:
                self._cells.over(row, column, self._ink.mark, bands.ink)
        for number, layer in enumerate(() if self._look.lettered else stacked.layers):
            name = cut(layer.label, 12)
            place = bands.label_place(cuts, number, cell_len(name))
            if place is not None:
                self._cells.over(bottom - place[1], self._left + place[0], name, bands.ink)
        self._mark_labels()
        return self._cells.rows()

    def _surroundings(self) -> None:
        self._title()
        self._axes()
        self._x_ticks()

    def _title(self) -> None:
        row, width = self._rows.legend, self._cells.width
        # Where they share a row too short for both, the title gets up to half of it, with notes all that it needs.
        room = max(width // 2, width - legend.width(self._legend) - 2) if row == 0 and self._legend else width
        title = headline(self._plot, width if self._plot.notes else room)
        self._cells.put(0, 0, title, STRONG)
        placed = legend.fit(self._legend, width if row else width - cell_len(title) - 2)
        end = placed[-1][0] + placed[-1][1].width if placed else 0
        legend.write(self._cells, row, width - end, placed)

    def _choose_y_ticks(self) -> list[tuple[float, str]]:
        least = 3 if self._rows.height >= 5 else 2
        return self.scale.y.ticks(max(least, min(6, self._rows.height // 3 + 1)))

    def _axes(self) -> None:
        column = self._left - 1
        for row in self._canvas:
            self._cells.put(row, column, self._ink.vertical, QUIET)
        for place, text in self._y_ticks:
            at = self._row(place)
            if at is not None:
                label = cut(text, column)
                self._cells.put(at, column - cell_len(label), label, QUIET)
                self._cells.put(at, column, self._ink.y_tick, QUIET)
        if self._rows.axis is not None:
            line = self._ink.corner + self._ink.horizontal * self.columns
            self._cells.put(self._rows.axis, column, line, QUIET)

    def _across(self, x: float | None) -> float:
        place = self.scale.x.place(finite(x))
        return -1.0 if place is None else place

    def _row(self, up: float | None) -> int | None:
        row = None if up is None else cell(1 - up, self.lines)
        return None if row is None else self._rows.top + row

    def _column(self, x: float | None) -> int | None:
        column = cell(self._across(x), self.columns)
        return None if column is None else self._left + column

    def _x_ticks(self) -> None:
        label = clean(self._plot.x_label)
        if self._rows.x_label is not None:
            label = cut(label, self._cells.width)
            self._cells.put(self._rows.x_label, self._cells.width - cell_len(label), label, QUIET)
            label = ""
        elif cell_len(label) > self._cells.width // 3:  # what the axis is, without what is said of it
            label = cut(label.partition(",")[0], self._cells.width // 3)
        any(self._place_x_ticks(ticks) for ticks in self._choices_of_x_ticks())
        self._squeeze_in(label)

    def _choices_of_x_ticks(self) -> Iterator[list[tuple[float, str]]]:
        """Yield ticks from many to few; of names all, every second one, every third one, and so on."""
        names = [(self._across(x), clean(name)) for x, name in self._plot.x_names]
        for stride in range(1, len(names) + 1):
            yield names[::stride]
        for most in (5, 4, 3, 2, 1) if not names else ():
            yield self.scale.x.ticks(most)

    def _place_x_ticks(self, ticks: list[tuple[float, str]]) -> bool:
        placed = [(text, column) for place, text in ticks if (column := self.frame.column_at(place)) is not None]
        starts = layout.untouched([(c, cell_len(text)) for text, c in placed], self._cells.width, gap=2)
        if starts is None:
            return False
        self._x_columns = [column for _, column in placed]
        for start, (text, column) in zip(starts, placed, strict=True):
            self._cells.put(self._rows.ticks, start, text, QUIET)
            if self._rows.axis is not None:
                self._cells.put(self._rows.axis, column, self._ink.x_tick, QUIET)
        return True

    def _squeeze_in(self, label: str) -> None:
        """Write the x label into the rightmost gap between the ticks that holds it with air around."""
        size = cell_len(label)
        for start in range(self._cells.width - size, self._left, -1) if size else ():
            before, after = start - 1, min(size + 2, self._cells.width - start + 1)
            if self._cells.blank(self._rows.ticks, before, after):
                self._cells.put(self._rows.ticks, start, label, QUIET)
                return

    def _curves(self, layer: Layer) -> None:
        styles = [style(series.colour, self._look) for series in self._plot.series]
        for row, (text, owners) in enumerate(zip(layer.text, layer.owners, strict=True), self._rows.top):
            self._cells.paste(row, self._left, text, [styles[owner] for owner in owners])

    def _letters(self, layer: Layer) -> None:
        """Write each measured curve's letter along it, so that curves are told apart without colour."""
        letters = legend.glyphs(self._plot)
        for order, (index, letter) in enumerate(letters.items()):
            for column in range(2 + order * _TAG_EVERY // len(letters), self.columns, _TAG_EVERY):
                lines = [i for i, owners in enumerate(layer.owners) if owners[column] == index]
                lines = [i for i in lines if layer.text[i][column] != " " and self._is_alone(i, column)]
                if lines:
                    self._cells.put(self._rows.top + lines[0], self._left + column, letter, STRONG)

    def _is_alone(self, line: int, column: int) -> bool:
        """Return whether no label is in a cell of the canvas or beside it."""
        first, last = max(0, column - 1), min(self.columns, column + 2)
        return self._cells.blank(self._rows.top + line, self._left + first, last - first)

    def _level_labels(self) -> None:
        """Write each level's label as far to the right as can be: on the line, where curves are just above it.

        Below it, where it could be taken for the label of a curve, it stands where there is no other room.
        """
        rows = {*self._canvas, self._rows.marks}
        for row, label in self._levels():
            size = cell_len(label) + 1
            free = (
                (near, column)
                for near in (row, row - 1, row + 1)
                for column in range(self._cells.width - size, self._left, -1)
                if near in rows and self._cells.blank(near, column, size)
            )
            for near, column in islice(free, 1 if label else 0):
                self._cells.put(near, column, f" {label}", QUIET)

    def _levels(self) -> list[tuple[int, str]]:
        rows = [(self._row(self.scale.y.place(finite(level.y))), level.label) for level in self._plot.levels]
        return [(row, cut(label, self.columns // 2)) for row, label in rows if row is not None]

    def _lines(self) -> None:
        """Draw levels and marks behind everything else."""
        for row, _ in self._levels():
            for column in range(self._left, self._cells.width):
                self._cells.stroke(row, column, self._ink.level, QUIET)
        for mark, column in self._mark_columns():
            for row in self._canvas:
                self._cells.stroke(row, column, self._ink.mark, style(mark.colour, self._look))

    def _guides(self) -> None:
        """Dot the rows and columns of the ticks, but for those along an axis that is drawn."""
        lowest = self._canvas[-1] if self._rows.axis is not None else None
        rows = [row for place, _ in self._y_ticks if (row := self._row(place)) not in (None, lowest)]
        columns = [column for column in self._x_columns if column != self._left]
        guides(self._cells, self._canvas, range(self._left, self._cells.width), rows, columns, self._look)

    def _shades(self) -> None:
        """Tint the ground of each stretch, from its first to its last column, and over that of each ribbon."""
        for shade in self._plot.shades:
            if (ground := tint(shade.colour, self._look)) is not None:
                self._cells.tint(self._canvas, self.frame.tinted(shade.start, shade.end), ground)
        for ribbon in self._plot.ribbons:
            if (ground := tint(ribbon.colour, self._look, RIBBON)) is not None:
                for column, lines in ribbons.cells(ribbon, self.scale, self.columns, self.lines):
                    rows = range(self._rows.top + lines.start, self._rows.top + lines.stop)
                    self._cells.tint(rows, [self._left + column], ground)

    def _tags(self) -> None:
        spots = []
        for tag in self._plot.tags:
            row, column = self._row(self.scale.y.place(finite(tag.y))), self._column(tag.x)
            text = cut(tag.text, self.columns // 3)
            if row is not None and column is not None and text:
                spots.append((row, column, text, style(tag.colour, self._look, bold=True)))
        # Where curves are letters, too, a label keeps them off.
        labels.within(self._cells, self._canvas, self._left, spots, apart=self._look.marker == "ascii")

    def _mark_columns(self) -> list[tuple[Mark, int]]:
        columns = [(mark, self._column(mark.x)) for mark in self._marks]
        return [(mark, column) for mark, column in columns if column is not None]

    def _mark_labels(self) -> None:
        spots = [
            labels.Spot(
                column,
                mark.x,
                (self._mark_text(mark, mark.long or mark.label), self._mark_text(mark, mark.label)),
                style(mark.colour, self._look, bold=True),
            )
            for mark, column in self._mark_columns()
        ]
        if self._rows.marks is None:
            labels.beside(self._cells, self._canvas, spots)
        else:
            labels.above(self._cells, self._rows.marks, self._left, spots)

    def _mark_text(self, mark: Mark, label: str) -> str:
        return cut(" ".join(filter(None, (self._letter(mark), clean(label)))), self.columns)

    def _letter(self, mark: Mark) -> str:
        """Without colour a mark's label begins with the letter of the curve it belongs to."""
        if not self._look.no_colour:
            return ""
        letters = legend.glyphs(self._plot)
        return next((letters[i] for i in letters if self._plot.series[i].colour == mark.colour), "")
