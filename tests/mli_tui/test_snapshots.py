"""What the screens look like, each in every size and on both grounds.

After a change that is meant: pytest --snapshot-update, and look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backends.runs import labels, rates
from mli_tui import device
from mli_tui.app import MliApp
from mli_tui.device import DeviceReader, Worker
from mli_tui.screens import settings
from mli_tui.screens.form import FormScreen
from mli_tui.screens.run import RunScreen
from mli_tui.settings import Settings
from mli_tui.widgets import runs_table
from mli_tui.widgets.cost import Cost
from mli_tui.widgets.plot import PlotView, _Wish
from mli_tui.widgets.runs_pane import RunsPane
from presets import load, override
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.test_device import GPU, READING

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


def on_a_fixed_machine(reading):
    worker = Worker(4242, 1.95, 412 << 20)
    others = {run_id: replace(now, worker=now.worker and worker) for run_id, now in reading.runs.items()}
    found = {"load": 0.5, "memory": READING.memory, "gpus": (GPU,), "worker": worker, "runs": others}
    return replace(reading, cores=8, usable=8, no_gpu="", **found)


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
    return read and bool(shown) and all(map(is_drawn, (plot for screen in app.screen_stack for plot in plots(screen))))


def plots(screen):
    return [plot for plot in screen.query(PlotView) if plot.size]


def is_drawn(plot):
    """Whether what the widget shows is what it was last asked for, in its present size and look."""
    wish = _Wish(plot.plot, plot.size, plot.look)
    return plot._building is None and plot._rows is plot._built.get(wish)


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


def compare(root):
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

    async def opened(pilot):
        await settled(pilot)
        await pilot.press("D")
        while not getattr(pilot.app.screen, "reading", None):
            await pilot.pause(0.05)
        await pilot.pause(0.2)

    return live.run_id, opened


def on_a_recorded_run(root):
    run = make_run.finished(root)
    make_run.append(run, [*make_run.used(), *make_run.used("interpolating", 3)])
    return run.run_id, pressing("V")


SCREENS = {
    "start": on_the_list(),
    "filtered": on_the_list("tab", "slash", *"status", "colon", *"done", "enter"),
    "grouped": on_the_list("tab", "b", *"status", "enter", "j", "A"),
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
    "device over time": on_a_recorded_run,
    "zoomed": on_a_run("t", "t", "plus", "plus"),
    "info": on_a_run("i"),
    "export": on_a_run("e"),
    "sweep": sweep,
    "compare": compare,
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


@pytest.mark.parametrize("name", ["run", "shares", "form", "compare"])
def test_without_braille_and_colours(tmp_path, snap_compare, monkeypatch, name):
    monkeypatch.setenv("NO_COLOR", "1")
    run_id, opening = SCREENS[name](tmp_path)
    assert snap_compare(MliApp(tmp_path, run_id, ascii_only=True), terminal_size=SIZES[0], run_before=opening)
