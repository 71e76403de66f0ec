"""Sweeps as a driver leaves them, with runs that never ran: only the figures that a table shows."""

from __future__ import annotations

import msgspec

from backends.runs import events, sweeps
from presets import load, override
from tests.mli_tui import make_run, synthetic

HEAT = ("model.depth=2,4,6,8", "model.init_scale=0.3,0.45,0.7,1.0", "train.seed=0..2")


def figure(depth: float, scale: float, seed: int) -> float:
    """Return an error plateau end that grows with depth and falls with the scale, a little different by seed."""
    return round(min(0.95, max(0.0, 0.11 * depth - 0.6 * scale + 0.05 * seed)), 3)


def made(root, over=HEAT, missing=0, settings=("interpolation.points=5",)):
    """Write a sweep all of whose runs but the last `missing` are done."""
    base = override(load("quick"), list(settings))
    planned = msgspec.structs.replace(sweeps.plan(base, [sweeps.axis(one) for one in over]), threads=1, beside=2)
    paths = sweeps.keep(root, msgspec.structs.replace(planned, created=make_run.STARTED))
    cells = planned.cells[: len(planned.cells) - missing]
    for number, cell in enumerate(cells):
        run = make_run.create(root, f"quick-20260921-120000-{number:04x}", experiment=cell.experiment)
        spec = cell.experiment
        value = figure(spec.model.depth, spec.model.init_scale, spec.train.seed)
        found = [
            events.PlateausFound(
                scheme=scheme,
                split="train",
                measured=msgspec.structs.replace(synthetic.ends(scheme, "train"), error_plateau_end=value * factor),
                predicted=None,
            )
            for scheme, factor in (("linear", 1.0), ("homogeneous", 0.1))
        ]
        make_run.append(run, [*make_run.beginning(), *make_run.training(2), *found, *make_run.ending()])
    return paths
