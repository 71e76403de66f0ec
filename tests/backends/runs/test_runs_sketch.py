"""What a row of the list knows of a run's numbers: a curve in twelve errors, the last loss and error, the bias gap."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.runs import events, export, listing, sketch
from backends.runs.view import Fold
from presets import load, override
from tests.backends.runs import samples
from tests.mli_tui import make_run, synthetic


def points(*pairs, scheme="linear", split="train"):
    plain = synthetic.point("linear", "train", 0.5)
    made = (msgspec.structs.replace(plain, alpha=alpha, error=error) for alpha, error in pairs)
    return events.Points(scheme=scheme, split=split, points=tuple(made))


def row_of(paths):
    (row,) = listing.list_runs(paths.folder.parent)
    return row


def test_a_row_knows_what_the_whole_journal_tells(tmp_path):
    paths = make_run.finished(tmp_path)
    row, view = row_of(paths), listing.read_run(paths)
    curve = view.curves["linear", "train"]
    assert [point.alpha for point in curve][::10] == [n / 10 for n in range(11)]
    nearest = [min(curve, key=lambda point: abs(point.alpha - n / 11)).error for n in range(12)]
    assert list(row.curve) == nearest
    assert row.curve[0] == 0.9 > row.curve[-1]
    assert (row.loss, row.error) == (view.epochs[-1].loss, view.epochs[-1].error)
    assert row.bias_gap == export.bias_rows(view)[1].gap_to_largest == export.bias_summary(view)["gap"]


def test_other_curves_and_curves_while_it_trains_are_none_of_it(tmp_path):
    row = row_of(make_run.live(tmp_path))
    assert (row.curve, row.error is None) == ((), False)
    paths = samples.tell(
        samples.run(tmp_path / "other"),
        samples.started(),
        points((0.0, 0.1), (1.0, 0.1), split="test"),
        points((0.0, 0.2), (1.0, 0.2), scheme="homogeneous"),
    )
    assert row_of(paths).curve == ()


def test_what_is_not_measured_is_left_out_and_nothing_is_interpolated(tmp_path):
    said = points((1.0, 0.0), (-0.5, 0.7), (0.0, 0.9), (0.5, None), (0.04, 0.8), (1.5, 0.6))
    row = row_of(samples.tell(samples.run(tmp_path), samples.started(), said))
    assert row.curve == (0.9, *[None] * 10, 0.0)
    assert sketch.errors(()) == ()


@pytest.mark.parametrize(("keeps", "first"), [(True, 0.9), (False, 0.8)])
def test_a_resumed_run_has_the_curve_that_counts(tmp_path, keeps, first):
    again = events.Resumed(attempt=2, epoch=0, batch=0, keeps_curves=keeps)
    paths = samples.tell(
        samples.run(tmp_path), samples.started(), points((0.0, 0.9)), again, points((0.09, 0.8), (1.0, 0.1))
    )
    assert row_of(paths).curve[0] == (0.9 if keeps else None)
    assert row_of(paths).curve[1] == 0.8


def test_a_damaged_line_of_points_harms_nothing(tmp_path):
    paths = make_run.finished(tmp_path)
    whole = row_of(paths)
    broken = b'{"type":"points","seq":0,"time":0,"scheme":"linear","split":"train","points":[{"alpha":"x"}]}\n'
    paths.events.write_bytes(paths.events.read_bytes() + broken + b"[" * 10_000 + b"\n")
    assert row_of(paths).curve == whole.curve


@given(st.lists(st.tuples(st.floats(-2, 3), st.none() | st.floats(0, 1)), max_size=40))
def test_every_value_is_one_that_was_measured_nearby(pairs):
    fold = Fold("a", override(load("quick"), []))
    fold.apply(points(*pairs))
    curve = fold.view().curves["linear", "train"]
    found = sketch.errors(curve)
    assert len(found) == (12 if pairs else 0)
    for alpha, error in zip(sketch.ALPHAS, found, strict=False):
        near = [point.error for point in curve if abs(point.alpha - alpha) <= 0.5 / 11 + 1e-9]
        assert error in near if near else error is None


@given(st.lists(st.tuples(st.floats(0, 1), st.none() | st.floats(0, 1)), max_size=5))
def test_a_line_is_read_in_part_as_it_is_read_whole(pairs):
    line = msgspec.json.encode(points(*pairs))
    brief = sketch.points(line)
    assert [(point.alpha, point.error) for point in brief.points] == pairs
    assert sketch.points(line.replace(b'"train"', b'"test"')) is None
