"""What keys do to a reading: where the cursor goes, which stretch is shown. Only measured alphas are ever read."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends.runs import listing
from mli_tui import reading
from mli_tui.axes import LEAST_SPAN
from mli_tui.reading import MOVES, Reading, moved
from tests.mli_tui import make_run, synthetic


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A finished run on 101 alphas, to which bisection has added three of the linear path's own."""
    view = listing.read_run(make_run.finished(tmp_path_factory.mktemp("runs")))
    more = tuple(synthetic.point("linear", "train", a) for a in (0.6725, 0.675, 0.6775))
    linear = sorted((*view.curves["linear", "train"], *more), key=lambda p: p.alpha)
    return msgspec.structs.replace(view, curves={**view.curves, ("linear", "train"): tuple(linear)})


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    return listing.read_run(make_run.live(tmp_path_factory.mktemp("runs"), epochs=12))


def after(view, *moves, start=Reading()):  # noqa: B008
    for move in moves:
        start = moved(view, start, move)
    return start


@pytest.mark.parametrize(
    ("moves", "alpha"),
    [
        (["right"], 0.68),  # the first one goes where the plateau ends
        (["left"], 0.68),
        (["right", "right"], 0.69),
        (["right", "left"], 0.67),
        (["right", "far-left"], 0.63),
        (["right", "far-right"], 0.73),
        (["to-0"], 0.0),
        (["to-4"], 0.4),
        (["to-9", "far-right", "far-right"], 1.0),
        (["to-0", "left"], 0.0),
        (["to-3", "end"], 1.0),
        (["to-3", "last"], 1.0),
        (["to-3", "first"], 0.0),
        (["to-3", "no-cursor"], None),
    ],
)
def test_moves_of_the_cursor(done, moves, alpha):
    assert after(done, *moves).alpha == (None if alpha is None else pytest.approx(alpha))


def test_a_zoomed_stretch_has_every_measured_alpha_as_a_stop(done):
    assert 0.675 not in reading.stops(done, Reading())
    zoomed = after(done, "right", "zoom-in", "zoom-in")
    assert {0.6725, 0.675, 0.6775} <= set(reading.stops(done, zoomed))
    assert after(done, "left", "left", start=zoomed).alpha == 0.675


@pytest.mark.parametrize(
    ("moves", "window"),
    [
        (["zoom-in"], (0.25, 0.75)),
        (["zoom-in", "zoom-in"], (0.375, 0.625)),
        (["to-2", "zoom-in", "zoom-in"], (0.075, 0.325)),
        (["to-0", "zoom-in"], (0.0, 0.5)),
        (["zoom-in", "zoom-out"], None),
        (["zoom-in", "whole"], None),
        (["zoom-out"], None),
        (["pan-left"], None),
        (["zoom-in", "pan-right"], (0.375, 0.875)),
        (["zoom-in", *["pan-right"] * 9], (0.5, 1.0)),
        (["zoom-in", *["pan-left"] * 9], (0.0, 0.5)),
        (["zoom-in"] * 20, (0.495, 0.505)),
    ],
)
def test_stretches_of_alpha(done, moves, window):
    assert after(done, *moves).window == (None if window is None else pytest.approx(window))


def test_a_cursor_that_leaves_the_stretch_takes_it_along(done):
    left = after(done, "to-2", "zoom-in", "zoom-in", "to-9")
    assert left.alpha == pytest.approx(0.9)
    assert left.window == (pytest.approx(0.75), 1.0)


def test_a_stretch_that_moves_away_keeps_the_cursor_inside(done):
    moved_on = after(done, "to-2", "zoom-in", "zoom-in", *["pan-right"] * 8)
    assert moved_on.window[0] <= moved_on.alpha <= moved_on.window[1]


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=25))
def test_wherever_keys_lead_the_cursor_is_on_a_measured_alpha_that_is_shown(done, moves):
    now = after(done, *moves)
    low, high = now.limits(done)
    assert 0.0 <= low < high <= 1.0
    if now.alpha is not None:
        assert low <= now.alpha <= high
        assert now.alpha in {p.alpha for s in ("linear", "homogeneous") for p in done.curves[s, now.split]}


@pytest.mark.parametrize(
    ("moves", "window"),
    [
        (["log-alpha"], (0.01, 1.0)),
        (["log-alpha", "zoom-in"], (0.0316228, 0.316228)),  # the middle half of two decades
        (["log-alpha", "zoom-in", "zoom-out"], (0.01, 1.0)),
        (["log-alpha", "zoom-in", "pan-right"], (0.0562341, 0.562341)),
        (["log-alpha", "zoom-in", *["pan-right"] * 9], (0.1, 1.0)),
        (["log-alpha", "zoom-in", *["pan-left"] * 9], (0.01, 0.1)),
        (["zoom-in", "log-alpha"], (0.25, 0.75)),
        (["to-0", "zoom-in", "log-alpha"], (0.01, 0.5)),
        (["log-alpha", "log-alpha"], (0.0, 1.0)),
    ],
)
def test_stretches_of_a_log_axis_are_as_long_as_they_look(done, moves, window):
    assert after(done, *moves).limits(done) == pytest.approx(window, rel=1e-5)


