"""What a sweep is: its grid, its name, its file, the runs of its cells, its tables."""

import csv
import io
import itertools
import os

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.runs import labels, launch, listing, sweep_export, sweeps
from backends.runs.errors import BadRequest, Damaged
from mli_tui import labelling
from presets import SpecError, load, override
from tests.mli_tui import make_run, make_sweep


def plan(*over, base=None):
    return sweeps.plan(base or load("quick"), [sweeps.axis(one) for one in over])


@given(st.integers(-50, 50), st.integers(0, 30))
def test_a_range_holds_both_its_ends(low, more):
    found = sweeps.axis(f"train.seed={low}..{low + more}")
    assert [int(v) for v in found.values] == list(range(low, low + more + 1))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("model.depth=2,3, 5", ("2", "3", "5")),
        ("train.lr=0.1", ("0.1",)),
        ("model.bias=[1, 2],last", ("[1, 2]", "last")),
        ('data.name="npz:a,b",mnist5k', ('"npz:a,b"', "mnist5k")),
        ("train.lr=0.1..0.2", ("0.1..0.2",)),
    ],
)
def test_values_are_split_at_commas_outside_of_lists_and_quotes(text, values):
    assert sweeps.axis(text).values == values


@pytest.mark.parametrize("text", ["train.seed", "train.seed=", "=1,2", "train.seed=4..2", "train.seed=0..100000"])
def test_what_is_no_axis_is_refused(text):
    with pytest.raises(SpecError, match=r"^--over = "):
        sweeps.axis(text)


@pytest.mark.parametrize(
    ("over", "line"),
    [
        ((), "--over = '': expected at least one KEY=V1,V2 or KEY=A..B"),
        (("train.seeds=0,1",), "train.seeds = 0: unknown key; did you mean train.seed?"),
        (("model.depth=2,0",), "model.depth = 0: expected a whole number from 1 to 100"),
        (("train.seed=0,1", "train.seed=2,3"), "--over = 'train.seed': expected each key once"),
        (("train.lr=0.1,0.10",), "train.lr = '0.10': computes the same as 0.1; expected values that differ"),
        (
            ("output.checkpoint_every=1,2",),
            "output.checkpoint_every = '2': computes the same as 1; expected values that differ",
        ),
        (("train.seed=0..9999", "data.seed=0..9999"), "--over = '100,000,000 runs': expected at most 100,000 runs"),
    ],
)
def test_a_sweep_that_can_not_be_is_refused_in_one_line(over, line):
    with pytest.raises(SpecError) as error:
        plan(*over)
    assert str(error.value) == line


def test_a_refusal_that_only_two_values_together_meet_names_the_key():
    sweep = plan("model.depth=2,5", "model.bias=last,[4]")
    with pytest.raises(SpecError, match=r"model\.bias = \[4\]"):
        sweeps.require_distinct(sweep)


def test_cells_are_all_combinations_as_set_would_make_them():
    sweep = plan("model.depth=2,3", "train.seed=0..2")
    assert [cell.values for cell in sweep.cells] == list(itertools.product("23", "012"))
    for cell in sweep.cells:
        wanted = override(load("quick"), [f"model.depth={cell.values[0]}", f"train.seed={cell.values[1]}"])
        assert cell.experiment == wanted


def test_threads_that_were_measured_are_in_every_cell_but_not_over_those_the_user_chose():
    sweep = plan("train.seed=0,1")
    assert {c.experiment.train.threads for c in msgspec.structs.replace(sweep, threads=3).cells} == {3}
    own = plan("train.seed=0,1", base=override(load("quick"), ["train.threads=2"]))
    assert {c.experiment.train.threads for c in msgspec.structs.replace(own, threads=3).cells} == {2}


def test_the_same_request_has_the_same_name_and_another_has_another():
    names = {plan(*over).name for over in (("train.seed=0,1",), ("train.seed=0..1",), ("train.seed=0,2",))}
    assert len(names) == 2
    other = override(load("quick"), ["model.depth=3"])
    assert plan("train.seed=0,1", base=other).name not in names


def test_a_preset_that_is_a_sweep_has_its_own_axes_and_its_cells_are_single_runs():
    starts = load("quick-starts")
    found = sweeps.plan(starts, [])
    assert [cell.experiment.interpolation.start for cell in found.cells] == ["init", "zero", "noise", "epoch:1"]
    assert all(cell.experiment.over == () for cell in found.cells)
    assert sweeps.plan(starts, [sweeps.axis("train.seed=0,1")]).size == 8
    with pytest.raises(BadRequest, match=r"^x: is a sweep over interpolation\.start=.*`mli-tui sweep quick-starts`"):
        launch.require_startable(starts, "x")


def test_a_sweep_is_read_back_as_it_was_written(tmp_path):
    sweep = msgspec.structs.replace(
        plan("model.bias=last,[1]"), threads=2, beside=3, measured={"1x2": 10.5}, created=1.5
    )
    paths = sweeps.keep(tmp_path, sweep)
    assert sweeps.read(paths) == sweep
    sweeps.keep(tmp_path, plan("model.bias=last,[1]"))
    assert sweeps.read(paths) == sweep, "what is there already stays"


