"""Reading values on the run screen through Pilot: every key and the mouse, and what a moving cursor sends."""

import asyncio
import threading
from itertools import pairwise

import pytest
from textual import events
from textual.widgets import Static

from backends.runs import launch
from mli_tui import actions, settings
from mli_tui.app import MliApp
from mli_tui.screens.run import RunScreen
from mli_tui.screens.start import StartScreen
from mli_tui.widgets import plot as plot_module
from mli_tui.widgets.entry import Entry
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.plot import PlotView
from tests.mli_tui import make_run
from tests.mli_tui.test_app import plot_of, text_of, until
from tests.mli_tui.test_snapshots import settled

SIZE = (120, 40)


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("COLORTERM", "truecolor")  # colours that do not depend on where the tests run
    return MliApp(tmp_path, make_run.finished(tmp_path).run_id)


def cursors(app):
    return [plot.cursor for plot in app.screen.query("#curves PlotView")]


def rows_of(app, name):
    plot = app.screen.query_one(f"#{name}", PlotView)
    return [plot.render_line(y).text for y in range(plot.size.height)]


@pytest.mark.parametrize(
    ("keys", "alpha"),
    [
        (["right"], 0.68),
        (["l", "l"], 0.69),
        (["left", "h"], 0.67),
        (["5", "shift+right"], 0.55),
        (["5", "L"], 0.55),
        (["5", "shift+left"], 0.45),
        (["5", "H"], 0.45),
        (["5", "home"], 0.0),
        (["5", "end"], 1.0),
        (["5", "dollar_sign"], 1.0),
        *(([str(n)], n / 10) for n in range(10)),
    ],
)
async def test_a_key_puts_the_cursor_on_both_plots_and_all_values_follow(app, keys, alpha):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press(*keys)
        assert cursors(app) == [pytest.approx(alpha)] * 2
        at = f"{alpha:.2f}"
        assert [line.split()[3] for line in text_of(app, "ends").splitlines()] == [at, at]
        assert text_of(app, "classes").startswith(f"classes at {at} · linear, train split")
        for name in ("loss", "error"):
            assert any(f" {at} " in row for row in rows_of(app, name)[-2:])


@pytest.mark.parametrize("key", ["escape", "c"])
async def test_the_cursor_goes_away_and_the_plateau_ends_come_back(app, key):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        before = text_of(app, "ends"), text_of(app, "classes"), rows_of(app, "loss")
        await pilot.press("4")
        assert (text_of(app, "ends"), text_of(app, "classes"), rows_of(app, "loss")) != before
        await pilot.press(key)
        assert (text_of(app, "ends"), text_of(app, "classes"), rows_of(app, "loss")) == before
        assert isinstance(app.screen, RunScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)


