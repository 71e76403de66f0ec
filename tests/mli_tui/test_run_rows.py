"""Columns, cells and order of the list of runs."""

import tempfile
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from backends.runs import labels
from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from backends.runs.paths import RunPaths
from backends.runs.view import RunView
from mli_tui import comparing, run_rows
from mli_tui.heading import heading
from mli_tui.run_rows import Column, Order
from presets import load

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


def test_the_next_order_goes_round_all_columns():
    order, seen = Order(), []
    for _ in range(8):
        order = order.following()
        seen.append(order.key)
    assert set(seen) == {"run", "seed", "status", "epochs", "plateau", "age", "id", "tags"}
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
    shown = run_rows.columns(width)
    assert [column.key for column in shown] == keys.split()
    assert sum(column.width + 2 for column in shown) + 1 <= width
    if "tags" in keys:
        assert sum(column.width + 2 for column in shown) + 1 == width


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
    assert all(text.isprintable() for text in (*texts, row.title, heading(view, "train").plain, group.name))
    assert damage == ""
