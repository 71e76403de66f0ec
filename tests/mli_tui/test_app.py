"""The app through Pilot: every key, what it does to runs, and that nothing blocks or shows foreign markup."""

import asyncio
import contextlib
import gc

import pytest
from textual.content import Content
from textual.widgets import DataTable, Static

from backends.runs import datasets, events, launch, workers
from backends.runs.errors import RunError
from backends.runs.journal import Writer
from mli_tui import actions
from mli_tui import app as app_module
from mli_tui.app import MliApp
from mli_tui.cli import devices
from mli_tui.screens.help import HelpScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.start import PRESET_COLUMNS, StartScreen
from mli_tui.screens.text import TextScreen
from mli_tui.widgets.lines import Lines
from mli_tui.widgets.plot import PlotView
from presets.loader import built_in
from tests.mli_tui import make_run

SIZE = (120, 40)


async def until(pilot, condition):
    """Wait until `condition` holds, for at most ten seconds; its last failure is the test's."""
    for _ in range(500):
        with contextlib.suppress(Exception):
            if condition():
                return
        await pilot.pause(0.02)
    assert condition()


def text_of(app, name):
    return app.screen.query_one(f"#{name}", Lines).content.plain


def plot_of(app, name):
    return app.screen.query_one(f"#{name}", PlotView).plot


@pytest.fixture
def notes(monkeypatch):
    """What the app notifies, as it was given."""
    said = []

    def notify(self, message, **options):
        said.append((Content.from_markup(message).plain if options["markup"] else message, options))

    monkeypatch.setattr(MliApp, "notify", notify)
    return said


@pytest.fixture
def started(monkeypatch):
    """Runs for which a worker was asked, in place of starting it."""
    asked = []

    def start(paths, backend="auto"):
        asked.append(paths)
        return ""

    monkeypatch.setattr(launch, "start", start)
    return asked


async def test_start_screen_lists_presets_and_runs(tmp_path):
    make_run.finished(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        runs = app.screen.query_one("#runs", DataTable)
        await until(pilot, lambda: runs.row_count == 1)
        presets = app.screen.query_one("#presets", DataTable)
        assert str(presets.get_row_at(0)[0]) == "fc10-mnist5k"
        row = [str(cell) for cell in runs.get_row_at(0)]
        assert row[0] == "quick"
        assert row[2] == "✓ done"
        assert row[4] == "0.679 0.036"
        assert row[6:9] == ["▇▇▇▇▇▇▇▇▅▁▁▁", "1.300", "0.0001041"]
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: len(runs.get_row_at(0)) == 6)


async def test_enter_on_a_preset_launches_it_and_shows_the_run(tmp_path, started):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "k", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        assert len(started) == 1
        assert started[0].run_id.startswith("fc10-mnist5k-")
        await until(pilot, lambda: "fc10-mnist5k" in text_of(app, "heading"))


async def test_presets_of_ones_own_stand_below_with_what_they_need(tmp_path, monkeypatch, notes, started):
    folder = tmp_path / "presets"
    folder.mkdir()
    monkeypatch.setenv("MLI_TUI_PRESETS", str(folder))
    monkeypatch.setattr(datasets, "SYSTEM", tmp_path / "system")
    (folder / "bad.toml").write_text("= \x1b]0;x\x07")
    (folder / "mine.toml").write_text('preset = "mine"\ntitle = "[b]t"\n[data]\nname = "cifar10"\n')
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=SIZE) as pilot:
        presets = app.screen.query_one("#presets", DataTable)
        last = presets.row_count - 1
        await until(pilot, lambda: str(presets.get_row_at(last)[4]) == "needs a download")
        assert [str(cell) for cell in presets.get_row_at(last)[:4]] == ["mine", "yours", "[b]t", "download"]
        await until(pilot, lambda: notes)
        assert notes[0][0].startswith("preset file bad.toml: file = ")
        assert "\x1b" not in notes[0][0]
        presets.move_cursor(row=last)
        await pilot.press("enter")
        await until(pilot, lambda: len(notes) > 1)
        assert notes[1][0].startswith("data.name = 'cifar10': is not in ")
        assert notes[1][0].endswith("; `mli-tui data get cifar10` gets it")
    assert started == []
    assert not (tmp_path / "runs").exists()


