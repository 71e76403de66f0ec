"""The pure parts of plotting: data, limits, ticks, colours, and labels that share a row."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color, ColorSystem

from mli_tui.plotting import geometry, layout, legend, palette, ticks
from mli_tui.plotting.cells import Cells, clean, cut
from mli_tui.plotting.series import LARGEST, Level, Mark, Plot, Series, nice_limits, round_up, thin

numbers = st.one_of(st.none(), st.floats(), st.integers(-(10**400), 10**400))
moderate = st.floats(-1e6, 1e6)


def test_what_is_no_number_breaks_the_line_and_huge_ones_are_clamped() -> None:
    series = Series((0, 1, 2, 3, 4, math.nan), (None, math.nan, -math.inf, 1e308, -(10**400), 1.0))
    assert series.y == (None, None, None, LARGEST, -LARGEST, None)
    assert all(math.isfinite(x) for x in series.x)


def test_a_series_without_one_y_for_each_x_is_refused() -> None:
    with pytest.raises(ValueError, match="3 x, 2 y"):
        Series((0, 1, 2), (0, 1))


@given(st.lists(numbers, max_size=300), st.integers(-1, 40))
def test_thinning_keeps_extremes_ends_and_order_and_invents_nothing(y: list, columns: int) -> None:
    series = Series(tuple(range(len(y))), tuple(y), "linear", "name", True)
    small = thin(series, columns)
    points = list(zip(series.x, series.y, strict=True))
    left = list(zip(small.x, small.y, strict=True))
    assert set(left) <= set(points) and sorted(left, key=lambda p: p[0]) == left
    assert (small.colour, small.label, small.thin) == ("linear", "name", True)
    assert len(left) <= max(2, 3 * max(1, columns) + 5)
    assert left[:1] == points[:1] and left[-1:] == points[-1:]
    there = [value for value in series.y if value is not None]
    if there:
        kept = [value for value in small.y if value is not None]
        assert (min(kept), max(kept)) == (min(there), max(there))


def test_thinning_keeps_the_peak_and_the_dip_of_every_column() -> None:
    x = tuple(i / 999 for i in range(1000))
    y = [math.sin(20 * a) for a in x]
    y[333], y[334] = 50.0, -50.0
    small = thin(Series(x, tuple(y)), 20)
    assert len(small.x) <= 62
    for column in range(20):
        whole = [b for a, b in zip(x, y, strict=True) if int(a * 20) == column]
        kept = [b for a, b in zip(small.x, small.y, strict=True) if int(a * 20) == column]
        assert (min(whole), max(whole)) == (min(kept), max(kept))


def test_thinning_keeps_a_gap() -> None:
    y = [1.0] * 400
    y[200] = math.nan
    assert thin(Series(tuple(range(400)), tuple(y)), 10).y.count(None) == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((), (0.0, 1.0)),
        ((0.0,), (0.0, 1.0)),
        ((2.303, 0.1, None, math.nan, math.inf), (0.0, 2.5)),
        ((2.5,), (0.0, 2.5)),
        ((2.5000001,), (0.0, 3.0)),
        ((-0.4, 1.1), (-0.4, 1.2)),
        ((-3.0,), (-3.0, 0.0)),
        ((7e-9,), (0.0, 8e-9)),
    ],
)
def test_limits_are_round_and_begin_at_zero(values: tuple, expected: tuple) -> None:
    assert nice_limits(values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [((), (0.1, 1.0)), ((0.02, 3.0, -1.0, 0.0), (0.01, 10.0)), ((1.0,), (1.0, 10.0)), ((5e-324,), (1e-300, 1e-299))],
)
def test_limits_of_a_log_scale_are_decades(values: tuple, expected: tuple) -> None:
    assert nice_limits(values, log=True) == expected


@given(st.floats(1e-200, 1e99))
def test_rounding_up_is_never_below_and_never_far_above(value: float) -> None:
    assert value * (1 - 1e-9) <= round_up(value) <= 1.35 * value
    assert round_up(round_up(value)) == round_up(value)


@pytest.mark.parametrize(
    ("low", "high", "most", "labels"),
    [
        (0, 1, 5, "0 0.25 0.5 0.75 1"),
        (0, 1, 3, "0 0.5 1"),
        (0, 1, 2, "0 1"),
        (0, 2.5, 6, "0 0.5 1 1.5 2 2.5"),
        (0, 2.5, 4, "0 1 2"),
        (-4, 6, 6, "-4 -2 0 2 4 6"),
        (0, 150, 5, "0 50 100 150"),
        (0, 0.3, 4, "0 0.1 0.2 0.3"),
        (0, 3e-7, 4, "0 1e-7 2e-7 3e-7"),
        (0, 4e6, 5, "0 1e6 2e6 3e6 4e6"),
        (100_000, 100_000.25, 6, "1e5 1.0000005e5 1.000001e5 1.0000015e5 1.000002e5 1.0000025e5"),
        (3, 3, 5, ""),
    ],
)
def test_linear_ticks_are_round_and_short(low: float, high: float, most: int, labels: str) -> None:
    assert " ".join(t.label for t in ticks.linear_ticks(low, high, most)) == labels


@given(moderate, st.floats(1e-3, 1e6), st.integers(1, 12))
def test_ticks_are_inside_few_and_say_where_they_are(low: float, span: float, most: int) -> None:
    found = ticks.linear_ticks(low, low + span, most)
    assert 1 <= len(found) <= most
    assert len({t.label for t in found}) == len(found)
    for tick in found:
        assert low - 1e-6 * span <= tick.at <= low + span * (1 + 1e-6)
        if len(found) > 1:
            assert float(tick.label) == pytest.approx(tick.at, abs=(found[1].at - found[0].at) / 2)


@pytest.mark.parametrize(
    ("low", "high", "most", "labels"),
    [
        (-4, 1, 10, "1e-4 1e-3 0.01 0.1 1 10"),
        (-4, 1, 3, "1e-4 0.01 1"),
        (0, 5, 9, "1 10 100 1000 1e4 1e5"),
        (-0.5, 0.4, 3, "1"),
        (0.2, 0.8, 3, ""),
        (-300, 100, 5, "1e-300 1e-219 1e-138 1e-57 1e24"),
    ],
)
def test_decade_ticks_are_at_powers_of_ten(low: float, high: float, most: int, labels: str) -> None:
    found = ticks.decade_ticks(low, high, most)
    assert " ".join(t.label for t in found) == labels
    assert all(math.log10(float(t.label)) == pytest.approx(t.at) for t in found)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=7), st.integers(1, 60))
def test_labels_side_by_side_never_touch_and_stay_inside(spans: list[tuple[int, int]], room: int) -> None:
    for starts, gap in ((layout.apart(spans, room), 1), (layout.untouched(sorted(spans), room, 2), 2)):
        widths = [w for _, w in (spans if gap == 1 else sorted(spans))]
        if starts is None:
            continue
        placed = sorted(zip(starts, widths, strict=True))
        assert all(s >= 0 and s + w <= room for s, w in placed)
        assert all(a + w + gap <= b for (a, w), (b, _) in itertools.pairwise(placed))
    if sum(w + 1 for _, w in spans) - 1 <= room:
        assert layout.apart(spans, room) is not None


@given(st.lists(st.text(max_size=14), max_size=6), st.integers(0, 80), st.sampled_from(["braille", "ascii"]))
def test_a_legend_fits_its_room(labels: list[str], room: int, marker: palette.Marker) -> None:
    plot = Plot(series=tuple(Series((0,), (0,), label=label) for label in labels))
    placed = legend.fit(legend.entries(plot, palette.Look(marker)), room)
    ends = [offset + entry.width for offset, entry in placed]
    assert all(end <= room for end in ends)
    assert all(end < offset for end, (offset, _) in zip(ends, placed[1:], strict=False))


def test_the_legend_shows_equal_labels_once_and_measured_curves_first() -> None:
    plot = Plot(
        series=(
            Series((0,), (0,), "linear", "predicted", True),
            Series((0,), (0,), "homogeneous", "predicted", True),
            Series((0,), (0,), "linear", "linear"),
            Series((0,), (0,), "linear", ""),
        )
    )
    found = legend.entries(plot, palette.Look())
    assert [(e.label, e.sample) for e in found] == [("linear", "━━"), ("predicted", "┈┈")]
    assert found[0].style.color is not None and found[1].style.color is None


def test_without_colour_every_measured_curve_has_a_letter_of_its_own() -> None:
    labels = ["linear", "homogeneous", *"0123456789"][:10]
    plot = Plot(series=tuple(Series((0,), (0,), label=label) for label in labels))
    letters = legend.glyphs(plot)
    assert len(set(letters.values())) == 10
    assert letters[2] == "0" and letters[9] == "7"
    for look in (palette.Look("ascii"), palette.Look(no_colour=True)):
        shown = {e.label: e.sample for e in legend.entries(plot, look)}
        assert "*" in shown["linear"] and "o" in shown["homogeneous"]
        assert "0" not in shown["0"]  # once is enough


square = st.tuples(st.floats(-3, 3), st.floats(-3, 3))


@given(st.lists(st.one_of(st.none(), square), max_size=20))
def test_only_what_is_inside_the_square_is_drawn_and_lines_are_cut_not_bent(points: list) -> None:
    parts = geometry.pieces(points)
    for x, y in itertools.chain.from_iterable(parts):
        assert 0 <= x <= 1 and 0 <= y <= 1
        segments = [(p, q) for p, q in itertools.pairwise(points) if p and q] + [(p, p) for p in points if p]
        assert min(_distance((x, y), p, q) for p, q in segments) < 1e-6
    inside = [p for p in points if p and 0 <= p[0] <= 1 and 0 <= p[1] <= 1]
    assert set(inside) <= set(itertools.chain.from_iterable(parts))


def _distance(point: tuple, start: tuple, end: tuple) -> float:
    along = (end[0] - start[0], end[1] - start[1])
    size = along[0] ** 2 + along[1] ** 2
    part = 0.0
    if size > 0:
        part = ((point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]) / size
    part = max(0.0, min(1.0, part))
    return math.dist(point, (start[0] + along[0] * part, start[1] + along[1] * part))


def test_a_gap_stays_a_gap() -> None:
    assert geometry.pieces([(0, 0.5), (0.2, 0.5), None, (0.4, 0.5), (0.6, 0.5)]) == [
        [(0, 0.5), (0.2, 0.5)],
        [(0.4, 0.5), (0.6, 0.5)],
    ]


def test_dots_are_evenly_spaced_along_the_line() -> None:
    found = geometry.dots([(0.0, 0.0), (0.35, 0.0), (1.0, 0.0)], 10, 5)
    assert [x for x, _ in found] == pytest.approx([i / 10 for i in range(11)])


@given(st.text(max_size=30), st.integers(0, 20))
def test_cleaned_text_measures_what_its_characters_measure(text: str, width: int) -> None:
    assert "\x1b" not in clean(text) and "\n" not in clean(text)
    assert cell_len(clean(text)) == sum(cell_len(c) for c in clean(text))
    assert cell_len(cut(text, width)) <= width
    cells = Cells(width, 1)
    cells.put(0, 0, text)
    assert sum(cell_len(s.text) for s in cells.rows()[0]) == width


def test_a_cut_text_says_so() -> None:
    assert cut("homogeneous", 6) == "homog…"
    assert cut("homogeneous", 11) == "homogeneous"


# Machado, Oliveira and Fernandes 2009, severity 1.
_SIGHTS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.1523, 1.0526, -0.2049), (0.1145, 0.7863, 0.0992), (-0.0039, -0.0481, 1.0520)),
    "deutan": ((0.3673, 0.8607, -0.2280), (0.2801, 0.6725, 0.0474), (-0.0118, 0.0429, 0.9689)),
    "tritan": ((1.2555, -0.0767, -0.1788), (-0.0784, 0.9309, 0.1476), (0.0047, 0.6914, 0.3039)),
}


def _linear(code: str) -> list[float]:
    parts = [int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def _oklab(rgb: list[float]) -> tuple[float, float, float]:
    r, g, b = rgb
    cones = (
        0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
        0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
        0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
    )
    l, m, s = (math.copysign(abs(v) ** (1 / 3), v) for v in cones)  # noqa: E741
    return (
        0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    )


def _seen(code: str, sight: str) -> tuple[float, float, float]:
    rgb = _linear(code)
    return _oklab([max(0.0, min(1.0, sum(a * b for a, b in zip(row, rgb, strict=True)))) for row in _SIGHTS[sight]])


def _contrast(one: str, other: str) -> float:
    light, dark = sorted(
        (sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), _linear(code), strict=True)) for code in (one, other)),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize(
    ("names", "distance"),
    [([palette.class_colour(i) for i in range(10)], 0.07), (["linear", "homogeneous"], 0.15)],
)
def test_colours_are_told_apart_with_every_kind_of_sight(names: list[str], distance: float, dark: bool) -> None:
    look = palette.Look(dark=dark)
    codes = [palette.hexadecimal(name, look) or "" for name in names]
    for sight in _SIGHTS:
        closest = min(math.dist(_seen(a, sight), _seen(b, sight)) for a, b in itertools.combinations(codes, 2))
        # Okabe and Ito's seven colours reach 0.076 by this measure for the two common kinds.
        assert closest >= (distance if sight != "tritan" else 0.6 * distance), sight


@pytest.mark.parametrize(("dark", "ground", "least"), [(True, "#1e1e1e", 3.5), (False, "#f5f5f5", 2.5)])
def test_colours_stand_out_from_the_ground(dark: bool, ground: str, least: float) -> None:
    for name in ("linear", "homogeneous", "neutral", *(palette.class_colour(i) for i in range(10))):
        assert _contrast(palette.hexadecimal(name, palette.Look(dark=dark)) or "", ground) >= least, name


def test_of_16_colours_on_a_light_ground_none_is_bright_or_weakened_and_no_two_are_alike() -> None:
    look = palette.Look(dark=False, few_colours=True)
    schemes = ["linear", "homogeneous", "last_bias_linear", "fixed_bias", "equal_last_bias"]
    for names in (schemes, [palette.class_colour(i) for i in range(10)]):
        codes = [palette.hexadecimal(name, look) or "" for name in names]
        numbers = [Color.parse(code).downgrade(ColorSystem.STANDARD).number for code in codes]
        assert len(set(numbers)) == len(numbers)
        assert not set(numbers) & {3, 7, 10, 11, 14, 15}, "yellow, white and bright ones are not seen on white"
        assert codes == [palette.hexadecimal(palette.faded(name, 0.3), look) for name in names]


def test_a_trail_fades_towards_the_ground_from_new_to_old() -> None:
    ground = "#204060"
    look = palette.Look(background=ground)
    codes = [palette.hexadecimal(name, look) or "" for name in (*palette.fading("linear", 5), "linear")]
    distances = [math.dist(_oklab(_linear(code)), _oklab(_linear(ground))) for code in codes]
    assert distances == sorted(distances) and distances[0] > 0
    assert palette.hexadecimal(palette.faded("linear", 0), look) == ground
    assert palette.hexadecimal(palette.faded("linear", 1), look) == palette.hexadecimal("linear", look)


@pytest.mark.parametrize(
    ("name", "code"),
    [("rgb(1,2,300)", "#0102ff"), ("#A0b0C0", "#a0b0c0"), ("nothing", None), ("", None), ("@50", None)],
)
def test_colours_by_value_and_unknown_ones(name: str, code: str | None) -> None:
    assert palette.hexadecimal(name, palette.Look()) == code
    assert palette.style(name, palette.Look(no_colour=True)).color is None


def test_plots_are_values() -> None:
    def build() -> Plot:
        return Plot("t", (Series((0, 1), (math.nan, 2)),), (Mark(0.5, "0.5"),), (Level(1, "ln k"),))

    assert build() == build() and hash(build()) == hash(build())


@pytest.mark.parametrize(
    ("low", "high", "most", "labels"),
    [
        (0.01, 1, 5, "0.01 0.1 1"),
        (0.1, 1, 5, "0.1 0.2 0.5 1"),
        (0.1, 1, 3, "0.1 1"),
        (0.05, 0.5, 5, "0.05 0.1 0.2 0.5"),
        (0.2, 0.6, 5, "0.2 0.3 0.4 0.5 0.6"),
        (1e-6, 1, 4, "1e-6 1e-4 0.01 1"),
    ],
)
def test_ticks_of_a_log_axis_are_round_however_short_it_is(low: float, high: float, most: int, labels: str) -> None:
    found = ticks.log_ticks(math.log10(low), math.log10(high), most)
    assert " ".join(tick.label for tick in found) == labels
    assert [10**tick.at for tick in found] == pytest.approx([float(tick.label) for tick in found])


@given(st.floats(-300, 90), st.floats(1e-3, 40), st.integers(1, 8))
def test_ticks_of_a_log_axis_are_inside_and_no_more_than_asked(low: float, span: float, most: int) -> None:
    found = [tick.at for tick in ticks.log_ticks(low, low + span, most)]
    assert len(found) <= most
    assert found == sorted(set(found))
    assert all(low - 1e-6 <= at <= low + span + 1e-6 for at in found)


@given(st.floats(1e-6, 1.0), st.floats(1.1, 1e3), st.floats(0, 1))
def test_a_place_on_an_axis_and_its_value_agree(low: float, ratio: float, place: float) -> None:
    for log in (False, True):
        axis = geometry.Axis.over((low, low * ratio), log)
        assert axis.place(axis.value(place)) == pytest.approx(place, abs=1e-6)


@pytest.mark.parametrize(
    ("start", "end", "part"),
    [
        (0.0, 0.1, (0.0, 0.5)),
        (-1.0, 0.0, None),
        (0.1, 5.0, (0.5, 1.0)),
        (2.0, 5.0, None),
        (0.001, 0.005, None),
        (0.1, 0.1, None),
        (None, 0.1, None),
    ],
)
def test_a_stretch_that_begins_at_0_begins_at_the_end_of_a_log_axis(start, end, part) -> None:
    found = geometry.Axis.over((0.01, 1.0), True).stretch(start, end)
    assert found == (None if part is None else pytest.approx(part))


def test_a_log_axis_begins_at_the_smallest_x_above_0() -> None:
    series = Series((-0.5, 0.0, 0.02, 1.0), (1.0,) * 4)
    assert Plot(series=(series,), log_x=True).across() == (0.02, 1.0)
    assert Plot(series=(series,), log_x=True, x_limits=(0.1, 0.5)).across() == (0.1, 0.5)
    assert Plot(series=(series,)).across() == (0.0, 1.0)
    assert not Plot(series=(Series((0.0,), (1.0,)),), log_x=True).drawable
    assert Plot(series=(Series((0.0,), (1.0,)),)).drawable


def test_limits_of_a_log_axis_are_above_0_whatever_is_asked() -> None:
    for high in (5e-324, 1e-300, 1.0):
        plot = Plot(
            series=(Series((-1.0,), (-1.0,)),), x_limits=(0.0, high), y_limits=(0.0, high), log=True, log_x=True
        )
        assert 0 < plot.across()[0] <= high
        assert 0 < plot.limits()[0] <= high
        assert geometry.Scale.of(plot).x.low < geometry.Scale.of(plot).x.high


def test_thinning_to_a_stretch_keeps_what_is_inside_and_the_neighbours_of_its_edges() -> None:
    x = tuple(i / 999 for i in range(1000))
    across = geometry.Axis(0.5, 0.51).place
    small = thin(Series(x, tuple(a % 0.1 for a in x)), 20, across)
    inside = {a for a in x if 0.5 <= a <= 0.51}
    assert inside <= set(small.x)
    assert {max(a for a in x if a < 0.5), min(a for a in x if a > 0.51)} <= set(small.x)
    assert len(small.x) <= len(inside) + 4
