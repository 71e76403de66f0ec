"""Keys that come in one burst, as a slow line delivers them: each finds what the one before it has made."""

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.widgets import Input

from mli_tui import app as app_module
from mli_tui.app import MliApp
from mli_tui.line.app import LineApp
from mli_tui.screens.run import RunScreen
from mli_tui.screens.start import StartScreen
from mli_tui.widgets.runs_pane import RunsPane
from tests.mli_tui import make_run
from tests.mli_tui.test_app import SIZE, until


def burst(app, *keys):
    """Send all keys before the first one is looked at."""
    for key in keys:
        name = _character_to_key(key) if len(key) == 1 else key
        app.post_message(events.Key(name, key if len(key) == 1 else None))


async def in_the_list(pilot):
    await until(pilot, lambda: pilot.app.screen.query_one(RunsPane).table.row_count == 2)
    await pilot.press("tab")


@pytest.fixture
def root(tmp_path):
    for name in ("quick-a", "quick-b"):
        make_run.finished(tmp_path, name)
    return tmp_path


async def test_letters_behind_a_slash_go_into_the_filter_and_delete_nothing(root):
    app = MliApp(root)
    async with app.run_test(size=SIZE) as pilot:
        await in_the_list(pilot)
        burst(app, "/", *"quick-d")
        await until(pilot, lambda: app.screen.query_one(Input).value == "quick-d")
        assert sorted(path.name for path in root.iterdir() if path.name.startswith("quick")) == ["quick-a", "quick-b"]


async def test_without_the_order_they_do_not(root, monkeypatch):
    """What the order is for: this fails where Textual has come to do the same, and the order can go."""
    monkeypatch.setattr(app_module.InOrder, "on_event", LineApp.on_event)
    app = MliApp(root)
    async with app.run_test(size=SIZE) as pilot:
        await in_the_list(pilot)
        burst(app, "/", *"quick-x")
        await until(pilot, lambda: app.screen.query_one("#filter-line").display)
        await pilot.pause(0.5)
        assert app.screen.query_one(Input).value != "quick-x"


async def test_keys_go_on_where_a_screen_closes_with_the_key_that_closes_it(root):
    app = MliApp(root)
    async with app.run_test(size=SIZE) as pilot:
        await in_the_list(pilot)
        burst(app, "question_mark", "escape", "comma", "escape", "j", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        burst(app, "escape", "k", "/", "b")
        await until(pilot, lambda: isinstance(app.screen, StartScreen) and app.screen.query_one(Input).value == "b")
