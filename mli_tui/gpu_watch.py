"""The GPUs now, and who holds their memory: read in a thread of its own, for a driver may take seconds to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.message import Message

from backends.runs.gpus import Gpu, Gpus
from mli_tui import proc
from mli_tui.watch import SLOW_SECONDS, Watcher

STALE_SECONDS = 3.0
"""What is older is no longer what the GPUs do now."""


@dataclass(frozen=True)
class Holder:
    """One process that holds memory of a GPU; `memory` is None where that is not reported."""

    gpu: int
    pid: int
    memory: int | None
    user: str
    command: str


@dataclass(frozen=True)
class GpuReading:
    """The GPUs at one moment: `time`, by the clock that the watcher was given, is when the driver was asked."""

    time: float
    gpus: tuple[Gpu, ...] = ()
    missing: str = ""
    """Why there is no GPU, where there is none."""
    driver: str = ""
    holders: tuple[Holder, ...] = ()


@dataclass
class GpusRead(Message):
    """The GPUs were read again."""

    reading: GpuReading


class GpuWatcher(Watcher):
    """Reads the GPUs once a second, or as often as the driver answers."""

    def __init__(self, post: Callable[[Message], object], clock: Callable[[], float]) -> None:
        """Give what is read to `post`; `clock` gives seconds."""
        super().__init__(post)
        self._gpus, self._clock = Gpus(), clock

    def run(self) -> None:
        """Read until it is stopped, then let the driver go."""
        super().run()
        self._gpus.close()

    def poll(self) -> float:
        """Read once."""
        asked = self._clock()
        now = self._gpus.read(processes=True)
        holders = tuple(_holder(number, held) for number, gpu in enumerate(now.gpus) for held in gpu.held or ())
        self.tell(GpusRead(GpuReading(asked, now.gpus, now.missing, now.driver, holders)))
        return SLOW_SECONDS


def _holder(gpu: int, held: tuple[int, int | None]) -> Holder:
    pid, memory = held
    return Holder(gpu, pid, memory, *proc.who(pid))