def test_a_sweep_is_as_old_as_it_says_however_it_was_copied(tmp_path):
    old = sweeps.keep(tmp_path, msgspec.structs.replace(plan("train.seed=0,1"), created=1000.25))
    new = sweeps.keep(tmp_path, plan("train.seed=0,2"))
    sweeps.write(old, msgspec.structs.replace(sweeps.read(old), threads=2))
    os.utime(new.spec, (500, 500))
    assert [paths.run_id for paths in sweeps.sweeps_in(tmp_path)] == [new.run_id, old.run_id]
    assert sweeps.fold(old, sweeps.read(old), []).created == 1000.25
    unsaid = sweeps.keep(tmp_path, plan("train.seed=0,3"))
    sweeps.write(unsaid, msgspec.structs.replace(sweeps.read(unsaid), created=0.0))
    os.utime(unsaid.spec, (700, 700))
    assert sweeps.fold(unsaid, sweeps.read(unsaid), []).created == 700


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_a_damaged_file_is_one_line_and_hides_no_other_sweep(tmp_path_factory, content):
    root = tmp_path_factory.mktemp("runs")
    good, bad = sweeps.keep(root, plan("train.seed=0,1")), sweeps.keep(root, plan("train.seed=0,2"))
    bad.spec.write_bytes(content)
    with pytest.raises(Damaged) as error:
        sweeps.read(bad)
    assert "\n" not in str(error.value)
    assert [view.sweep.name for view in sweeps.Sweeps(root).views([])] == [good.run_id]


def test_runs_are_found_by_what_they_compute_whatever_their_names(tmp_path):
    paths = make_sweep.made(tmp_path, over=("model.depth=2,4", "train.seed=0,1"), missing=1)
    make_run.finished(tmp_path, "quick-other-0001")
    view = sweeps.fold(paths, sweeps.read(paths), listing.list_runs(tmp_path))
    assert [row.status for row in view.rows] == ["done", "done", "done", "waiting"]
    assert (view.status, view.counts) == ("stopped", {"done": 3, "waiting": 1})
    for row in view.rows[:3]:
        spec = listing.read_experiment(listing.RunPaths(tmp_path / row.run.run_id))
        assert (str(spec.model.depth), str(spec.train.seed)) == row.values


def test_of_two_runs_of_a_cell_the_one_that_is_done_counts(tmp_path):
    paths = make_sweep.made(tmp_path, over=("train.seed=0,1",))
    sweep = sweeps.read(paths)
    again = make_run.create(tmp_path, "quick-again-0001", experiment=sweep.cells[0].experiment)
    make_run.append(again, make_run.beginning())
    view = sweeps.fold(paths, sweep, listing.list_runs(tmp_path))
    assert view.counts == {"done": 2}


def test_a_run_that_is_launched_by_hand_takes_no_place_in_a_sweep_that_has_its_own(tmp_path):
    paths = make_sweep.made(tmp_path, over=("train.seed=0,1",))
    sweep = sweeps.read(paths)
    own = [row.run.run_id for row in sweeps.fold(paths, sweep, listing.list_runs(tmp_path)).rows]
    later = make_run.finished(tmp_path, "quick-20271231-235959-0001", experiment=sweep.cells[0].experiment)
    runs = listing.list_runs(tmp_path)
    assert later.run_id in [run.run_id for run in runs]
    assert [row.run.run_id for row in sweeps.fold(paths, sweep, runs).rows] == own


def test_seeds_are_taken_together_only_beside_other_keys(tmp_path):
    alone = sweeps.fold(make_sweep.made(tmp_path), plan("train.seed=0,1"), [])
    assert [values for values, _ in sweeps.group(alone)] == [("0",), ("1",)]
    paths = make_sweep.made(tmp_path / "two", over=("model.depth=2,4", "train.seed=0..2"))
    view = sweeps.fold(paths, sweeps.read(paths), listing.list_runs(paths.root))
    assert [(values, len(rows)) for values, rows in sweeps.group(view)] == [(("2",), 3), (("4",), 3)]


def test_tables_hold_every_run_with_the_values_of_its_cell(tmp_path):
    paths = make_sweep.made(tmp_path, over=("model.bias=last,[1]",), missing=1)
    make_run.append(
        listing.RunPaths(tmp_path / "quick-20260921-120000-0000"),
        [*make_run.interpolation(sweeps.read(paths).base), *make_run.ending()],
    )
    view = sweeps.fold(paths, sweeps.read(paths), listing.list_runs(tmp_path))
    curves = list(csv.DictReader(io.StringIO(sweep_export.curves_csv(paths, view))))
    assert len(curves) == 4 * 5
    assert {row["model.bias"] for row in curves} == {"last"}
    (run,) = csv.DictReader(io.StringIO(sweep_export.summary_csv(view)))
    assert float(run["error_plateau_end_linear"]) == view.rows[0].run.error_plateau_end["linear"]
    assert (run["status"], run["model.bias"]) == ("done", "last")


@pytest.mark.parametrize("name", ["", "nothing", "quick"])
def test_a_name_that_is_none_or_more_than_one_is_refused(tmp_path, name):
    sweeps.keep(tmp_path, plan("train.seed=0,1"))
    sweeps.keep(tmp_path, plan("train.seed=0,2"))
    with pytest.raises(BadRequest, match="mli-tui sweeps"):
        sweeps.find(tmp_path, name)


def test_a_sweep_is_found_by_its_name_where_that_is_unique(tmp_path):
    one, other = (sweeps.keep(tmp_path, plan(f"train.seed=0,{n}")) for n in (1, 2))
    labels.change(one, labelling.named("grid"))
    assert sweeps.find(tmp_path, "grid").run_id == one.run_id
    labels.place(other).write_text('name = "grid"')
    with pytest.raises(BadRequest) as caught:
        sweeps.find(tmp_path, "grid")
    assert all(text in str(caught.value) for text in (one.run_id, other.run_id, "ambiguous: 2 sweeps are called so"))
