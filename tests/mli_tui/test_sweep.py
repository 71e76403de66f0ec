"""Sweeps as they are seen: table, lines, heat map, the commands, the rows and the screen of the app."""

import csv
import io
import json
import re
import statistics
import subprocess
from typing import get_args

import msgspec
import pytest
from rich.cells import cell_len
from textual.widgets import DataTable

from backends.runs import events, launch, listing, sweeps
from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepRow
from mli_tui import actions, exporting, sweep_pictures
from mli_tui.app import MliApp
from mli_tui.cli import output
from mli_tui.plotting.palette import Look
from mli_tui.screens.export import ExportScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.start import StartScreen
from mli_tui.screens.sweep import SweepScreen
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.lines import Lines
from mli_tui.widgets.plot import PlotView
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.command import mli
from tests.mli_tui.test_app import text_of, until

SEEDS = range(3)


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path))
    return tmp_path


def look(paths):
    return sweeps.fold(paths, sweeps.read(paths), listing.list_runs(paths.root))


def test_a_heat_map_has_the_median_over_the_seeds_in_each_cell(tmp_path):
    view = look(make_sweep.made(tmp_path))
    title, head, *body = sweep_pictures.heat(view, sweep_pictures.metrics(view)[0])
    assert title[0].text == "error plateau, linear, median over seeds: depth (down), init_scale (across)"
    assert [tile.text.strip() for tile in head] == ["", "0.3", "0.45", "0.7", "1.0"]
    for depth, row in zip((2, 4, 6, 8), body, strict=True):
        assert row[0].text.strip() == str(depth)
        for scale, tile in zip((0.3, 0.45, 0.7, 1.0), row[1:], strict=True):
            wanted = statistics.median(make_sweep.figure(depth, scale, seed) for seed in SEEDS)
            assert tile.text.strip() == f"{wanted:.3f}"
    assert len({sum(len(tile.text) for tile in row) for row in (head, *body)}) == 1


def test_grounds_grow_lighter_with_the_value_and_their_ink_is_read():
    def luminance(colour):
        linear = [(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4) for v in channels(colour)]
        return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    def channels(colour):
        return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]

    colours = [sweep_pictures.ground(i / 20, 0.0, 1.0) for i in range(21)]
    light = [luminance(colour) for colour in colours]
    assert light == sorted(light)
    for colour in colours:
        ink = luminance(sweep_pictures.Tile("", colour).ink)
        dark, bright = sorted((ink, luminance(colour)))
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, colour


def test_a_cell_without_a_figure_has_no_ground_and_equal_figures_one(tmp_path):
    view = look(make_sweep.made(tmp_path, over=("model.depth=2,4", "model.width=8,9"), missing=1))
    tiles = [tile for row in sweep_pictures.heat(view, sweep_pictures.metrics(view)[0])[2:] for tile in row[1:]]
    assert [bool(tile.ground) for tile in tiles] == [True, True, True, False]
    assert tiles[3].text.strip() == "missing"
    waiting = msgspec.structs.replace(view, driven=True)
    assert sweep_pictures.heat(waiting, sweep_pictures.metrics(view)[0])[3][2].text.strip() == "waiting"


def test_a_cell_without_a_number_says_in_words_why(tmp_path):
    view = look(make_sweep.made(tmp_path, over=("model.depth=2,4", "model.width=8,9")))

    def shown(status, driven=True, **figures):
        rows = [
            msgspec.structs.replace(
                row, run=msgspec.structs.replace(row.run, **({"status": status} | figures if i == 0 else {}))
            )
            for i, row in enumerate(view.rows)
        ]
        changed = msgspec.structs.replace(view, rows=tuple(rows), driven=driven)
        return sweep_pictures.heat(changed, sweep_pictures.metrics(view)[0])[2][1]

    for status in ("failed", "running", "queued", "stopped", "interrupted"):
        tile = shown(status)
        assert (tile.text.strip(), tile.ground) == (status, "")
        assert tile.text.startswith(" ") and tile.text.endswith(" ")  # it touches no neighbour
    assert shown("done", error_plateau_end={}).text.strip() == "-"  # measured, and there is none


