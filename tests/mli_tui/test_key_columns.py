"""Columns of the list for keys: which ones, what stands in them, what they are sorted by."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.runs import sketch
from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from mli_tui import filtering, key_columns
from mli_tui.key_columns import CURVE
from presets import load, override
from presets.allowed import known_keys
from tests.mli_tui import synthetic


def row(number, *settings, preset="quick", **more):
    spec = override(load(preset), list(settings))
    return RunRow(
        run_id=f"{preset}-{number}", preset=preset, seed=spec.seed, status="done",
        experiment=spec, identity=spec.identity(), **more,
    )  # fmt: skip


def test_keys_that_part_more_runs_come_first_and_those_that_do_not_differ_never():
    rows = [
        row(0, "model.depth=4", "model.bias=last"),
        row(1, "model.depth=6", "model.bias=last"),
        row(2, "model.depth=6", "model.bias=last", "train.seed=1"),
        row(3, "model.depth=10", "model.bias=none", "train.seed=2", "train.threads=1"),
        row(4, "model.depth=10", "model.bias=last", "train.seed=3"),
    ]
    assert key_columns.telling(rows) == ("model.depth", "model.bias")
    assert key_columns.telling(rows[1:3]) == ()  # the seed alone differs
    assert key_columns.telling(rows[:1]) == key_columns.telling(()) == ()
    assert key_columns.telling([row(0), RunRow(run_id="x", preset="?", seed=None, status="damaged")]) == ()


def test_how_many_runs_have_a_value_counts_and_not_how_many_values_there_are():
    many = [
        row(0),
        *[row(1, "model.activation=tanh")] * 5,
        *[row(2)] * 5,
        row(3, "train.lr=0.1"),
        row(4, "train.lr=0.5"),
    ]
    assert key_columns.telling(many) == ("model.activation", "train.lr")


def test_of_keys_that_part_the_runs_alike_one_is_told():
    rows = [row(0, "model.depth=4", "model.init_scale=0.5"), row(1, "model.depth=6", "model.init_scale=0.7")]
    assert key_columns.telling(rows) == ("model.depth",)
    assert key_columns.telling([*rows, row(2, "model.depth=6", "model.init_scale=0.5")]) == (
        "model.depth",
        "model.init_scale",
    )


def test_a_key_that_decides_nothing_of_some_runs_is_no_difference():
    network = msgspec.structs.replace(load("quick"), model=msgspec.structs.replace(load("quick").model, network="own"))
    own = RunRow(run_id="own", preset="own", seed=None, status="done", experiment=network)
    found = key_columns.telling([row(0), own])
    assert "model.depth" not in found
    assert "model.network" in found


def test_what_a_sweep_goes_through_is_a_difference():
    plain = row(1, "model.depth=4")
    sweep = msgspec.structs.replace(plain, run_id="sweeps/s", identity="", swept={"model.depth": ("4", "6")})
    assert "model.depth" in key_columns.telling([row(0, "model.depth=4"), sweep])
    assert key_columns.cell(sweep, "model.depth") == "4 6"


LISTED = [
    row(0, "model.depth=4", bias_gap=2.2592995166778564, loss=0.00062381, curve=(0.9, 0.0)),
    row(1, "model.depth=6", bias_gap=0.5, loss=1.4031),
]


def test_without_a_wish_curve_differing_keys_gap_and_loss_are_shown_as_far_as_there_are_any():
    def keys(rows, grouped=()):
        telling = ("model.depth", "model.bias", "model.width")
        return [column.key for column in key_columns.wanted("", telling, rows, grouped)]

    assert keys(LISTED) == [CURVE, "model.depth", "gap", "loss"]
    assert keys(LISTED, ("model.depth",)) == [CURVE, "gap", "loss"]
    assert keys(LISTED[:1]) == [CURVE, "gap", "loss"]  # the same in all that are listed
    assert keys([row(0)]) == keys([]) == []


def test_never_more_keys_than_can_be_read():
    names = ("model.depth", "model.width", "train.lr", "model.init_scale", "train.momentum")
    values = {"depth": (4, 6), "width": (32, 64), "lr": (0.1, 0.2), "init_scale": (0.5, 0.7), "momentum": (0.8, 0.9)}
    rows = [row(n, *(f"{name}={values[name.rpartition('.')[2]][n]}" for name in names)) for n in range(2)]
    shown = key_columns.wanted("", names, rows, ())
    assert [column.key for column in shown] == list(names[: key_columns.MOST])


@pytest.mark.parametrize(
    ("line", "keys", "said"),
    [
        ("depth gap", "model.depth gap", ""),
        ("Depth,LOSS depth", "model.depth loss", ""),
        ("curve error", "curve error", ""),
        ("id tag data.name", "id tag data.name", ""),
        ("dephth", "", "dephth is no key; depth?"),
        ("init", "", "init is no key; init_scale?"),
        ("depth seed", "model.depth", "seed has a column anyway"),
        ("train.seed", "train.seed", ""),
        ("batch_norm", "", "batch_norm is one of model.batch_norm, interpolation.batch_norm: write it whole"),
    ],
)
def test_columns_are_typed_as_keys_and_what_is_wrong_is_said(line, keys, said):
    assert [column.key for column in key_columns.wanted(line, ("model.bias",), LISTED, ())] == keys.split()
    assert key_columns.complaint(line) == said


def test_every_key_that_is_offered_has_a_column_with_a_label_and_values():
    for key in (CURVE, *filtering.OWN_KEYS, *known_keys()):
        for column in key_columns.wanted(key, (), (), ()):
            assert column.width >= len(column.label)
            assert [key_columns.cell(one, column.key).isprintable() for one in LISTED] == [True, True]
            if column.key != CURVE:
                key_columns.sorted_by(LISTED[0], column.key)


def test_the_split_of_a_measured_number_stands_above_it():
    labels = {column.key: column.label for column in key_columns.wanted("loss error gap", (), (), ())}
    assert labels == {"loss": "train loss", "error": "train error", "gap": "bias gap"}


def test_numbers_stand_in_cells_as_the_filter_takes_them():
    assert [key_columns.cell(LISTED[0], key) for key in ("gap", "loss", "model.depth")] == ["2.259", "0.0006238", "4"]
    assert key_columns.cell(row(0), "gap") == key_columns.cell(row(0), CURVE) == ""


def test_numbers_are_sorted_before_texts_and_what_is_not_there_is_none():
    values = ["model.bias=[2, 3]", "model.bias=last", "model.bias=none"]
    found = [key_columns.sorted_by(row(0, value), "model.bias") for value in values]
    assert found == sorted(found)
    assert key_columns.sorted_by(row(0), "gap") is None
    assert key_columns.sorted_by(row(0, labels=Labels(tags=("b",))), "tag")[1] == "b"


@pytest.mark.parametrize(
    ("errors", "blocks", "tenths"),
    [
        ((), "", ""),
        ((0.0, 0.5, 1.0), "▁▅█", "059"),
        ((0.9, None, 0.1), "▇ ▂", "9 1"),
        ((0.3, 0.7, 0.29999), "▃▆▃", "372"),
        ((-1.0, 2.0, float("nan"), float("inf")), "▁███", "0999"),
    ],
)
def test_a_curve_is_drawn_from_0_to_1_whatever_its_own_range(errors, blocks, tenths):
    assert key_columns.sparkline(errors) == blocks
    assert key_columns.sparkline(errors, ascii_only=True) == tenths


@given(st.lists(st.none() | st.floats(0, 1), max_size=12))
def test_a_cell_an_alpha_and_higher_errors_never_lower(errors):
    for ascii_only in (False, True):
        drawn = key_columns.sparkline(errors, ascii_only)
        assert len(drawn) == len(errors)
        assert drawn.isascii() or not ascii_only
        pairs = sorted((error, sign) for error, sign in zip(errors, drawn, strict=True) if error is not None)
        signs = "0123456789" if ascii_only else "▁▂▃▄▅▆▇█"
        levels = [signs.index(sign) for _, sign in pairs]
        assert levels == sorted(levels)
        assert all((error is None) == (sign == " ") for error, sign in zip(errors, drawn, strict=True))


def test_the_plateau_is_seen_in_it():
    points = [synthetic.point("linear", "train", n / 100) for n in range(101)]
    end = synthetic.ends("linear", "train").error_plateau_end
    drawn = key_columns.sparkline(sketch.errors(points))
    flat = sum(alpha < end for alpha in sketch.ALPHAS)
    assert drawn[:flat] == "▇" * flat
    assert drawn[-1] == "▁"
