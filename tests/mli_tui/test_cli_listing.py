"""presets, runs, show: what they print, as lines and as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.runs import events, export, labels, listing
from backends.runs.listing import RunRow
from backends.runs.view import RunView
from mli_tui.cli import report
from mli_tui.cli.listing import run_lines
from presets import Experiment, Interpolation, Model, catalog, load, override
from presets.loader import to_toml
from tests.mli_tui import make_run, synthetic
from tests.mli_tui.command import mli
from tests.mli_tui.test_words import a_dataset, a_key, a_live, a_point, found, number

HOSTILE = "\x1b]52;c;aGk=\x07 \x9b31m \u202eevil [/oops] [@click=app.quit]x[/]"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "runs"
    monkeypatch.setenv("MLI_TUI_RUNS", str(folder))
    return folder


def test_presets_lists_all_and_the_default_first(capsys: pytest.CaptureFixture[str]) -> None:
    answer = mli(capsys, "presets")
    names = [line.partition(":")[0] for line in answer.out.splitlines() if not line.startswith(" ")]
    assert (answer.code, names) == (0, [preset.name for preset in catalog()])


def test_presets_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(mli(capsys, "presets", "--json").out)
    assert [preset["identity"] for preset in found] == [preset.experiment.identity() for preset in catalog()]
    assert set(found[0]) == {"preset", "title", "shows", "expected_time", "group", "identity", "own", "needs"}


def test_no_runs_is_no_error(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mli(capsys, "runs") == (0, "", f"no runs in {root}; `mli-tui run quick` starts one\n")
    assert mli(capsys, "runs", "--json") == (0, "[]\n", "")


def test_runs_newest_first_with_everything_aligned(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = (make_run.finished(root), make_run.live(root), make_run.failed(root), make_run.queued(root))
    for order, paths in enumerate(written):
        make_run.older(paths, -order)
    head, *rows = mli(capsys, "runs").out.splitlines()
    assert head.split() == ["run", "preset", "status", "epochs", "plateau", "age"]
    assert [row.split()[0] for row in rows] == [paths.run_id for paths in reversed(written)]
    assert [row.split()[2] for row in rows] == ["queued", "failed", "training", "done"]
    assert [row.split()[3:5] for row in rows] == [["0", "-/-"], ["7", "-/-"], ["12", "-/-"], ["37", "0.68/0.04"]]
    assert len({len(row) for row in [head, *rows]}) == 1


def test_runs_takes_the_words_of_the_filter_and_columns(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for n, depth in enumerate((4, 6, 8)):
        spec = override(load("quick"), [f"model.depth={depth}", f"train.seed={n}"])
        make_run.finished(root, f"quick-{n}", experiment=spec)
    asked = ["--filter", "seed!=0 -depth:6 loss<9", "--columns", "seed,depth gap curve"]
    head, *rows = mli(capsys, "runs", *asked).out.splitlines()
    assert head.split()[6:] == ["seed", "depth", "bias", "gap", "error(alpha)"]
    assert [row.split()[0] for row in rows] == ["quick-2"]
    assert rows[0].split()[-4:] == ["2", "8", "1.300", "▇▇▇▇▇▇▇▇▅▁▁▁"]
    grouped = mli(capsys, "runs", "--group", "depth", "--columns", "seed").out.splitlines()
    ages = [len(line) for line in grouped[1::2]]
    assert [line[ages[0] :].split() for line in grouped[2::2]] == [["0"], ["1"], ["2"]]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--filter", "seed!"], "--filter: seed!: after a key stands one of : = != > < >= <="),
        (["--filter", "loss<x"], "--filter: loss<x: expected a number"),
        (["--group", "dephth"], "--group: dephth is no key; depth?"),
        (["--columns", "gap dephth"], "--columns: dephth is no key; depth?"),
        (["--columns", "status"], "--columns: status has a column anyway"),
        (["--columns", "gap", "--json"], "--json: has neither headings nor columns; leave out --group and --columns"),
    ],
)
def test_options_of_runs_that_can_not_be_understood_are_one_line(
    options: list[str], line: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mli(capsys, "runs", *options) == (2, "", f"mli-tui: {line}\n")


def test_runs_as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run.finished(root)
    (row,) = json.loads(mli(capsys, "runs", "--json").out)
    assert row["run_id"] == "quick-20260921-120000-0001"
    assert (row["status"], row["epochs"], row["max_epochs"]) == ("done", 37, 150)
    assert row["error_plateau_end"].keys() == {"linear", "homogeneous"}


def test_a_damaged_run_says_so_and_hides_no_other(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run.finished(root)
    damaged = make_run.create(root, "aaa")
    damaged.experiment.write_text(f'preset = "x"\n{HOSTILE.encode("unicode_escape").decode()} = 3')
    answer = mli(capsys, "runs")
    assert answer.code == 0
    assert "quick-20260921-120000-0001" in answer.out
    assert "\naaa: run aaa: experiment.toml: file = " in answer.out


def test_runs_below_headings_with_what_belongs_to_them(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def made(number: int, depth: int, seed: int, make: Any = make_run.finished) -> str:
        paths = make(root, f"quick-20260921-120000-000{number}")
        paths.experiment.write_text(to_toml(override(load("quick"), [f"model.depth={depth}", f"train.seed={seed}"])))
        return str(paths.run_id)

    ids = [made(1, 10, 0), made(2, 10, 1, make_run.failed), made(3, 10, 1), made(4, 6, 0)]
    answer = mli(capsys, "runs", "--group", "depth seed")
    lines = [line.rpartition("  ")[0].rstrip() for line in answer.out.splitlines()[1:]]
    told = [(line[: len(line) - len(line.lstrip())], re.split("  +", line.strip())) for line in lines]
    plateau = "0.68/0.04"
    assert told == [
        ("", ["depth 6", "1 run", plateau]),
        ("  ", ["seed 0", "1 run", plateau]),
        ("    ", [ids[3], "quick", "done", "37", plateau]),
        ("", ["depth 10", "3 runs, 1 failed", "median", plateau]),
        ("  ", ["seed 0", "1 run", plateau]),
        ("    ", [ids[0], "quick", "done", "37", plateau]),
        ("  ", ["seed 1", "2 runs, 1 failed", plateau]),
        ("    ", [ids[2], "quick", "done", "37", plateau]),
        ("    ", [ids[1], "quick", "failed", "7", "-/-"]),
    ]
    assert mli(capsys, "runs", "--group", "dpeth") == (2, "", "mli-tui: --group: dpeth is no key; depth?\n")
    assert mli(capsys, "runs", "--group", "depth", "--json").code == 2


def row(run_id: str, preset: str, **more: Any) -> RunRow:
    return RunRow(run_id=run_id, preset=preset, seed=0, status="interrupted", epochs=1000, created=0.0, **more)


@pytest.mark.parametrize(
    ("run_id", "preset", "shown"),
    [
        ("quick-20260921-120000-0001", "quick", "quick"),
        ("fc10-mnist5k-20260921-120000-0001", "fc10-mnist5k", "fc10-…"),
        ("fc10-mnist5k-no-bias-20260921-120000-0001", "fc10-mnist5k-no-bias", None),
    ],
)
def test_at_80_columns_presets_give_way_and_ids_stay_whole(run_id: str, preset: str, shown: str | None) -> None:
    ends = {"linear": 0.53, "homogeneous": 0.04}
    lines = run_lines([row(run_id, preset, error_plateau_end=ends)], 4e7, 80)
    words = lines[1].split()
    assert all(len(line) <= 80 for line in lines)
    assert words == [run_id, *([shown] if shown else []), "interrupted", "1000", "0.53/0.04", "462", "d"]
    assert ("preset" in lines[0].split()) == (shown is not None)


def test_a_pipe_gets_every_column_whole() -> None:
    long = "fc10-mnist5k-all-biases"
    assert long in run_lines([row(f"{long}-20260921-120000-0001", long)], 0.0, None)[1].split()


def test_show_tells_everything(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run.finished(root, experiment=override(load("quick"), ["train.seed=3"]))
    out = mli(capsys, "show", "last").out
    lines = dict(line.split(maxsplit=1) for line in out.splitlines() if len(line.split()) > 1)
    assert lines["run"] == "quick-20260921-120000-0001"
    assert lines["status"] == "done"
    assert lines["spec"] == (
        "model.depth = 8, model.width = 128, model.init_scale = 0.4, train.seed = 3, train.lr = 0.03"
    )
    assert lines["8"] == "1.9000     1          0.0000                 1  0.0000"
    table = [line.split() for line in out.splitlines() if line.startswith(("linear ", "homogeneous "))]
    assert [row[:2] for row in table] == [[s, t] for s in ("linear", "homogeneous") for t in ("train", "test")]
    own, foreseen = synthetic.ends("linear", "train"), synthetic.ends("linear", "train", predicted=True)
    error = (own.error_plateau_end, foreseen.error_plateau_end, own.error_half_fall)
    loss = (own.loss_plateau_end, foreseen.loss_plateau_end, own.loss_half_fall)
    assert table[0][2:-2] == [f"{end:.3f}" for end in (*error, *loss)]
    assert table[0][-2:] == [f"{own.max_rise_loss.rise:.5f}", "equal"]
    assert "error stays above 0.81 until alpha = 0.68 (as predicted): from 0.01 to " in out


def test_show_as_json_is_what_summary_json_holds(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_run.finished(root)
    assert mli(capsys, "show", "quick", "--json").out == paths.summary.read_text(encoding="ascii")


def test_show_layers_is_a_table_of_names_kinds_exponents_and_shapes(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run.live(root)
    assert mli(capsys, "show", "last", "--layers").out.splitlines() == [
        "layer    kind    exponent  shape",
        "layer1   Linear         1  128x784",
        "layer10  Linear        10  10x128",
        "no predicted curves: tanh is not homogeneous",
    ]
    assert json.loads(mli(capsys, "show", "last", "--layers", "--json").out) == [
        {"name": "layer1", "kind": "Linear", "exponent": 1, "shape": [128, 784]},
        {"name": "layer10", "kind": "Linear", "exponent": 10, "shape": [10, 128]},
    ]


def test_show_layers_before_there_are_any(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run.queued(root)
    assert mli(capsys, "show", "last", "--layers") == (0, "no layers known yet\n", "")
    assert mli(capsys, "show", "last", "--layers", "--json").out == "[]\n"


def test_names_of_layers_are_foreign_text(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = events.LayerRow(name=HOSTILE, kind=HOSTILE, exponent=1, shape=())
    make_run.append(make_run.create(root), [events.Layers(rows=(row,), not_homogeneous=HOSTILE)])
    out = mli(capsys, "show", "last", "--layers").out
    assert out.count("\\x1b") == 3 and all(line.isprintable() for line in out.splitlines())


def test_a_recalibrated_run_says_what_its_ends_are_compared_with(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["model.network=resnet20", "model.batch_norm=true", "interpolation.batch_norm=recalibrate"]
    make_run.finished(root, experiment=override(load("quick"), settings))
    said = "ends: against the checkpoints with their running statistics measured anew, as on the curves"
    assert said in mli(capsys, "show", "last").out.splitlines()
    make_run.finished(root, "quick-20260921-120000-0002")
    assert said not in mli(capsys, "show", "quick-20260921-120000-0002").out


@pytest.mark.parametrize(
    ("write", "status"),
    [
        (make_run.live, "running (training)"),
        (make_run.interpolating, "running (interpolating)"),
        (make_run.stopped, "stopped"),
        (make_run.interrupted, "interrupted: its worker is gone (killed, or out of memory?); it can be resumed"),
        (make_run.queued, "queued (2 ahead)"),
        (make_run.failed, "failed: the loss is not finite (nan) at epoch 8: training diverged at lr 0.03; "),
    ],
)
def test_show_before_the_end(write: Any, status: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root)
    answer = mli(capsys, "show", "last")
    assert answer.code == 0
    assert f"\nstatus   {status}" in answer.out
    assert json.loads(mli(capsys, "show", "last", "--json").out)["schemes"] == {}


def test_a_worker_that_lives_has_no_last_words(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run.sign(make_run.failed(root))
    assert "\nstatus   running (training)\n" in mli(capsys, "show", "last").out


def test_ends_that_differ_from_the_checkpoints_are_said_loudly(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_run.finished(root)
    make_run.append(paths, [events.EndsChecked(scheme="linear", split="train", start=False, end=True)])
    lines = mli(capsys, "show", "last").out.splitlines()
    assert [line.split()[-1] for line in lines if line.startswith("linear ")] == ["DIFFER", "equal"]


def test_text_of_a_foreign_run_is_harmless(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_run.create(root, experiment=override(load("quick"), []))
    spec = msgspec.structs.replace(load("quick"), title=HOSTILE[:300])
    make_run.durable.write(paths.experiment, make_run.to_toml(spec).encode())
    message = events.Finished(status="failed", message=HOSTILE)
    names = events.Dataset(class_names=(HOSTILE,) * 10, train=1, test=1, largest_class_share={})
    started = events.Started(attempt=1, device=HOSTILE, threads=1, host=HOSTILE, pid=1)
    make_run.append(paths, [started, names, *make_run.training(2), events.Note(text=HOSTILE), message])
    for command in (["show"], ["export", "--events", "-"], ["export", "--biases", "-"], ["plot"], ["attach"]):
        answer = mli(capsys, command[0], "last", *command[1:])
        assert not any(c in answer.out + answer.err for c in "\x07\x9b\u202e")
    assert "\\x1b]52;c;" in mli(capsys, "show", "last").out


a_rise = st.builds(events.Rise, rise=number, alpha_from=st.floats(0, 1), alpha_to=st.floats(0, 1))
an_epoch = st.builds(
    events.Epoch,
    epoch=st.integers(0, 200),
    loss=number,
    error=number,
    test_loss=number,
    test_error=number,
    class_error=st.lists(number, max_size=12).map(tuple),
    biases=st.lists(number, max_size=12).map(tuple),
    lr=st.just(0.1),
    seconds=st.floats(0, 1e308),
)


@settings(deadline=None)
@given(
    status=st.sampled_from(["queued", "running", "done", "failed"]),
    phase=st.sampled_from(["", "training", "interpolating"]),
    dataset=st.none() | a_dataset,
    epochs=st.lists(an_epoch, max_size=4).map(tuple),
    curves=st.dictionaries(a_key, st.lists(a_point, max_size=4).map(tuple)),
    plateaus=st.dictionaries(a_key, st.builds(found, scheme=st.just("linear"), end=number, predicted=number)),
    live=st.dictionaries(st.just("linear"), st.lists(a_live, max_size=2).map(tuple)),
)
def test_any_run_can_be_shown(**parts: Any) -> None:
    spec = Experiment(preset="x", model=Model(bias=(1, 2)), interpolation=Interpolation(live_every=3))
    view = RunView(run_id="x", experiment=spec, **parts)
    lines = list(report.whole(view))
    assert lines[0] == "run      x"
    assert not any("\n" in line for line in lines)
    json.loads(export.summary_json(view))


def test_the_written_run_reads_back(root: Path) -> None:
    view = listing.read_run(make_run.finished(root))
    assert (view.status, view.epoch, view.classes) == ("done", 37, 10)
    assert {key: len(points) for key, points in view.curves.items()} == {
        (scheme, split): 101 for scheme in ("linear", "homogeneous") for split in ("train", "test")
    }
    assert view.notes == ()


def test_runs_are_filtered_by_the_words_of_the_app(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deep = make_run.finished(root, "deep-1", experiment=override(load("quick"), ["model.depth=10"]))
    labels.change(deep, lambda _: labels.Labels(name="my deep one", tags=("paper",), note="see fig. 3"))
    make_run.finished(root, "quick-2")
    out = mli(capsys, "runs", "--filter", "depth>8 tag:paper").out.splitlines()
    assert [line.split()[0] for line in out] == ["run", "deep-1"]
    assert "my deep one" in out[1]
    (row,) = json.loads(mli(capsys, "runs", "--filter", "deep", "--json").out)
    assert row["labels"] == {"name": "my deep one", "tags": ["paper"], "note": "see fig. 3", "pinned": False}
    refused = mli(capsys, "runs", "--filter", "depht>8")
    assert (refused.code, refused.err) == (2, "mli-tui: --filter: depht is no key; depth?\n")
    assert "is what the filter asks for" in mli(capsys, "runs", "--filter", "nothing").err


def test_what_is_written_on_a_run_is_shown_and_its_name_finds_it(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels.change(make_run.finished(root, "quick-1"), lambda _: labels.Labels(name="my one", tags=("a", "b"), note="n"))
    out = mli(capsys, "show", "my one").out
    assert out.startswith("run      quick-1\nname     my one\ntags     a b\nnote     n\npreset   quick")


def test_damaged_labels_are_told_and_hide_no_run(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels.place(make_run.finished(root, "quick-1")).write_text("name = 3")
    out = mli(capsys, "runs").out.splitlines()
    assert out[1].split()[:3] == ["quick-1", "quick", "done"]
    assert out[2].startswith("run quick-1: labels.toml: Expected `str`, got `int`")
