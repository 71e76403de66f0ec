"""Make the pictures of the documents from the real app on real runs: `make screenshots`, or with names only those.

Runs that are done stay in `.screenshots` (or --runs-dir) and are not repeated, so a second call takes two minutes; the
first one takes about ten on two cores. Only the run that is looked at while it trains is made each time anew.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from claims import experiment, finished, measure
from textual.pilot import Pilot

from backends.runs import labels, launch, listing, sweeps, workers
from backends.runs.paths import RunPaths, runs_in
from backends.runs.sweeps import SweepPaths
from mli_tui import exporting
from mli_tui.app import MliApp
from mli_tui.screens.compare import CompareScreen
from mli_tui.screens.device import DeviceScreen
from mli_tui.screens.form import FormScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.sweep import SweepScreen
from mli_tui.settings import Settings
from presets import load, override

DOCS = Path(__file__).parent
FOLDER = DOCS / "images"
ROOT = DOCS.parent / ".screenshots"
SIZE = (120, 40)
PATIENCE_SECONDS = 900.0
SEEDS = (1, 2, 3)
FOREMOST = "fc10-mnist5k"
COMPARED = "fc10-mnist5k-no-bias"
SWEPT = ("model.depth=4,6,8,10", "model.init_scale=0.4,0.5,0.7,1.0")
OWN = "my-net"


def main() -> int:
    """Do the runs that are missing, then take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PICTURES)}; default: all")
    parser.add_argument("--runs-dir", type=Path, default=ROOT)
    options = parser.parse_args()
    root: Path = options.runs_dir.absolute()
    root.mkdir(exist_ok=True)
    FOLDER.mkdir(exist_ok=True)
    if unknown := set(options.names) - PICTURES.keys():
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}  # whatever terminal this is called in
    os.environ.pop("NO_COLOR", None)
    prepare(root)
    for name in options.names or PICTURES:
        asyncio.run(PICTURES[name](root))
    return 0


def prepare(root: Path) -> None:
    """Do the runs of all pictures that are not done yet, and name the one that most of them show."""
    for preset in (FOREMOST, COMPARED):
        for seed in SEEDS:
            spec = experiment(preset, seed)
            if finished(root, spec) is None:
                measure(root, spec)
    labels.change(run_of(root, FOREMOST), lambda _: labels.Labels(name="figure 2", tags=("paper",), pinned=True))
    sweep = sweep_in(root)
    if not is_done(sweep):
        launch.start(sweep, "cpu", module="backends.sweep")
        asyncio.run(until(lambda: is_done(sweep)))
    if own_run(root) is None:
        interpolate_own(root / "own")


def run_of(root: Path, preset: str, seed: int = SEEDS[0]) -> RunPaths:
    """Return the run of a preset that is done."""
    view = finished(root, experiment(preset, seed))
    if view is None:
        raise RuntimeError(f"{preset}, seed {seed}: the run failed")
    return RunPaths(root / view.run_id)


def sweep_in(root: Path) -> SweepPaths:
    """Return the sweep, written down."""
    return sweeps.keep(root, sweeps.plan(load("quick"), [sweeps.axis(one) for one in SWEPT]))


def is_done(paths: SweepPaths) -> bool:
    """Return whether nothing of the sweep is left to do; a cell whose training failed is not repeated."""
    counts = sweeps.fold(paths, sweeps.read(paths), listing.list_runs(paths.root)).counts
    return counts.get("done", 0) + counts.get("failed", 0) == sweeps.read(paths).size


def own_run(root: Path) -> RunPaths | None:
    """Return the run between two checkpoints of one's own; None where it is not done yet."""
    own = (paths for paths in runs_in(root) if paths.run_id.startswith(OWN))
    return next((paths for paths in own if listing.recorded_run(paths).status == "done"), None)


def interpolate_own(folder: Path) -> None:
    """Train the network of the guide by its own loop, and measure the curves between its checkpoints."""
    folder.mkdir(exist_ok=True)
    shutil.copy(DOCS / "guide" / "nets.py", folder)
    subprocess.run([sys.executable, "nets.py"], cwd=folder, check=True)
    command = [sys.executable, "-m", "mli_tui", "--runs-dir", str(folder.parent), "interpolate", "--name", OWN]
    command += ["--model", "nets.py:make_net", "--start", "init.pt", "--end", "trained.pt", "--data", "mnist5k"]
    subprocess.run([*command, "--plain"], cwd=folder, check=True)


@asynccontextmanager
async def opened(
    root: Path, run: RunPaths | None = None, theme: str = "mli-dark"
) -> AsyncIterator[tuple[MliApp, Pilot[int]]]:
    """Open the app, on a run where one is given."""
    app = MliApp(root, run.run_id if run else None, chosen=Settings(theme=theme))
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: shows(app, "done") if run else app.screen.query_one("#runs").row_count > 0)  # type: ignore[attr-defined]
        yield app, pilot


