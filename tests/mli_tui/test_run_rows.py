"""Columns, cells and order of the list of runs."""

import tempfile
from pathlib import Path

import msgspec
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from backends.runs import labels
from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from backends.runs.paths import RunPaths
from backends.runs.view import RunView
from mli_tui import comparing, grouping, key_columns, run_rows
from mli_tui.heading import heading
from mli_tui.run_rows import Column, Order
from presets import load
from presets.allowed import known_keys

ENDS = {"linear": 0.5}
ROWS = [
    RunRow(run_id="c-3", preset="quick", seed=2, status="done", epochs=37, created=1.0, error_plateau_end=ENDS),
    RunRow(run_id="b-2", preset="fc10", seed=1, status="failed", epochs=7, created=3.0, labels=Labels(name="Zeta")),
    RunRow(run_id="a-1", preset="fc3", seed=None, status="stopped", epochs=9, created=2.0, labels=Labels(tags=("x",))),
    RunRow(run_id="sweeps/s", preset="quick sweep", seed=0, status="done", epochs=6, created=0.5, message="6 of 6"),
]


@pytest.mark.parametrize(
    ("key", "descending", "found"),
    [
        ("age", False, "b-2 a-1 c-3 sweeps/s"),
        ("age", True, "sweeps/s c-3 a-1 b-2"),
        ("run", False, "a-1 c-3 sweeps/s b-2"),
        ("id", False, "a-1 b-2 c-3 sweeps/s"),
        ("seed", False, "b-2 c-3 a-1 sweeps/s"),
        ("seed", True, "c-3 b-2 a-1 sweeps/s"),
        ("status", False, "c-3 sweeps/s b-2 a-1"),
        ("epochs", False, "sweeps/s b-2 a-1 c-3"),
        ("plateau", True, "c-3 b-2 a-1 sweeps/s"),
        ("tags", False, "a-1 sweeps/s b-2 c-3"),
    ],
)
def test_order_by_each_column_with_the_unknown_last(key, descending, found):
    assert [row.run_id for row in run_rows.ordered(ROWS, Order(key, descending))] == found.split()


def test_pinned_runs_come_first_in_every_order():
    pinned = RunRow(run_id="p", preset="quick", seed=0, status="done", labels=Labels(pinned=True))
    for key in ("age", "run", "seed", "status", "epochs", "plateau", "id", "tags"):
        for descending in (False, True):
            assert run_rows.ordered([*ROWS, pinned], Order(key, descending))[0].run_id == "p"


def test_the_next_order_goes_round_all_columns_that_are_shown():
    order, seen = Order(), []
    for _ in range(7):
        order = order.following(run_rows.columns(120))
        seen.append(order.key)
    assert set(seen) == {"run", "seed", "status", "epochs", "plateau", "age", "tags"}
    assert seen[-1] == Order().key
    assert Order("seed").turned() == Order("seed", True)


@pytest.mark.parametrize(
    ("width", "keys"),
    [
        (80, "run seed status epochs plateau age"),
        (92, "run seed status epochs plateau age"),
        (93, "run seed status epochs plateau age tags"),
        (120, "run seed status epochs plateau age tags"),
        (140, "run seed status epochs plateau age id tags"),
        (200, "run seed status epochs plateau age id tags"),
    ],
)
def test_columns_fill_the_width_and_never_more(width, keys):
    assert_fitting(width, run_rows.columns(width), keys)


CURVE, DEPTH, GAP, LOSS = key_columns.wanted("curve depth gap loss", (), (), ())


@pytest.mark.parametrize(
    ("width", "noted", "keys"),
    [
        (80, True, "run seed status epochs plateau age"),
        (94, False, "run seed status epochs plateau age curve"),
        (94, True, "run seed status epochs plateau age tags"),
        (119, False, "run seed status epochs plateau age curve model.depth gap"),
        (119, True, "run seed status epochs plateau age curve model.depth tags"),
        (140, False, "run seed status epochs plateau age curve model.depth gap loss tags"),
        (200, False, "run seed status epochs plateau age curve model.depth gap loss id tags"),
    ],
)
def test_columns_for_keys_come_before_ids_and_where_something_is_noted_its_beginning_stays(width, noted, keys):
    assert_fitting(width, run_rows.columns(width, 0, (CURVE, DEPTH, GAP, LOSS), noted), keys)


@given(st.integers(80, 260), st.lists(st.sampled_from(known_keys()), max_size=8, unique=True), st.booleans())
def test_whatever_is_asked_for_the_columns_fit(width, keys, noted):
    shown = run_rows.columns(width, 0, key_columns.wanted(" ".join(keys), (), (), ()), noted)
    assert sum(column.width + 2 for column in shown) + 1 <= width
    assert len({column.key for column in shown}) == len(shown)


def test_an_id_that_is_asked_for_stands_where_it_was_asked_for_and_not_twice():
    shown = run_rows.columns(200, 0, key_columns.wanted("id depth", (), (), ()))
    assert [column.key for column in shown[6:]] == ["id", "model.depth", "tags"]


def assert_fitting(width, shown, keys):
    assert [column.key for column in shown] == keys.split()
    assert sum(column.width + 2 for column in shown) + 1 <= width
    if "tags" in keys:
        assert sum(column.width + 2 for column in shown) + 1 == width


def test_the_next_order_goes_through_the_columns_for_keys_but_not_by_a_picture():
    order, seen = Order("gap"), []
    for _ in range(8):
        order = order.following((CURVE, DEPTH, GAP))
        seen.append(order.key)
    assert sorted(seen) == sorted(["run", "seed", "status", "epochs", "plateau", "age", "model.depth", "gap"])
    assert Order("loss").following((DEPTH,)).key == "run"  # its column is gone


