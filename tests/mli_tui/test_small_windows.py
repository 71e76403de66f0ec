"""Windows below 80x24: no place is empty without a word, and what a place says that it needs is enough."""

import re

import pytest
from textual.widgets import DataTable

from mli_tui.app import MliApp
from mli_tui.screens.run import RunScreen
from mli_tui.widgets.lines import Lines
from mli_tui.widgets.plot import PlotView
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.test_app import until
from tests.mli_tui.test_compare_screen import made, opened
from tests.mli_tui.test_snapshots import is_drawn, settled

SIZES = [(40, 12), (30, 40), (60, 15), (20, 8), (44, 20), (22, 16), (45, 11), (66, 22)]


def plots(app):
    return [plot for plot in app.screen.query(PlotView) if plot.display and plot.size and plot.parent.display]


def said(plot):
    """Return what a place shows that has no picture, as words."""
    return " ".join(" ".join(strip.text for strip in plot._rows).split())


def has_a_word(plot):
    """Whether a place shows a picture, or says why not."""
    if plot._frames or (plot.plot.empty and plot.plot.empty in said(plot)):
        return True
    return bool(re.search(r"needs \d+x\d+$", said(plot)))


async def calm(pilot):
    """Wait until every place shows what it was asked for last."""
    await pilot.pause(0.1)
    await until(pilot, lambda: all(plot._building is None and plot._rows for plot in plots(pilot.app)))
    await pilot.pause(0.1)


async def enough(pilot):
    """Enlarge the window to what is asked for, and look whether that is enough."""
    needed = {found[0] for plot in plots(pilot.app) if (found := re.findall(r"needs (\d+x\d+)$", said(plot)))}
    if needed:
        assert len(needed) == 1
        await pilot.resize_terminal(*map(int, needed.pop().split("x")))
        await calm(pilot)
        await until(pilot, lambda: all(plot._frames for plot in plots(pilot.app) if plot.plot.drawable))


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_every_view_of_a_run(tmp_path, size):
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for view in range(5):
            await pilot.resize_terminal(*size)
            await calm(pilot)
            assert plots(app) and all(map(has_a_word, plots(app))), (view, [said(plot) for plot in plots(app)])
            assert not app.screen.show_vertical_scrollbar
            await enough(pilot)
            await pilot.press("v")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_compare(tmp_path, size):
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, made(tmp_path))
        await pilot.resize_terminal(*size)
        await calm(pilot)
        assert plots(app) and all(map(has_a_word, plots(app)))
        table = app.screen.query_one(DataTable)
        assert table.size.height > 1
        await enough(pilot)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("over", [("model.depth=2,4",), ("train.seed=0..2",)], ids=str)
async def test_the_lines_of_a_sweep(tmp_path, size, over):
    paths = make_sweep.made(tmp_path, over=over)
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_run(paths)
        await until(pilot, lambda: plots(app) and is_drawn(plots(app)[0]) and app.screen.query_one(DataTable).row_count)
        await pilot.resize_terminal(*size)
        await calm(pilot)
        assert len(plots(app)) == 1 and has_a_word(plots(app)[0])
        assert app.screen.query_one(DataTable).size.height > 1
        await enough(pilot)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_heat_map_of_a_sweep_says_how_many_rows_have_no_room(tmp_path, size):
    paths = make_sweep.made(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_run(paths)
        await until(pilot, lambda: app.screen.query_one("#heat", Lines).content.plain.count("\n") == 5)
        heat = app.screen.query_one("#heat", Lines)
        whole = heat.content.plain.splitlines()
        await pilot.resize_terminal(*size)
        await pilot.pause(0.2)
        lines = heat.content.plain.splitlines()
        table = app.screen.query_one(DataTable)
        assert heat.content_size.height >= len(lines) and heat.region.bottom <= table.region.y, "none is cut off"
        assert table.region.bottom <= size[1] - 1 and table.size.height > 1
        if lines == whole:
            return
        count, columns, rows = map(int, re.search(r"(\d+) (?:more )?rows(?: need|:) (\d+)x(\d+)", lines[-1]).groups())
        assert (lines[:-1], count) == (whole[: len(lines) - 1], len(whole) - len(lines) + 1)
        await pilot.resize_terminal(columns, rows)
        await pilot.pause(0.2)
        assert heat.content.plain.splitlines() == whole


async def test_f_goes_between_pictures_and_tables_where_there_is_room_for_one_of_them(tmp_path):
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(60, 15)) as pilot:
        await settled(pilot)

        def shown():
            return [bool(app.screen.query_one(name).size) for name in ("#curves", "#lower")]

        assert isinstance(app.screen, RunScreen)
        assert shown() == [True, False]
        await pilot.press("f")
        await until(pilot, lambda: shown() == [False, True])
        assert "classes" in app.screen.query_one("#classes", Lines).content.plain
        await pilot.press("f")
        await until(pilot, lambda: shown() == [True, False])


async def test_narrow_pictures_stand_below_each_other(tmp_path):
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(30, 40)) as pilot:
        await settled(pilot)
        loss, error = (app.screen.query_one(name, PlotView) for name in ("#loss", "#error"))
        assert loss.region.bottom <= error.region.y and loss.size.width == error.size.width == 28
        assert loss._frames and error._frames
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert loss.region.y == error.region.y
