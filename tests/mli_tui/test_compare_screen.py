"""The compare screen through Pilot: every key, what is drawn, and what is written."""

import csv
import shutil
import tomllib
from itertools import accumulate

import pytest
from textual.widgets import DataTable, Static

from backends.runs import events, labels
from backends.runs.journal import Writer
from mli_tui import labelling
from mli_tui.app import MliApp
from mli_tui.screens.compare import CompareScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.start import StartScreen
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.lines import Lines
from presets import load, override
from tests.mli_tui import make_run
from tests.mli_tui.test_app import SIZE, notes, plot_of, text_of, until  # noqa: F401 - notes is a fixture


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
        assert text_of(app, "heading").endswith("aligned by 1 seeds, differences to A")
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
        await pilot.press("x", "Y")
        shared = plot_of(app, "loss")
        assert shared.headline == "loss, train, linear, shared y"
        await pilot.press("t", "m")
        assert plot_of(app, "loss").y_limits == shared.y_limits
        await pilot.press("t", "m", "Y")
        assert plot_of(app, "loss") == before
        await pilot.press("A", *"alpha 0.2..0.6 error 0..2", "enter")
        assert plot_of(app, "loss").across() == (0.2, 0.6)
        assert plot_of(app, "error").limits() == (0.0, 2.0)
        await pilot.press("A", "ctrl+u", *"beta", "enter")
        assert str(app.screen.query_one("#said", Static).content) == "beta: no such axis; expected alpha, loss or error"
        await pilot.press("escape", "A", "ctrl+u", "enter")
        assert plot_of(app, "loss") == before


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
        await pilot.press("m", "e")
        await until(pilot, lambda: notes)
        drawn = plot_of(app, "error").series
    (written,) = tmp_path.glob("compare-*.csv")
    assert notes[0][0] == f"written: {written} and {written.stem}.toml"
    with written.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["scheme"] for row in rows} == {"homogeneous"}
    mine = [float(r["value"]) for r in rows if (r["metric"], r["group"], r["statistic"]) == ("error", "B", "median")]
    assert tuple(mine) == drawn[-1].y
    beside = tomllib.loads(written.with_suffix(".toml").read_text())
    assert beside["B"]["experiment"]["model"]["depth"] == 6


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


async def test_another_theme_colours_tables_anew(tmp_path):
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
