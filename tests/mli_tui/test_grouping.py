"""Runs under headings: which groups there are, in which order, and what their headings say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from mli_tui import grouping, run_rows
from mli_tui.filtering import OWN_KEYS
from mli_tui.grouping import Group
from presets import load, override


def row(run_id, depth=8, **more):
    told = {"preset": "quick", "seed": 0, "status": "done"} | more
    return RunRow(run_id=run_id, experiment=override(load("quick"), [f"model.depth={depth}"]), **told)


ROWS = [
    row("a", 10, seed=2, labels=Labels(tags=("paper", "v2"))),
    row("b", 3, status="running", phase="training"),
    row("c", 10, seed=11),
    RunRow(run_id="lost", preset="?", seed=None, status="damaged"),
    row("sweeps/s", seed=0, members=("x",)),
]


def shape(found):
    return [f"[{one.title}]" if isinstance(one, Group) else one.run_id for one in found]


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("", "a b c lost sweeps/s"),
        ("model.depth", "[depth 3] b [depth 8] sweeps/s [depth 10] a c [no depth] lost"),
        ("seed", "[seed 0] b sweeps/s [seed 2] a [seed 11] c [no seed] lost"),
        ("status", "[damaged] lost [done] a c sweeps/s [running] b"),
        ("preset", "[preset ?] lost [quick] a b c sweeps/s"),
        ("tag", "[paper v2] a [no tag] b c lost sweeps/s"),
        ("pinned", "[pinned false] a b c lost sweeps/s"),
    ],
)
def test_numbers_ascend_words_follow_and_the_unknown_is_last(key, found):
    assert " ".join(shape(grouping.grouped(ROWS, (key,) if key else ()))) == found


def test_a_sweep_stands_by_itself_for_the_keys_that_it_changes():
    sweep = row("sweeps/t", swept={"model.depth": ("4", "10"), "train.seed": ("1", "2")})
    found = {key: " ".join(shape(grouping.grouped([*ROWS[:2], sweep], (key,)))) for key in ("model.depth", "seed")}
    assert found == {
        "model.depth": "[depth 3] b [depth 10] a [depth 4 10] sweeps/t",
        "seed": "[seed 0] b [seed 2] a [seed 1 2] sweeps/t",
    }


def test_several_keys_make_groups_of_their_values_together():
    assert grouping.keys_of("Depth, status depth") == ("model.depth", "status")
    found = grouping.grouped(ROWS, ("model.depth", "status"), {"model.depth:10 status:done"})
    assert " ".join(shape(found)) == (
        "[depth 3, running] b [depth 8, done] sweeps/s [depth 10, done] [no depth, damaged] lost"
    )


def test_of_a_folded_group_its_heading_stays():
    found = grouping.grouped(ROWS, ("status",), {"status:done"})
    assert shape(found) == ["[damaged]", "lost", "[done]", "[running]", "b"]
    assert found[2].members == ("a", "c", "sweeps/s")
    assert found[2].count == "3 runs"
    assert found[3].count == "1 run"


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("", ""),
        ("depth", ""),
        (" Depth ", ""),
        ("model.depth", ""),
        ("dpeth", "dpeth is no key; depth?"),
        ("seed, dpeth", "dpeth is no key; depth?"),
    ],
)
def test_a_key_that_is_none_is_complained_about(typed, complaint):
    assert grouping.complaint(typed) == complaint


def test_a_headings_cells_fit_the_columns_in_ascii_too():
    group = Group(("model.depth",), ("10",), ("a", "c"))
    shown = run_rows.columns(200)
    assert run_rows.group_cells(group, shown, ())[:3] == ("▾ depth 10", "", "2 runs")
    assert run_rows.group_cells(group, shown, ("a", "c"))[0] == "▾ ● depth 10"
    assert run_rows.group_cells(Group(("k",), ("word",), ("a",), True), shown, ("a",), True)[0] == "> * word"
    assert len(run_rows.group_cells(group, shown, ())) == len(shown)


@given(st.sampled_from(OWN_KEYS), st.lists(st.tuples(st.text(max_size=20), st.integers()), max_size=8))
def test_no_run_is_lost_or_shown_twice_whatever_it_is_called(key, told):
    rows = [row(f"r{n}", labels=Labels(name=name, tags=(name,)), seed=seed) for n, (name, seed) in enumerate(told)]
    found = grouping.grouped(rows, (key,))
    assert sorted(one.run_id for one in found if isinstance(one, RunRow)) == sorted(one.run_id for one in rows)
    headings = [one for one in found if isinstance(one, Group)]
    assert len({one.id for one in headings}) == len(headings)
    assert all(one.title.isprintable() for one in headings)
    assert sum(len(one.members) for one in headings) == len(rows)
