"""Stacked bands and small multiples: every cell against the shares it stands for, and no panel out of its place."""

import math
import re
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import Color, ColorSystem

from mli_tui.plotting import bands, multiples, palette
from mli_tui.plotting.bands import Cut
from mli_tui.plotting.figure import Look, draw, frames
from mli_tui.plotting.multiples import Multiples
from mli_tui.plotting.series import Band, Bands, Mark, Plot, Series, Shade
from presets.experiment import Scheme
from tests.mli_tui.test_plot_figure import LOOKS, assert_sound, canvas, texts

ALPHAS = tuple(i / 10 for i in range(11))


def swallowed() -> Plot:
    """Return the picture of the paper: class a has all inputs up to 0.5, then b and c come in."""
    a = tuple(1.0 if x <= 0.5 else 0.5 for x in ALPHAS)
    b = tuple(0.0 if x <= 0.5 else 0.25 for x in ALPHAS)
    layers = (Band(a, "class-0", "a", "a"), Band(b, "class-1", "b", "b"), Band(b, "class-2", "c", "c"))
    return Plot("share", bands=Bands(ALPHAS, layers), marks=(Mark(0.5, "0.5", "linear"),), y_limits=(0, 1))


@pytest.mark.parametrize(
    ("shares", "lines", "cells"),
    [
        ([1.0, 0.0], 2, [Cut(0, 0, 0), Cut(0, 0, 0)]),
        ([0.0, 1.0], 2, [Cut(1, 1, 0), Cut(1, 1, 0)]),
        ([0.5, 0.5], 2, [Cut(0, 0, 0), Cut(1, 1, 0)]),
        ([0.25, 0.75], 2, [Cut(0, 1, 4), Cut(1, 1, 0)]),
        ([0.25, 0.0, 0.75], 2, [Cut(0, 2, 4), Cut(2, 2, 0)]),
        ([0.1, 0.5, 0.4], 1, [Cut(1, 2, 4)]),  # the two with most of the cell
        ([2.0, 2.0], 2, [Cut(0, 0, 0), Cut(1, 1, 0)]),
        ([math.nan, 1.0], 2, [Cut(1, 1, 0), Cut(1, 1, 0)]),
    ],
)
def test_a_column_shows_each_layer_where_it_is(shares, lines, cells):
    assert bands.column(shares, lines) == cells


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8).filter(lambda s: sum(s) > 0.01), st.integers(1, 40))
def test_every_layer_gets_cells_in_proportion_to_its_share(shares, lines):
    cells = bands.column(shares, lines)
    assert len(cells) == lines
    filled = [0.0] * len(shares)
    for cut in cells:
        filled[cut.lower] += cut.eighths / 8
        filled[cut.upper] += 1 - cut.eighths / 8
    assert sum(filled) == pytest.approx(lines)
    if len(shares) == 2:  # with more, the third one of a cell has to give way
        assert filled[0] == pytest.approx(lines * shares[0] / sum(shares), abs=1 / 16 + 1e-6)


@pytest.mark.parametrize(("place", "number"), [(-1, 0), (0.0, 0), (0.24, 0), (0.26, 1), (0.5, 1), (0.76, 2), (9, 2)])
def test_each_column_shows_the_nearest_measured_place(place, number):
    assert bands.nearest((0.0, 0.5, 1.0), place) == number


def test_without_colours_each_cell_is_the_letter_of_its_class():
    for look in (Look("ascii"), Look("braille", no_colour=True), Look("braille", few_colours=True)):
        rows = canvas(draw(swallowed(), 44, 16, look))
        assert {row[:10] for row in rows} == {"a" * 10}
        ends = "".join(row[-1] for row in rows)
        assert ends == "c" * ends.count("c") + "b" * ends.count("b") + "a" * ends.count("a")
        assert ends.count("a") == pytest.approx(len(ends) / 2, abs=1)


def test_with_colours_each_class_has_its_own_and_its_name():
    look = Look("braille")
    rows = draw(swallowed(), 44, 16, look)
    colours = [palette.hexadecimal(f"class-{i}", look) for i in range(3)]
    painted = {s.style.bgcolor.name for row in rows for s in row if s.style and s.style.bgcolor}
    assert painted == set(colours)
    inside = "".join(canvas(rows))
    assert all(name in inside for name in "abc")
    assert "█ a" in "".join(texts(rows)[:2])


@pytest.mark.parametrize(
    ("size", "legend"),
    [
        ((36, 10), "1 8 2 3 9 4 7 5 6 0"),
        ((36, 8), "1 8 2 3 9 4 7 5 6 0"),
        ((57, 16), "█ 1  █ 8  █ 2  █ 3  █ 9  █ 4  █ 7  █ 5  █ 6  █ 0"),
    ],
)
def test_each_of_ten_classes_is_in_the_legend_in_its_own_colour(size, legend):
    order = [int(name) for name in "1823947560"]
    layers = tuple(Band((0.1, 0.1), palette.class_colour(i), str(i), str(i)) for i in order)
    plot = Plot("share by class, linear, train", bands=Bands((0.0, 1.0), layers), marks=(Mark(0.5, "0.5"),))
    rows = draw(plot, *size, Look())
    assert texts(rows)[1].strip() == legend
    told = [s.style.color.name for s in rows[1] if s.style and s.style.color and s.text.strip()]
    assert told == [palette.hexadecimal(palette.class_colour(i), Look()) for i in order]
    assert len([row for row in texts(rows) if re.search("[│┤]", row)]) >= 4


