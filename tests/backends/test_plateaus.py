import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.interpolation.plateaus import max_rise, plateaus
from tests.backends import small
from tests.backends.small import alphas


def found(loss, error, points=101, share=0.1, tau=0.1, resolution=0.001, evaluate=None):
    """The plateaus of two functions of alpha."""
    grid = alphas(points)
    return plateaus(
        grid,
        [loss(a) for a in grid],
        [error(a) for a in grid],
        share,
        tau,
        resolution,
        evaluate or (lambda a: (loss(a), error(a))),
    )


def ramp(corner, height, end):
    """`height` up to the corner, then straight down to `end` at 1."""
    return lambda a: height if a <= corner else height + (end - height) * (a - corner) / (1 - corner)


@small.calm
@given(
    corner=st.floats(0.0, 0.99),
    share=st.floats(0.05, 0.6),
    tau=st.floats(0.01, 0.99),
    points=st.integers(2, 120),
    resolution=st.floats(1e-5, 0.05),
)
def test_ends_of_a_ramp(corner, share, tau, points, resolution):
    """On a ramp from E to 0 the plateau ends at corner + tau (1 - corner), the half fall at the middle."""
    ends = found(ramp(corner, 3.0, 0.5), ramp(corner, 1 - share, 0.0), points, share, tau, resolution)
    for end in (ends.loss_plateau_end, ends.error_plateau_end):
        assert corner + tau * (1 - corner) - resolution - 1e-9 <= end <= corner + tau * (1 - corner) + 1e-9
    for half in (ends.loss_half_fall, ends.error_half_fall):
        assert (1 + corner) / 2 - 1e-9 <= half <= (1 + corner) / 2 + resolution + 1e-9


@small.calm
@given(st.integers(1, 12), st.floats(0.02, 0.9))
def test_ends_of_a_power(r, tau):
    """Of height (1 - a^r): the plateau ends at tau^(1/r), the half fall at (1/2)^(1/r)."""
    ends = found(lambda a: 2.0 * (1 - a**r) + 0.1, lambda a: 0.9 * (1 - a**r), tau=tau)
    for end in (ends.loss_plateau_end, ends.error_plateau_end):
        assert end == pytest.approx(tau ** (1 / r), abs=0.001)
    for half in (ends.loss_half_fall, ends.error_half_fall):
        assert half == pytest.approx(0.5 ** (1 / r), abs=0.001)


def test_the_height_of_the_error_is_that_of_the_largest_class_not_error_0():
    """Error 0.6 at 0 is below 1 - share = 0.9: no plateau. With share 0.4 it is one."""
    assert found(lambda a: 1 - a, ramp(0.5, 0.6, 0.0), share=0.1).error_plateau_end == 0.0
    assert found(lambda a: 1 - a, ramp(0.5, 0.6, 0.0), share=0.4).error_plateau_end == pytest.approx(0.55, abs=0.001)


def test_the_height_of_the_loss_is_the_loss_at_0():
    ends = found(lambda a: 7.0 - 2.0 * a, lambda a: 0.9 - a * 0.9)
    assert ends.loss_plateau_end == pytest.approx(0.1, abs=0.001)
    assert ends.loss_half_fall == pytest.approx(0.5, abs=0.001)


def test_a_plateau_end_is_on_the_plateau_and_a_half_fall_below_the_middle():
    """Both are alphas that were evaluated, on the side of the definition."""

    def curve(a):
        return 0.9 * (1 - a**3)

    ends = found(lambda a: 0.0, curve, tau=0.2)
    assert curve(ends.error_plateau_end) >= 0.9 - 0.2 * 0.9
    assert curve(ends.error_half_fall) < 0.45


def test_it_ends_where_the_curve_first_leaves_though_it_comes_back():
    def dips(a):
        return 0.0 if 0.2 <= a < 0.3 or a > 0.8 else 0.9

    ends = found(lambda a: 1 - a, dips)
    assert ends.error_plateau_end == pytest.approx(0.2, abs=0.001)
    assert ends.error_half_fall == pytest.approx(0.2, abs=0.001)


def test_a_curve_that_never_fails_keeps_its_plateau_to_1_and_has_no_half_fall():
    ends = found(lambda a: 2.0, lambda a: 0.9)
    assert (ends.loss_plateau_end, ends.error_plateau_end) == (1.0, 1.0)
    assert (ends.loss_half_fall, ends.error_half_fall) == (None, None)


