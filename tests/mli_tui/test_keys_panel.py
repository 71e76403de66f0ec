"""The panel of keys: where it has room, that it follows focus and screen, and that it is remembered."""

import re

import pytest

from mli_tui import keys, settings
from mli_tui.app import MliApp
from mli_tui.screens.device import DeviceScreen
from mli_tui.screens.form import FormScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.settings import SettingsScreen
from mli_tui.settings import Settings
from mli_tui.widgets import keys_panel
from mli_tui.widgets.key_list import KeyList
from mli_tui.widgets.keys_panel import KeysPanel
from mli_tui.widgets.plot import PlotView
from mli_tui.widgets.runs_table import RunsTable
from presets import load
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.test_app import SIZE, until

OPEN = Settings(keys_panel=True)


@pytest.fixture
def notes(monkeypatch):
    said = []
    monkeypatch.setattr(MliApp, "notify", lambda self, message, **options: said.append(message))
    return said


def panel(app, screen=None):
    return (screen or app.screen).query_one(KeysPanel)


def told(app, screen=None):
    return panel(app, screen).content.plain


@pytest.mark.parametrize(
    ("width", "height", "where"),
    [(144, 24, "right"), (143, 34, "foot"), (143, 33, ""), (80, 24, ""), (80, 34, "foot"), (200, 60, "right")],
)
def test_it_is_where_what_is_there_keeps_its_room(width, height, where):
    assert keys_panel.place(width, height) == where


async def test_f7_shows_it_and_f7_hides_it_and_the_choice_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("f7")
        await until(pilot, lambda: "form" in told(app))
        await until(pilot, lambda: settings.load(settings.settings_file())[0].keys_panel)
        await pilot.press("f7")
        await until(pilot, lambda: not app.screen.query(KeysPanel))
        await until(pilot, lambda: not settings.load(settings.settings_file())[0].keys_panel)


async def test_it_follows_the_focus(tmp_path):
    make_run.finished(tmp_path)
    app = MliApp(tmp_path, chosen=OPEN)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "In the list 'presets'" in told(app))
        await pilot.press("tab")
        await until(pilot, lambda: "In the list 'runs'" in told(app))
        assert "In the list 'presets'" not in told(app)
        assert "filter" in told(app)


async def test_every_screen_has_it_and_a_dialog_is_told_of_by_the_one_below(tmp_path):
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id, chosen=OPEN)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "zoom in" in told(app))
        below = app.screen
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, DeviceScreen) and "zoom in" not in told(app))
        await pilot.press("escape", "comma")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen) and "next value" in told(app, below))
        assert not app.screen.query(KeysPanel)
        await pilot.press("escape")
        await until(pilot, lambda: "zoom in" in told(app))


async def on_every_screen(app, pilot, sweep, run):
    """Go to each screen that has a panel, and into the lines that are typed into."""
    await until(pilot, lambda: app.screen.query("#presets"))
    yield "presets"
    await pilot.press("tab")
    await until(pilot, lambda: isinstance(app.focused, RunsTable) and app.focused.chosen)
    yield "runs"
    await pilot.press("slash")
    yield "filter"
    await pilot.press("escape")
    for paths, name in ((run, "run"), (sweep, "sweep")):
        app.open_run(paths)
        await until(pilot, lambda: getattr(app.screen, "view", None))
        yield name
    await pilot.press("D")
    yield "device"
    app.open_compare([run, run])
    yield "compare"
    app.open_form(app.root, load("quick"), "quick")
    await until(pilot, lambda: isinstance(app.screen, FormScreen))
    yield "form"
    await pilot.press("enter")
    yield "value"


@pytest.mark.parametrize("size", [(80, 40), (120, 40), (144, 24), (200, 60)])
async def test_no_word_of_it_is_cut_on_any_screen(tmp_path, size):
    run = make_run.finished(tmp_path, "quick-20260921-120000-9999")
    sweep = make_sweep.made(tmp_path, ["train.seed=1,2"], missing=1)
    app = MliApp(tmp_path, chosen=OPEN)
    async with app.run_test(size=size) as pilot:
        async for place in on_every_screen(app, pilot, sweep, run):
            await pilot.pause()
            await until(pilot, lambda: app.screen.query(KeysPanel) and told(app))
            rows = told(app).splitlines()
            assert max(map(len, rows)) <= panel(app).content_size.width + 1, place  # the last cell is blank
            assert len(rows) <= panel(app).content_size.height, place
            columns = {cell.strip() for row in rows for cell in re.split(r"  +", row.strip())}
            names = {text for _, actions in keys.short(app.screen) for _, text in actions}
            whole = names <= {*columns, *(" ".join(cell.split()[1:]) for cell in columns)}
            assert whole or "more in the help" in columns, (place, names - columns)
            assert whole or size != (200, 60), place


def test_a_key_and_a_text_that_are_long_go_on_in_the_next_line():
    shown = keys_panel.lines([("In the list", [("ctrl+shift+pagedown", "a text that is long"), ("a", "b")])])
    title, *rows = (line.plain for line in shown)
    assert title == "In the list"
    assert [row.split() for row in rows] == [["ctrl+shift+pagedown", "a", "text"], ["that", "is"], ["long"], ["a", "b"]]
    assert max(map(len, rows)) <= keys_panel.WIDTH - 3


async def test_keys_of_the_users_own_are_shown(tmp_path):
    app = MliApp(tmp_path, chosen=OPEN, keymap={"app.help": "f1"})
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: any(line.split()[-2:] == ["f1", "help"] for line in told(app).splitlines()))


async def test_where_it_has_no_room_that_is_said_in_one_line_and_the_plots_stay(tmp_path, notes):
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query(PlotView))
        await pilot.pause()
        before = [plot.size for plot in app.screen.query(PlotView)]
        await pilot.press("f7")
        await until(pilot, lambda: notes)
        assert notes == ["the keys panel needs 144 columns or 34 rows; this terminal has 80x24"]
        await pilot.pause()
        assert [plot.size for plot in app.screen.query(PlotView)] == before
        await pilot.resize_terminal(80, 40)
        await until(pilot, lambda: panel(app).size.height == keys_panel.HEIGHT - 1)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: [plot.size for plot in app.screen.query(PlotView)] == before)


async def test_the_rows_of_the_form_fit_beside_it(tmp_path):
    app = MliApp(tmp_path, chosen=OPEN)
    async with app.run_test(size=(150, 40)) as pilot:
        await pilot.pause()
        app.open_form(app.root, load("quick"), "quick")
        await until(pilot, lambda: isinstance(app.screen, FormScreen) and "undo" in told(app))
        rows = app.screen.query_one(KeyList)
        await until(pilot, lambda: max(len(row.content.plain) for row in rows.rows) <= rows.content_size.width)


async def test_a_screen_that_comes_back_tells_it_no_more_often(tmp_path):
    make_run.finished(tmp_path)
    app = MliApp(tmp_path, chosen=OPEN)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "In the list 'presets'" in told(app))
        before = len(app.screen.bindings_updated_signal._subscriptions[app.screen.query_one(KeysPanel)])
        for _ in range(3):
            await pilot.press("question_mark")
            await until(pilot, lambda: len(app.screen_stack) == 3)
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 2)
        after = app.screen.bindings_updated_signal._subscriptions[app.screen.query_one(KeysPanel)]
        assert len(after) == before == 1