def test_the_name_is_left_out_where_it_does_not_fit_its_layer():
    cuts = [bands.column([1.0, 0.0], 3)] * 6
    assert bands.label_place(cuts, 0, 4) == (1, 1)
    assert bands.label_place(cuts, 0, 5) is None
    assert bands.label_place(cuts, 1, 1) is None


@pytest.mark.parametrize("look", LOOKS)
def test_bands_fill_every_size_exactly(look):
    for width, height in [(0, 0), (5, 3), (20, 5), (21, 6), (36, 8), (58, 16), (98, 25)]:
        assert_sound(draw(swallowed(), width, height, look), width, height)


def panels(count: int) -> Multiples:
    series = (Series(ALPHAS, tuple(1 - a for a in ALPHAS), "linear", "linear"),)
    plots = (
        Plot(f"class {i}", title_colour=f"class-{i % 10}", series=series, y_limits=(0, 1), shades=(Shade(0, 0.5),))
        for i in range(count)
    )
    return Multiples("error by class", tuple(plots), "alpha", "nothing yet")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("count", [1, 2, 9, 10])
def test_multiples_fill_every_size_exactly(look, count):
    for width, height in [(0, 0), (9, 4), (20, 5), (21, 6), (36, 8), (78, 10), (118, 20)]:
        assert_sound(draw(panels(count), width, height, look), width, height)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 12), st.integers(20, 220), st.integers(5, 60))
def test_panels_are_inside_and_never_touch_each_other(count, width, height):
    taken = set()
    shown = multiples.frames(panels(count), width, height)
    assert shown
    for frame in shown:
        cells = {(row, column) for row in frame.rows for column in range(frame.left - 1, frame.left + frame.columns)}
        cells |= {(frame.top - 1, column) for column in range(frame.left, frame.left + frame.columns)}
        if frame.ticks is not None:
            cells |= {(frame.ticks, column) for column in range(frame.left, frame.left + frame.columns)}
        assert not cells & taken
        taken |= cells
    assert min(row for row, _ in taken) == 1
    assert max(row for row, _ in taken) < height
    assert max(column for _, column in taken) < width


@pytest.mark.parametrize(("size", "across"), [((78, 10), 5), ((118, 20), 5), ((198, 36), 5), ((40, 40), 2)])
def test_ten_panels_are_laid_out_so_that_each_is_wider_than_high(size, across):
    grid = multiples.grid(10, *size)
    assert grid is not None
    assert grid.across == across


def test_each_panel_has_its_name_and_its_curve():
    rows = texts(draw(panels(10), 78, 10, Look("ascii")))
    assert sum(row.count("class ") for row in rows[1:]) == 10
    for frame in frames(panels(10), 78, 10, Look("ascii")):
        assert rows[frame.top][frame.left] == "*"
        assert rows[frame.top + frame.lines - 1][frame.left + frame.columns - 1] == "*"


def test_what_has_no_room_is_said():
    assert "error by class, 4 of 10" in texts(draw(panels(10), 30, 10, Look("ascii")))[0]


def test_nothing_measured_is_said():
    assert "nothing yet" in "".join(texts(draw(Multiples("e", (), "alpha", "nothing yet"), 60, 10, Look())))


def test_a_shade_tints_the_ground_where_it_is_known_and_nowhere_else():
    plot = Plot("x", (Series((0.0, 1.0), (0.5, 0.5), "linear"),), shades=(Shade(0.0, 0.5, "linear"),), y_limits=(0, 1))

    def tinted(look: Look) -> set[int]:
        found = set()
        for row in draw(plot, 45, 12, look):
            column = 0
            for segment in row:
                if segment.style and segment.style.bgcolor:
                    found |= set(range(column, column + segment.cell_length))
                column += segment.cell_length
        return found

    (frame,) = frames(plot, 45, 12, Look())
    expected = set(range(frame.left, frame.column(0.5) + 1))
    assert tinted(Look(background="#1e1e1e")) == expected
    for look in (Look(), Look(background="#1e1e1e", no_colour=True), Look(background="#1e1e1e", few_colours=True)):
        assert tinted(look) == set()


def test_dashes_are_a_line_with_gaps():
    whole = Series(ALPHAS, (0.5,) * 11, "linear", thin=True, dashed=True)
    rows = canvas(draw(Plot("x", (whole,), y_limits=(0, 1)), 45, 12, Look()))
    drawn = [row for row in rows if row.strip()]
    assert len(drawn) == 1
    assert 4 < drawn[0].count(" ") < 20


@pytest.mark.parametrize("dark", [True, False])
def test_of_16_colours_each_class_and_each_scheme_has_one_of_its_own(dark):
    look = Look(few_colours=True, dark=dark)
    classes = [palette.hexadecimal(palette.class_colour(number), look) for number in range(palette.CLASSES)]
    schemes = [palette.hexadecimal(name, look) for name in get_args(Scheme)]
    assert len(set(classes)) == palette.CLASSES
    assert len(set(schemes)) == len(get_args(Scheme))
    assert palette.hexadecimal("neutral", look) not in {*schemes, *(classes if dark else ())}
    # What a terminal of 16 colours has, so that none of them is rounded to another one's.
    standard = {f"#{r}{g}{b}" for r in ("00", "aa") for g in ("00", "aa", "55") for b in ("00", "aa")}
    bright = {f"#{r}{g}{b}" for r in ("55", "ff") for g in ("55", "ff") for b in ("55", "ff")}
    assert {*classes, *schemes} <= standard | bright
    numbers = {Color.parse(code).downgrade(ColorSystem.STANDARD).number for code in classes if code}
    assert len(numbers) == palette.CLASSES