def test_a_curve_that_ends_above_its_height():
    """Loss(0) is below loss(0) + tau (loss(1) - loss(0)), so it fails at 0; nothing fell, so there is no half fall."""
    ends = found(lambda a: 1.0 + a, lambda a: 0.95)
    assert (ends.loss_plateau_end, ends.loss_half_fall) == (0.0, None)
    assert (ends.error_plateau_end, ends.error_half_fall) == (1.0, None)


@pytest.mark.parametrize("worst", [math.nan, math.inf])
def test_without_a_finite_end_there_is_no_plateau(worst):
    ends = found(lambda a: worst if a == 1.0 else 1 - a, lambda a: 0.9 * (1 - a))
    assert (ends.loss_plateau_end, ends.loss_half_fall) == (None, None)
    assert ends.error_plateau_end == pytest.approx(0.1, abs=0.001)
    ends = found(lambda a: worst if a == 0.0 else 1 - a, lambda a: 0.9 * (1 - a))
    assert (ends.loss_plateau_end, ends.loss_half_fall) == (None, None)


def test_a_value_that_is_not_a_number_ends_a_plateau_and_is_no_fall():
    ends = found(lambda a: 1.0, lambda a: math.nan if 0.3 < a < 0.6 else ramp(0.7, 0.9, 0.0)(a))
    assert ends.error_plateau_end == pytest.approx(0.3, abs=0.001)
    assert ends.error_half_fall == pytest.approx(0.85, abs=0.001)


class Counted:
    def __init__(self, curve):
        self.curve, self.asked = curve, []

    def __call__(self, alpha):
        self.asked.append(alpha)
        return self.curve(alpha)


def test_nothing_is_evaluated_twice_nor_what_the_grid_holds():
    curve = Counted(lambda a: (2 * (1 - a**4), 0.9 * (1 - a**4)))
    found(lambda a: 2 * (1 - a**4), lambda a: 0.9 * (1 - a**4), points=11, evaluate=curve)
    assert len(curve.asked) == len(set(curve.asked))
    assert not set(curve.asked) & set(alphas(11))
    # both curves have the same shape: two searches of log2(0.1 / 0.001) < 7 halvings serve all four
    assert len(curve.asked) == 14


def test_no_evaluation_where_the_grid_is_finer_than_the_resolution():
    curve = Counted(lambda a: (1 - a, 0.9 * (1 - a)))
    found(lambda a: 1 - a, lambda a: 0.9 * (1 - a), points=1001, resolution=0.0011, evaluate=curve)
    assert curve.asked == []


@pytest.mark.parametrize("grid", [[0.0], [0.0, 0.5], [0.1, 1.0], [0.0, 0.6, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0]])
def test_a_grid_that_does_not_ascend_from_0_to_1_is_refused(grid):
    with pytest.raises(ValueError, match="ascend from 0 to 1"):
        plateaus(grid, grid, grid, 0.1, 0.1, 0.001, lambda a: (a, a))


@small.calm
@given(st.lists(st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float), min_size=1, max_size=30))
def test_max_rise_is_that_of_all_pairs(values):
    grid = [i / len(values) for i in range(len(values))]
    at = dict(zip(grid, values, strict=True))
    rise = max_rise(grid, values)
    every = [at[b] - at[a] for a in grid for b in grid if a < b]
    assert rise.rise == max([0.0, *every])
    assert rise.rise == at[rise.alpha_to] - at[rise.alpha_from]
    assert rise.alpha_from < rise.alpha_to or rise.rise == 0.0


def test_a_rise_that_begins_at_the_last_interval_is_seen():
    rise = max_rise([0.0, 0.5, 0.9, 1.0], [3.0, 2.0, 1.0, 1.25])
    assert (rise.rise, rise.alpha_from, rise.alpha_to) == (0.25, 0.9, 1.0)


def test_a_falling_curve_never_rises():
    assert max_rise([0.0, 0.5, 1.0], [3.0, 2.0, 2.0]).rise == 0.0


def test_a_rise_to_infinity_is_infinite_and_with_nan_nothing_is_claimed():
    rise = max_rise([0.0, 0.5, 1.0], [3.0, math.inf, 2.0])
    assert (rise.rise, rise.alpha_to) == (math.inf, 0.5)
    rise = max_rise([0.0, 0.5, 1.0], [3.0, math.nan, 2.0])
    assert math.isnan(rise.rise) and rise.alpha_to == 0.5


def test_rises_of_both_curves_are_reported():
    ends = found(lambda a: 1 - a if a < 1 else 0.5, lambda a: 0.9 - 0.5 * a if a < 0.5 else 0.8)
    assert (ends.max_rise_loss.alpha_from, ends.max_rise_loss.alpha_to) == (0.99, 1.0)
    assert ends.max_rise_error.rise == pytest.approx(0.8 - 0.655)
