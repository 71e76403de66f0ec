"""The device panel through Pilot: how it opens, whose worker it shows, and that it reads only while it is on top."""

import os
import sys

import pytest

from backends.runs import sweeps
from mli_tui import device
from mli_tui.app import MliApp
from mli_tui.screens.device import DeviceScreen
from mli_tui.screens.help import HelpScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.start import StartScreen
from mli_tui.screens.sweep import SweepScreen
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.fake_nvml import driver
from tests.mli_tui.test_app import text_of, until

SIZE = (120, 40)


@pytest.fixture(autouse=True)
def gpus(monkeypatch):
    nvml = driver(1)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    return nvml


def shows(app, name, text):
    return lambda: isinstance(app.screen, DeviceScreen) and text in text_of(app, name)


async def test_capital_d_on_a_run_shows_the_machine_and_its_worker(tmp_path):
    run = make_run.live(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "training" in text_of(app, "heading"))
        await pilot.press("D")
        await until(pilot, shows(app, "worker", "10,000 samples/s"))
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
        assert f"the workers of the sweep {swept.run_id}" in text_of(app, "heading")
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
    app = MliApp(tmp_path, make_run.live(tmp_path).run_id)
    async with app.run_test(size=(80, 14)) as pilot:
        await until(pilot, lambda: "training" in text_of(app, "heading"))
        await pilot.press("D")
        await until(pilot, shows(app, "worker", "samples/s"))
        panel = app.screen.query_one("#panel")
        await pilot.press("j", "down")
        await until(pilot, lambda: panel.scroll_y == 2)
        await pilot.press("k", "up")
        await until(pilot, lambda: panel.scroll_y == 0)


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