async def test_enter_on_what_needs_a_gpu_is_refused_without_one(tmp_path, monkeypatch, notes, started):
    folder = tmp_path / "presets"
    folder.mkdir()
    monkeypatch.setenv("MLI_TUI_PRESETS", str(folder))
    monkeypatch.setattr(devices, "gpus", lambda: ([], "no driver"))
    (folder / "big.toml").write_text('preset = "big"\nneeds_gpu = true\n')
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=SIZE) as pilot:
        presets = app.screen.query_one("#presets", DataTable)
        last = presets.row_count - 1
        await until(pilot, lambda: str(presets.get_row_at(last)[4]) == "needs a GPU")
        presets.move_cursor(row=last)
        await pilot.press("enter")
        await until(pilot, lambda: notes)
        assert notes[0][0].startswith("needs_gpu = true: no CUDA device can be used here (no driver)")
    assert started == []


async def test_enter_on_a_run_opens_it_and_escape_goes_back(tmp_path):
    make_run.finished(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query_one("#runs", DataTable).row_count == 1)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "done" in text_of(app, "heading"))
        assert "error stays above 0.81" in text_of(app, "sentence")
        assert plot_of(app, "error").marks
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)


async def test_info_shows_all_numbers_as_text(tmp_path):
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: plot_of(app, "loss").title == "loss, train")
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        assert isinstance(app.screen, TextScreen)
        text = str(app.screen.query_one(Static).content)
        assert "plateau ends and half falls" in text
        assert run.run_id in text
        await pilot.press("escape")
        assert isinstance(app.screen, RunScreen)


def test_of_the_built_in_presets_nothing_is_cut_at_80_columns():
    widths = {label: width for label, width, need in PRESET_COLUMNS if need <= 80}
    for preset in built_in():
        assert len(preset.name) <= widths["preset"]
        assert len(preset.experiment.title) <= widths["what it is"], preset.experiment.title
        assert len(preset.experiment.expected_time) <= widths["2 cores"]


async def test_export_writes_the_tables_and_names_the_path(tmp_path, monkeypatch, notes):
    run = make_run.finished(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    app = MliApp(tmp_path / "runs", run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "done" in text_of(app, "heading"))
        await pilot.press("e", "c")
        await until(pilot, lambda: notes)
    written = tmp_path / f"{run.run_id}-curves.csv"
    assert written.read_bytes() == run.curves.read_bytes()
    assert str(written) in notes[0][0]
    assert notes[0][0].endswith("-biases.csv; no device.csv, as no device use was recorded")
    assert not list(tmp_path.glob("*-device.csv"))


async def test_stop_is_sent_for_a_live_run_and_not_offered_for_an_ended_one(tmp_path, monkeypatch):
    live, done = make_run.live(tmp_path), make_run.finished(tmp_path, "quick-20260921-120000-0009")
    stopped = []
    monkeypatch.setattr(workers, "send_stop", lambda paths, *a: stopped.append(paths.run_id))
    app = MliApp(tmp_path, live.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "training" in text_of(app, "heading"))
        await pilot.press("s")
        await until(pilot, lambda: stopped)
        app.open_run(done)
        await until(pilot, lambda: "done" in text_of(app, "heading"))
        await pilot.press("s")
        await pilot.pause(0.1)
    assert stopped == [live.run_id]


async def test_resume_starts_a_worker_for_a_stopped_run(tmp_path, started):
    run = make_run.stopped(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "stopped" in text_of(app, "heading"))
        await pilot.press("r")
        await until(pilot, lambda: started)
    assert [paths.run_id for paths in started] == [run.run_id]


async def test_launch_again_makes_a_new_run_of_the_same_experiment(tmp_path, started):
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "done" in text_of(app, "heading"))
        await pilot.press("n")
        await until(pilot, lambda: started)
        assert started[0].run_id != run.run_id
        assert started[0].experiment.read_text() == run.experiment.read_text()


async def test_an_error_is_one_line_and_the_app_goes_on(tmp_path, monkeypatch, notes):
    def refuse(paths, backend="auto"):
        raise RunError("run x: its worker ended at once (exit 1): \x1b]52;c;aGk=\x07 no module")

    monkeypatch.setattr(launch, "start", refuse)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: notes)
        assert isinstance(app.screen, StartScreen)
    message, options = notes[0]
    assert "its worker ended at once" in message
    assert "\x1b" not in message
    assert options["markup"] is False


async def test_help_opens_and_closes_and_q_quits(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)
        await pilot.press("q")
        await pilot.pause()
    assert app.return_code == 0


async def test_every_key_of_the_footer_is_in_the_palette(tmp_path):
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "done" in text_of(app, "heading"))
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert titles >= {"Back", "Launch", "Split", "Log", "Export", "Help", "Quit"}
        assert "Stop" not in titles  # the run is done


