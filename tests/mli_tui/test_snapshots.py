"""What the screens look like, each in every size and on both grounds.

After a change that is meant: pytest --snapshot-update, and look.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backends.runs import labels, rates
from mli_tui import device
from mli_tui.app import MliApp
from mli_tui.device import DeviceReader, Worker
from mli_tui.gpu_watch import GpusRead, GpuWatcher
from mli_tui.past import Past
from mli_tui.screens import settings
from mli_tui.screens.device import DeviceScreen
from mli_tui.screens.form import FormScreen
from mli_tui.screens.run import RunScreen
from mli_tui.settings import Settings
from mli_tui.widgets import runs_table
from mli_tui.widgets.cost import Cost
from mli_tui.widgets.plot import PlotView, _Wish
from mli_tui.widgets.preview import Preview
from mli_tui.widgets.runs_pane import RunsPane
from presets import load, override
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.machines import GPU, READING, WORKER, gpus

SIZES = [(80, 24), (120, 40), (200, 60)]
THEMES = ["mli-dark", "mli-light"]

Opening = Callable[["object"], Awaitable[None]]
"""What is pressed, and waited for, until the screen is there; it is given Textual's pilot."""


@pytest.fixture(autouse=True)
def fixed(monkeypatch):
    """Ages, paths and a machine that stand still, and colours that do not depend on where the tests run."""
    monkeypatch.setattr(runs_table.time, "time", lambda: make_run.STARTED + 3 * 3600.0)
    monkeypatch.setattr(settings, "settings_file", lambda: Path("/home/me/.config/mli-tui/settings.toml"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setattr(rates, "measured", lambda root, real=rates.measured: real(root, "host"))
    monkeypatch.setattr(DeviceReader, "read", lambda reader, real=DeviceReader.read: on_a_fixed_machine(real(reader)))
    monkeypatch.setattr(device, "SLOW_SECONDS", 1000.0)
    monkeypatch.setattr(GpuWatcher, "poll", a_fixed_gpu)
    monkeypatch.setattr(Past, "of", fixed_seconds)


def on_a_fixed_machine(reading):
    worker = Worker(WORKER, 1.95, 412 << 20)
    found = {"load": 0.5, "memory": READING.memory, "worker": worker, "loads": READING.loads}
    found["runs"] = {}  # those in the queue are known from the second reading on, whenever that comes
    return replace(reading, cores=8, usable=8, **found)


def fixed_seconds(_past, name, seconds):
    """A minute and a half of one wave a figure."""
    wave = [0.5 + 0.4 * math.sin((second + 7 * len(name)) / 9) for second in range(90)]
    return ([None] * seconds + wave)[-seconds:] if seconds else []


def a_fixed_gpu(watcher):
    watcher.tell(GpusRead(replace(gpus(GPU), time=time.monotonic())))
    return 1000.0


# Waiting until all is drawn


async def settled(pilot):
    """Wait until the watcher's first snapshot is shown and nothing more is being built of it."""
    calm = 0
    while calm < 5:
        await pilot.pause(0.05)
        calm = calm + 1 if is_calm(pilot.app) else 0


async def still(pilot):
    """Wait until nothing on the screen moves any more: a table finds its widths and its scroll bar bit by bit."""
    calm, before = 0, []
    while calm < 8:
        await pilot.pause(0.05)
        now = pilot.app.screen._compositor.render_strips()
        calm, before = (calm + 1 if now == before else 0), now


async def shown(pilot, condition):
    while not condition():
        await pilot.pause(0.05)


def is_calm(app):
    shown = [screen for screen in app.screen_stack if isinstance(screen, RunScreen) or screen.query(RunsPane)]
    read = all(screen.view if isinstance(screen, RunScreen) else screen.rows for screen in shown)
    read = read and all(one.settled for screen in shown for one in screen.query(Preview) if screen is app.screen)
    return read and bool(shown) and all(map(is_drawn, (plot for screen in app.screen_stack for plot in plots(screen))))


def plots(screen):
    return [plot for plot in screen.query(PlotView) if plot.size]


def is_drawn(plot):
    """Whether what the widget shows is what it was last asked for, in its present size and look."""
    wish = _Wish(plot.plot, plot.size, plot.look)
    words = plot._needed() is not None and bool(plot._rows)
    return plot._building is None and (words or plot._rows is plot._built.get(wish))


# The screens


def runs(root):
    done, live = make_run.finished(root), make_run.live(root)
    make_run.failed(root)
    make_run.stopped(root)
    return done, live


def pressing(*keys: str) -> Opening:
    async def pressed(pilot):
        await settled(pilot)
        await pilot.press(*keys)
        await settled(pilot)

    return pressed


def on_the_list(*keys: str):
    def made(root):
        runs(root)
        return None, pressing(*keys)

    return made


def previewing(root):
    runs(root)

    async def opened(pilot):
        await settled(pilot)
        await pilot.press("tab", *"jjj", *([] if pilot.app.screen.query(Preview) else ["v"]))
        await settled(pilot)

    return None, opened


def on_a_run(*keys: str, which: int = 0):
    def made(root):
        return runs(root)[which].run_id, pressing(*keys)

    return made


def sweep(root):
    over = ("model.depth=2,4,6,8", "model.init_scale=0.3,0.45,0.7,1.0", "train.seed=0,1")
    paths = make_sweep.made(root, over=over, missing=2)

    async def opened(pilot):
        pilot.app.open_run(paths)
        while not pilot.app.screen.view or pilot.app.screen.query_one("#cells").row_count == 0:
            await pilot.pause(0.05)
        await still(pilot)

    return None, opened


def compare(root, *keys):
    compared = []
    for depth, seed in ((8, 0), (8, 1), (6, 0)):
        spec = override(load("quick"), [f"model.depth={depth}", f"train.seed={seed}"])
        compared.append(make_run.finished(root, f"quick-20260921-120000-{depth}{seed}", experiment=spec))
    labels.change(compared[2], lambda _: labels.Labels(name="less deep"))

    async def opened(pilot):
        pilot.app.open_compare(compared)
        while not pilot.app.screen.comparison.groups or not all(map(is_drawn, plots(pilot.app.screen))):
            await pilot.pause(0.05)
        await pilot.pause(0.2)
        await pilot.press(*keys)
        await settled(pilot)

    return None, opened


def compare_closely(root):
    return compare(root, "right", "5", "plus")


def compare_export(root):
    _, opened = compare(root)

    async def exporting(pilot):
        await opened(pilot)
        await pilot.press("e")
        await pilot.pause(0.2)

    return None, exporting


def seeds(root):
    paths = make_sweep.made(root, over=("train.seed=0..4",))

    async def opened(pilot):
        pilot.app.open_run(paths)
        while not pilot.app.screen.view or not all(map(is_drawn, plots(pilot.app.screen))):
            await pilot.pause(0.05)
        await still(pilot)

    return None, opened


def form(root):
    make_run.finished(root)

    async def filled_in(pilot):
        await settled(pilot)
        pilot.app.open_form(root, load("quick"), "quick", load("quick").title)
        await shown(pilot, lambda: isinstance(pilot.app.screen, FormScreen) and pilot.app.screen.query(Cost))
        await shown(pilot, lambda: pilot.app.screen.query_one(Cost).ready)
        await pilot.press("slash", *"layer", "enter")
        await pilot.press("l", "j", "enter", "ctrl+u", *"2000", "enter")
        await pilot.pause(0.2)

    return None, filled_in


def device_panel(root):
    _, live = runs(root)
    make_run.append(live, make_run.used(count=8), make_run.STARTED + 3 * 3600.0 - 15.0, 2.0)

    async def opened(pilot):
        await settled(pilot)
        await pilot.press("D")
        await shown(pilot, lambda: isinstance(pilot.app.screen, DeviceScreen) and pilot.app.screen.reading)
        await shown(pilot, lambda: pilot.app.screen.gpus)
        await pilot.pause(0.2)

    return live.run_id, opened


def on_a_recorded_run(*keys):
    def made(root):
        run = make_run.finished(root)
        make_run.append(run, [*make_run.used(), *make_run.used("interpolating", 3)])
        return run.run_id, pressing("V", *keys)

    return made


SCREENS = {
    "start": on_the_list(),
    "filtered": on_the_list("tab", "slash", *"status", "colon", *"done", "enter"),
    "grouped": on_the_list("tab", "b", *"status", "enter", "j", "A"),
    "columns": on_the_list("tab", "C", *"depth", "space", *"error", "enter"),
    "tree": on_the_list("tab", "b", *"preset", "space", *"status", "enter", "j", "A"),
    "preview": previewing,
    "naming": on_the_list("tab", "R"),
    "keys panel": on_the_list("tab", "f7"),
    "help": on_the_list("question_mark"),
    "settings": on_the_list("comma", "j"),
    "run": on_a_run(),
    "live run": on_a_run(which=1),
    "cursor": on_a_run("4"),
    "shares": on_a_run("v", "4"),
    "errors": on_a_run("v", "v"),
    "splits": on_a_run("v", "v", "v", "Y"),
    "decades": on_a_run("x", "y"),
    "device over time": on_a_recorded_run(),
    "device over time read": on_a_recorded_run("3"),
    "grid": on_a_run("number_sign"),
    "zoomed": on_a_run("t", "t", "plus", "plus"),
    "info": on_a_run("i"),
    "one picture": on_a_run("w", "W", ">", ">"),
    "presets shut": on_the_list(*">>>>>>>>>>>>>>"),
    "export": on_a_run("e"),
    "sweep": sweep,
    "compare": compare,
    "compare closely": compare_closely,
    "compare export": compare_export,
    "seeds": seeds,
    "form": form,
    "device": device_panel,
}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
@pytest.mark.parametrize("name", SCREENS)
def test_screen(tmp_path, snap_compare, name, size, theme):
    run_id, opening = SCREENS[name](tmp_path)
    app = MliApp(tmp_path, run_id, chosen=Settings(theme=theme))
    assert snap_compare(app, terminal_size=size, run_before=opening)


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: "x".join(map(str, size)))
def test_first_start(tmp_path, snap_compare, size):
    runs(tmp_path)
    assert snap_compare(MliApp(tmp_path, first_start=True), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", [(40, 12), (30, 40), (60, 15)], ids=lambda size: "x".join(map(str, size)))
@pytest.mark.parametrize("name", ["run", "sweep", "compare"])
def test_small_window(tmp_path, snap_compare, name, size):
    run_id, opening = SCREENS[name](tmp_path)
    assert snap_compare(MliApp(tmp_path, run_id), terminal_size=size, run_before=opening)


@pytest.mark.parametrize("name", ["run", "grid", "shares", "form", "compare", "compare closely"])
def test_without_braille_and_colours(tmp_path, snap_compare, monkeypatch, name):
    monkeypatch.setenv("NO_COLOR", "1")
    run_id, opening = SCREENS[name](tmp_path)
    assert snap_compare(MliApp(tmp_path, run_id, ascii_only=True), terminal_size=SIZES[0], run_before=opening)
