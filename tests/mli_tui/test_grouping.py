"""Runs under headings: which groups there are, in which order, and what their headings say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from mli_tui import filtering, grouping, run_rows
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
    row("sweeps/s", seed=0),
]


def shape(found):
    return [f"[{one.title}]" if isinstance(one, Group) else one.run_id for one in found]


def fold(*parts):
    return "\n".join(parts)


def group(*rows, **more):
    return Group(("model.depth",), ("10",), rows, **more)


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


def test_several_keys_make_headings_below_headings():
    assert grouping.keys_of("Depth, status depth") == ("model.depth", "status")
    found = grouping.grouped([*ROWS, row("d", 10, status="failed")], ("model.depth", "status"))
    assert " ".join(shape(found)) == (
        "[depth 3] [running] b [depth 8] [done] sweeps/s [depth 10] [done] a c [failed] d [no depth] [damaged] lost"
    )
    assert [one.level for one in found if isinstance(one, Group)] == [0, 1, 0, 1, 0, 1, 1, 0, 1]
    assert [one.path for one in found if isinstance(one, Group)][4:7] == [
        "depth 10",
        "depth 10, done",
        "depth 10, failed",
    ]
    assert found[6].members == ("a", "c", "d")


@pytest.mark.parametrize(
    ("folded", "found"),
    [
        (fold("model.depth:10", "status:done"), "[depth 3] [done] x [depth 10] [done] [failed] d"),
        (fold("model.depth:10"), "[depth 3] [done] x [depth 10]"),
        (fold("status:done"), "[depth 3] [done] x [depth 10] [done] a c [failed] d"),
    ],
)
def test_a_fold_is_one_place_of_the_tree(folded, found):
    rows = [row("a", 10), row("x", 3), row("c", 10), row("d", 10, status="failed")]
    assert " ".join(shape(grouping.grouped(rows, ("model.depth", "status"), {folded}))) == found


def test_no_two_headings_are_one_for_the_table_whatever_is_written_on_runs():
    rows = [row("a", labels=Labels(note="x name:y")), row("b", labels=Labels(note="x", name="y"))]
    alone = [one.id for one in grouping.grouped(rows, ("note",)) if isinstance(one, Group)]
    below = [one.id for one in grouping.grouped(rows, ("note", "name")) if isinstance(one, Group)]
    assert not set(alone) & {one for one in below if "\n" in one}


def test_a_heading_has_the_medians_of_what_is_done_and_known_and_rounds_them_last():
    ends = [0.0014, 0.0024, 0.9, None, float("nan"), 0.5]
    runs = [row(f"r{n}", error_plateau_end={"linear": end, "homogeneous": 0.25}) for n, end in enumerate(ends)]
    runs[2] = row("r2", status="running", error_plateau_end={"linear": 0.9})
    runs[5] = row("r5", status="failed", error_plateau_end={"linear": 0.5})
    found = group(*runs)
    assert found.ends == {"linear": pytest.approx(0.0019), "homogeneous": 0.25}
    assert found.measured == {"linear": 2, "homogeneous": 4}
    assert found.statistic == "median"
    assert (found.count, found.at_work, found.failed) == ("6 runs", 1, 1)
    assert run_rows.middle(found) == "medians of the error plateau ends: linear 0.002 of 2, homogeneous 0.250 of 4"
    assert run_rows.counted(found) == "6 runs (4 done, 1 running, 1 failed)"


def test_of_one_run_a_heading_has_its_own_value_and_no_median():
    found = group(row("a", error_plateau_end={"linear": 0.5}), row("b", status="queued"))
    assert (found.ends, found.statistic) == ({"linear": 0.5}, "")
    assert run_rows.middle(found) == "error plateau end of one run: linear 0.500"
    assert run_rows.middle(group(row("a"))) == "no error plateau end is known"


def test_a_heading_counts_a_sweeps_runs_and_is_as_old_as_its_newest_row():
    inside = [row(f"r{n}", error_plateau_end={"linear": n / 10}, created=1.0) for n in range(1, 4)]
    sweep = row(
        "sweeps/t", swept={"train.seed": ("1", "2", "3")}, runs=(*inside, row("r4", status="queued")), created=5.0
    )
    found = group(sweep, row("a", error_plateau_end={"linear": 0.9}, created=9.0))
    assert (found.count, found.at_work) == ("5 runs", 1)
    assert found.ends == {"linear": 0.25}
    assert found.newest == 9.0
    assert found.members == ("sweeps/t", "a")


def test_of_a_folded_group_its_heading_stays():
    found = grouping.grouped(ROWS, ("status",), {"status:done"})
    assert shape(found) == ["[damaged]", "lost", "[done]", "[running]", "b"]
    assert found[2].folded
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
    shown = run_rows.columns(200)
    two = group(row("a", created=10.0, error_plateau_end={"linear": 0.25}), row("c", error_plateau_end={"linear": 0.5}))
    assert run_rows.group_cells(two, shown, 70.0, ()) == (
        "▾ depth 10", "", "2 runs", "median", "0.375 -", "1 min", "", "",
    )  # fmt: skip
    assert run_rows.group_cells(two, shown, 70.0, ("a", "c"))[0] == "▾ ● depth 10"
    below = Group(("k", "l"), ("v", "word"), (row("a"),), True)
    assert run_rows.group_cells(below, shown, 0.0, ("a",), True)[0] == "  > * word"


@pytest.mark.parametrize(
    ("counts", "ascii_only", "told"),
    [
        ({"done": 2}, False, "2 runs"),
        ({"done": 9, "running": 1, "queued": 1, "failed": 1}, False, "12 runs ▶2 ✗1"),
        ({"done": 9, "failed": 1}, True, "10 runs x1"),
        ({"done": 1_000, "running": 100, "failed": 900}, False, "2,000 ▶100 ✗900"),
    ],
)
def test_a_heading_tells_how_many_are_at_work_and_failed_in_the_column_of_statuses(counts, ascii_only, told):
    rows = [row(f"{status}{n}", status=status) for status, count in counts.items() for n in range(count)]
    shown = run_rows.columns(80)
    cell = run_rows.group_cells(group(*rows), shown, 0.0, (), ascii_only)[2]
    assert cell == told
    assert len(cell) <= shown[2].width


def test_runs_are_moved_in_below_their_headings_and_have_room_for_it_where_there_is_any():
    one = row("a", labels=Labels(name="b" * 23))
    assert run_rows.cells(one, run_rows.columns(80, 2), 0.0, False, level=2)[0] == "    " + "b" * 23
    assert [run_rows.columns(width, 2)[0].width for width in (80, 82, 120)] == [23 + 1, 23 + 3, 23 + 4]
    for width in (80, 120, 160, 200):
        assert sum(column.width + 2 for column in run_rows.columns(width, 3)) + 1 <= width


@given(st.sampled_from(OWN_KEYS), st.lists(st.tuples(st.text(max_size=20), st.integers()), max_size=8))
def test_no_run_is_lost_or_shown_twice_whatever_it_is_called(key, told):
    rows = [row(f"r{n}", labels=Labels(name=name, tags=(name,)), seed=seed) for n, (name, seed) in enumerate(told)]
    found = grouping.grouped(rows, (key,))
    assert sorted(one.run_id for one in found if isinstance(one, RunRow)) == sorted(one.run_id for one in rows)
    headings = [one for one in found if isinstance(one, Group)]
    assert len({one.id for one in headings}) == len(headings)
    assert all(one.title.isprintable() for one in headings)
    assert sum(len(one.members) for one in headings) == len(rows)


KEYS = st.lists(st.sampled_from((*OWN_KEYS, "model.depth", "train.lr")), unique=True, min_size=1, max_size=3)


@given(
    KEYS, st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.sampled_from((3, 8))), max_size=8), st.data()
)
def test_each_heading_has_what_stands_below_it_at_every_level_and_under_every_fold(keys, told, data):
    rows = [row(f"r{n}", depth, labels=Labels(name=name), seed=seed) for n, (name, seed, depth) in enumerate(told)]
    every = [one for one in grouping.grouped(rows, tuple(keys)) if isinstance(one, Group)]
    folded = {one.id for one in every if data.draw(st.booleans())}
    found = grouping.grouped(rows, tuple(keys), folded)
    for place, heading in enumerate(found):
        if not isinstance(heading, Group):
            continue
        later = found[place + 1 :]
        end = next(
            (n for n, one in enumerate(later) if isinstance(one, Group) and one.level <= heading.level), len(later)
        )
        below = {one.run_id for one in later[:end] if isinstance(one, RunRow)}
        hidden = {run for one in later[:end] if isinstance(one, Group) and one.folded for run in one.members}
        assert set(heading.members) == below | hidden or heading.folded
        assert not (heading.folded and below)


def test_a_run_that_two_sweeps_have_counts_once():
    runs = [row(name, error_plateau_end={"linear": end}) for name, end in (("a", 0.1), ("b", 0.2), ("c", 0.6))]
    swept = {"train.seed": ("0", "1")}
    both = [row("sweeps/x", swept=swept, runs=tuple(runs[:2])), row("sweeps/y", swept=swept, runs=tuple(runs[1:]))]
    made = group(*both)
    assert (made.count, made.ends, made.measured) == ("3 runs", {"linear": 0.2}, {"linear": 3})


def test_a_sweep_is_found_by_the_preset_and_the_status_of_its_runs():
    runs = (row("a"), row("b", status="failed"))
    sweep = row("sweeps/x", preset="quick sweep", swept={"train.seed": ("0", "1")}, runs=runs)
    for line in ("preset=quick", "status:failed", "preset:sweep status:done"):
        assert filtering.parse(line).holds(sweep), line
    assert not filtering.parse("status:running").holds(sweep)
    assert shape(grouping.grouped([sweep], ("preset", "status"))) == ["[quick sweep]", "[done]", "sweeps/x"]
