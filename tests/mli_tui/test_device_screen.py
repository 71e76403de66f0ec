"""The device panel through Pilot: how it opens, whose worker it shows, and that it reads only while it is on top."""

import os
import sys
import threading
import time

import pytest
from textual.events import Key

from backends.runs import sweeps
from mli_tui import device
from mli_tui.app import MliApp
from mli_tui.past import Past
from mli_tui.screens.device import DeviceScreen
from mli_tui.screens.help import HelpScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.start import StartScreen
from mli_tui.screens.sweep import SweepScreen
from presets.loader import built_in
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.fake_nvml import GIB, NVMLError, driver
from tests.mli_tui.test_app import text_of, until

SIZE = (120, 40)


@pytest.fixture(autouse=True)
def gpus(monkeypatch):
    nvml = driver(1)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    return nvml


def shows(app, name, text):
    return lambda: isinstance(app.screen, DeviceScreen) and text in text_of(app, name)


def training(root):
    """A run that trains in this very process, and has just told how fast."""
    run = make_run.live(root)
    make_run.append(run, make_run.used(count=2), time.time() - 2.0, 2.0)
    return run


async def test_capital_d_on_a_run_shows_the_machine_and_its_worker(tmp_path):
    run = training(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "training" in text_of(app, "heading"))
        await pilot.press("D")
        await until(pilot, shows(app, "worker", "9,500 samples/s"))
        assert run.run_id in text_of(app, "heading")
        assert "NVIDIA H100" in text_of(app, "gpu")
        await until(pilot, shows(app, "queue", "▶ training"))
        assert run.run_id in text_of(app, "queue")
        await pilot.press("escape")
        assert isinstance(app.screen, RunScreen)


async def test_capital_d_on_the_start_screen_shows_the_run_at_work_and_closes_it(tmp_path):
    make_run.finished(tmp_path)
    live = make_run.live(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: len(app.screen.rows) == 2)
        await pilot.press("D")
        await until(pilot, shows(app, "worker", live.run_id))
        await pilot.press("D")
        assert isinstance(app.screen, StartScreen)


async def test_of_the_list_of_runs_it_is_the_one_under_the_cursor(tmp_path):
    done = make_run.finished(tmp_path)
    make_run.live(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: len(app.screen.rows) == 2)
        await pilot.press("tab")
        while app.screen._pane.chosen.run_id != done.run_id:
            await pilot.press("j")
        await pilot.press("D")
        await until(pilot, shows(app, "worker", "no worker is at it"))


@pytest.fixture
def swept(tmp_path):
    """A sweep of four cells: two done, one at work in this very process, one without a run."""
    paths = make_sweep.made(tmp_path, over=("model.depth=2,4,6,8",), missing=2)
    at_work = make_run.create(tmp_path, "quick-at-work", experiment=sweeps.read(paths).cells[2].experiment)
    make_run.append(at_work, [*make_run.beginning(), *make_run.training(5)], step=make_run.EPOCH_SECONDS)
    make_run.append(at_work, make_run.used(count=1), time.time())
    make_run.sign(at_work)
    make_run.sign(paths)
    return paths


@pytest.mark.parametrize("way", ["list", "sweep screen"])
async def test_of_a_sweep_it_follows_the_runs_inside(tmp_path, swept, way):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: len(app.screen.rows) == 1 and app.screen.rows[0].live)
        if way == "sweep screen":
            app.open_run(swept)
            await until(pilot, lambda: isinstance(app.screen, SweepScreen) and app.screen.view is not None)
        await pilot.press("D")
        await until(pilot, shows(app, "worker", "10,000 samples/s in 1 run"))
        assert f"this machine, workers of sweep {swept.run_id}" in text_of(app, "heading")
        assert "2 of 4 done, 1 running, 1 waiting" in text_of(app, "worker")
        assert f"driver      process {os.getpid()}" in text_of(app, "worker")
        assert f"model.depth = 6: 10,000 samples/s, process {os.getpid()}" in text_of(app, "queue")
        assert not app.screen.query_one("#recorded").display


async def test_what_was_recorded_of_the_run_stands_below_its_worker(tmp_path):
    run = make_run.live(tmp_path)
    make_run.append(run, make_run.used(count=4))
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "training" in text_of(app, "heading"))
        await pilot.press("D")
        await until(pilot, shows(app, "recorded", "Over the run  0:08 of work"))
        assert "at most 10k" in text_of(app, "recorded")


