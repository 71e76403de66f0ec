"""What finished runs of this machine took: the measured rates that an estimate of another run is made of."""

from __future__ import annotations

import math
import os
from pathlib import Path

import msgspec

from backends.runs import events
from backends.runs.errors import Damaged
from backends.runs.events import AnyEvent
from backends.runs.journal import Reader
from backends.runs.listing import read_experiment
from backends.runs.paths import RunPaths, created, newest_first
from backends.runs.text import safe_line
from presets.experiment import Experiment

MOST_READ = 300
"""So many of the newest runs are looked at."""
_SKIPPED = ("points", "live", "layers", "plateaus", "ends", "lengths", "layer", "biases", "note", "checkpoint")


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What one run took, in seconds of the clock: to begin, for an epoch with all its measures, for the curves."""

    run_id: str
    experiment: Experiment
    device: str
    threads: int
    epochs: int
    setup_seconds: float
    epoch_seconds: float
    curve_seconds: float
    memory: int | None = None
    """Largest memory of its worker in bytes; None where the run was made before that was recorded."""
    gpu_memory: int | None = None

    @property
    def training_seconds(self) -> float:
        """All its epochs."""
        return self.epochs * self.epoch_seconds


def measured(root: Path, host: str | None = None) -> tuple[Rate, ...]:
    """Return the rates of the finished runs in `root` that ran on `host` (this one), the newest first."""
    here = host or os.uname().nodename
    found = (rate_of(paths, here) for paths in newest_first(root)[:MOST_READ])
    return tuple(rate for rate in found if rate is not None)


def rate_of(paths: RunPaths, host: str) -> Rate | None:
    """Return what a run took; None unless it ran on `host`, from its beginning to its end in one go."""
    try:
        spec, told = read_experiment(paths), Reader(paths.events, _SKIPPED).read()
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
    spans = (
        training - _beginning(paths, told, started[0]),
        (curves - training) / epochs,
        phases.get("writing", last.time) - curves,
    )
    if not all(math.isfinite(span) and span >= 0 for span in spans):  # the clock was put back, or a file is damaged
        return None
    return Rate(
        run_id=paths.run_id,
        experiment=spec,
        device=safe_line(started[0].device),
        threads=started[0].threads,
        epochs=epochs,
        setup_seconds=spans[0],
        epoch_seconds=spans[1],
        curve_seconds=spans[2],
        memory=last.memory,
        gpu_memory=last.gpu_memory,
    )


def _beginning(paths: RunPaths, told: list[AnyEvent], started: events.Started) -> float:
    """Return when the run's own work began: as it was made, or, where it waited for a device, as it had one."""
    waited = any(isinstance(event, events.Queued) for event in told)
    made = created(paths)
    return started.time if waited or not 0 < started.time - made < 120 else made
