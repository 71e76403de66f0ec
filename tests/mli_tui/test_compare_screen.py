"""The compare screen through Pilot: every key, what is drawn, and what is written."""

import csv
import shutil
import subprocess
import tomllib
from itertools import accumulate

import pytest
from textual import events as mouse
from textual.widgets import DataTable, Static

from backends.runs import events, labels
from backends.runs.journal import Writer
from mli_tui import exporting, labelling
from mli_tui.app import MliApp
from mli_tui.screens.compare import CompareScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.start import StartScreen
from mli_tui.widgets import plot as plot_module
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.lines import Lines
from mli_tui.widgets.plot import PlotView
from presets import load, override
from tests.mli_tui import make_run
from tests.mli_tui.command import mli
from tests.mli_tui.test_app import SIZE, notes, plot_of, text_of, until  # noqa: F401 - notes is a fixture
from tests.mli_tui.test_run_screen import rows_of, turned


def made(root):
    """Make runs of two depths with the seeds 0 and 1."""
    found = []
    for depth in (8, 6):
        for seed in (0, 1):
            spec = override(load("quick"), [f"model.depth={depth}", f"train.seed={seed}"])
            found.append(make_run.finished(root, f"quick-20260921-120000-{depth}{seed}", experiment=spec))
    return found


def table(app):
    found = app.screen.query_one("#differences", DataTable)
    return {str(found.get_row_at(i)[0]): [str(c) for c in found.get_row_at(i)[1:]] for i in range(found.row_count)}


def heads(app):
    return [str(column.label) for column in app.screen.query_one("#differences", DataTable).ordered_columns]


async def opened(pilot, runs):
    pilot.app.open_compare(runs)
    await until(pilot, lambda: pilot.app.screen.comparison.groups and len(table(pilot.app)) > 4)


