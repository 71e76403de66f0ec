"""Real workers on a small network: launched, waited for, compared."""

import csv
import io
import time

import presets
from backends.runs import launch, listing
from backends.runs.paths import RunPaths
from backends.runs.view import RunView
from presets.checks import says_nothing

SMALL = (
    "model.depth=3", "model.width=24", "train.max_epochs=12", "train.stop_loss=0.0", "train.threads=1",
    "interpolation.points=21", "interpolation.live_inputs=50", "output.autosave_seconds=0.0",
)  # fmt: skip
ENDED = frozenset({"done", "stopped", "failed", "interrupted"})
PATIENCE_SECONDS = 120.0


def make(root, *settings: str) -> RunPaths:
    network = next((one.partition("=")[2] for one in settings if one.startswith("model.network=")), "fc")
    no_choice = tuple(f"model.{name}=" for name in says_nothing(network))
    small = [one for one in SMALL if not one.startswith(no_choice)]
    return launch.create(root, presets.override(presets.load("quick"), [*small, *settings]))


def start(paths: RunPaths) -> RunPaths:
    launch.start(paths, "cpu")
    return paths


def wait(paths: RunPaths, condition) -> RunView:
    """Return the first view that meets the condition; fails with what is known after two minutes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        view = listing.read_run(paths)
        if condition(view):
            return view
        assert time.monotonic() < deadline, (view.status, view.phase, view.epoch, view.message)
        time.sleep(0.01)


def ended(view: RunView) -> bool:
    return view.status in ENDED


def finish(paths: RunPaths) -> RunView:
    return wait(start(paths), ended)


def products(paths: RunPaths) -> dict[str, object]:
    """Return all that a run leaves, without its name: what must be the same after any interruption."""
    return {
        "initial": (paths.checkpoints / "initial.safetensors").read_bytes(),
        "final": (paths.checkpoints / "final.safetensors").read_bytes(),
        "curves": rows(paths.curves.read_text()),
        "biases": rows(paths.biases.read_text()),
    }


def rows(text: str) -> list[list[str]]:
    return [row[1:] for row in csv.reader(io.StringIO(text))]
