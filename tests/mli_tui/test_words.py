"""What is said about a run, case by case; every sentence is true to the numbers it was made from."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.runs import events
from backends.runs.listing import read_run
from backends.runs.text import safe_line
from backends.runs.view import RunView
from mli_tui.words import fitted, sentence
from presets import Experiment, Interpolation
from tests.mli_tui import make_run

NO_RISE = events.Rise(rise=0.0, alpha_from=0.0, alpha_to=0.0)
GRID = tuple(i / 20 for i in range(21))
DATA = events.Dataset(
    class_names=tuple("0123456789"), train=4000, test=1000, largest_class_share={"train": 0.1, "test": 0.1}
)


def ends(error_plateau_end: float | None) -> events.Ends:
    return events.Ends(
        error_plateau_end=error_plateau_end,
        loss_plateau_end=0.4,
        error_half_fall=0.5,
        loss_half_fall=0.5,
        max_rise_loss=NO_RISE,
        max_rise_error=NO_RISE,
    )


def found(scheme: str, end: float | None, predicted: float | None = None, split: str = "train") -> Any:
    foreseen = None if predicted is None else ends(predicted)
    return events.PlateausFound(scheme=scheme, split=split, measured=ends(end), predicted=foreseen)


def point(alpha: float, error: float | None, top: int = 8, share: float = 1.0) -> events.CurvePoint:
    return events.CurvePoint(
        alpha=alpha,
        loss=1.0,
        error=error,
        class_error=(),
        histogram=(),
        top_class=top,
        top_class_share=share,
        signal_gap=0.0,
        bias_gap=0.0,
    )


def curve(end: float, last: float | None = 0.0, tops: dict[float, tuple[int, float]] | None = None) -> tuple[Any, ...]:
    """A curve that is flat up to `end`; `tops` gives top class and share from an alpha on."""
    points, top = [], (8, 1.0)
    for alpha in GRID:
        top = (tops or {}).get(alpha, top)
        error = last if alpha == 1.0 else 0.9 if alpha <= end else 0.5
        points.append(point(alpha, error, *top))
    return tuple(points)


def view(**changes: Any) -> RunView:
    base = {"run_id": "run", "experiment": Experiment(preset="quick"), "status": "done", "dataset": DATA}
    return RunView(**(base | changes))


def final(linear: float | None, homogeneous: float | None = 0.04, points: Any = None, **changes: Any) -> RunView:
    """A finished run with these plateau ends, without predictions."""
    plateaus = {
        ("linear", "train"): found("linear", linear),
        ("homogeneous", "train"): found("homogeneous", homogeneous),
    }
    points = curve(linear or 0.0) if points is None else points
    return view(**({"plateaus": plateaus, "curves": {("linear", "train"): points}} | changes))


def test_the_paper_in_one_sentence() -> None:
    seen = "error stays above 0.81 until alpha = 0.53: all inputs go to class 8; homogeneous: until 0.04"
    assert sentence(final(0.53)) == seen


@pytest.mark.parametrize(
    ("tops", "clause"),
    [
        ({0.0: (8, 0.9995)}, "all inputs go to class 8"),
        ({0.0: (8, 0.9994)}, "most inputs (99 %) go to class 8"),
        ({0.0: (8, 0.92)}, "most inputs (92 %) go to class 8"),
        ({0.0: (8, 0.92), 0.1: (8, 1.0)}, "from 0.10 to 0.50 all inputs go to class 8"),
        ({0.0: (3, 1.0), 0.1: (8, 1.0)}, "from 0.10 to 0.50 all inputs go to class 8"),
        ({0.0: (3, 1.0), 0.05: (8, 0.8)}, "in its middle most inputs (80 %) go to class 8"),
        ({0.0: (8, 0.7), 0.3: (8, 1.0)}, "most inputs (70 %) go to class 8"),
        ({0.0: (8, 0.5)}, "inputs go to several classes"),
        ({0.0: (8, 0.2), 0.4: (8, 1.0)}, "inputs go to several classes"),
    ],
)
def test_where_the_inputs_go(tops: dict[float, tuple[int, float]], clause: str) -> None:
    assert sentence(final(0.53, points=curve(0.53, tops=tops))).split(": ", 1)[1].split(";")[0] == clause


@pytest.mark.parametrize(
    ("last", "height"),
    [(0.0, "0.81"), (0.004, "0.81"), (0.09, "0.81"), (0.1, "0.82"), (0.5, "0.86")],
)
def test_the_height_is_the_threshold_cut_and_never_rounded_up(last: float, height: str) -> None:
    assert sentence(final(0.53, points=curve(0.53, last))).startswith(f"error stays above {height} until")
    assert float(height) <= 0.9 - 0.1 * (0.9 - last) + 1e-12


def test_the_height_follows_tau_and_the_largest_class() -> None:
    spec = Experiment(preset="quick", interpolation=Interpolation(tau=0.5))
    data = msgspec.structs.replace(DATA, largest_class_share={"train": 0.4})
    assert sentence(final(0.53, experiment=spec, dataset=data)).startswith("error stays above 0.30 until")


@pytest.mark.parametrize(
    ("linear", "homogeneous", "said"),
    [
        (0.02, 0.01, "no error plateau: error starts to fall at alpha = 0.02; homogeneous: until 0.01"),
        (0.0, 0.0, "no error plateau: error starts to fall at alpha = 0.00; homogeneous: until 0.00"),
        (0.049, None, "no error plateau: error starts to fall at alpha = 0.05; homogeneous: not known"),
        (None, 0.04, "where error starts to fall is not known; homogeneous: until 0.04"),
    ],
)
def test_no_plateau(linear: float | None, homogeneous: float | None, said: str) -> None:
    assert sentence(final(linear, homogeneous)) == said


@pytest.mark.parametrize(("predicted", "said"), [(0.531, "(as predicted)"), (0.57, "(predicted 0.57)")])
def test_predicted_ends_stand_beside_the_measured(predicted: float, said: str) -> None:
    plateaus = {("linear", "train"): found("linear", 0.53, predicted)}
    assert sentence(final(0.53, plateaus=plateaus)) == (
        f"error stays above 0.81 until alpha = 0.53 {said}: all inputs go to class 8"
    )


def test_an_error_that_does_not_fall_is_no_plateau_with_an_end() -> None:
    assert sentence(final(1.0, points=curve(1.0, last=0.9))).startswith("error does not fall: at alpha = 1 it is 0.90")


def test_without_the_curve_only_the_end_is_said() -> None:
    assert sentence(final(0.53, points=())) == "error stays on its plateau until alpha = 0.53; homogeneous: until 0.04"


def test_one_scheme_alone_is_named_unless_it_is_the_straight_line() -> None:
    spec = Experiment(preset="quick", interpolation=Interpolation(schemes=("homogeneous",)))
    assert sentence(final(0.5, 0.2, experiment=spec)).startswith(
        "homogeneous: error stays on its plateau until alpha = 0.20"
    )


def test_a_sentence_that_two_lines_cannot_hold_loses_whole_clauses() -> None:
    said = "error stays above 0.81 until 0.53; homogeneous: until 0.04; not predicted: no gap"
    assert fitted(said, 50) == said
    assert fitted(said, 40) == "error stays above 0.81 until 0.53; homogeneous: until 0.04"
    assert fitted(said, 20) == "error stays above 0.81 until 0.53"
    assert fitted("one clause " * 30, 40) == "one clause " * 30


def test_the_test_split_speaks_of_test_inputs() -> None:
    shown = final(
        0.5,
        plateaus={("linear", "test"): found("linear", 0.53, split="test")},
        curves={("linear", "test"): curve(0.53, last=0.18)},
    )
    assert sentence(shown, "test") == "error stays above 0.82 until alpha = 0.53: all test inputs go to class 8"
    assert sentence(shown, "test", both=True).startswith("test: error stays above 0.82")


def live(errors: tuple[float | None, ...], scheme: str = "linear", **changes: Any) -> RunView:
    alphas = tuple(i / (len(errors) - 1) for i in range(len(errors)))
    shown = events.LiveCurve(epoch=12, scheme=scheme, inputs=500, alphas=alphas, loss=errors, error=errors)
    return view(**({"status": "running", "phase": "training", "live": {scheme: (shown,)}} | changes))


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ((0.9, 0.9, 0.9, 0.2, 0.0), "error stays above 0.81 until alpha = 0.50 and is below it at 0.75"),
        ((0.9, 0.8, 0.3, 0.0, 0.0), "error falls below 0.81 before alpha = 0.25"),
        ((0.7, 0.6, 0.3, 0.0, 0.0), "error is already below 0.81 at alpha = 0.00"),
        ((0.9, 0.9, 0.9, 0.9, 0.9), "error does not fall yet: at alpha = 1 it is 0.90"),
    ],
)
def test_a_live_curve_is_said_between_its_own_alphas(errors: tuple[float, ...], said: str) -> None:
    assert sentence(live(errors)) == f"on the way to epoch 12's weights, {said}"
    assert sentence(live(errors), both=True) == f"on the way to epoch 12's weights (train inputs), {said}"


def test_a_live_curve_with_a_hole_says_nothing() -> None:
    assert sentence(live((0.9, None, 0.0))) == "training: epoch 0 of at most 150, no curve yet"


def test_a_live_curve_of_another_scheme_is_named() -> None:
    assert "until alpha = 0.50 (homogeneous) and" in sentence(live((0.9, 0.9, 0.0), "homogeneous"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "failed", "message": "the loss is not finite"}, "failed: the loss is not finite"),
        ({"status": "failed"}, "failed"),
        ({"status": "queued", "ahead": 1}, "waiting for a device, 1 run ahead"),
        ({"status": "queued", "ahead": 3}, "waiting for a device, 3 runs ahead"),
        ({"status": "queued"}, "waiting to start"),
        ({"status": "running", "phase": "loading"}, "loading the data"),
        ({"status": "running", "phase": "training"}, "training: epoch 0 of at most 150, no curve yet"),
        ({"status": "running", "phase": "interpolating"}, "the final curves are being measured"),
        ({"status": "paused", "message": "disk: no space"}, "paused: disk: no space"),
        ({"status": "stopped", "phase": "training"}, "stopped after epoch 0: no curve yet"),
        ({"status": "interrupted"}, "interrupted after epoch 0: no curve yet"),
        ({"status": "done"}, "done: no curve was measured"),
    ],
)
def test_before_there_is_a_curve(changes: dict[str, Any], said: str) -> None:
    assert sentence(view(**changes)) == said


def test_failed_says_that_and_nothing_of_an_older_curve() -> None:
    assert sentence(live((0.9, 0.0), status="failed", message="diverged")) == "failed: diverged"


def test_a_run_that_stands_still_says_so_before_its_live_curve(tmp_path: Any) -> None:
    said = sentence(read_run(make_run.stopped(tmp_path)))
    assert said.startswith("stopped after epoch 12; on the way to epoch 10's weights, error stays above")


def test_a_written_run_is_said_as_its_numbers_are(tmp_path: Any) -> None:
    shown = read_run(make_run.finished(tmp_path))
    end = shown.plateaus["linear", "train"].measured.error_plateau_end
    said = sentence(shown)
    assert said.startswith(f"error stays above 0.81 until alpha = {end:.2f} (as predicted): from 0.01 to ")
    assert all(p.error >= 0.81 for p in shown.curves["linear", "train"] if p.alpha <= end)


number = st.none() | st.floats(allow_nan=False, allow_infinity=False)
unit = st.floats(0, 1)
a_point = st.builds(
    point, alpha=unit, error=number, top=st.integers(-3, 12), share=st.floats(allow_nan=False, allow_infinity=False)
)
a_key = st.tuples(st.sampled_from(["linear", "homogeneous"]), st.sampled_from(["train", "test"]))
a_live = st.builds(
    events.LiveCurve,
    epoch=st.integers(0, 99),
    scheme=st.just("linear"),
    inputs=st.just(500),
    alphas=st.lists(unit, max_size=5).map(tuple),
    loss=st.just(()),
    error=st.lists(number, max_size=5).map(tuple),
)
a_dataset = st.builds(
    events.Dataset,
    class_names=st.lists(st.text(max_size=3).map(safe_line), max_size=10).map(tuple),  # as the fold cleans them
    train=st.just(1),
    test=st.just(1),
    largest_class_share=st.dictionaries(st.sampled_from(["train", "test"]), unit),
)


@given(
    status=st.sampled_from(["queued", "running", "paused", "done", "stopped", "failed", "interrupted", "ending", "?"]),
    phase=st.sampled_from(["", "loading", "training", "interpolating", "writing"]),
    dataset=st.none() | a_dataset,
    curves=st.dictionaries(a_key, st.lists(a_point, max_size=6).map(tuple)),
    plateaus=st.dictionaries(a_key, st.builds(found, scheme=st.just("linear"), end=number, predicted=number)),
    live=st.dictionaries(st.just("linear"), st.lists(a_live, max_size=2).map(tuple)),
    split=st.sampled_from(["train", "test"]),
)
def test_any_partial_view_gets_one_line(split: Any, **parts: Any) -> None:
    said = sentence(view(**parts), split)
    assert said and "\n" not in said


def test_where_nothing_is_predicted_the_first_reason_is_said() -> None:
    reason = "BatchNorm2d divides the signal by its size; shortcuts add signals: the signal does not scale"
    known = final(0.54)
    plateaus = {key: msgspec.structs.replace(one, predicted_missing=reason) for key, one in known.plateaus.items()}
    said = sentence(msgspec.structs.replace(known, plateaus=plateaus))
    assert said.endswith("; not predicted: BatchNorm2d divides the signal by its size")
    assert "not predicted" not in sentence(known)