async def test_a_click_on_a_plot_puts_the_cursor_there(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        plot = app.screen.query_one("#error", PlotView)
        (frame,) = plot._frames
        await pilot.click(plot, offset=(frame.column(0.3), frame.top + 1))
        assert cursors(app) == [pytest.approx(0.3, abs=0.02)] * 2
        assert app.screen.reading.alpha in {p.alpha for p in app.screen.view.curves["linear", "train"]}
        before = cursors(app)
        await pilot.click(plot, offset=(frame.left - 2, frame.top + 1))
        await pilot.click("#bias", offset=(20, 5))
        assert cursors(app) == before


@pytest.mark.parametrize("log", [False, True])
async def test_the_wheel_zooms_where_it_is_turned_and_leaves_the_cursor(app, log):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("4", *(["x"] if log else []))
        await settled(pilot)
        plot = app.screen.query_one("#error", PlotView)
        (frame,) = plot._frames
        column = frame.column(0.3)
        await turned(plot, events.MouseScrollUp, column, frame.top + 1)
        await settled(pilot)
        low, high = app.screen.reading.window
        assert low < 0.3 < high
        assert high - low < 1.0
        assert plot._frames[0].x_at(column) == pytest.approx(0.3, abs=0.02)
        assert app.screen.reading.alpha == 0.4
        await turned(plot, events.MouseScrollUp, frame.left - 2, frame.top + 1)
        assert app.screen.reading.window == (low, high)
        for _ in range(2):
            await turned(plot, events.MouseScrollDown, column, frame.top + 1)
        await settled(pilot)
        assert app.screen.reading.window is None


async def turned(plot, wheel, x, y):
    """Turn the mouse's wheel over a plot."""
    where = {"widget": plot, "x": x, "y": y, "delta_x": 0, "delta_y": 0, "button": 0}
    plot.post_message(wheel(**where, shift=False, meta=False, ctrl=False))
    await asyncio.sleep(0.05)


async def test_a_moving_cursor_builds_nothing_and_repaints_only_its_columns(app, monkeypatch):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("4")
        await settled(pilot)
        built, painted = [], []
        monkeypatch.setattr(plot_module, "draw", lambda *a: built.append(a))
        plot = app.screen.query_one("#loss", PlotView)
        monkeypatch.setattr(plot, "refresh", lambda *regions, **options: painted.extend(regions))
        await pilot.press("right", "left", "9")
        await pilot.pause()
        assert built == []
        assert painted
        assert all(region.width == 1 or region.height == 1 for region in painted)


async def test_a_cursor_is_seen_without_colour_and_in_ascii(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id, ascii_only=True)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        before = rows_of(app, "loss")
        await pilot.press("9")
        await settled(pilot)
        after = rows_of(app, "loss")
        assert "".join(after).isascii()
        read = next(key for key in app.screen.query_one(KeysFooter).keys if key.description == "Read")
        assert read.display == "left right"
        (frame,) = app.screen.query_one("#loss", PlotView)._frames
        column = frame.column(0.9)
        assert {after[y][column] for y in frame.rows if before[y][column] == " "} == {"|"}
        assert " 0.90 " in after[frame.ticks]


async def test_zoom_pan_and_reset(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)

        def limits():
            return {plot_of(app, name).x_limits for name in ("loss", "error")}

        for keys, window in [
            (["5", "+"], (0.25, 0.75)),
            (["="], (0.375, 0.625)),
            (["]"], (0.4375, 0.6875)),
            (["["], (0.375, 0.625)),
            (["minus"], (0.25, 0.75)),
            (["z"], (0.0, 1.0)),
        ]:
            await pilot.press(*keys)
            assert limits() == {window}, keys


async def test_on_a_stretch_loss_and_error_fit_to_what_is_there_and_all_of_alpha_has_its_axes_again(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        before = [plot_of(app, name).y_limits for name in ("loss", "error")]
        await pilot.press("A", *"alpha 0.2..0.4", "enter")
        await settled(pilot)
        for name in ("loss", "error"):
            plot = plot_of(app, name)
            inside = [y for s in plot.series for x, y in zip(s.x, s.y, strict=True) if 0.2 <= x <= 0.4]
            low, high = plot.limits()
            assert low <= min(inside) and max(inside) <= high
            assert (low, high) == ((2.25, 2.4) if name == "loss" else (0.0, 1.0)), "errors fall from 0.9 to 0 there"
        await pilot.press("A", *" error 0..0.5", "enter")
        assert plot_of(app, "error").limits() == (0.0, 0.5)
        await pilot.press("z", "A", "ctrl+u", "enter")
        assert [plot_of(app, name).y_limits for name in ("loss", "error")] == before


async def test_more_points_are_asked_for_on_the_stretch_that_is_shown(app, monkeypatch):
    asked = []
    monkeypatch.setattr(launch, "start", lambda paths, **options: asked.append((paths.run_id, options)) or "")
    said = []
    monkeypatch.setattr(MliApp, "notify", lambda self, message, **options: said.append(message))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("5", "+", "p")
        await until(pilot, lambda: said)
        run_id = app.screen.view.run_id
    assert asked == [(run_id, {"module": "backends.refine", "more": ("--stretch", "0.25", "0.75")})]
    assert said == [f"{run_id}: measures more points from 0.25 to 0.75"]


@pytest.fixture
def told(monkeypatch):
    """What the app notifies."""
    said = []
    monkeypatch.setattr(MliApp, "notify", lambda self, message, **options: said.append(message))
    return said


async def test_a_run_that_trains_is_not_asked_for_more_points(tmp_path, monkeypatch, told):
    monkeypatch.setattr(launch, "start", lambda *a, **k: pytest.fail("started"))
    app = MliApp(tmp_path, make_run.live(tmp_path).run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.view is not None)
        await pilot.press("p")
        assert told == ["this run is running: more points are measured when it is done"]


async def test_heading_sentence_ends_and_classes_say_which_split_they_are_of(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        last = app.screen.view.epochs[-1]
        for keys, split in ((["t"], "test split"), (["t"], "train / test split"), (["v"], "train split")):
            await pilot.press(*keys)
            assert f" · {split} · " in text_of(app, "heading")
        await pilot.press("V")
        assert f"error {last.error:.3f} / {last.test_error:.3f}" in text_of(app, "heading")
        assert text_of(app, "sentence").startswith("train: error stays")
        assert [line.split()[1] for line in text_of(app, "ends").splitlines()] == ["train", "test"] * 2
        assert text_of(app, "classes").startswith("classes · train;")
        await pilot.press("t", "v", "v", "v", "5")  # the loss of both, side by side, whatever split was chosen
        assert app.screen.reading.splits == ("train",)
        assert " · train / test split · " in text_of(app, "heading")
        assert [line.split()[1] for line in text_of(app, "ends").splitlines()] == ["train", "test"] * 2
        assert "linear, train split" in text_of(app, "classes")


async def test_split_key_shows_train_then_test_then_both(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        train = plot_of(app, "loss")
        await pilot.press("t")
        assert plot_of(app, "loss").title == "loss, test"
        assert plot_of(app, "loss").series != train.series
        assert "test split" in text_of(app, "heading")
        await pilot.press("t")
        both = plot_of(app, "loss").series
        assert [s.dashed for s in both] == [True, True, False, False]
        assert [s.y for s in both[2:]] == [s.y for s in train.series if not s.thin]
        await settled(pilot)
        assert "train" in "".join(rows_of(app, "loss")[:2])
        assert "test" in "".join(rows_of(app, "loss")[:2])
        await pilot.press("t")
        assert plot_of(app, "loss") == train


async def test_grid_key_dots_all_pictures_and_is_kept(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        before = {name: rows_of(app, name) for name in ("loss", "error", "bias", "training")}
        await pilot.press("number_sign")
        await settled(pilot)
        for name, rows in before.items():
            assert "".join(rows_of(app, name)).count("·") > 10, name
            assert all(
                old in (new, " ")
                for row, dotted in zip(rows, rows_of(app, name), strict=True)
                for old, new in zip(row, dotted, strict=True)
            ), name
        await until(pilot, lambda: settings.load(settings.settings_file())[0].grid)
        await pilot.press("number_sign")
        await settled(pilot)
        assert {name: rows_of(app, name) for name in before} == before
        await until(pilot, lambda: not settings.load(settings.settings_file())[0].grid)


async def test_a_cursor_stands_on_a_line_of_the_grid_as_on_nothing(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("number_sign", "5")
        await settled(pilot)
        plot = app.screen.query_one("#error", PlotView)
        (frame,) = plot._frames
        column = frame.column(0.5)
        under = {y: plot._rows[y].text[column] for y in frame.rows}
        assert "·" in under.values()
        assert {rows_of(app, "error")[y][column] for y, text in under.items() if text == "·"} == {"│"}


async def test_log_key_switches_the_scale(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("y")
        assert plot_of(app, "loss").log
        assert plot_of(app, "error").log
        await pilot.press("y")
        assert not plot_of(app, "loss").log


async def test_log_alpha_key_switches_the_axis_and_cursor_click_and_digits_agree_with_it(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("0", "x")
        await settled(pilot)
        assert plot_of(app, "loss").log_x and plot_of(app, "error").log_x
        assert not plot_of(app, "loss").log
        assert cursors(app) == [0.01, 0.01]
        assert "error, train, log alpha > 0" in rows_of(app, "error")[0]
        plot = app.screen.query_one("#error", PlotView)
        (frame,) = plot._frames
        await pilot.click(plot, offset=(frame.column(0.1), frame.top + 1))
        assert cursors(app) == [pytest.approx(0.1)] * 2
        assert rows_of(app, "error")[frame.top + 2][frame.column(0.1)] == "│"
        await pilot.press("x")
        assert not plot_of(app, "loss").log_x


async def test_more_points_are_asked_for_on_what_a_log_axis_shows(app, monkeypatch):
    asked = []
    monkeypatch.setattr(launch, "start", lambda paths, **options: asked.append(options["more"]) or "")
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("x", "p")
        await until(pilot, lambda: asked)
    assert asked == [("--stretch", "0.01", "1.0")]


async def test_shared_y_holds_both_splits_and_is_said(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("Y")
        train = plot_of(app, "loss").y_limits
        await settled(pilot)
        assert "loss, train, y as test" in rows_of(app, "loss")[0]
        await pilot.press("t")
        assert plot_of(app, "loss").y_limits == train
        await pilot.press("Y", "v", "v")
        await settled(pilot)
        assert "error by class, test, shared y" in rows_of(app, "loss")[0]  # they have one axis always
        await pilot.press("v", "Y")
        await settled(pilot)
        assert plot_of(app, "loss").y_limits == plot_of(app, "error").y_limits == train
        assert ["shared y" in rows_of(app, name)[0] for name in ("loss", "error")] == [True, True]


async def test_limits_are_typed_and_what_is_wrong_is_said_meanwhile(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("5", "+", "A")
        assert app.screen.query_one(Entry).value == "alpha 0.25..0.75"
        await pilot.press("end", *" loss 1..")
        assert str(app.screen.query_one("#said", Static).content) == "loss 1..: expected A..B, such as 0..0.5"
        await pilot.press("enter")  # refused
        await pilot.press("2", "enter")
        assert isinstance(app.screen, RunScreen)
        assert plot_of(app, "loss").x_limits == plot_of(app, "error").x_limits == (0.25, 0.75)
        assert plot_of(app, "loss").limits() == (1.0, 2.0)
        assert plot_of(app, "error").limits() == (0.0, 1.0)
        await pilot.press("z")  # the stretch is the zoom's, too
        assert plot_of(app, "loss").x_limits == (0.0, 1.0)
        assert plot_of(app, "loss").limits() == (1.0, 2.0)
        await pilot.press("A")
        assert app.screen.query_one(Entry).value == "loss 1..2"
        await pilot.press("escape")
        assert plot_of(app, "loss").limits() == (1.0, 2.0)
        await pilot.press("A", "ctrl+u", "enter")
        assert plot_of(app, "loss").limits() != (1.0, 2.0)


@pytest.mark.parametrize(
    ("views", "begun", "line", "said"),
    [
        (1, "alpha 0.2..0.6", "error 0..0.5", "error: not in this view; expected alpha"),
        (2, "alpha 0.2..0.6 error 0..0.5", "loss 0..1", "loss: not in this view; expected alpha or error"),
        (3, "alpha 0.2..0.6 loss 0..2", "error 0..2", "error: not in this view; expected alpha or loss"),
    ],
)
async def test_limits_are_asked_for_the_axes_of_the_view_and_the_others_stay(app, views, begun, line, said):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("A", *"alpha 0.2..0.6 loss 0..2 error 0..0.5", "enter", *["v"] * views, "A")
        assert app.screen.query_one(Entry).value == begun
        await pilot.press("ctrl+u", *line, "enter")
        assert str(app.screen.query_one("#said", Static).content) == said
        await pilot.press("ctrl+u", "enter", *["V"] * views)
        kept = {"error": (0.0, 0.5), "loss": (0.0, 2.0)}
        for name in ("error", "loss"):
            assert (plot_of(app, name).limits() == kept[name]) == (name not in begun)
        assert plot_of(app, "loss").across() == (0.0, 1.0)


async def test_the_device_over_time_has_no_limits_to_choose_and_says_so(app, told):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("V", "A")
        assert isinstance(app.screen, RunScreen)
        assert told == ["the device over time has no axis whose limits can be chosen"]


async def test_typed_limits_of_error_are_those_of_the_classes(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("v", "v", "A", *"error 0..0.25", "enter")
        await settled(pilot)
        assert {panel.limits() for panel in plot_of(app, "loss").panels} == {(0.0, 0.25)}
        frame = app.screen.query_one("#loss", PlotView)._frames[0]
        assert rows_of(app, "loss")[frame.top].startswith("0.25 ")


async def test_scheme_key_chooses_whose_shares_are_read(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        linear = text_of(app, "classes")
        await pilot.press("m")
        assert "homogeneous" in text_of(app, "classes").splitlines()[0]
        await pilot.press("m")
        assert text_of(app, "classes") == linear


async def test_full_key_gives_the_pictures_all_the_room(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        plot, before = app.screen.query_one("#loss", PlotView), app.screen.query_one("#loss", PlotView).size.height
        await pilot.press("f")
        await until(pilot, lambda: plot.size.height == before + 8)
        await pilot.press("f")
        await until(pilot, lambda: plot.size.height == before)


async def test_in_a_small_window_the_curves_have_room_and_the_others_stand_together(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert app.screen.query_one("#loss", PlotView)._frames[0].lines >= 6
        lines = text_of(app, "classes").splitlines()
        assert len(lines) == 8
        assert lines[-1].startswith("5 others, bias ")


async def test_view_key_goes_from_curves_to_shares_to_errors_by_class_to_losses_by_split(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("4", "v")
        await settled(pilot)
        assert plot_of(app, "loss").title == "share by class, linear, train"
        assert plot_of(app, "error").title == "share by class, homog., train"
        assert cursors(app) == [0.4, 0.4]
        assert " 0.40 " in rows_of(app, "loss")[-2]
        await pilot.press("m")
        assert plot_of(app, "loss").title == "share by class, homog., train"
        await pilot.press("v")
        await settled(pilot)
        assert plot_of(app, "loss").title == "error by class, train, shared y"
        assert not app.screen.query_one("#error").display
        assert app.screen.query_one("#loss").size.width > SIZE[0] - 4
        assert sum(row.count(" 0.40 ") for row in rows_of(app, "loss")) == 5
        await pilot.press("v")
        await settled(pilot)
        assert [plot_of(app, name).title for name in ("loss", "error")] == ["loss, train", "loss, test"]
        assert cursors(app) == [0.4, 0.4]
        await pilot.press("v")
        await settled(pilot)
        assert plot_of(app, "loss").empty == "what it used of the device was not recorded"
        await pilot.press("V")
        await settled(pilot)
        assert plot_of(app, "loss").title == "loss, train"
        await pilot.press("v")
        await pilot.press("v")
        await settled(pilot)
        assert plot_of(app, "loss").title == "loss, train"
        assert app.screen.query_one("#error").display
        assert cursors(app) == [0.4, 0.4]


async def test_the_device_over_time_has_a_cursor_of_its_own(tmp_path):
    run = make_run.finished(tmp_path)
    make_run.append(run, [*make_run.used(), *make_run.used("interpolating", 3)])
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("4", "V")
        await settled(pilot)
        assert plot_of(app, "loss").title == "device use by seconds of work; final curves from 20 on"
        rows = "\n".join(rows_of(app, "loss"))
        assert [name in rows for name in ("cores to 2", "samples/s to 10k", "memory to 800 MiB", "GPU")] == [
            True, True, True, False,
        ]  # fmt: skip
        assert cursors(app)[0] is None
        plot = app.screen.query_one("#loss", PlotView)
        frame = plot._frames[0]
        await pilot.click(plot, offset=(frame.column(13.0), frame.top + 1))
        assert (cursors(app)[0], app.screen.reading.alpha) == (13.0, 0.4)
        assert text_of(app, "ends").startswith("0:12 to 0:14 of work: training, epoch 6  cores 1.9  samples/s 7k")
        await pilot.press("right", "plus")
        assert (cursors(app)[0], app.screen.reading.window) == (15.0, None)
        assert any(" 15.0 " in row for row in rows_of(app, "loss")[-2:])
        await pilot.press("v")
        assert cursors(app)[0] == 0.4
        await pilot.press("V", "escape")
        assert (isinstance(app.screen, RunScreen), cursors(app)[0]) == (True, None)
        assert text_of(app, "ends").startswith("linear")


async def test_a_click_on_a_small_multiple_puts_the_cursor_into_all(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("v", "v")
        await settled(pilot)
        plot = app.screen.query_one("#loss", PlotView)
        frame = plot._frames[7]
        await pilot.click(plot, offset=(frame.column(0.7), frame.top + 1))
        assert plot.cursor == pytest.approx(0.7, abs=0.05)


async def test_the_class_table_follows_the_theme(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)

        def colours():
            return {str(span.style) for span in app.screen.query_one("#classes").content.spans}

        assert "#ffe185" in colours()
        app.theme = "textual-light"
        await until(pilot, lambda: "#4f2300" in colours())
        assert "#ffe185" not in colours()


ALWAYS = ("Read", "View", "Split", "Export", "Form", "Help", "Quit")


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize(
    ("make", "can", "can_not"),
    [
        (make_run.finished, (), ("Stop", "Resume")),
        (make_run.stopped, ("Resume",), ("Stop", "More points")),
        (make_run.live, ("Stop",), ("Resume", "More points")),
    ],
)
async def test_the_footer_has_what_can_be_done_with_a_run_and_nothing_else(tmp_path, width, make, can, can_not):
    app = MliApp(tmp_path, make(tmp_path).run_id)
    async with app.run_test(size=(width, 24)) as pilot:
        footer = app.screen.query_one(KeysFooter)
        await until(pilot, lambda: {*can, *ALWAYS} <= {key.description for key in footer.keys})
        await until(pilot, lambda: not {key.description for key in footer.keys} & set(can_not))
        assert sum(key.width for key in footer.keys) <= width


async def test_a_key_that_can_do_nothing_says_why_once_however_long_it_is_held(app, told):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("s", "s", "s", "r")
        assert told == ["this run is done: there is nothing to stop", "this run is done: there is nothing to resume"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["V", "y"], "the device is shown over time, on axes of its own"),
        (["V", "+"], "the device is shown over time, on axes of its own"),
        (["V", "right"], "what it used of the device was not recorded"),
        (["V", "c"], "there is no cursor"),
        (["v", "y"], "shares are always shown from 0 to 1"),
        (["v", "Y"], "shares are always shown from 0 to 1"),
        (["v", "v", "Y"], "the classes share one y axis always"),
        (["z"], "all of alpha is shown: zoom in first"),
        (["]"], "all of alpha is shown: zoom in first"),
        (["c"], "there is no cursor"),
    ],
)
async def test_a_key_that_changes_nothing_that_is_seen_says_so(app, told, keys, said):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press(*keys[:-1])
        before = app.screen.reading
        await pilot.press(keys[-1])
        assert told == [said]
        assert app.screen.reading == before


async def test_a_cursor_where_nothing_is_measured_says_so(tmp_path, told):
    app = MliApp(tmp_path, make_run.live(tmp_path, epochs=0).run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.view is not None)
        await pilot.press("right", "right", "5")
        assert told == ["nothing is measured yet that a cursor could read"]


async def test_the_cursor_is_no_command_of_the_palette_and_the_digits_take_one_line_of_help(app):
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert {"View", "Split", "Log", "Zoom in", "More points"} <= titles
        assert not {"Read", "Cursor to 0.0", ""} & titles
        await pilot.press("question_mark")
        text = str(app.screen.query_one("Static").content)
        assert "cursor to 0.0: 1 to 9: to 0.1 to 0.9" in text
        assert text.count("cursor to 0.") == 1


async def test_no_key_fails_while_there_is_nothing_to_read(tmp_path):
    app = MliApp(tmp_path, make_run.queued(tmp_path).run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.view is not None)
        await pilot.press("right", "4", "+", "z", "v", "v", "v", "v", "v", "m", "t", "y", "end", "f")
        assert cursors(app) == [None, None]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_titles_of_pictures_are_whole_and_apart_from_what_stands_before_them(app, size):
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        for _ in range(4):
            shown = [plot for plot in app.screen.query(PlotView) if plot.display and plot.region]
            for plot in shown:
                assert rows_of(app, plot.id)[0].startswith(plot_of(app, plot.id).title)
            for one, other in pairwise(shown):
                if one.region.y == other.region.y:
                    assert other.region.x - one.region.right >= 3
            await pilot.press("v")
            await settled(pilot)


async def test_a_launch_that_takes_long_replaces_no_screen_that_was_gone_to_meanwhile(app, tmp_path, monkeypatch):
    release, made = threading.Event(), make_run.queued(tmp_path)

    def launch_slowly(root, experiment):
        assert release.wait(30)
        return made, ""

    monkeypatch.setattr(actions, "launch_new", launch_slowly)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("n", "escape")
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        release.set()
        await until(pilot, lambda: any(f"{made.run_id}: launched" in n.message for n in app._notifications))
        assert isinstance(app.screen, StartScreen)
        assert len(app.screen_stack) == 2


def test_a_list_that_is_not_there_yet_has_no_runs(tmp_path):
    assert StartScreen(tmp_path).rows == ()
