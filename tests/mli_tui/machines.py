"""Readings of a machine, the same in every call: a processor, a GPU, who holds its memory, the last seconds."""

from __future__ import annotations

from pathlib import Path

import msgspec

from backends.runs import listing
from backends.runs.gpus import Gpu, Held
from backends.runs.listing import RunRow
from backends.runs.view import RunView
from mli_tui.device import Reading
from mli_tui.gauges import Page
from mli_tui.gpu_watch import GpuReading, Holder
from mli_tui.past import Past
from mli_tui.proc import Memory
from tests.mli_tui import make_run

GIB = 1 << 30
WORKER = 4242
"""The pid of a worker of ours."""
READING = Reading(
    cores=8, usable=8, load=0.5, memory=Memory(6 * GIB, 8 * GIB), worker=None, no_worker="no worker is at it",
    loads=(3.24, 1.1, 0.52), time=make_run.STARTED,
)  # fmt: skip
GPU = Gpu(
    "NVIDIA H100", 0.63, 20 * GIB, 80 * GIB, 41, 120.4, 700.0, 1_410, (Held(WORKER, 3 * GIB), Held(4321, 17 * GIB))
)
DRIVER = "driver 580.65, CUDA 13.0"


def gpus(*found: Gpu, users: str = "ada", missing: str = "") -> GpuReading:
    """Return a reading of these GPUs at second 100, with whoever holds them."""
    holders = tuple(
        Holder(number, one.pid, one.memory, users, f"python train.py --seed {one.pid}")
        for number, gpu in enumerate(found)
        for one in gpu.held or ()
    )
    return GpuReading(100.0, found, missing, DRIVER if found else "", holders)


def page(width: int = 76, ascii_only: bool = False, past: Past | None = None) -> Page:
    """Return what is written on, by default 80 columns wide and without a past."""
    return Page(width, ascii_only, past or Past())


def texts(lines: object) -> list[str]:
    """Return the plain texts of lines."""
    return [line.plain for line in lines]  # type: ignore[attr-defined]


def row(run_id: str, status: str, created: float, phase: str = "") -> RunRow:
    """Return a row of the list of runs."""
    return RunRow(run_id=run_id, preset="quick", seed=0, status=status, created=created, phase=phase)


def live_view(root: Path, **changes: object) -> RunView:
    """Return a run that trains, and that has told of its device twice, at last two seconds before `READING`."""
    run = make_run.live(root)
    make_run.append(run, make_run.used(count=2), make_run.STARTED - 4, 2.0)
    return msgspec.structs.replace(listing.read_run(run), **changes)