def test_a_zoom_on_a_log_axis_ends_at_the_least_span(done):
    low, high = after(done, "log-alpha", *["zoom-in"] * 30).limits(done)
    assert high - low == pytest.approx(LEAST_SPAN)


@pytest.mark.parametrize(
    ("moves", "alpha"), [(["to-0"], 0.01), (["first"], 0.01), (["to-4"], 0.4), (["right"], 0.68), (["last"], 1.0)]
)
def test_the_cursor_stands_only_where_a_log_axis_has_a_place(done, moves, alpha):
    assert after(done, "log-alpha", *moves).alpha == pytest.approx(alpha)


@pytest.mark.parametrize("alpha", [0.0, -0.5])
def test_the_wheel_over_a_picture_that_is_linear_still_zooms_at_the_edge_of_a_log_axis(done, alpha):
    found = reading.zoomed_at(done, Reading(log_alpha=True), alpha, 0.5)
    assert found.limits(done) == pytest.approx((0.01, 0.1))


def test_a_cursor_at_0_goes_to_the_first_alpha_above_it(done):
    assert after(done, "to-0", "log-alpha").alpha == 0.01


def test_of_two_measured_alphas_the_one_that_is_nearer_on_the_axis_is_read(done):
    middle = 0.0145  # nearer to 0.01 on a linear axis, to 0.02 on a log one
    assert reading.at(done, Reading(), middle).alpha == 0.01
    assert reading.at(done, Reading(log_alpha=True), middle).alpha == 0.02


def test_while_it_trains_a_log_axis_begins_at_the_lowest_live_alpha(live):
    lowest = min(a for a in live.live["linear"][-1].alphas if a > 0)
    assert Reading(log_alpha=True).limits(live) == (lowest, 1.0)
    nothing = msgspec.structs.replace(live, live={})
    assert Reading(log_alpha=True).limits(nothing) == (reading.LOWEST, 1.0)


def test_a_stretch_wholly_below_0_is_left_for_all_that_a_log_axis_has(done):
    spec = done.experiment
    wider = msgspec.structs.replace(spec, interpolation=msgspec.structs.replace(spec.interpolation, alpha_from=-0.5))
    view = msgspec.structs.replace(done, experiment=wider)
    assert Reading(log_alpha=True, window=(-0.4, -0.1)).limits(view) == (0.01, 1.0)
    assert Reading(window=(-0.4, -0.1)).limits(view) == (-0.4, -0.1)


def test_typed_limits_and_a_zoom_are_one_state(done):
    zoomed = after(done, "zoom-in")
    typed = reading.with_limits(done, Reading(), "alpha 0.25..0.75")
    assert typed == zoomed
    assert after(done, "zoom-out", start=typed) == Reading()
    assert reading.with_limits(done, zoomed, "") == Reading()


def test_a_cursor_outside_typed_limits_goes_inside(done):
    found = reading.with_limits(done, after(done, "to-9"), "alpha 0.2..0.4")
    assert found.alpha == pytest.approx(0.3)
    assert reading.with_limits(done, after(done, "to-9"), "alpha 0.201..0.209").alpha is None


def test_views_splits_schemes_and_scales_go_round(done):
    assert [after(done, *["picture"] * n).picture for n in range(6)] == [*reading.PICTURES, "curves"]
    assert [after(done, *["picture-back"] * n).picture for n in range(3)] == ["curves", "device", "splits"]
    assert [after(done, *["split"] * n).splits for n in range(4)] == [*reading.SPLITS, ("train",)]
    assert [after(done, *["scheme"] * n).scheme_of(done) for n in range(3)] == ["linear", "homogeneous", "linear"]
    assert [after(done, *["log"] * n).log for n in range(3)] == [False, True, False]
    assert [after(done, *["shared"] * n).shared for n in range(3)] == [False, True, False]


def test_without_test_inputs_there_are_no_two_splits_to_show(done):
    alone = msgspec.structs.replace(done, dataset=msgspec.structs.replace(done.dataset, test=0))
    assert [after(alone, *["split"] * n).splits for n in range(3)] == [("train",), ("test",), ("train",)]


def test_while_it_trains_the_newest_live_curve_is_read(live):
    newest = live.live["linear"][-1]
    assert reading.stops(live, Reading()) == newest.alphas
    point = reading.nearest(reading.points(live, "linear", "train"), 0.52)
    assert (point.alpha, point.loss, point.error) == (0.5, newest.loss[5], newest.error[5])
    assert point.histogram == point.class_error == ()


def test_where_nothing_is_measured_no_key_puts_a_cursor(tmp_path):
    queued = listing.read_run(make_run.queued(tmp_path))
    for move in MOVES:
        assert moved(queued, Reading(), move).alpha is None