def test_a_cell_some_of_whose_seeds_failed_says_so_beside_its_number(tmp_path):
    view = look(make_sweep.made(tmp_path, over=("model.depth=2,4", "model.width=8,9", "train.seed=0..2")))
    assert "failed" not in sweep_pictures.heat(view, sweep_pictures.metrics(view)[0])[-1][0].text

    def first(status):
        (row, *rest) = view.rows
        row = msgspec.structs.replace(row, run=msgspec.structs.replace(row.run, status=status))
        _, _, cells, *_, (note,) = sweep_pictures.heat(
            msgspec.structs.replace(view, rows=(row, *rest)), sweep_pictures.metrics(view)[0]
        )
        assert note.text == "2/3: so many of the runs are done; !: one has failed"
        return cells[1].text.strip()

    assert first("running").endswith(" 2/3")
    assert first("failed").endswith(" 2/3!")


def test_lines_have_bands_from_the_smallest_to_the_largest_seed(tmp_path):
    view = look(make_sweep.made(tmp_path, over=("model.depth=8,4", "train.seed=0..2")))
    plot = sweep_pictures.lines(view)
    (median,) = [s for s in plot.series if s.label == "linear"]
    assert median.x == (4.0, 8.0)
    low, high = [s for s in plot.series if s.thin and s.colour.startswith("linear")]
    for i, depth in enumerate((4, 8)):
        found = [make_sweep.figure(depth, 0.4, seed) for seed in SEEDS]
        assert (low.y[i], median.y[i], high.y[i]) == (min(found), statistics.median(found), max(found))
    assert [(one.x, one.low, one.high) for one in plot.ribbons if one.colour == "linear"] == [(low.x, low.y, high.y)]


def test_seeds_alone_are_points_in_the_order_that_they_were_given_in(tmp_path):
    view = look(make_sweep.made(tmp_path, over=("train.seed=3,1,200",)))
    plot = sweep_pictures.lines(view)
    assert plot.x_names == ((0.0, "3"), (1.0, "1"), (2.0, "200"))
    assert plot.x_limits == (-0.5, 2.5)
    assert (plot.ribbons, [s.points for s in plot.series]) == ((), [True, True])
    for series, side in zip(plot.series, (-1, 1), strict=True):
        assert [round(x) for x in series.x] == [0, 1, 2]
        assert all((x - round(x)) * side > 0 for x in series.x), "no scheme covers another one"
    (linear,) = [s for s in plot.series if s.label == "linear"]
    assert linear.y == tuple(row.run.error_plateau_end["linear"] for row in view.rows)


def test_words_are_points_over_their_names_and_several_seeds_have_their_smallest_and_largest(tmp_path):
    view = look(make_sweep.made(tmp_path, over=("model.activation=tanh,relu", "train.seed=0..2")))
    plot = sweep_pictures.lines(view)
    assert [name for _, name in plot.x_names] == ["tanh", "relu"]
    assert plot.ribbons == () and all(s.points for s in plot.series)
    found = [make_sweep.figure(view.sweep.base.model.depth, view.sweep.base.model.init_scale, seed) for seed in SEEDS]
    linear = [s for s in plot.series if s.colour.startswith("linear")]
    assert [s.y[0] for s in linear] == [min(found), max(found), statistics.median(found)]
    assert [s.thin for s in linear] == [True, True, False]


def test_the_table_says_of_how_many_runs_a_cell_is(tmp_path):
    view = look(make_sweep.made(tmp_path, over=("model.depth=4,8", "train.seed=0..2"), missing=1))
    head, four, eight = sweep_pictures.table(view)
    assert head[:3] == ("model.depth", "status", "error, linear")
    assert four[:3] == ("4", "3/3 done", "0.250 (0.200..0.300)")
    assert eight[1] == "2/3 done, waiting"
    assert sweep_pictures.progress(view) == "5 of 6 done, 1 waiting"


def test_sweeps_and_sweep_show(root, capsys):
    paths = make_sweep.made(root)
    listed = mli(capsys, "sweeps").out
    assert re.search(
        rf"{paths.run_id} +done +48/48 +model.depth \(4\), model.init_scale \(4\), train.seed \(3\)", listed
    )
    assert json.loads(mli(capsys, "sweeps", "--json").out)[0]["counts"] == {"done": 48}
    shown = mli(capsys, "sweep-show", "last")
    assert shown.code == 0
    assert f"sweep {paths.run_id}: done, 48 of 48 done" in shown.out
    assert "depth (down), init_scale (across)" in shown.out
    cells = json.loads(mli(capsys, "sweep-show", paths.run_id, "--json").out)["cells"]
    assert len(cells) == 48
    assert cells[0]["values"] == {"model.depth": "2", "model.init_scale": "0.3", "train.seed": "0"}


