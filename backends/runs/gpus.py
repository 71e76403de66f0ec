"""What the driver says of each GPU, through nvidia-ml-py. A figure that it does not report is None, never zero."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

from backends.runs.text import safe_line

_T = TypeVar("_T")
RETRY_SECONDS = 10.0
"""A driver that was not there is looked for again after so long: it may be loaded meanwhile."""


class Held(NamedTuple):
    """What one process holds of a GPU's memory in bytes; None where that is not reported."""

    pid: int
    memory: int | None


@dataclass(frozen=True)
class Gpu:
    """One GPU now. `load` is a share of 1, `used` and `total` are bytes, `power` and `limit` watts, `clock` MHz."""

    name: str
    load: float | None = None
    used: int | None = None
    total: int | None = None
    temperature: int | None = None
    power: float | None = None
    limit: float | None = None
    clock: int | None = None
    """Of its multiprocessors."""
    held: tuple[Held, ...] | None = None
    """By which processes; None where that is not reported, or was not asked for."""
    trouble: str = ""
    """Why nothing at all is reported of it, where nothing is: a GPU may be lost."""


class GpusNow(NamedTuple):
    """All GPUs at one moment."""

    gpus: tuple[Gpu, ...] = ()
    missing: str = ""
    """Why there is none, where there is none."""
    driver: str = ""
    """Versions of the driver and of its CUDA, as far as they are reported."""


class _Card(NamedTuple):
    """A GPU that was found; one that could not be opened has no handle, and the reason for it."""

    handle: object
    name: str
    trouble: str


class Gpus:
    """Asks the driver again and again. Not for the event loop: loading the driver's library takes its time."""

    def __init__(self, uuid: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        """Ask nothing yet; with `uuid` it will be of this GPU alone. `clock` gives seconds."""
        self._uuid, self._clock = uuid, clock
        self._nvml: ModuleType | None = None
        self._cards: list[_Card] = []
        self._missing, self._again = "", 0.0
        self._driver = ""
        self._complaint = ""

    def read(self, *, processes: bool = False) -> GpusNow:
        """Return the GPUs, with the processes on each if they are wanted."""
        if self._nvml is None and self._clock() >= self._again:
            self._missing = self._open()
            self._again = self._clock() + RETRY_SECONDS
        nvml = self._nvml
        if nvml is None:
            return GpusNow(missing=self._missing)
        return GpusNow(tuple(self._gpu(nvml, card, processes) for card in self._cards), "", self._driver)

    def close(self) -> None:
        """Let the driver go."""
        nvml, self._nvml = self._nvml, None
        if nvml is not None:
            with suppress(nvml.NVMLError):
                nvml.nvmlShutdown()

    def _open(self) -> str:
        """Find the GPUs; return why there are none."""
        try:
            import pynvml
        except ImportError:
            return "nvidia-ml-py is not installed"
        try:
            pynvml.nvmlInit()
            self._nvml = pynvml
            self._cards = self._found(pynvml)
        except pynvml.NVMLError as error:
            self.close()
            return f"no driver ({safe_line(str(error))})"
        if not self._cards:
            self.close()
            return "the driver shows no GPU"
        self._driver = self._versions(pynvml)
        return ""

    def _found(self, nvml: ModuleType) -> list[_Card]:
        if self._uuid:
            return [self._card(nvml, partial(nvml.nvmlDeviceGetHandleByUUID, self._uuid))]
        by_index = nvml.nvmlDeviceGetHandleByIndex
        return [self._card(nvml, partial(by_index, number)) for number in range(nvml.nvmlDeviceGetCount())]

    def _card(self, nvml: ModuleType, opened: Callable[[], object]) -> _Card:
        """Return a GPU with its name, which one that is lost later keeps."""
        handle = self._ask(opened)
        name = None if handle is None else self._ask(lambda: nvml.nvmlDeviceGetName(handle))
        return _Card(handle, safe_line(str(name)) if name else "GPU", self._complaint if handle is None else "")

    def _versions(self, nvml: ModuleType) -> str:
        driver = self._ask(nvml.nvmlSystemGetDriverVersion)
        cuda = self._ask(nvml.nvmlSystemGetCudaDriverVersion_v2)
        told = [f"driver {safe_line(str(driver), 40)}"] if driver else []
        return ", ".join(told + ([f"CUDA {cuda // 1000}.{cuda % 1000 // 10}"] if cuda else []))

    def _gpu(self, nvml: ModuleType, card: _Card, processes: bool) -> Gpu:
        handle = card.handle
        if handle is None:
            return Gpu(card.name, trouble=card.trouble)
        memory = self._ask(lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
        load = self._ask(lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu)
        power = self._ask(lambda: nvml.nvmlDeviceGetPowerUsage(handle))
        limit = self._ask(lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle))
        heat = self._ask(lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))
        silent = memory is None and load is None and power is None and heat is None
        trouble = self._complaint if silent else ""
        return Gpu(
            name=card.name,
            load=None if load is None else load / 100,
            used=None if memory is None else int(memory.used),
            total=None if memory is None else int(memory.total),
            temperature=heat,
            power=None if power is None else power / 1000,
            limit=None if limit is None else limit / 1000,
            clock=self._ask(lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM)),
            held=self._held(nvml, handle) if processes else None,
            trouble=trouble,
        )

    def _held(self, nvml: ModuleType, handle: object) -> tuple[Held, ...] | None:
        """Return who computes on a GPU and who draws with it, each process once."""
        compute = self._ask(lambda: nvml.nvmlDeviceGetComputeRunningProcesses(handle))
        graphics = self._ask(lambda: nvml.nvmlDeviceGetGraphicsRunningProcesses(handle))
        if compute is None:  # who draws is a part of it
            return None
        found: list[Any] = [*(graphics or ()), *compute]
        return tuple(Held(pid, memory) for pid, memory in {one.pid: one.usedGpuMemory for one in found}.items())

    def _ask(self, question: Callable[[], _T]) -> _T | None:
        nvml = self._nvml
        assert nvml is not None
        try:
            return question()
        except (nvml.NVMLError, nvml.NVMLLibraryMismatchError) as error:
            self._complaint = safe_line(str(error))
            return None
