"""More points on a stretch of alpha of a run that is done: `python -m backends.refine RUN_DIR --stretch LOW HIGH`.

They are measured from the run's own checkpoints and appended to its journal: nothing that was measured changes, and
the run stays done whatever happens here. Like a worker it takes the run's lock, and its turn on the device.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from backends.placement import Backend, Kind
from backends.runs import events, launch, listing, paths, workers
from backends.runs.errors import BadRequest, RunError
from backends.runs.journal import Writer
from backends.turns import Wish, turn
from backends.worker import STOPPED, StopFlag
from presets.experiment import Interpolation

if TYPE_CHECKING:
    from backends.runs.view import RunView

WANTED = 40
"""Alphas that a stretch is to have at least."""
FINEST = 1 << 12
"""Parts that the distance between two alphas of the specification is divided into at most."""


def alphas_in(spec: Interpolation, low: float, high: float) -> list[float]:
    """Return the alphas that a stretch is to have: the grid of the specification, halved until there are enough.

    A stretch that was refined before gets the very same alphas again, which are not measured twice.
    """
    last, parts = spec.points - 1, 1
    low, high = max(low, spec.alpha_from), min(high, spec.alpha_to)
    while (high - low) * last * parts < WANTED and parts < FINEST:
        parts *= 2
    first, final = math.ceil(low * last * parts - 1e-9), math.floor(high * last * parts + 1e-9)
    return [i / (last * parts) for i in range(first, final + 1)]


def main(arguments: list[str] | None = None) -> int:
    """Refine the run named on the command line; returns 0 done, 75 already running, 143 stopped."""
    parser = argparse.ArgumentParser(prog="backends.refine")
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--backend", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--stretch", type=float, nargs=2, metavar=("LOW", "HIGH"), required=True)
    options = parser.parse_args(arguments)
    os.umask(0o077)
    stop = StopFlag()
    stop.install()
    try:
        run = paths.RunPaths(options.run_dir.absolute())
        known = require_refinable(run)
        alphas = alphas_in(known.experiment.interpolation, *options.stretch)
        return 0 if refine(run, alphas, options.backend, stop) else STOPPED
    except RunError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def require_refinable(run: paths.RunPaths) -> RunView:
    """Return what is recorded of the run; raises `BadRequest` for one that is not ours, or not done."""
    run.require_own()
    known = listing.recorded_run(run)
    launch.require_startable(known.experiment, f"run {run.run_id}")
    if known.status != "done":
        raise BadRequest(f"run {run.run_id}: is {known.status}; only a run that is done can get more points")
    return known


def refine(run: paths.RunPaths, alphas: list[float], backend: Backend, stop: StopFlag) -> bool:
    """Measure what is missing of these alphas, under the run's lock; return whether all is there now."""
    lock = workers.lock_run(run)
    journal = Writer(run.events)
    try:
        return _in_turn(run, alphas, backend, journal, stop)
    except RunError as error:
        with suppress(OSError):
            journal.append(events.Note(text=f"no more points: {error}"))
        raise
    finally:
        journal.close()
        lock.resign()


def missing(known: RunView, alphas: list[float]) -> int:
    """Return how many points there are to be measured: where one split lacks an alpha, both are measured."""
    there = {key: {point.alpha for point in points} for key, points in known.curves.items()}
    return sum(
        len(known.splits) * sum(any(a not in there.get((scheme, split), ()) for split in known.splits) for a in alphas)
        for scheme in known.experiment.interpolation.schemes
    )


def _in_turn(run: paths.RunPaths, alphas: list[float], backend: Backend, journal: Writer, stop: StopFlag) -> bool:
    known = listing.recorded_run(run)
    told = events.Refining(points=missing(known, alphas))

    def announce(_kind: Kind, ahead: int) -> None:
        journal.append(msgspec.structs.replace(told, ahead=ahead))

    with turn(Wish(known, backend, stop, announce, journal.append)) as ours:
        if ours is None:
            return False
        if told.points:
            journal.append(told)
        from backends import devices
        from backends.refinement import Refinement

        devices.prepare(ours.threads)
        return Refinement(run, known, journal, devices.select(ours.kind), stop).more(alphas, told.points)


if __name__ == "__main__":
    sys.exit(main())
