"""What the worker has of its device, written into the journal at a modest pace.

There is no thread: the meter looks where the worker asks anyway whether it is to stop, before every training step and
every block of alphas. Until a look is due, that costs the reading of a clock.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

from backends.devices.base import Device
from backends.runs import events
from backends.runs.gpus import Gpu

PACE_SECONDS = 2.0
"""How long a stretch is at least."""
PACE_SHARE = 1e-3
"""A stretch is this share of the attempt's time, where that is longer: a run of hours writes some thousand."""
LEAST_SECONDS = 0.1
"""A shorter rest before a phase ends is told with the next one."""
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

Progress = Callable[[], tuple[int, float]]
"""Gives the epoch, and the training inputs taken so far; NaN where no inputs are taken one by one."""


class Meter:
    """Tells a `DeviceUse` a stretch of one attempt. Before `begin` it does nothing."""

    def __init__(
        self, device: Device, tell: Callable[[events.Event], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Look at the process and at `device`; `clock` gives seconds."""
        self._device, self._tell, self._clock = device, tell, clock
        self._progress: Progress = lambda: (0, 0.0)
        self._phase: events.Phase = "loading"
        self._due = math.inf

    def begin(self, attempt: int) -> None:
        """Begin the first stretch of an attempt."""
        self._attempt = attempt
        self._began = self._clock()
        self._restart(self._began)

    def follow(self, progress: Progress) -> None:
        """Count epochs and training inputs by `progress` from now on."""
        self._progress = progress
        self._taken = progress()[1]

    def enter(self, phase: events.Phase) -> None:
        """End the stretch of the phase before."""
        self.close()
        self._phase = phase

    def beat(self) -> None:
        """Tell the stretch that is over, where one is due."""
        if self._clock() >= self._due:
            self._told()

    def close(self) -> None:
        """Tell what has passed of the present stretch."""
        if self._due < math.inf and self._clock() - self._since >= LEAST_SECONDS:
            self._told()

    def _told(self) -> None:
        now, worked = self._clock(), time.process_time()
        seconds = now - self._since
        epoch, taken = self._progress()
        samples = (taken - self._taken) / seconds if taken > self._taken else None
        gpu = self._device.use() or Gpu("")
        event = events.DeviceUse(
            attempt=self._attempt,
            phase=self._phase,
            epoch=epoch,
            seconds=round(seconds, 3),
            cores=round((worked - self._worked) / seconds, 3),
            memory=resident(),
            samples=samples and float(f"{samples:.4g}"),
            gpu_load=gpu.load,
            gpu_memory=gpu.used,
            gpu_total=gpu.total,
            gpu_temperature=gpu.temperature,
            gpu_power=gpu.power,
        )
        self._restart(now)
        self._tell(event)

    def _restart(self, now: float) -> None:
        self._since, self._worked = now, time.process_time()
        self._taken = self._progress()[1]
        self._due = now + max(PACE_SECONDS, PACE_SHARE * (now - self._began))


def resident() -> int | None:
    """Return the bytes of memory that this process holds now; None where that can't be read."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return None