async def test_while_the_list_below_is_laid_out_there_are_no_rows_of_it(tmp_path, monkeypatch):
    """It is put off behind a run that is opened at once, and laid out while the panel may be shown already."""
    run = training(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE):
        start = next(screen for screen in app.screen_stack if isinstance(screen, StartScreen))
        await start.query("*").remove()
        start._later = False  # as in the midst of `fill`
        assert start.rows == ()


async def test_without_runs_it_is_the_machine_alone(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("D")
        await until(pilot, shows(app, "worker", "none: no run is chosen"))
        assert text_of(app, "queue") == "Queue  no run is at work, none waits"
        await until(pilot, lambda: app.screen.reading.load is not None)
        assert "% of" in text_of(app, "cpu")


async def test_it_reads_only_while_it_is_on_top(tmp_path, monkeypatch, gpus):
    reads = []
    real = device.DeviceReader.read
    monkeypatch.setattr(device, "SLOW_SECONDS", 0.02)
    monkeypatch.setattr(device.DeviceReader, "read", lambda self: reads.append(1) or real(self))
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.1)
        assert reads == []
        await pilot.press("D")
        await until(pilot, lambda: len(reads) > 3)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await until(pilot, lambda: gpus.calls["nvmlShutdown"] == 1)
        so_far = len(reads)
        await pilot.pause(0.2)
        assert len(reads) == so_far
        await pilot.press("escape")
        await until(pilot, lambda: len(reads) > so_far + 3)
        await pilot.press("escape")
        await until(pilot, lambda: gpus.calls["nvmlShutdown"] == 2)


def test_it_reads_at_most_once_a_second(tmp_path):
    watcher = device.DeviceWatcher(None, lambda message: True, lambda: 0.0)
    assert watcher.poll() >= 1.0


async def test_j_and_k_scroll_where_it_is_longer_than_the_terminal(tmp_path):
    app = MliApp(tmp_path, training(tmp_path).run_id)
    async with app.run_test(size=(80, 14)) as pilot:
        await until(pilot, lambda: "training" in text_of(app, "heading"))
        await pilot.press("D")
        await until(pilot, shows(app, "worker", "samples/s"))
        panel = app.screen.query_one("#panel")
        await pilot.press("j", "down")
        await until(pilot, lambda: panel.scroll_y == 2)
        await pilot.press("k", "up")
        await until(pilot, lambda: panel.scroll_y == 0)


async def test_quick_keys_scroll_a_line_each(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.press("D")
        await until(pilot, shows(app, "gpu", "NVIDIA H100"))
        panel = app.screen.query_one("#panel")
        for key in ("down", "j") * 3:  # without a frame between them
            app.post_message(Key(key, None))
        await until(pilot, lambda: panel.scroll_y == 6)
        for key in ("up", "k"):
            app.post_message(Key(key, None))
        await until(pilot, lambda: panel.scroll_y == 4)


async def test_g_and_capital_g_go_to_the_top_and_to_the_bottom(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.press("D")
        await until(pilot, shows(app, "gpu", "NVIDIA H100"))
        panel = app.screen.query_one("#panel")
        for down, up in (("G", "g"), ("end", "home")):
            await pilot.press(down)
            assert panel.scroll_y == panel.max_scroll_y > 5
            await pilot.press(up)
            assert panel.scroll_y == 0
        await pilot.press("pagedown")
        assert panel.scroll_y == panel.content_size.height
        await pilot.press("pageup")
        assert panel.scroll_y == 0


async def test_who_holds_the_gpu_is_told_and_which_of_them_is_this_run(tmp_path, monkeypatch):
    nvml = driver(1, processes=[(os.getpid(), 3 * GIB), (2**22 + 1, 17 * GIB)])
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    app = MliApp(tmp_path, training(tmp_path).run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "training" in text_of(app, "heading"))
        await pilot.press("D")
        await until(pilot, shows(app, "processes", "this run"))
        unseen, mine = text_of(app, "processes").splitlines()[2:]
        assert mine.split()[:3] == ["▶", "0", str(os.getpid())]
        assert unseen.endswith("17 GiB  ?     (not seen from here)")


async def test_a_run_of_ours_that_is_not_the_chosen_one_is_told_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", driver(1, processes=[(os.getpid(), 3 * GIB)]))
    done, live = make_run.finished(tmp_path), training(tmp_path)
    app = MliApp(tmp_path, done.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "done" in text_of(app, "heading"))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen.rows) == 2)
        app.open_run(done)
        await pilot.press("D")
        await until(pilot, shows(app, "processes", f"run {live.run_id}"))


