"""What keys do to runs: launch, stop, resume, export. Blocking; called through `errands`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from backends.runs import durable, export, launch, listing, sweep_export, sweeps, workers
from backends.runs.errors import BadRequest
from backends.runs.paths import RunPaths, make_private
from backends.runs.sweeps import Axis, SweepPaths, SweepView
from mli_tui import demo, links
from mli_tui.cli import devices
from mli_tui.links import Note
from presets import loader
from presets.experiment import Experiment


def launch_draft(root: Path, experiment: Experiment, axes: Sequence[Axis]) -> tuple[RunPaths, str]:
    """Start the run, or the sweep where there are axes; return its paths and what is to be said, or ""."""
    return launch_sweep(root, experiment, axes) if axes else launch_new(root, experiment)


def launch_new(root: Path, experiment: Experiment) -> tuple[RunPaths, str]:
    """Make a run and start its worker, or the sweep that a preset is; return its paths and a warning or "".

    Refused where it can't run here.
    """
    if experiment.over:
        return launch_sweep(root, experiment, ())
    demo.require_real(root)
    devices.require_for(experiment)
    launch.require_startable(experiment, experiment.preset)
    paths = launch.create(root, experiment)
    return paths, launch.start(paths)


def launch_sweep(root: Path, base: Experiment, axes: Sequence[Axis]) -> tuple[SweepPaths, str]:
    """Write a sweep down and start its driver; return its paths and how many runs it is, or a warning."""
    demo.require_real(root)
    devices.require_for(base)
    planned = sweeps.plan(base, list(axes))
    launch.require_startable(planned.base, base.preset)
    sweeps.require_distinct(planned)
    paths = sweeps.keep(root, planned)
    return paths, launch.start(paths, module="backends.sweep") or f"{paths.run_id}: {planned.size:,} runs"


def keep_preset(experiment: Experiment, name: str, replace: bool = False) -> Path:
    """Write a preset of the user's own and return its file; raises `SpecError` for a name that is refused or taken.

    With `replace` it takes the place of one of the user's own that has the name.
    """
    renamed = loader.renamed(experiment, name)
    path = loader.place_for(renamed.preset, replace)
    make_private(path.parent)
    durable.write(path, loader.to_short_toml(renamed).encode())
    return path


def stop(paths: RunPaths) -> str:
    """Ask the run's worker to stop at the next batch."""
    workers.send_stop(paths)
    return f"{paths.run_id}: stopping at the next batch, with a checkpoint"


def resume(paths: RunPaths) -> str:
    """Start a worker that goes on where the run stopped."""
    if listing.recorded_run(paths).status == "done":
        raise BadRequest(f"run {paths.run_id}: is done; there is nothing to resume")
    return launch.start(paths) or f"{paths.run_id}: goes on"


def refine(paths: RunPaths, low: float, high: float) -> str:
    """Have more points of a run that is done measured between two alphas, from its checkpoints."""
    launch.require_startable(listing.read_experiment(paths), f"run {paths.run_id}")
    warning = launch.start(paths, module="backends.refine", more=("--stretch", repr(low), repr(high)))
    return warning or f"{paths.run_id}: measures more points from {low:.3g} to {high:.3g}"


def export_tables(runs: Sequence[RunPaths], folder: Path) -> Note:
    """Write curves, biases and device use of runs, as known now, into `folder`; return what was written where.

    Those of several runs go together into one file each. Of runs that recorded no device use there is no table of it.
    """
    views = [listing.read_run(paths) for paths in runs]
    curves, biases, device = (folder / f"{stem_of(runs)}-{name}.csv" for name in ("curves", "biases", "device"))
    durable.write(curves, export.curves_csv(views).encode())
    durable.write(biases, export.biases_csv(views).encode())
    if not any(view.use for view in views):
        return links.written(curves, biases).and_said("no device.csv, as no device use was recorded")
    durable.write(device, export.device_csv(views).encode())
    return links.written(curves, biases, device)


def stem_of(runs: Sequence[RunPaths]) -> str:
    """Return how a file of these runs' begins: with the id of the one, else with the time."""
    return runs[0].run_id if len(runs) == 1 else time.strftime(f"{len(runs)}-runs-%Y%m%d-%H%M%S")


def stop_sweep(paths: SweepPaths) -> str:
    """Ask the sweep's driver to stop, with its runs."""
    workers.send_stop(paths)
    return f"{paths.run_id}: stopping; its runs stop at their next batch, with a checkpoint"


def resume_sweep(paths: SweepPaths) -> str:
    """Start a driver that does what is missing."""
    return launch.start(paths, module="backends.sweep") or f"{paths.run_id}: goes on"


def read_sweep(paths: SweepPaths) -> SweepView:
    """Return the sweep as known now."""
    return sweeps.fold(paths, sweeps.read(paths), listing.list_runs(paths.root))


def export_sweep(paths: SweepPaths, folder: Path) -> Note:
    """Write the curves of all runs and the summary, as known now, into `folder`; return what was written where."""
    view = read_sweep(paths)
    curves, summary = folder / f"{paths.run_id}-curves.csv", folder / f"{paths.run_id}-summary.csv"
    durable.write(curves, sweep_export.curves_csv(paths, view).encode())
    durable.write(summary, sweep_export.summary_csv(view).encode())
    return links.written(curves, summary)