def test_exports_go_to_files_and_to_stdout_alone(root, tmp_path, capsys):
    make_sweep.made(root, over=("model.depth=2,4",))
    rows = list(csv.DictReader(io.StringIO(mli(capsys, "sweep-show", "--summary", "-").out)))
    assert [row["model.depth"] for row in rows] == ["2", "4"]
    target = tmp_path / "curves.csv"
    assert str(target) in mli(capsys, "sweep-show", "--curves", target).out
    assert target.read_text().splitlines()[0].endswith(",predicted_error,model.depth")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--over", "train.seed=0..9999"],
            "--over: 10,000 runs of quick: nobody is there to ask; `--yes` starts them without asking",
        ),
        (["--over", "train.sed=1,2"], "train.sed = 1: unknown key; did you mean train.seed?"),
        (["--over", "train.lr=fast,0.1"], "train.lr = 'fast': expected a number above 0.0 to 1000.0"),
        (["--over", "train.seed=0,1", "--set", "x=1"], None),
        ([], "--over = '': expected at least one KEY=V1,V2 or KEY=A..B"),
        (
            ["--over", "train.seed=0,1", "--curves", "-"],
            "--curves, --summary = '-': progress is told on stdout; expected a file, or use sweep-show",
        ),
    ],
)
def test_a_bad_sweep_is_one_line_and_nothing_is_written(root, capsys, arguments, line):
    answer = mli(capsys, "sweep", "quick", *arguments)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert line is None or answer.err == f"mli-tui: {line}\n"
    assert list(root.iterdir()) == []


@pytest.mark.parametrize(("said", "started"), [("n\n", 0), ("", 0), ("y\n", 1)])
def test_many_runs_are_asked_for_at_a_terminal(root, capsys, monkeypatch, said, started):
    asked = []
    monkeypatch.setattr(output, "is_terminal", lambda stream: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    monkeypatch.setattr(launch, "start", lambda paths, *more, **options: asked.append((*more, options)) or "")
    answer = mli(capsys, "sweep", "quick", "--over", "train.seed=0..200", "--detach", "--backend", "cpu")
    assert answer.code == 0
    assert "201 runs of quick: start them all? [y/N]" in answer.err
    assert asked == [("cpu", {"module": "backends.sweep"})] * started
    assert len(sweeps.sweeps_in(root)) == started


def test_a_sweep_that_is_done_is_told_and_ends_with_0(root, capsys, monkeypatch):
    base = ("interpolation.points=5",)
    paths = make_sweep.made(root, over=("model.depth=2,4",), settings=base)
    monkeypatch.setattr(launch, "start", lambda *_, **__: "")
    answer = mli(capsys, "sweep", "quick", "--set", base[0], "--over", "model.depth=2,4")
    assert answer.code == 0
    assert answer.out.splitlines()[:2] == [f"sweep {paths.run_id}", "2 of 2 done"]
    lines = mli(capsys, "sweep", "quick", "--set", base[0], "--over", "model.depth=2,4", "--json").out.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["sweep", "progress", "ended"]


def test_stopping_what_does_not_run_is_refused(root, capsys):
    paths = make_sweep.made(root, over=("model.depth=2,4",))
    assert mli(capsys, "sweep-stop") == (2, "", f"mli-tui: sweep {paths.run_id}: is not running\n")


async def test_a_sweep_is_one_row_that_opens_to_its_picture_and_from_there_to_a_run(tmp_path):
    make_sweep.made(tmp_path, over=("model.depth=2,4", "model.width=8,9"))
    make_run.finished(tmp_path, "quick-20260921-110000-9999")
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        runs = app.screen.query_one("#runs", DataTable)
        await until(pilot, lambda: runs.row_count == 2)
        names = [str(runs.get_row_at(i)[0]) for i in range(2)]
        assert sorted(names) == ["quick", "quick sweep"]
        await pilot.press("tab", *["j"] * names.index("quick sweep"), "enter")
        await until(pilot, lambda: isinstance(app.screen, SweepScreen) and app.screen.view)
        await until(pilot, lambda: "4 of 4 done" in text_of(app, "heading"))
        cells = app.screen.query_one("#cells", DataTable)
        assert cells.row_count == 4
        assert "error plateau, linear" in text_of(app, "heat")
        await pilot.press("m")
        assert "error plateau, homogeneous" in text_of(app, "heat")
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view)
        assert app.screen.view.experiment.model.width == 9
        await pilot.press("escape", "escape")
        assert isinstance(app.screen, StartScreen)


