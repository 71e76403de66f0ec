"""Limits of loss and error: still on all of alpha, close on a stretch of it, round always."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mli_tui.axes import Axes
from mli_tui.fitting import limits
from mli_tui.plotting.series import Series

STRETCH = (0.2, 0.4)


def fitted(metric, *inside, log=False, outside=5.0):
    """Return the limits of a stretch in which these values are measured; around it the curve goes elsewhere."""
    places = [0.2 + 0.2 * (i + 1) / (len(inside) + 1) for i in range(len(inside))]
    one = Series((0.0, *places, 1.0), (None, *inside, None))
    other = Series((0.0, 0.1), (outside, outside))
    return limits(metric, 10, [one, other], Axes(window=STRETCH, log=log), STRETCH)


def test_all_of_alpha_has_limits_that_stand_still():
    drawn = [Series((0.0, 1.0), (2.0, 1.9))]
    assert limits("loss", 10, drawn, Axes(), (0.0, 1.0)) == (0.0, 3.0)
    assert limits("error", 10, drawn, Axes(), (0.0, 1.0)) == (0.0, 1.0)
    assert limits("loss", 10, [Series((0.0, 1.0), (0.02, 2.0))], Axes(log=True), (0.0, 1.0)) == (0.01, 10.0)


@pytest.mark.parametrize(
    ("metric", "inside", "found"),
    [
        ("loss", (1.93, 2.38), (1.9, 2.4)),
        ("loss", (0.3, 2.4), (0.0, 2.5)),  # more than half of it: from 0, as everywhere
        ("loss", (0.0006, 0.00095), (0.0006, 0.001)),
        ("loss", (2.3026, 2.3026), (2.2, 2.4)),  # a plateau is flat
        ("loss", (2.302, 2.304), (2.2, 2.4)),
        ("loss", (0.0, 0.0), (0.0, 1.0)),
        ("error", (0.2, 0.9), (0.0, 1.0)),
        ("error", (0.85, 0.9), (0.85, 0.9)),
        ("error", (0.9, 0.9), (0.87, 0.93)),
        ("error", (0.0, 0.003), (0.0, 0.003)),
        ("error", (0.98, 1.0), (0.96, 1.0)),  # never beyond what an error can be
        ("error", (0.0, 0.0), (0.0, 1.0)),
    ],
)
def test_a_stretch_fits_to_what_is_in_it(metric, inside, found):
    assert fitted(metric, *inside) == pytest.approx(found)


@pytest.mark.parametrize(
    ("inside", "found"),
    [((1.9, 2.4), (1.5, 2.5)), ((3e-4, 0.7), (3e-4, 0.8)), ((2.0, 2.0), (1.5, 2.5)), ((0.0, 0.05), (0.05, 0.06))],
)
def test_a_stretch_in_decades_has_no_empty_ones(inside, found):
    low, high = fitted("loss", *inside, log=True)
    assert low <= found[0] and high >= found[1]
    assert (low, high) == pytest.approx(found, rel=0.25)


def test_a_line_that_only_crosses_the_stretch_is_held_where_it_is_drawn():
    crossing = Series((0.0, 1.0), (1.0, 2.0))
    assert limits("loss", 10, [crossing], Axes(window=STRETCH), STRETCH) == pytest.approx((1.2, 1.4))
    decades = Series((0.0, 1.0), (1e-4, 1.0))  # straight on an axis of decades
    low, high = limits("loss", 10, [decades], Axes(window=STRETCH, log=True), STRETCH)
    assert low <= 10 ** (-4 + 0.8) * 1.001 and high >= 10 ** (-4 + 1.6) * 0.999
    assert high / low < 10


def test_where_nothing_is_measured_on_a_stretch_the_limits_are_those_of_all_of_it():
    drawn = [Series((0.6, 1.0), (2.0, 1.9))]
    assert limits("loss", 10, drawn, Axes(window=STRETCH), STRETCH) == (0.0, 3.0)
    assert limits("error", 10, [], Axes(window=STRETCH), STRETCH) == (0.0, 1.0)


def test_small_changes_of_a_live_curve_leave_the_limits_of_a_stretch_where_they_are():
    found = {fitted("loss", 1.93 + shift, 2.33 + shift) for shift in (0.0, 0.01, 0.02, 0.03, 0.04)}
    assert len(found) == 1


values = st.one_of(st.none(), st.floats(0, 1e9), st.floats(-1e3, 1e3), st.just(0.0), st.floats(1e-320, 1e-290))


@given(st.lists(values, min_size=2, max_size=20), st.booleans(), st.booleans(), st.sampled_from(["loss", "error"]))
def test_whatever_the_numbers_they_are_held_and_the_limits_can_be_divided_by(y, log, log_alpha, metric):
    x = tuple(i / (len(y) - 1) for i in range(len(y)))
    axes = Axes(window=STRETCH, log=log, log_alpha=log_alpha)
    low, high = limits(metric, 10, [Series(x, tuple(y))], axes, STRETCH)
    assert math.isfinite(low) and math.isfinite(high) and low < high
    assert low > 0 or not log
    inside = [v for a, v in zip(x, y, strict=True) if 0.2 <= a <= 0.4 and v is not None]
    for one in inside:
        assert (low * (1 - 1e-9) <= one <= high * (1 + 1e-9) + 1e-12) or (log and one <= 1e-280) or one < 0
