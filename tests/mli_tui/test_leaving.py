"""A screen that is left before it is whole: Textual mounts nothing of what it composes, and it must not look for it."""

from unittest.mock import AsyncMock

import pytest

from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepPaths
from mli_tui.app import MliApp
from mli_tui.past import Past
from mli_tui.screens.compare import CompareScreen
from mli_tui.screens.device import DeviceScreen
from mli_tui.screens.export import ExportScreen
from mli_tui.screens.form import FormScreen
from mli_tui.screens.help import HelpScreen
from mli_tui.screens.prompt import PromptScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.settings import SettingsScreen
from mli_tui.screens.start import StartScreen
from mli_tui.screens.sweep import SweepScreen
from mli_tui.watch import RunChanged
from presets import load
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.test_app import until

SCREENS = {
    "run": lambda root: RunScreen(make_run.finished(root)),
    "sweep": lambda root: SweepScreen(SweepPaths(make_sweep.made(root, over=("model.depth=2,4",)).folder)),
    "compare": lambda root: CompareScreen([make_run.finished(root), make_run.stopped(root)]),
    "device": lambda root: DeviceScreen(RunPaths(make_run.live(root).folder), tuple, root, Past()),
    "form": lambda root: FormScreen(root, load("quick"), "quick"),
    "settings": lambda root: SettingsScreen(),
    "help": lambda root: HelpScreen(["a key"]),
    "export": lambda root: ExportScreen(),
    "prompt": lambda root: PromptScreen("Name?", "", "a hint", lambda line: ""),
    "start": lambda root: StartScreen(root),
}


@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen_that_is_left_at_once_ends_in_peace(tmp_path, name):
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, StartScreen) and app.screen.is_mounted)
        screen = SCREENS[name](tmp_path / "runs")
        app.push_screen(screen)
        await app.pop_screen()
        assert not screen.is_running
        assert len(app.screen_stack) == 2
    assert app.return_code in (0, None)


async def test_a_snapshot_that_comes_while_a_screen_is_left_is_not_shown(tmp_path):
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        screen = app.screen
        before, later = screen.view, RunChanged(screen.view)
        left = app.pop_screen()
        screen.post_message(later)
        await left
        assert screen.view is before


@pytest.mark.parametrize("name", SCREENS)
async def test_an_app_that_quits_while_a_screen_comes_ends_in_peace(tmp_path, name):
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, StartScreen) and app.screen.is_mounted)
        app.push_screen(SCREENS[name](tmp_path / "runs"))
        app.exit()
    assert app.return_code in (0, None)


async def test_a_preview_that_comes_when_the_app_quits_ends_in_peace(tmp_path):
    make_run.finished(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, StartScreen) and app.screen.rows)
        lists = app.screen
        app.exit()
        await lists._place_preview()
    assert app.return_code in (0, None)


async def test_lists_that_come_when_the_app_quits_end_in_peace(tmp_path):
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        lists = app.screen_stack[1]
        app.exit()
        await lists.fill()
    assert app.return_code in (0, None)


async def test_lists_that_are_on_top_when_the_app_quits_end_in_peace(tmp_path):
    """An app that ends takes its screens from the top, and the lists below a run are resumed for a moment."""
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        lists = app.screen_stack[1]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(app), "screen", property(lambda self: lists))
            patch.setattr(lists, "recompose", AsyncMock())  # mounts nothing
            await lists.on_screen_resume()
        lists.on_resize()
    assert app.return_code in (0, None)