async def test_all_columns_of_a_heat_map_have_room_in_120_cells_and_a_failed_run_marks_the_sweep(tmp_path):
    paths = make_sweep.made(tmp_path, over=("model.depth=2,4", "model.init_scale=0.3,0.45"))
    failing = sorted(tmp_path.glob("quick-*"))[0]
    make_run.append(RunPaths(failing), [events.Finished(status="failed", message="diverged")])
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_run(paths)
        await until(pilot, lambda: isinstance(app.screen, SweepScreen) and app.screen.view)
        cells = app.screen.query_one("#cells", DataTable)
        await until(pilot, lambda: cells.row_count == 4 and cells.virtual_size.width > 0)
        await pilot.pause()
        assert [str(column.label) for column in cells.ordered_columns][-4:] == [
            "error, homog.",
            "loss, linear",
            "loss, homog.",
            "bias gap",
        ]
        assert cells.virtual_size.width <= 120
        assert "✗ done" in text_of(app, "heading")


async def test_one_key_is_drawn_as_lines_and_cells_change_while_it_runs(tmp_path):
    paths = make_sweep.made(tmp_path, over=("model.depth=2,4",), missing=1)
    make_run.sign(paths)
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_run(paths)
        await until(pilot, lambda: "1 of 2 done, 1 waiting" in text_of(app, "heading"))
        assert app.screen.query_one("#lines", PlotView).plot.title == "error plateau end by model.depth"
        assert not app.screen.query_one("#heat", Lines).display
        cells = app.screen.query_one("#cells", DataTable)
        assert str(cells.get_row_at(1)[1]) == "waiting"
        run = make_run.create(tmp_path, "quick-later", experiment=sweeps.read(paths).cells[1].experiment)
        make_run.finish(run)
        await until(pilot, lambda: str(cells.get_row_at(1)[1]) == "done")
        assert "2 of 2 done" in text_of(app, "heading")


async def test_the_grid_key_dots_the_lines_and_is_grey_on_a_heat_map(tmp_path):
    lines, heat = (
        make_sweep.made(tmp_path / name, over=over)
        for name, over in (("a", ("model.depth=2,4",)), ("b", ("model.depth=2,4", "model.init_scale=0.3,1.0")))
    )
    app = MliApp(tmp_path / "a")
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_run(heat)
        await until(pilot, lambda: app.screen.view is not None)
        assert not app.screen.active_bindings["number_sign"].enabled
        await pilot.press("escape")
        app.open_run(lines)
        await until(pilot, lambda: app.screen.query_one("#lines", PlotView)._frames)
        plot = app.screen.query_one("#lines", PlotView)
        assert "·" not in "".join(strip.text for strip in plot._rows)
        await pilot.press("number_sign")
        await until(pilot, lambda: "".join(strip.text for strip in plot._rows).count("·") > 20)
        assert app.chosen.grid


