"""Take the screenshots of the documents from the real app on a real run: `make screenshots`.

One run of the default preset, watched while it trains and when it is done; about two minutes on two cores.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import presets
from backends.runs import launch
from backends.runs.paths import RunPaths
from backends.runs.view import RunView
from mli_tui.app import MliApp
from mli_tui.screens.run import RunScreen
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
    return 0


async def take(root: Path, run: RunPaths) -> None:
    """Take the run screen twice, then the start screen with the run in its list."""
    app = MliApp(root, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await seen(app, lambda view: len(view.live.get("linear", ())) >= 4)
        save(app, "live")
        await seen(app, lambda view: view.status == "done")
        save(app, "run")
        await pilot.press("escape", "tab")
        await pilot.pause(2.5)
        save(app, "start")


async def seen(app: MliApp, wanted: Callable[[RunView], bool]) -> None:
    """Wait until the run screen shows what is wanted, with nothing left to build."""
    waited = 0.0
    while not (shows(app, wanted)):
        await asyncio.sleep(0.1)
        waited += 0.1
        if waited > PATIENCE_SECONDS:
            raise TimeoutError("the run did not come to what the picture is to show")
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