async def test_the_palette_names_every_command_once_and_no_mere_movement(tmp_path):
    run = make_run.finished(tmp_path)
    for run_id in (None, run.run_id):
        app = MliApp(tmp_path, run_id)
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause()
            titles = [command.title for command in app.get_system_commands(app.screen)]
            assert len(set(titles)) == len(titles)
            assert not {"Cursor down", "Down", "Copy selected text", "Focus Next"} & set(titles)


async def test_enter_is_called_launch_on_presets_and_open_on_runs(tmp_path, started):
    make_run.finished(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query_one("#runs", DataTable).row_count == 1)
        assert app.screen.active_bindings["enter"].binding.description == "Launch"
        await pilot.press("tab")
        assert app.screen.active_bindings["enter"].binding.description == "Open"
        await pilot.press("tab")
        command = next(c for c in app.get_system_commands(app.screen) if c.title == "Launch")
        command.callback()
        await until(pilot, lambda: len(started) == 1)


async def test_a_palette_command_does_what_the_key_does(tmp_path):
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: plot_of(app, "loss").title == "loss, train")
        command = next(c for c in app.get_system_commands(app.screen) if c.title == "Split")
        command.callback()
        await until(pilot, lambda: plot_of(app, "loss").title == "loss, test")


async def test_a_run_that_changes_on_disk_changes_on_screen(tmp_path):
    run = make_run.live(tmp_path, epochs=5)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "epoch 5/" in text_of(app, "heading"))
        writer = Writer(run.events)
        writer.append(events.Finished(status="failed", message="the loss is not finite at epoch 6"))
        writer.close()
        run.lock.unlink()
        await until(pilot, lambda: "failed" in text_of(app, "heading"))
        assert "the loss is not finite at epoch 6" in text_of(app, "sentence")


async def test_hostile_text_is_shown_and_neither_obeyed_nor_parsed(tmp_path):
    hostile = "[/oops] [@click=app.quit]x[/] [b \x1b]52;c;aGk=\x07 \u202e"
    run = make_run.live(tmp_path, epochs=3)
    names = (hostile, *"123456789")
    shares = {"train": 0.1, "test": 0.1}
    make_run.append(
        run,
        [
            events.Dataset(class_names=names, train=50, test=50, largest_class_share=shares),
            events.Finished(status="failed", message=hostile),
        ],
    )
    run.lock.unlink()
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query_one("#runs", DataTable).row_count == 1)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "failed" in text_of(app, "heading"))
        assert "[/oops] [@click=app.quit]x[/] [b \\x1b]52;c;aGk=\\x07 \\u202e" in text_of(app, "sentence")
        assert "[/oop" in text_of(app, "classes")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (20, 6), (1, 1)])
async def test_any_size_draws_and_resizes(tmp_path, size):
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "done" in text_of(app, "heading"))
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert app.screen.has_class("narrow") == (size[0] < 110)
    assert app.return_code in (0, None)


async def test_keys_answer_while_an_errand_waits(tmp_path, monkeypatch):
    """The event loop never waits for a file system: a start that hangs leaves the keys alive."""
    import threading

    release = threading.Event()
    monkeypatch.setattr(actions, "launch_new", lambda *a: release.wait(10))
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await pilot.press("question_mark")
        await asyncio.wait_for(until(pilot, lambda: isinstance(app.screen, HelpScreen)), 5)
        await pilot.press("escape", "q")
        release.set()


@pytest.mark.parametrize("soon", [True, False])
async def test_below_a_run_that_is_opened_at_once_the_lists_come_later(tmp_path, monkeypatch, soon):
    monkeypatch.setattr(app_module, "WARM_AFTER_SECONDS", 0.05 if soon else 1000.0)
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view)
        lists = app.screen_stack[1]
        if soon:
            await until(pilot, lambda: [row.run_id for row in lists.rows] == [run.run_id])
        else:
            assert not lists.query(DataTable)
            assert lists.rows == ()
        await pilot.press("escape")
        assert app.screen is lists
        await until(pilot, lambda: [row.run_id for row in lists.rows] == [run.run_id])
        assert app.focused.id == "presets"
        assert app.focused.row_count > 5
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))


def test_the_garbage_collector_works_again_when_the_app_is_warm_whatever_failed(monkeypatch):
    for failing in (False, True):
        if failing:
            monkeypatch.setattr(app_module.pkgutil, "iter_modules", lambda _path: 1 / 0)
        gc.disable()
        try:
            with pytest.raises(ZeroDivisionError) if failing else contextlib.nullcontext():
                app_module.warm()
            assert gc.isenabled()
        finally:
            gc.enable()
            gc.unfreeze()
