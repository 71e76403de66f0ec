"""From a view to plots: which curves, in which order, within which limits."""

import math

import msgspec
import pytest

from backends.runs import listing
from mli_tui import epoch_pictures, pictures, reading, views
from mli_tui.plotting.figure import draw
from mli_tui.plotting.palette import Look
from mli_tui.reading import Reading
from tests.mli_tui import make_run


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return listing.read_run(make_run.finished(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    return listing.read_run(make_run.live(tmp_path_factory.mktemp("runs"), epochs=12))


@pytest.mark.parametrize("metric", ["loss", "error"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_final_curves_carry_the_measured_numbers(done, split, metric):
    plot = pictures.curves(done, Reading(splits=(split,)), metric)
    measured = [series for series in plot.series if not series.thin]
    assert [series.colour for series in measured] == ["linear", "homogeneous"]
    assert [series.label for series in measured] == ["linear", "homog."]
    for series in measured:
        points = done.curves[series.colour, split]
        assert series.x == tuple(p.alpha for p in points)
        assert series.y == tuple(getattr(p, metric) for p in points)


def test_measured_lines_are_drawn_after_predicted_ones(done):
    kinds = [series.thin for series in pictures.curves(done, Reading(), "loss").series]
    assert kinds == sorted(kinds, reverse=True)
    assert True in kinds


def test_reference_levels_are_zero_logits_and_one_class_for_all(done):
    (loss,) = pictures.curves(done, Reading(), "loss").levels
    (error,) = pictures.curves(done, Reading(), "error").levels
    assert (loss.y, loss.label) == (math.log(10), "ln 10")
    assert (error.y, error.label) == (pytest.approx(0.9), "1 - 1/10")


def test_imbalanced_data_gets_the_level_of_its_largest_class(done):
    data = msgspec.structs.replace(done.dataset, largest_class_share={"train": 0.4, "test": 0.1})
    (level,) = pictures.curves(msgspec.structs.replace(done, dataset=data), Reading(), "error").levels
    assert (level.y, level.label) == (pytest.approx(0.6), "one class for all")


def test_marks_stand_at_the_plateau_ends(done):
    for metric in ("loss", "error"):
        marks = {m.colour: m.x for m in pictures.curves(done, Reading(splits=("test",)), metric).marks}
        for scheme, x in marks.items():
            assert x == getattr(done.plateaus[scheme, "test"].measured, f"{metric}_plateau_end")
        assert marks


def test_live_curves_fade_and_the_newest_is_drawn_last(live):
    plot = pictures.curves(live, Reading(), "error")
    newest = live.live["linear"][-1]
    solid = [series for series in plot.series if not series.thin]
    assert {series.colour for series in solid} == {"linear", "homogeneous"}
    assert next(s for s in solid if s.colour == "linear").y == newest.error
    assert f"to epoch {newest.epoch}" in plot.title
    assert plot.x_label == f"alpha, {newest.inputs} train inputs"
    assert plot.marks == ()
    assert len(plot.series) == sum(len(curves) for curves in live.live.values())


def test_limits_stand_still_while_a_curve_grows(done):
    part = {key: points[:7] for key, points in done.curves.items()}
    for metric in ("loss", "error"):
        early = pictures.curves(msgspec.structs.replace(done, curves=part), Reading(), metric)
        assert early.y_limits == pictures.curves(done, Reading(), metric).y_limits


def test_a_log_scale_has_the_decades_of_the_data(done):
    plot = pictures.curves(done, Reading(log=True), "loss")
    low, high = plot.y_limits
    values = [v for series in plot.series for v in series.y if v]
    assert plot.log
    assert low <= min(values) < 10 * low
    assert high / 10 < max(values) <= high


def test_shared_limits_hold_both_splits_and_the_picture_says_so(done):
    key = ("linear", "test")
    worse = tuple(msgspec.structs.replace(p, loss=p.loss + 7) for p in done.curves[key])
    view = msgspec.structs.replace(done, curves={**done.curves, key: worse})
    alone = pictures.curves(view, Reading(), "loss")
    train = pictures.curves(view, Reading(shared=True), "loss")
    test = pictures.curves(view, Reading(splits=("test",), shared=True), "loss")
    assert alone.y_limits[1] < 7 < train.y_limits[1]
    assert train.y_limits == test.y_limits == pictures.curves(view, Reading(splits=("test",)), "loss").y_limits
    assert train.headline == "loss, train, y as test"
    assert test.headline == "loss, test, y as train"
    assert alone.headline == "loss, train"


def test_a_shared_axis_is_said_only_where_one_is_shared(done, live):
    both = Reading(splits=("train", "test"), shared=True)
    one = msgspec.structs.replace(done, curves={key: found for key, found in done.curves.items() if key[1] == "train"})
    assert [pictures.curves(done, both, metric).headline for metric in ("loss", "error")] == ["loss", "error"]
    assert pictures.curves(one, Reading(shared=True), "loss").headline == "loss, train"
    assert pictures.curves(live, Reading(shared=True), "loss").notes == ()
    beside = Reading(picture="splits", shared=True)
    assert [plot.headline for plot in views.pictures(done, beside)] == ["loss, train, shared y", "loss, test, shared y"]
    assert reading.why_still(done, Reading(), "shared") == reading.why_still(done, beside, "shared") == ""
    assert reading.why_still(done, both, "shared") == "both splits are on one y axis already"
    for view in (one, live):
        assert reading.why_still(view, Reading(), "shared") == "there are curves of one split: no axis to share"


def test_typed_limits_come_before_all_others(done):
    reading = Reading(loss=(0.5, 1.5), shared=True, log=True)
    assert pictures.curves(done, reading, "loss").limits() == (0.5, 1.5)
    assert pictures.curves(done, reading, "error").y_limits != (0.5, 1.5)


def test_a_log_alpha_axis_says_what_it_leaves_out(done):
    plot = pictures.curves(done, Reading(log_alpha=True), "error")
    assert plot.log_x
    assert plot.headline == "error, train, log alpha > 0"
    assert plot.x_limits == (0.01, 1.0)
    zoomed = pictures.curves(done, Reading(log_alpha=True, window=(0.2, 0.6)), "error")
    assert (zoomed.headline, zoomed.x_limits) == ("error, train, log alpha", (0.2, 0.6))


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("log_alpha", [False, True])
@pytest.mark.parametrize("make", [make_run.finished, make_run.live])
def test_a_log_axis_of_loss_and_error_is_named_and_never_cut_in_half_of_80_columns(tmp_path, make, log_alpha, shared):
    view = listing.read_run(make(tmp_path))
    for splits in (("train",), ("test",), ("train", "test")):
        reading = Reading(splits=splits, log=True, log_alpha=log_alpha, shared=shared)
        for metric in ("loss", "error"):
            plot = pictures.curves(view, reading, metric)
            assert ("log-log" if log_alpha else f"{metric} (log)") in plot.headline
            for height in (6, 8, 12):
                assert "".join(s.text for s in draw(plot, 38, height, Look())[0]).startswith(plot.headline)


def test_bias_plot_has_a_line_a_class_in_its_own_colour(done):
    plot = epoch_pictures.biases(done)
    assert [series.y[-1] for series in plot.series] == list(done.epochs[-1].biases)
    assert len({series.colour for series in plot.series}) == 10
    low, high = plot.y_limits
    assert low == -high
    assert high >= max(abs(b) for b in done.epochs[-1].biases)


def test_a_network_without_bias_says_so(done):
    bare = msgspec.structs.replace(done, epochs=tuple(msgspec.structs.replace(r, biases=()) for r in done.epochs))
    plot = epoch_pictures.biases(bare)
    assert plot.series == ()
    assert "no bias" in plot.empty


def with_diagonals(view, diagonals):
    rows = (msgspec.structs.replace(row, diagonal=own) for row, own in zip(view.epochs, diagonals, strict=True))
    return msgspec.structs.replace(view, epochs=tuple(rows))


def test_training_of_the_theory_model_has_a_line_a_class_in_the_colour_of_its_bias(done):
    diagonals = [tuple((1 + i) * row.epoch / 50 for i in range(10)) for row in done.epochs]
    plot = epoch_pictures.training(with_diagonals(done, diagonals))
    assert [series.y for series in plot.series] == list(zip(*diagonals, strict=True))
    assert [series.colour for series in plot.series] == [s.colour for s in epoch_pictures.biases(done).series]
    assert all(series.x == tuple(float(row.epoch) for row in done.epochs) for series in plot.series)
    assert plot.title == "W_ii by epoch"
    assert not plot.log
    low, high = plot.y_limits
    assert low == 0.0
    assert high >= max(diagonals[-1])


def test_a_damaged_row_of_weights_is_a_gap(done):
    diagonals = [(1.0,) * 10] * len(done.epochs)
    diagonals[3] = (1.0, None)
    plot = epoch_pictures.training(with_diagonals(done, diagonals))
    assert [series.y[3] for series in plot.series] == [1.0] + [None] * 9


def test_training_of_any_other_network_is_its_loss(done):
    plot = epoch_pictures.training(done)
    assert [series.y for series in plot.series] == [
        tuple(row.test_loss for row in done.epochs),
        tuple(row.loss for row in done.epochs),
    ]
    assert plot.log


def test_epoch_axis_has_room_while_training_and_none_after(done, live):
    assert epoch_pictures.training(live).x_limits == (0.0, 20.0)
    assert epoch_pictures.training(done).x_limits == (0.0, float(done.epoch))
