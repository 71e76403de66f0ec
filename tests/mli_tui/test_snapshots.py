"""What the screens look like, a picture a size. After a change that is meant: pytest --snapshot-update, and look."""

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
from mli_tui.screens.start import StartScreen
from mli_tui.widgets import runs_table
from mli_tui.widgets.plot import PlotView, _Wish
from mli_tui.widgets.runs_pane import RunsPane
from presets import load, override
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.test_device import GPU, READING

SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture(autouse=True)
def fixed(monkeypatch):
    """Ages and paths that stand still, and colours that do not depend on where the tests run."""
    monkeypatch.setattr(runs_table.time, "time", lambda: make_run.STARTED + 3 * 3600.0)
    monkeypatch.setattr(settings, "settings_file", lambda: Path("/home/me/.config/mli-tui/settings.toml"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")


async def settled(pilot):
    """Wait until the watcher's first snapshot is shown and nothing more is being built of it."""
    calm = 0
    while calm < 5:
        await pilot.pause(0.05)
        calm = calm + 1 if is_calm(pilot.app) else 0


def is_calm(app):
    shown = [screen for screen in app.screen_stack if isinstance(screen, RunScreen | StartScreen)]
    read = all(screen.view if isinstance(screen, RunScreen) else screen.query_one(RunsPane).rows for screen in shown)
    plots = [plot for screen in shown for plot in screen.query(PlotView) if plot.size]
    return read and bool(shown) and all(map(is_drawn, plots))


def is_drawn(plot):
    """Whether what the widget shows is what it was last asked for, in its present size and look."""
    wish = _Wish(plot.plot, plot.size, plot.look)
    return plot._building is None and plot._rows is plot._built.get(wish)


def runs(root):
    done, live = make_run.finished(root), make_run.live(root)
    make_run.failed(root)
    make_run.stopped(root)
    return done, live


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_start(tmp_path, snap_compare, size):
    runs(tmp_path)
    assert snap_compare(MliApp(tmp_path), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_finished_run(tmp_path, snap_compare, size):
    done, _ = runs(tmp_path)
    assert snap_compare(MliApp(tmp_path, done.run_id), terminal_size=size, run_before=settled)


def test_live_run(tmp_path, snap_compare):
    _, live = runs(tmp_path)
    assert snap_compare(MliApp(tmp_path, live.run_id), terminal_size=SIZES[1], run_before=settled)


def test_light_theme(tmp_path, snap_compare):
    done, _ = runs(tmp_path)
    app = MliApp(tmp_path, done.run_id)

    async def light(pilot):
        pilot.app.theme = "mli-light"
        await settled(pilot)

    assert snap_compare(app, terminal_size=SIZES[1], run_before=light)


@pytest.mark.parametrize(
    ("size", "keys"),
    [((120, 40), "4"), ((80, 24), "v"), ((120, 40), "v4"), ((80, 24), "vv"), ((80, 24), "tt++")],
    ids=str,
)
def test_reading(tmp_path, snap_compare, size, keys):
    done, _ = runs(tmp_path)

    async def pressed(pilot):
        await settled(pilot)
        await pilot.press(*keys)
        await settled(pilot)

    assert snap_compare(MliApp(tmp_path, done.run_id), terminal_size=size, run_before=pressed)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_sweep(tmp_path, snap_compare, size):
    paths = make_sweep.made(tmp_path, missing=2)
    app = MliApp(tmp_path)

    async def opened(pilot):
        pilot.app.open_run(paths)
        while not pilot.app.screen.view or pilot.app.screen.query_one("#cells").row_count == 0:
            await pilot.pause(0.05)
        await pilot.pause(0.2)

    assert snap_compare(app, terminal_size=size, run_before=opened)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_compare(tmp_path, snap_compare, size):
    app, runs = MliApp(tmp_path), []
    for depth, seed in ((8, 0), (8, 1), (6, 0)):
        spec = override(load("quick"), [f"model.depth={depth}", f"train.seed={seed}"])
        runs.append(make_run.finished(tmp_path, f"quick-20260921-120000-{depth}{seed}", experiment=spec))
    labels.change(runs[2], lambda _: labels.Labels(name="less deep"))

    async def opened(pilot):
        pilot.app.open_compare(runs)
        plots = list(pilot.app.screen.query(PlotView))
        while not pilot.app.screen.comparison.groups or not all(map(is_drawn, plots)):
            await pilot.pause(0.05)
        await pilot.pause(0.2)

    assert snap_compare(app, terminal_size=size, run_before=opened)


def test_help(tmp_path, snap_compare):
    assert snap_compare(MliApp(tmp_path), terminal_size=SIZES[0], press=["question_mark"])


@pytest.mark.parametrize("keys", [["comma", "j"], ["e"]], ids=["settings", "export"])
def test_dialogs(tmp_path, snap_compare, keys):
    done, _ = runs(tmp_path)

    async def opened(pilot):
        await settled(pilot)
        await pilot.press(*keys)
        await pilot.pause(0.2)

    assert snap_compare(MliApp(tmp_path, done.run_id), terminal_size=SIZES[0], run_before=opened)


def test_first_start(tmp_path, snap_compare):
    runs(tmp_path)
    assert snap_compare(MliApp(tmp_path, first_start=True), terminal_size=SIZES[0], run_before=settled)


FORMS = [(SIZES[0], "dark"), (SIZES[1], "dark"), (SIZES[1], "light"), (SIZES[2], "dark")]


@pytest.mark.parametrize(("size", "theme"), FORMS, ids=str)
def test_form(tmp_path, snap_compare, monkeypatch, size, theme):
    make_run.finished(tmp_path)
    monkeypatch.setattr(rates, "measured", lambda root, real=rates.measured: real(root, "host"))
    app = MliApp(tmp_path)

    async def filled_in(pilot):
        app.theme = f"textual-{theme}"
        await settled(pilot)
        app.open_form(tmp_path, load("quick"), "quick", load("quick").title)
        while not isinstance(app.screen, FormScreen) or app.screen._rates is None:
            await pilot.pause(0.05)
        await pilot.press("slash", *"layer", "enter")
        await pilot.press("l", "j", "enter", "ctrl+u", *"2000", "enter")
        await pilot.pause(0.2)

    assert snap_compare(app, terminal_size=size, run_before=filled_in)


@pytest.mark.parametrize(("size", "theme"), FORMS, ids=str)
def test_device(tmp_path, snap_compare, monkeypatch, size, theme):
    _, live = runs(tmp_path)
    read = DeviceReader.read

    def fixed(reader):
        found = {"load": 0.5, "memory": READING.memory, "gpus": (GPU,), "worker": Worker(4242, 1.95, 412 << 20)}
        return replace(read(reader), cores=8, usable=8, no_gpu="", **found)

    monkeypatch.setattr(DeviceReader, "read", fixed)
    monkeypatch.setattr(device, "SLOW_SECONDS", 1000.0)
    app = MliApp(tmp_path, live.run_id)

    async def opened(pilot):
        app.theme = f"textual-{theme}"
        await settled(pilot)
        await pilot.press("D")
        while not getattr(app.screen, "reading", None):
            await pilot.pause(0.05)
        await pilot.pause(0.2)

    assert snap_compare(app, terminal_size=size, run_before=opened)
