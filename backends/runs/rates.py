"""What finished runs of this machine took: the measured rates that an estimate of another run is made of."""

from __future__ import annotations

import math
import os
from pathlib import Path

import msgspec

from backends.runs import events
from backends.runs.errors import Damaged
from backends.runs.journal import Reader
from backends.runs.listing import read_experiment
from backends.runs.paths import RunPaths, newest_first, spec_written
from backends.runs.text import safe_line
from presets.experiment import Experiment

MOST_READ = 100
"""So many of the newest runs are looked at."""
LONGEST_SETUP_SECONDS = 600
"""What lies further apart is no beginning: the run was made at one time and resumed or copied at another."""
_SKIPPED = ("live", "layers", "plateaus", "ends", "lengths", "layer", "biases", "note", "checkpoint", "device")


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What one run took, in seconds of the clock."""

    run_id: str
    experiment: Experiment
    device: str
    threads: int
    epochs: int
    setup_seconds: float | None
    """Until it trains, the import of torch included; None where it waited for its device first."""
    epoch_seconds: float
    """An epoch with all its measures, live curves and saves."""
    grid_seconds: float
    """The evenly spaced points of all final curves."""
    ends_seconds: float
    """What follows on them: locating plateau ends, checking ends, lengths."""
    memory: int | None = None
    """Largest memory of its worker in bytes; None where the run was made before that was recorded."""
    gpu_memory: int | None = None


def measured(root: Path, host: str | None = None) -> tuple[Rate, ...]:
    """Return the rates of the finished runs in `root` that ran on `host` (this one), the newest first."""
    here = host or os.uname().nodename
    found = (rate_of(paths, here) for paths in newest_first(root)[:MOST_READ])
    return tuple(rate for rate in found if rate is not None)


def rate_of(paths: RunPaths, host: str) -> Rate | None:
    """Return what a run took; None unless it ran on `host`, from its beginning to its end in one go."""
    try:
        spec, told = read_experiment(paths), _of_the_run(Reader(paths.events, _SKIPPED).read())
    except (Damaged, OSError):
        return None
    started = [event for event in told if isinstance(event, events.Started)]
    broken = any(isinstance(event, events.Resumed | events.Paused) for event in told)
    last = told[-1] if told else None
    if len(started) != 1 or started[0].host != host or broken or not isinstance(last, events.Finished):
        return None
    phases = {event.phase: event.time for event in told if isinstance(event, events.PhaseBegan)}
    epochs = max((event.epoch for event in told if isinstance(event, events.Epoch)), default=0)
    if last.status != "done" or not epochs or not {"training", "interpolating"} <= phases.keys():
        return None
    training, curves = phases["training"], phases["interpolating"]
    grid = max((event.time for event in told if isinstance(event, events.Points)), default=curves)
    waited = any(isinstance(event, events.Queued) for event in told)
    setup = training - spec_written(paths)
    spans = ((curves - training) / epochs, grid - curves, phases.get("writing", last.time) - grid)
    if not all(math.isfinite(span) and span >= 0 for span in spans):  # the clock was put back, or a file is damaged
        return None
    return Rate(
        run_id=paths.run_id,
        experiment=spec,
        device=safe_line(started[0].device),
        threads=started[0].threads,
        epochs=epochs,
        setup_seconds=None if waited or not 0 < setup < LONGEST_SETUP_SECONDS else setup,
        epoch_seconds=spans[0],
        grid_seconds=spans[1],
        ends_seconds=spans[2],
        memory=last.memory,
        gpu_memory=last.gpu_memory,
    )


def _of_the_run(told: list[events.AnyEvent]) -> list[events.AnyEvent]:
    """Return what was told until the run ended: points that were asked for later are no part of what it took."""
    ended = [place for place, event in enumerate(told) if isinstance(event, events.Finished)]
    return told[: ended[-1] + 1] if ended else []
