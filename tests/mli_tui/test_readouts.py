"""What stands under the cursor, against the measured points."""

import msgspec
import pytest

from backends.runs import listing
from mli_tui import format, readouts
from mli_tui.plotting.palette import Look
from mli_tui.reading import Reading
from tests.mli_tui import make_run, synthetic

LOOK = Look()
SCHEMES = ("linear", "homogeneous", "last_bias_linear", "fixed_bias", "equal_last_bias")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return listing.read_run(make_run.finished(tmp_path_factory.mktemp("runs")))


def texts(view, reading, width=120, most=5):
    return [line.plain for line in readouts.lines(view, reading, LOOK, width, most)]


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("alpha", [0.0, 0.4, 0.68, 1.0])
def test_every_curve_has_its_measured_and_predicted_values(done, split, alpha):
    lines = texts(done, Reading(splits=(split,), alpha=alpha))
    assert len(lines) == 2
    for scheme, line in zip(("linear", "homogeneous"), lines, strict=True):
        p = next(p for p in done.curves[scheme, split] if p.alpha == alpha)
        loss = f"loss {format.loss(p.loss)} (predicted {format.loss(p.predicted_loss)})"
        error = f"error {p.error:.3f} (predicted {p.predicted_error:.3f})"
        assert line.startswith(f"{scheme:<16} at alpha {alpha:.2f}")
        assert loss in line
        assert error in line
        assert line.endswith(f"class {p.top_class} gets {p.top_class_share:.0%}")


def test_both_splits_have_a_line_a_scheme_each(done):
    lines = texts(done, Reading(splits=("train", "test"), alpha=0.7))
    names = [" ".join(line.split()[:2]) for line in lines]
    assert names == ["linear train", "linear test", "homogeneous train", "homogeneous test"]
    assert "(predicted " in lines[0]
    assert len({line.index("at alpha") for line in lines}) == 1
    errors = [
        next(p.error for p in done.curves[key] if p.alpha == 0.7) for key in (("linear", "train"), ("linear", "test"))
    ]
    assert errors[0] != errors[1]
    assert all(f"error {error:.3f}" in line for error, line in zip(errors, lines, strict=False))


def test_the_alpha_is_the_one_that_was_measured(done):
    extra = synthetic.point("linear", "train", 0.40625)
    curve = tuple(sorted((*done.curves["linear", "train"], extra), key=lambda p: p.alpha))
    view = msgspec.structs.replace(done, curves={**done.curves, ("linear", "train"): curve})
    linear, homogeneous = texts(view, Reading(alpha=0.407))
    assert "at alpha 0.4062 " in linear
    assert "at alpha 0.41 " in homogeneous


def test_while_it_trains_there_is_loss_and_error_alone(tmp_path):
    live = listing.read_run(make_run.live(tmp_path))
    newest = live.live["linear"][-1]
    line = texts(live, Reading(alpha=0.5))[0]
    assert line.split() == f"linear at alpha 0.50 loss {newest.loss[5]:.3f} error {newest.error[5]:.3f}".split()


@pytest.mark.parametrize("width", [78, 113, 118, 198])
@pytest.mark.parametrize("splits", [("train",), ("train", "test")])
def test_no_line_is_ever_cut(done, width, splits):
    points = tuple(
        msgspec.structs.replace(p, loss=9.8765e-4, predicted_loss=123.456) for p in done.curves["linear", "train"]
    )
    spec = msgspec.structs.replace(
        done.experiment, interpolation=msgspec.structs.replace(done.experiment.interpolation, schemes=SCHEMES)
    )
    curves = {(scheme, split): points for scheme in SCHEMES for split in ("train", "test")}
    view = msgspec.structs.replace(done, experiment=spec, curves=curves)
    lines = texts(view, Reading(splits=splits, alpha=0.06), width, most=10)
    assert len(lines) == 5 * len(splits)
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(("width", "text"), [(118, "0.0007812"), (78, "0.0007812"), (50, "7.8e-4")])
def test_a_small_loss_is_told_as_in_the_list_where_that_fits(done, width, text):
    points = tuple(msgspec.structs.replace(p, loss=7.812e-4) for p in done.curves["linear", "train"])
    view = msgspec.structs.replace(done, curves=dict.fromkeys(done.curves, points))
    assert all(f"loss {text}" in line for line in texts(view, Reading(alpha=1.0), width))


def test_where_there_is_no_room_for_every_curve_the_last_line_says_so(done):
    assert texts(done, Reading(splits=("train", "test"), alpha=0.5), most=3)[-1] == "and 2 more curves"


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.302585, "2.303"), (0.5, "0.5000"), (0.0123, "0.0123"), (7.8e-4, "7.8e-4"), (3e-12, "3.0e-12"), (0.0, "0.000"),
     (123.456, "123.5"), (1.2e7, "1.2e7"), (None, "-"), (float("nan"), "-")],
)  # fmt: skip
def test_short_losses(value, text):
    assert format.short_loss(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.4, "0.40"), (0.0, "0.00"), (0.456, "0.456"), (0.45625, "0.4562"), (-0.5, "-0.50")]
)
def test_alphas_have_the_digits_they_need(value, text):
    assert format.alpha_read(value) == text