async def test_groups_are_bands_with_letters_and_their_differences_are_tabled(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        assert text_of(app, "heading") == "compare  4 runs in 2 groups, bands over seeds · linear · train split"
        for name in ("loss", "error"):
            series = plot_of(app, name).series
            assert [s.label for s in series if not s.thin] == ["A", "B"]
            assert len({s.colour for s in series if not s.thin}) == 2
        assert heads(app) == ["what differs", "A quick depth=8", "B quick depth=6"]
        assert table(app)["model.depth"] == ["8", "6"]
        assert "train.lr" not in table(app)
        assert text_of(app, "about") == "A  quick depth=8  2 runs, seeds 0, 1"
        await pilot.press("right")
        assert text_of(app, "about") == "B  quick depth=6  2 runs, seeds 0, 1"


async def test_b_shows_each_run_by_itself(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        await pilot.press("b")
        assert [s.label for s in plot_of(app, "loss").series] == ["A", "B", "C", "D"]
        assert len(heads(app)) == 5
        assert "4 runs · linear" in text_of(app, "heading")
        await pilot.press("b")
        assert len(heads(app)) == 3


async def test_a_aligns_by_seed(tmp_path):
    runs = made(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, runs[:3])
        assert table(app)["epochs"] == ["37", "37"]
        await pilot.press("a")
        assert text_of(app, "heading").endswith("aligned by 1 seed, differences to A")
        assert table(app)["epochs"] == ["37", "0"]
        assert table(app)["model.depth"] == ["8", "6"]
        assert "train.seed" not in table(app)
        await pilot.press("a")
        assert table(app)["epochs"] == ["37", "37"]


async def test_a_without_a_common_seed_says_so(tmp_path):
    runs = made(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, [runs[0], runs[3]])
        await pilot.press("a")
        assert text_of(app, "heading").endswith("no seed is in all of them: not aligned")


async def test_m_t_and_y_choose_what_is_drawn(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        before = plot_of(app, "error").series
        await pilot.press("m")
        assert plot_of(app, "error").title == "error, train, homog."
        assert plot_of(app, "error").series != before
        await pilot.press("t")
        assert plot_of(app, "loss").title == "loss, test, homog."
        assert "test split" in text_of(app, "heading")
        await pilot.press("y")
        assert plot_of(app, "loss").log
        await pilot.press("m", "t", "y")
        assert plot_of(app, "error").series == before


async def test_keys_of_the_axes(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        before = plot_of(app, "loss")
        await pilot.press("x")
        assert plot_of(app, "loss").log_x and plot_of(app, "error").log_x
        assert plot_of(app, "error").across() == (0.01, 1.0)
        assert plot_of(app, "error").headline == "error, train, linear, log alpha > 0"
        await pilot.press("x")
        assert plot_of(app, "loss") == before
        await pilot.press("A", *"alpha 0.2..0.6 error 0..0.5", "enter")
        assert plot_of(app, "loss").across() == (0.2, 0.6)
        assert plot_of(app, "error").limits() == (0.0, 0.5)
        await pilot.press("A", "ctrl+u", *"beta", "enter")
        assert str(app.screen.query_one("#said", Static).content) == "beta: no such axis; expected alpha, loss or error"
        await pilot.press("escape", "A", "ctrl+u", "enter")
        assert plot_of(app, "loss") == before


async def test_one_y_axis_is_announced_where_it_changes_the_limits_and_told_where_it_does_not(tmp_path, notes):  # noqa: F811
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        await pilot.press("Y")
        assert [text for text, _ in notes] == [
            "one y axis for all schemes and splits is on; the limits shown here stay as they are"
        ]
        assert plot_of(app, "loss").headline == "loss, train, linear"
        await pilot.press("Y", "y")  # in decades they differ
        own = {}
        for key in ("m", "t", "m", "t"):
            await pilot.press(key)
            own[app.screen.scheme, app.screen.reading.split] = [
                plot_of(app, name).limits() for name in ("loss", "error")
            ]
        every = [(min(low for low, _ in one), max(high for _, high in one)) for one in zip(*own.values(), strict=True)]
        await pilot.press("t", "Y")
        for key in ("m", "t", "m", "t"):
            await pilot.press(key)
            here = own[app.screen.scheme, app.screen.reading.split]
            for name, limits, shared in zip(("loss", "error"), here, every, strict=True):
                assert plot_of(app, name).limits() == shared
                assert plot_of(app, name).headline.endswith("shared y") == (limits != shared)
        assert len(notes) == 1


async def test_one_picture_shares_its_axis_with_none(tmp_path):
    options = ['interpolation.schemes=["linear"]', "train.max_epochs=6"]
    specs = [override(load("quick"), [*options, f"model.depth={depth}"]) for depth in (4, 6)]
    runs = [make_run.create(tmp_path, f"quick-{i}", experiment=spec) for i, spec in enumerate(specs)]
    for run in runs:
        make_run.append(run, [*make_run.beginning(), *make_run.training(6)])
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        app.open_compare(runs)
        await until(pilot, lambda: app.screen.comparison.groups and plot_of(app, "loss").series)
        assert not app.screen.active_bindings["Y"].enabled
        before = plot_of(app, "loss")
        await pilot.press("Y")
        assert plot_of(app, "loss") == before


async def test_the_grid_key_dots_the_curves(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        plot = app.screen.query_one("#loss", PlotView)
        await until(pilot, lambda: plot._rows and plot._building is None)
        assert "·" not in "".join(strip.text for strip in plot._rows)
        await pilot.press("number_sign")
        await until(pilot, lambda: "".join(strip.text for strip in plot._rows).count("·") > 20)
        await pilot.press("number_sign")
        await until(pilot, lambda: "·" not in "".join(strip.text for strip in plot._rows))


async def test_what_lies_between_the_seeds_and_up_to_the_plateaus_end_is_tinted(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        plot = plot_of(app, "error")
        assert [(one.x, one.low, one.high) for one in reversed(plot.ribbons)] == [
            (low.x, low.y, high.y) for low, high in zip(plot.series[0:4:2], plot.series[1:4:2], strict=True)
        ]
        assert {(shade.start, shade.end, shade.colour) for shade in plot.shades} == {
            (0.0, mark.x, mark.colour) for mark in plot.marks
        }
        assert plot.shades
        await pilot.press("b")
        assert plot_of(app, "error").ribbons == ()


async def test_a_group_has_the_tags_that_all_its_runs_have(tmp_path):
    runs = made(tmp_path)
    for run, tags in zip(runs, ("paper old", "paper", "a", "b"), strict=True):
        labels.change(run, labelling.tagged((), tags))
    labels.change(runs[0], labelling.noted("of the first alone"))
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, runs)
        assert text_of(app, "about") == "A  quick depth=8  2 runs, seeds 0, 1  #paper"
        await pilot.press("right")
        assert text_of(app, "about") == "B  quick depth=6  2 runs, seeds 0, 1"
        await pilot.press("b", "left")
        assert text_of(app, "about").endswith("#paper #old  of the first alone")


@pytest.mark.parametrize("kind", ["compare", "done", "live", "stopped"])
async def test_help_and_quit_are_in_the_footer_however_narrow_it_is(tmp_path, kind):
    run = {"done": make_run.finished, "live": make_run.live, "stopped": make_run.stopped}.get(kind)
    app = MliApp(tmp_path, run(tmp_path).run_id if run else None)

    def rights():
        keys = app.screen.query_one(KeysFooter).keys
        return dict(zip((key.description for key in keys), accumulate(key.width for key in keys), strict=True))

    async with app.run_test(size=(80, 24)) as pilot:
        if kind == "compare":
            await opened(pilot, made(tmp_path))
        for width in (80, 40, 200, 80):
            await pilot.resize_terminal(width, 24)
            fits = width > 40
            await until(pilot, lambda fits=fits, width=width: "Export" in rights()) if fits else None
            await until(pilot, lambda width=width: 0 < rights().get("Quit", 0) <= width)
            assert 0 < rights()["Help"] < rights()["Quit"] <= width
            assert fits or "Export" not in rights()
        assert {"live": "Stop", "stopped": "Resume"}.get(kind, "Back") in rights()


async def test_e_writes_what_is_drawn_and_the_specifications_beside_it(tmp_path, monkeypatch, notes):  # noqa: F811
    runs = made(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, runs)
        await pilot.press("m", "e", "c")
        await until(pilot, lambda: notes)
        drawn = plot_of(app, "error").series
        await pilot.press("e", "c")
        await until(pilot, lambda: len(notes) > 1)
    written = tmp_path / "compare-homogeneous-train.csv"
    assert (tmp_path / "compare-homogeneous-train-2.csv").read_text() == written.read_text()
    assert notes[0][0] == f"written: {written} and {written.stem}.toml"
    with written.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["scheme"] for row in rows} == {"homogeneous"}
    mine = [float(r["value"]) for r in rows if (r["metric"], r["group"], r["statistic"]) == ("error", "B", "median")]
    assert tuple(mine) == drawn[-1].y
    beside = tomllib.loads(written.with_suffix(".toml").read_text())
    assert beside["B"]["experiment"]["model"]["depth"] == 6


async def test_a_table_is_not_written_beside_specifications_of_another(tmp_path, monkeypatch, notes):  # noqa: F811
    runs = made(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compare-linear-train.toml").write_text("kept = true")
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, runs)
        await pilot.press("e", "c")
        await until(pilot, lambda: notes)
    assert (tmp_path / "compare-linear-train.toml").read_text() == "kept = true"
    assert (tmp_path / "compare-linear-train-2.csv").exists() and (tmp_path / "compare-linear-train-2.toml").exists()


@pytest.mark.parametrize(
    ("keys", "options"),
    [
        ("", ["--split", "train", "--scheme", "linear"]),
        (
            (*"mtyxY", "number_sign", "b"),
            ["--split", "test", "--scheme", "homogeneous", "--no-bands", "--log", "--log-alpha", "--shared"],
        ),
        ("ab", ["--split", "train", "--scheme", "linear", "--no-bands"]),
        ("ba", ["--split", "train", "--scheme", "linear", "--align"]),
        (("m", "space"), ["--split", "train", "--scheme", "homogeneous", "--hide", "A"]),
        (
            ("2", "plus", "plus"),
            ["--split", "train", "--scheme", "linear", "--limits", "alpha 0.07500000000000001..0.325"],
        ),
    ],
)
async def test_the_figure_is_what_is_drawn(tmp_path, monkeypatch, keys, options):
    runs = made(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    asked = []
    ended = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(exporting.subprocess, "run", lambda command, **_: asked.append(command) or ended)
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, runs)
        await pilot.press(*keys, "e", "v")
        await until(pilot, lambda: asked)
    (command,) = asked
    start = command.index("compare")
    target = tmp_path / f"compare-{options[3]}-{options[1]}.svg"
    grid = ["--grid"] if "number_sign" in keys else []
    ids = [run.run_id for run in runs]
    assert command[start:] == ["compare", *ids, *options, *grid, "--save", str(target)]


async def test_what_is_hidden_is_in_no_file_and_the_note_says_so(tmp_path, monkeypatch, notes):  # noqa: F811
    runs = made(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    ended = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(exporting.subprocess, "run", lambda command, **_: ended)
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, runs)
        await pilot.press("right", "space", "e", "c")
        await until(pilot, lambda: notes)
        await pilot.press("e", "p")
        await until(pilot, lambda: len(notes) > 2)
    table, beside = tmp_path / "compare-linear-train.csv", tmp_path / "compare-linear-train.toml"
    assert notes[0][0] == f"written: {table} and {beside.name}; without B, hidden"
    assert notes[-1][0].endswith("compare-linear-train.png; without B, hidden")
    with table.open() as file:
        assert {row["group"] for row in csv.DictReader(file)} == {"A"}
    told = tomllib.loads(beside.read_text())
    assert told["hidden"] == ["B"]
    assert "B" not in told


async def test_the_table_of_differences_is_copied_as_the_command_prints_it(tmp_path, monkeypatch, capsys):
    runs = made(tmp_path / "runs")
    copied = []
    monkeypatch.setattr(MliApp, "copy_to_clipboard", lambda self, text: copied.append(text))
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path / "runs"))
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, runs)
        await pilot.press("t", "e", "t")
        await until(pilot, lambda: copied)
    printed = mli(capsys, "compare", *(run.run_id for run in runs), "--split", "test").out
    assert copied == [printed.rstrip("\n")]


async def test_enter_opens_the_run_of_the_column_and_escape_goes_back(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        await pilot.press("right", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "seed 0" in text_of(app, "heading"))
        assert app.screen.view.experiment.model.depth == 6
        await pilot.press("escape")
        assert isinstance(app.screen, CompareScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)


async def test_a_live_run_and_a_new_name_change_what_is_shown(tmp_path):
    runs, live = made(tmp_path), make_run.live(tmp_path, epochs=5)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, [runs[0], live])
        assert len(heads(app)) == 2
        await pilot.press("b")
        assert table(app)["epochs"] == ["37", "5"]
        writer = Writer(live.events)
        writer.append(events.Finished(status="stopped"))
        writer.close()
        live.lock.unlink()
        await until(pilot, lambda: table(app)["status"] == ["done", "stopped"])
        labels.change(runs[0], labelling.named("the \x1b[2J one"))
        await until(pilot, lambda: heads(app)[1] == "A the \\x1b[2J one")


async def test_a_run_that_cannot_be_read_hides_no_other(tmp_path, notes):  # noqa: F811
    runs = made(tmp_path)
    (runs[1].experiment).write_text("= \x1b")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, runs)
        await until(pilot, lambda: notes)
        assert notes[0][0].startswith(f"run {runs[1].run_id}: experiment.toml: ")
        assert "\x1b" not in notes[0][0]
        assert len(app.screen.comparison.views) == 3
        shutil.rmtree(runs[2].folder)
        await until(pilot, lambda: len(notes) > 1)
        assert len(table(app)) > 4


