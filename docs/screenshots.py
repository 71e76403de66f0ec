"""Take the screenshots of the documents from the real app on a real run: `make screenshots`.

One run of the default preset, watched while it trains and when it is done, and a sweep of depth and initialisation;
about five minutes on two cores.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import presets
from backends.runs import launch, sweeps
from backends.runs.paths import RunPaths
from backends.runs.view import RunView
from mli_tui.app import MliApp
from mli_tui.screens.run import RunScreen
from mli_tui.screens.sweep import SweepScreen
from presets.loader import DEFAULT

FOLDER = Path(__file__).parent / "images"
SIZE = (120, 40)
PATIENCE_SECONDS = 900.0


def main() -> int:
    """Launch the run, and take each picture when there is what it is to show."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        run = launch.create(root, presets.load(DEFAULT))
        launch.start(run, "cpu")
        asyncio.run(take(root, run))
        asyncio.run(take_sweep(root))
    return 0


async def take(root: Path, run: RunPaths) -> None:
    """Take the run screen live, done, with a cursor and as shares, then the start screen with the run in its list."""
    app = MliApp(root, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await seen(app, lambda view: len(view.live.get("linear", ())) >= 4)
        save(app, "live")
        await seen(app, lambda view: view.status == "done")
        save(app, "run")
        await pilot.press("4")
        await asyncio.sleep(1.0)
        save(app, "reading")
        await pilot.press("v")
        await asyncio.sleep(1.0)
        save(app, "shares")
        await pilot.press("escape")
        await pilot.press("escape", "tab")
        await pilot.pause(2.5)
        save(app, "start")


async def take_sweep(root: Path) -> None:
    """Run a sweep of two keys and take its heat map."""
    axes = [sweeps.axis("model.depth=4,6,8"), sweeps.axis("model.init_scale=0.4,0.7,1.0")]
    paths = sweeps.keep(root, sweeps.plan(presets.load("quick"), axes))
    launch.start(paths, "cpu", module="backends.sweep")
    app = MliApp(root)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(1.0)
        app.open_sweep(paths)
        await until(lambda: is_done(app))
        save(app, "sweep")


def is_done(app: MliApp) -> bool:
    """Return whether the sweep screen shows every cell done."""
    view = app.screen.view if isinstance(app.screen, SweepScreen) else None
    return view is not None and view.counts.get("done") == len(view.rows)


async def seen(app: MliApp, wanted: Callable[[RunView], bool]) -> None:
    """Wait until the run screen shows what is wanted."""
    await until(lambda: shows(app, wanted))


async def until(met: Callable[[], bool]) -> None:
    """Wait until this holds, and a second more, so that nothing is left to build."""
    waited = 0.0
    while not met():
        await asyncio.sleep(0.1)
        waited += 0.1
        if waited > PATIENCE_SECONDS:
            raise TimeoutError("it did not come to what the picture is to show")
    await asyncio.sleep(1.0)


def shows(app: MliApp, wanted: Callable[[RunView], bool]) -> bool:
    """Return whether the run screen has such a snapshot."""
    screen = app.screen
    return isinstance(screen, RunScreen) and screen.view is not None and wanted(screen.view)


def save(app: MliApp, name: str) -> None:
    """Write the screen as an SVG."""
    path = FOLDER / f"{name}.svg"
    path.write_text(app.export_screenshot(title="mli-tui"), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    sys.exit(main())