async def until(met: Callable[[], bool]) -> None:
    """Wait until this holds, and a second more, so that nothing is left to build."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not met():
        await asyncio.sleep(0.1)
        if time.monotonic() > ends:
            raise TimeoutError("it did not come to what the picture is to show")
    await asyncio.sleep(1.5)


def shows(app: MliApp, status: str) -> bool:
    """Return whether the run screen shows a run that has come so far."""
    screen = app.screen
    return isinstance(screen, RunScreen) and screen.view is not None and screen.view.status == status


def save(app: MliApp, name: str) -> None:
    """Write the screen as an SVG; what the text does not show must not stand in it."""
    path = FOLDER / f"{name}.svg"
    picture = app.export_screenshot(title="mli-tui")
    lines = (line.rstrip() for line in picture.splitlines())
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(path.relative_to(DOCS.parent), flush=True)


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Press keys one after the other, and wait until what they ask for is drawn."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause(0.2)
    await asyncio.sleep(1.5)


def typed(text: str) -> Iterable[str]:
    """Return the keys that type a text."""
    names = {" ": "space", ":": "colon", ">": "greater_than_sign", ".": "full_stop", "_": "underscore"}
    return (names.get(character, character) for character in text)


async def start(root: Path) -> None:
    """The list of runs, filtered by typing."""
    async with opened(root) as (app, pilot):
        await press(pilot, "tab", "slash", *typed("preset:fc10 depth>3 status:done"), "enter")
        save(app, "start")


async def preview(root: Path) -> None:
    """The runs in a tree with medians, and the one under the cursor in small."""
    async with opened(root) as (app, pilot):
        await press(pilot, "tab", "b", *typed("preset seed"), "enter", "j", "j", "v")
        await asyncio.sleep(2)
        save(app, "preview")


async def change(pilot: Pilot[int], key: str, old: str, new: str) -> None:
    """Search a key of the form, give it another value, and clear the search."""
    await press(
        pilot, "slash", *typed(key), "enter", "enter", *["backspace"] * len(old), *typed(new), "enter", "escape"
    )


async def form(root: Path) -> None:
    """The launch form with changed keys, one of them with several values, and what it costs."""
    async with opened(root) as (app, pilot):
        await press(pilot, "f")
        await until(lambda: isinstance(app.screen, FormScreen))
        await change(pilot, "init_scale", "0.45", "0.5")
        await change(pilot, "train.seed", "0", "4..6")
        save(app, "form")


async def live(root: Path) -> None:
    """A run while it trains, and the device panel beside it; the run is of no use after that."""
    run = launch.create(root, override(load(FOREMOST), ["train.seed=11"]))
    launch.start(run, "cpu")
    app = MliApp(root, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: shows(app, "running") and len(app.screen.view.live.get("linear", ())) >= 3)  # type: ignore[attr-defined]
        save(app, "live")
        await press(pilot, "D")
        await until(lambda: isinstance(app.screen, DeviceScreen) and app.screen.reading is not None)
        await asyncio.sleep(8.0)
        save(app, "device")
    workers.send_stop(run)
    while listing.read_run(run).status == "running":
        await asyncio.sleep(0.2)
    shutil.rmtree(run.folder)


async def run(root: Path) -> None:
    """A run that is done: read at an alpha, as shares, as errors by class; its menu of exports; its keys."""
    async with opened(root, run_of(root, FOREMOST)) as (app, pilot):
        save(app, "run")
        await press(pilot, "4")
        save(app, "reading")
        await press(pilot, "v")
        save(app, "shares")
        await press(pilot, "v")
        save(app, "errors")
        await press(pilot, "v", "v", "escape", "e")
        save(app, "export")
        await press(pilot, "escape", "question_mark")
        save(app, "help")


async def zoom(root: Path) -> None:
    """The end of a plateau, with both splits, on a stretch of alpha."""
    async with opened(root, run_of(root, FOREMOST)) as (app, pilot):
        await press(pilot, "t", "t", "right", "plus", "plus")
        save(app, "zoom")


async def light(root: Path) -> None:
    """The same run on a light background."""
    async with opened(root, run_of(root, FOREMOST), "mli-light") as (app, _):
        save(app, "light")


async def compare(root: Path) -> None:
    """One preset over three seeds against another."""
    runs = [run_of(root, preset, seed) for preset in (FOREMOST, COMPARED) for seed in SEEDS]
    async with opened(root) as (app, _):
        app.open_compare(runs)
        await until(lambda: isinstance(app.screen, CompareScreen) and len(app.screen.comparison.groups) == 2)
        save(app, "compare")


async def sweep(root: Path) -> None:
    """The heat map of depth and initialisation."""
    async with opened(root) as (app, _):
        app.open_run(sweep_in(root))
        await until(lambda: isinstance(app.screen, SweepScreen) and app.screen.view is not None)
        save(app, "sweep")


async def own(root: Path) -> None:
    """The curves between two checkpoints of an own network."""
    async with opened(root, own_run(root)) as (app, _):
        save(app, "own")


async def figure(root: Path) -> None:
    """The figure that the export menu draws."""
    target = FOLDER / "figure.png"
    exporting.draw(root, ["plot", run_of(root, FOREMOST).run_id, "--metric", "both", "--split", "train"], target)
    print(target.relative_to(DOCS.parent))


PICTURES: dict[str, Callable[[Path], Awaitable[None]]] = {
    "start": start,
    "preview": preview,
    "form": form,
    "live": live,
    "run": run,
    "zoom": zoom,
    "light": light,
    "compare": compare,
    "sweep": sweep,
    "own": own,
    "figure": figure,
}
"""What makes the picture of each name, and of `live` and `run` those that belong to the same run."""


if __name__ == "__main__":
    sys.exit(main())