async def test_another_theme_colours_tables_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("COLORTERM", "truecolor")
    (run, *_) = runs = made(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        ends = app.screen.query_one("#ends", Lines)
        await until(pilot, lambda: "linear" in text_of(app, "ends"))
        dark = ends.content.spans
        app.theme = "textual-light"
        await until(pilot, lambda: ends.content.spans != dark)
        await opened(pilot, runs)
        light = [column.label.style for column in app.screen.query_one("#differences", DataTable).ordered_columns]
        app.theme = "textual-dark"
        shown = app.screen.query_one("#differences", DataTable)
        await until(pilot, lambda: [column.label.style for column in shown.ordered_columns] != light)


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (20, 6), (1, 1)])
async def test_any_size_draws(tmp_path, size):
    app = MliApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, made(tmp_path))
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
    assert app.return_code in (0, None)


def cursors(app):
    return [app.screen.query_one(f"#{name}", PlotView).cursor for name in ("loss", "error")]


def foremost(app, count=3):
    """Return the first labels of the table."""
    return list(table(app))[:count]


async def test_the_keys_of_a_run_move_a_cursor_on_alpha_and_the_table_reads_what_is_there(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        assert "model.depth" in foremost(app)
        for key, alpha in (
            ("4", 0.4),
            ("l", 0.41),
            ("h", 0.4),
            ("L", 0.45),
            ("H", 0.4),
            ("dollar_sign", 1.0),
            ("0", 0),
        ):
            await pilot.press(key)
            assert cursors(app) == [pytest.approx(alpha)] * 2, key
            assert foremost(app, 2) == [f"loss at {alpha:.2f}", f"error at {alpha:.2f}"]
        await pilot.press("shift+right")
        assert cursors(app) == [pytest.approx(0.05)] * 2
        point = app.screen.comparison.views[0].curves["linear", "train"][5]
        assert table(app)["loss at 0.05"] == [f"{point.loss:#.4g}"] * 2
        assert table(app)["error at 0.05"] == [f"{point.error:.4f}"] * 2
        assert app.screen.query_one(DataTable).cursor_coordinate == (2, 1), "on the row where it was"
        await pilot.press("c")
        assert cursors(app) == [None, None]
        assert "loss at 0.05" not in table(app)
        assert app.screen.query_one(DataTable).cursor_coordinate == (0, 1)
        await pilot.press("3", "escape")
        assert cursors(app) == [None, None]
        assert isinstance(app.screen, CompareScreen)


async def test_arrows_and_j_k_move_in_the_table_alone(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        await pilot.press("right", "j", "down", "k")
        assert app.screen.query_one(DataTable).cursor_coordinate == (1, 2)
        assert cursors(app) == [None, None]


async def test_a_click_reads_and_the_wheel_zooms_where_the_mouse_is(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        plot = app.screen.query_one("#error", PlotView)
        await until(pilot, lambda: plot._frames)
        (frame,) = plot._frames
        await pilot.click(plot, offset=(frame.column(0.3), frame.top + 1))
        assert cursors(app) == [pytest.approx(0.3, abs=0.02)] * 2
        await turned(plot, mouse.MouseScrollUp, frame.column(0.3), frame.top + 1)
        await until(pilot, lambda: app.screen.reading.window)
        low, high = app.screen.reading.window
        assert low < 0.3 < high and high - low < 1.0


async def test_a_stretch_is_chosen_by_the_keys_of_a_run_and_both_axes_fit_to_it(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        before = plot_of(app, "error")
        await pilot.press("2", "plus", "plus")
        assert plot_of(app, "error").across() == pytest.approx((0.075, 0.325))
        low, high = plot_of(app, "error").limits()
        assert low > 0.5 and high <= 1.0, "on the plateau"
        await pilot.press("right_square_bracket")
        assert plot_of(app, "error").across() == pytest.approx((0.1375, 0.3875))
        await pilot.press("left_square_bracket", "minus")
        assert plot_of(app, "error").across() == pytest.approx((0.0, 0.5))
        await pilot.press("z", "c")
        assert plot_of(app, "error") == before


async def test_the_curves_of_the_column_stand_out_until_v_makes_all_alike(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        alike = plot_of(app, "loss")
        assert not any(s.strong for s in alike.series)
        await pilot.press("right")
        assert {s.label for s in plot_of(app, "loss").series if s.strong and not s.thin} == {"B"}
        await until(pilot, lambda: "[B]" in rows_of(app, "loss")[0])
        await pilot.press("v")
        assert plot_of(app, "loss") == alike
        await pilot.press("left")
        assert plot_of(app, "loss") == alike
        await pilot.press("v")
        assert {s.label for s in plot_of(app, "loss").series if s.strong and not s.thin} == {"A"}


async def test_space_hides_the_curves_of_the_column_and_shows_them_again(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        before = plot_of(app, "loss")
        await pilot.press("space")
        assert [s.label for s in plot_of(app, "loss").series if not s.thin] == ["B"]
        await until(pilot, lambda: "A hidden" in rows_of(app, "loss")[0])
        assert ", A hidden ·" in text_of(app, "heading")
        assert heads(app)[1] == "(A) quick depth=8"
        assert text_of(app, "about") == "A  quick depth=8  hidden: space shows it  2 runs, seeds 0, 1"
        await pilot.press("space")
        assert plot_of(app, "loss") == before
        assert heads(app)[1] == "A quick depth=8"


async def test_a_moving_cursor_builds_no_picture_and_fills_no_table_anew(tmp_path, monkeypatch):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        await pilot.press("4")
        await pilot.pause(0.3)
        built, filled = [], []
        monkeypatch.setattr(plot_module, "draw", lambda *a: built.append(a))
        monkeypatch.setattr(app.screen.query_one(DataTable), "clear", lambda **_: filled.append(1))
        await pilot.press("l", "L", "h", "9", "3")
        await pilot.pause()
        assert table(app)["loss at 0.30"]
        assert (built, filled) == ([], [])


async def test_no_key_fails_while_nothing_is_read_or_drawn(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        app.open_compare([make_run.queued(tmp_path)])
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        for _ in range(2):
            for key in ("l", "4", "plus", "minus", "left_square_bracket", "z", "v", "space", "right", "left", "x", "c"):
                await pilot.press(key)
            await until(pilot, lambda: app.screen.comparison.groups)
        assert isinstance(app.screen, CompareScreen)


async def test_a_key_that_changes_nothing_says_why(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(MliApp, "notify", lambda self, message, **options: told.append(message))
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, made(tmp_path))
        before = app.screen.reading
        await pilot.press("z", "c", "right_square_bracket")
        assert told == ["all of alpha is shown: zoom in first", "there is no cursor", *told[:1]]
        assert app.screen.reading == before
