"""The panel of keys: where it has room, that it follows focus and screen, and that it is remembered."""

import pytest

from mli_tui import settings
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
from presets import load
from tests.mli_tui import make_run
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