async def test_a_preset_that_is_a_sweep_is_launched_as_one(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(launch, "start", lambda paths, **how: started.append((paths.run_id, how)) or "")
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        table = app.screen.query_one("#presets", DataTable)
        table.move_cursor(row=table.get_row_index("quick-starts"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SweepScreen) and app.screen.view)
        ((name, how),) = started
        assert how == {"module": "backends.sweep"}
        assert app.screen.view.sweep.name == name
        assert len(app.screen.view.rows) == 4


async def test_what_a_sweep_can_not_do_is_not_offered_and_said_where_it_is_asked_for(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(MliApp, "notify", lambda self, message, **options: told.append(message))
    paths = make_sweep.made(tmp_path, ["model.depth=2,4"])
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_run(paths)
        await until(pilot, lambda: app.screen.view)
        footer = app.screen.query_one(KeysFooter)
        await until(pilot, lambda: [key.text for key in footer.keys][:3] == ["⏎ Open", "esc Back", "e Export"])
        await pilot.press("s", "r", "m")
    assert told == [
        "this sweep is done: there is nothing to stop",
        "this sweep is done: there is nothing to resume",
        "a figure is chosen for a heat map: for a sweep of two keys",
    ]


async def test_keys_stop_go_on_and_export(tmp_path, monkeypatch):
    paths = make_sweep.made(tmp_path, over=("model.depth=2,4",), missing=1)
    done = []
    monkeypatch.setattr(actions, "resume_sweep", lambda p: done.append(("resume", p.run_id)) or "")
    monkeypatch.setattr(actions, "stop_sweep", lambda p: done.append(("stop", p.run_id)) or "")
    monkeypatch.chdir(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_run(paths)
        await until(pilot, lambda: app.screen.view and app.screen.view.status == "stopped")
        await pilot.press("s", "r")
        await until(pilot, lambda: done == [("resume", paths.run_id)])
        make_run.sign(paths)
        await until(pilot, lambda: app.screen.view.status == "running")
        await pilot.press("s")
        await until(pilot, lambda: done[1:] == [("stop", paths.run_id)])
        await pilot.press("e", "c")
        await until(pilot, lambda: (tmp_path / f"{paths.run_id}-summary.csv").exists())


@pytest.mark.parametrize(
    ("over", "metric", "begins"),
    [
        (("model.depth=2,4",), "", "sweep-show NAME --save"),
        (
            ("model.depth=2,4", "model.init_scale=0.3,1.0"),
            "m",
            "sweep-show NAME --figure error plateau, homogeneous --save",
        ),
    ],
)
async def test_the_picture_of_a_sweep_is_exported_as_it_is_shown(tmp_path, monkeypatch, over, metric, begins):
    paths = make_sweep.made(tmp_path, over=over)
    asked = []
    ended = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(exporting.subprocess, "run", lambda command, **_: asked.append(command) or ended)
    monkeypatch.chdir(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_run(paths)
        await until(pilot, lambda: app.screen.view and app.screen.view.status == "done")
        await pilot.press(*metric, "e", "p")
        await until(pilot, lambda: asked)
    told = " ".join(asked[0])
    assert begins.replace("NAME", paths.run_id) in told
    assert told.endswith(f"{tmp_path / paths.run_id}.png")


async def test_the_table_of_a_sweep_and_its_folder_are_copied(tmp_path, monkeypatch):
    paths = make_sweep.made(tmp_path, over=("model.depth=2,4", "model.init_scale=0.3,1.0", "train.lr=0.1,0.2"))
    copied = []
    monkeypatch.setattr(MliApp, "copy_to_clipboard", lambda self, text: copied.append(text))
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_run(paths)
        await until(pilot, lambda: app.screen.view and app.screen.view.status == "done")
        await pilot.press("e", "p")
        assert isinstance(app.screen, ExportScreen), "three keys have no picture"
        await pilot.press("t")
        await until(pilot, lambda: len(copied) == 1)
        await pilot.press("e", "w")
        await until(pilot, lambda: len(copied) == 2)
    assert copied[0].splitlines()[0].split()[:4] == ["model.depth", "model.init_scale", "train.lr", "status"]
    assert len(copied[0].splitlines()) == 9
    assert copied[1] == str(paths.folder)


@pytest.mark.parametrize("over", [("model.depth=2,4",), ("model.depth=2,4", "model.init_scale=0.3,1.0")])
def test_the_picture_of_a_sweep_goes_into_a_file(root, tmp_path, capsys, over):
    pytest.importorskip("matplotlib")
    make_sweep.made(root, over=over)
    target = tmp_path / "picture.svg"
    assert mli(capsys, "sweep-show", "--save", target).out == f"{target}\n"
    drawn = target.read_text()
    if len(over) == 1:
        assert "<!-- error plateau end by model.depth -->" in drawn
    else:
        assert "<!-- 2 -->" in drawn
        assert f"<!-- {make_sweep.figure(4, 0.3, 0):.3f} -->" in drawn
        assert "<!-- error plateau, linear -->" in drawn


@pytest.mark.parametrize(
    ("over", "line"),
    [
        (("model.depth=2,4", "train.seed=0..1"), "1 key: its picture is the error plateau ends"),
        (("model.depth=2,4", "model.width=8,9", "train.lr=0.1,0.2"), "3 keys: its table has all figures"),
    ],
)
def test_a_figure_is_of_a_heat_map_alone(root, capsys, over, line):
    make_sweep.made(root, over=over)
    answer = mli(capsys, "sweep-show", "--figure", "bias gap")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"mli-tui: --figure = 'bias gap': of a heat map of two keys alone; this sweep has {line}\n"


def test_the_table_has_no_figure_of_a_run_that_failed_as_the_heat_map_has_none(tmp_path):
    view = look(make_sweep.made(tmp_path, over=("model.depth=2,4", "model.width=8,9")))
    gap = sweep_pictures.metrics(view)[-1]
    (first, *rest) = (
        msgspec.structs.replace(row, run=msgspec.structs.replace(row.run, bias_gap=1.543)) for row in view.rows
    )
    failed = msgspec.structs.replace(first, run=msgspec.structs.replace(first.run, status="failed"))
    view = msgspec.structs.replace(view, rows=(failed, *rest))
    assert sweep_pictures.heat(view, gap)[2][1].text.strip() == "failed"
    for table in (sweep_pictures.cells(view), sweep_pictures.table(view)):
        assert [row[2:] for row in table[1:2]] == [("failed", *["-"] * 5)]
        assert [row[-1] for row in table[1:]] == ["-", "1.543", "1.543", "1.543"]


def test_a_picture_that_can_not_be_is_one_line(root, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    paths = make_sweep.made(root, over=("model.depth=2,4", "model.init_scale=0.3,1.0"), missing=4)
    for more, line in (
        (["--save", "x.gif"], "--save = 'x.gif': expected a name that ends in one of .png, .svg, .pdf"),
        (["--save", tmp_path / "x.svg"], "no figure yet: its numbers appear as runs end"),
        (["--figure", "plateau"], "--figure = 'plateau': expected one of error plateau, linear; "),
    ):
        answer = mli(capsys, "sweep-show", paths.run_id, *more)
        assert answer.code == 2
        assert answer.err.startswith(f"mli-tui: {line}")


async def test_foreign_text_in_a_value_is_shown_and_not_obeyed(tmp_path):
    over = ('data.name="npz:[/x][@click=app.quit]\x1b]0;a",mnist5k', "model.depth=2,4")
    base = make_sweep.override(make_sweep.load("quick"), [])
    paths = sweeps.keep(tmp_path, sweeps.Sweep(name="quick-hostile", base=base, axes=tuple(map(sweeps.axis, over))))
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_run(paths)
        await pilot.pause(0.5)
        text = text_of(app, "heading") + text_of(app, "heat")
        assert "\x1b" not in text
        assert isinstance(app.screen, SweepScreen)


def test_without_colours_the_numbers_are_still_there(tmp_path):
    view = look(make_sweep.made(tmp_path, over=("model.depth=2,4", "model.width=8,9")))
    from mli_tui.screens.sweep import _line

    row = sweep_pictures.heat(view, sweep_pictures.metrics(view)[0])[2]
    assert not any(span.style for span in _line(row, Look(no_colour=True).no_colour).spans)
    assert "0.000" in _line(row, True).plain


async def test_no_cell_of_the_table_is_cut_whatever_the_decimals_and_whatever_a_run_is_at(tmp_path):
    paths = make_sweep.made(tmp_path, over=("model.depth=2,4", "train.seed=0,1"))
    app = MliApp(tmp_path)
    async with app.run_test(size=(200, 60)) as pilot:
        app.open_run(paths)
        await until(
            pilot, lambda: isinstance(app.screen, SweepScreen) and app.screen.query_one("#cells").row_count == 4
        )
        table, run = app.screen.query_one("#cells"), app.screen.view.rows[0].run
        app.choose(msgspec.structs.replace(app.chosen, decimals=6))
        await until(pilot, lambda: "0." in str(table.get_row_at(0)[3]) and len(str(table.get_row_at(0)[3])) == 8)
        at = [("running", phase, None) for phase in get_args(events.Phase)] + [("interrupted", "", None)]
        at += [("running", "refining", events.Refining(points=104, done=78, ahead=n)) for n in (0, 2)]
        for status, phase, more in at:
            told = msgspec.structs.replace(run, status=status, phase=phase, more=more)
            shown = sweep_pictures.metrics(app.screen.view)
            cells = sweep_pictures.cell_row(SweepRow(values=("2", "0"), run=told), shown)
            widths = [column.width for column in table.ordered_columns]
            assert all(cell_len(text) <= width for text, width in zip(cells, widths, strict=True)), cells