def test_runs_are_ordered_by_a_column_for_a_key_with_those_last_that_have_nothing_there():
    rows = [msgspec.structs.replace(ROWS[n], bias_gap=gap) for n, gap in enumerate((0.5, None, 2.5))]
    for descending, found in ((False, "c-3 a-1 b-2"), (True, "a-1 c-3 b-2")):
        assert [row.run_id for row in run_rows.ordered(rows, Order("gap", descending))] == found.split()


def test_the_heading_says_what_is_sorted_by():
    column = Column("age", "age", 6)
    assert run_rows.heading(column, Order()) == "age↑"
    assert run_rows.heading(column, Order("age", True)) == "age↓"
    assert run_rows.heading(column, Order("age", True), ascii_only=True) == "agev"
    assert run_rows.heading(column, Order("seed")) == "age"
    assert len(run_rows.heading(Column("seed", "seed", 4), Order("seed"))) == 4


def test_a_name_stands_where_the_preset_did_with_marks_and_pins_before_it():
    shown = run_rows.columns(120)
    row = RunRow(
        run_id="b-2",
        preset="fc10",
        seed=1,
        status="failed",
        message="diverged",
        labels=Labels(name="Zeta", tags=("x", "y"), note="why?", pinned=True),
    )
    assert run_rows.cells(row, shown, 60.0, marked=True)[0] == "●▲ Zeta"
    assert run_rows.cells(row, shown, 60.0, marked=True, ascii_only=True)[:3] == ("*^ Zeta", "1", "x failed")
    assert run_rows.cells(row, shown, 60.0, marked=False)[-1] == "#x #y  why?  diverged"
    assert run_rows.cells(ROWS[0], shown, 61.0, marked=False)[0] == "quick"


ANY = st.text(st.characters(codec="utf-8"), max_size=30)


@given(ANY, st.lists(ANY, max_size=3), ANY)
def test_whatever_somebody_writes_on_a_run_reaches_the_screen_as_harmless_text(name, tags, note):
    with tempfile.TemporaryDirectory() as folder:
        run = RunPaths(Path(folder))
        labels.place(run).write_text(tomli_w.dumps({"name": name, "tags": tags, "note": note}), encoding="utf-8")
        (found, damage) = labels.Cache().of(run)
    row = RunRow(run_id="a-1", preset="quick", seed=0, status="done", labels=found, labels_damage=damage)
    view = RunView(run_id="a-1", experiment=load("quick"), labels=found)
    texts = run_rows.cells(row, run_rows.columns(200), 0.0, marked=True)
    group = comparing.compare([view, view], bands=False).groups[0]
    assert all(text.isprintable() for text in (*texts, row.title, heading(view, ("train",)).plain, group.name))
    assert damage == ""


@pytest.mark.parametrize(
    ("epochs", "most", "shown"), [(12, 150, "12/150"), (0, 100_000, "0"), (734, 100_000, "734"), (100, 3_000, "100")]
)
def test_of_epochs_that_have_no_room_there_is_no_half(epochs, most, shown):
    row = RunRow(run_id="a", preset="quick", seed=0, status="running", epochs=epochs, max_epochs=most, created=0.0)
    places = [column.key for column in run_rows.columns(80)]
    assert run_rows.cells(row, run_rows.columns(80), 0.0, False)[places.index("epochs")] == shown


@pytest.mark.parametrize(
    ("status", "done", "most", "failed", "shown", "plain"),
    [
        ("done", 6, 6, 0, "✓ done 6/6", "+ done 6/6"),
        ("done", 15, 16, 1, "✗ done 15/16", "x done 15/16"),
        ("running", 15, 16, 0, "▶ running 15/16", "> running 15/16"),
        ("running", 3, 16, 2, "✗ running 3/16", "x running 3/16"),
        ("stopped", 1500, 10_000, 1, "✗ 1500/10000", "x 1500/10000"),
    ],
)
def test_the_status_of_a_sweep_says_how_many_runs_are_done_and_that_some_failed(
    status, done, most, failed, shown, plain
):
    runs = tuple(RunRow(run_id=f"{n}", preset="quick", seed=n, status="failed") for n in range(failed))
    ended = (*runs, RunRow(run_id="z", preset="quick", seed=99, status="done"))
    row = RunRow(
        run_id="sweeps/s", preset="quick sweep", seed=0, status=status, epochs=done, max_epochs=most, runs=ended
    )
    found = [run_rows.cells(row, run_rows.columns(80), 0.0, False, ascii_only)[2] for ascii_only in (False, True)]
    assert found == [shown, plain]
    assert all(len(text) <= run_rows.columns(80)[2].width for text in found)


def test_of_the_preset_of_a_sweep_that_has_no_room_it_stays_that_it_is_a_sweep():
    long = RunRow(run_id="sweeps/s", preset="fc10-mnist5k-no-bias sweep", seed=0, status="done", max_epochs=4)
    for level in range(3):
        shown = run_rows.columns(120, level)
        name = run_rows.cells(long, shown, 0.0, True, level=level)[0]
        assert name.strip().startswith("● fc10-mnist5k") and name.endswith("… sweep")
        assert len(name) <= shown[0].width
    (group, _) = grouping.grouped([long], ("preset",))
    title = run_rows.group_cells(group, run_rows.columns(120, 1), 0.0, ())[0]
    assert title.startswith("▾ fc10-mnist5k-no") and title.endswith("… sweep")
    named = msgspec.structs.replace(long, labels=Labels(name="Zeta"))
    assert run_rows.cells(named, run_rows.columns(120), 0.0, False)[0] == "Zeta"
