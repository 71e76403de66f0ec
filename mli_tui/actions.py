"""What keys do to runs: launch, stop, resume, export, delete. Blocking; called through `errands`."""

from __future__ import annotations

from pathlib import Path

from backends.runs import durable, export, launch, listing, removal, workers
from backends.runs.errors import BadRequest
from backends.runs.paths import RunPaths
from mli_tui.cli import devices
from presets.experiment import Experiment


def launch_new(root: Path, experiment: Experiment) -> tuple[RunPaths, str]:
    """Make a run and start its worker; return its paths and a warning or "". Refused where it can't run here."""
    devices.require_for(experiment)
    launch.require_startable(experiment, experiment.preset)
    paths = launch.create(root, experiment)
    return paths, launch.start(paths)


def stop(paths: RunPaths) -> str:
    """Ask the run's worker to stop at the next batch."""
    workers.send_stop(paths)
    return f"{paths.run_id}: stopping at the next batch, with a checkpoint"


def resume(paths: RunPaths) -> str:
    """Start a worker that goes on where the run stopped."""
    if listing.recorded_run(paths).status == "done":
        raise BadRequest(f"run {paths.run_id}: is done; there is nothing to resume")
    return launch.start(paths) or f"{paths.run_id}: goes on"


def export_tables(paths: RunPaths, folder: Path) -> str:
    """Write curves and biases of the run, as known now, into `folder`; return what was written where."""
    view = listing.read_run(paths)
    curves, biases = folder / f"{paths.run_id}-curves.csv", folder / f"{paths.run_id}-biases.csv"
    durable.write(curves, export.curves_csv([view]).encode())
    durable.write(biases, export.biases_csv([view]).encode())
    return f"written: {curves} and {biases.name}"


def delete(paths: RunPaths) -> str:
    """Remove the run with all its files."""
    removal.remove(paths)
    return f"{paths.run_id}: deleted"