async def test_a_driver_that_takes_its_time_holds_nothing_else_up(tmp_path, monkeypatch, gpus):
    answer = threading.Event()
    gpus.nvmlDeviceGetMemoryInfo = lambda _handle: answer.wait(20) and fails()
    monkeypatch.setattr(device, "SLOW_SECONDS", 0.05)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("D")
        await until(pilot, lambda: app.screen.reading.load is not None)
        assert text_of(app, "gpu") == "GPU  reading ..."
        app.screen._began -= 7.0
        await until(pilot, shows(app, "gpu", "the driver has not answered for 7 s"))
        answer.set()
        await until(pilot, shows(app, "gpu", "NVIDIA H100"))


async def test_what_was_read_long_ago_is_said_so(tmp_path, monkeypatch, gpus):
    monkeypatch.setattr(device, "SLOW_SECONDS", 0.05)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("D")
        await until(pilot, shows(app, "gpu", "63%"))
        answer = threading.Event()
        gpus.nvmlDeviceGetMemoryInfo = lambda _handle: answer.wait(20) and fails()
        await until(pilot, shows(app, "gpu", "read 4 s ago !"))
        answer.set()


def fails(*_):
    raise NVMLError("Not Supported")


async def test_a_driver_that_is_loaded_meanwhile_is_found(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", driver(missing="Driver Not Loaded"))
    monkeypatch.setattr("backends.runs.gpus.RETRY_SECONDS", 0.5)
    monkeypatch.setattr("mli_tui.gpu_watch.SLOW_SECONDS", 0.05)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("D")
        await until(pilot, shows(app, "gpu", "none: no driver (Driver Not Loaded)"))
        monkeypatch.setitem(sys.modules, "pynvml", driver(1))
        await until(pilot, shows(app, "gpu", "NVIDIA H100"))


async def test_the_last_seconds_outlive_the_panel(tmp_path, monkeypatch):
    monkeypatch.setattr(device, "SLOW_SECONDS", 0.05)
    app = MliApp(tmp_path)

    def drawn():
        """The columns of the memory, without blanks."""
        return len("".join(text_of(app, "cpu").splitlines()[2].split("GiB")[1].split()).strip("!"))

    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, DeviceScreen) and drawn() >= 2)
        await pilot.press("escape", "D")
        await until(pilot, lambda: isinstance(app.screen, DeviceScreen) and app.screen.reading is not None)
        assert drawn() >= 2


async def test_a_run_that_the_list_does_not_know_yet_is_at_work_in_the_queue_too(tmp_path):
    run = training(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "training" in text_of(app, "heading"))
        app.push_screen(DeviceScreen(run, lambda: (), tmp_path, Past()))
        await until(pilot, shows(app, "worker", "has its device"))
        assert text_of(app, "queue").startswith("Queue  1 at work, 0 waiting")


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (20, 6), (1, 1)])
async def test_any_size_draws_and_resizes(tmp_path, size):
    app = MliApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        await pilot.press("D")
        await until(pilot, lambda: app.screen.reading is not None)
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: "█" in text_of(app, "cpu"))
        await pilot.resize_terminal(*size)
        await pilot.pause()
    assert app.return_code in (0, None)


async def test_ascii_only_has_no_other_character_in_the_bars(tmp_path):
    app = MliApp(tmp_path, ascii_only=True)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("D")
        await until(pilot, shows(app, "gpu", "####"))
        assert (text_of(app, "cpu") + text_of(app, "gpu")).isascii()


async def test_the_id_of_the_longest_preset_is_not_cut_at_80_columns(tmp_path):
    longest = max((preset.name for preset in built_in()), key=len)
    run = make_run.create(tmp_path, f"{longest}-20260921-120000-0001")
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.open_device(run)
        await until(pilot, lambda: run.run_id in text_of(app, "heading"))
        assert len(text_of(app, "heading")) <= app.screen.query_one("#heading").content_size.width
