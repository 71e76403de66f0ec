"""What the driver says of each GPU, through nvidia-ml-py. A figure that it does not report is None, never zero."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from backends.runs.text import safe_line

_T = TypeVar("_T")


@dataclass(frozen=True)
class Gpu:
    """One GPU now. `load` is a share of 1, `used`, `total` and `worker` are bytes, `power` and `limit` watts."""

    name: str
    load: float | None = None
    used: int | None = None
    total: int | None = None
    temperature: int | None = None
    power: float | None = None
    limit: float | None = None
    worker: int | None = None
    """What the worker of the run has of it; None where that is nothing, or not reported."""


class Gpus:
    """Asks the driver again and again. Not for the event loop: loading the driver's library takes its time."""

    def __init__(self, uuid: str = "") -> None:
        """Ask nothing yet; with `uuid` it will be of this GPU alone."""
        self._uuid = uuid
        self._nvml: ModuleType | None = None
        self._handles: list[object] = []
        self._missing = ""

    def read(self, pid: int | None = None) -> tuple[tuple[Gpu, ...], str]:
        """Return the GPUs, with what process `pid` has of each, and why there are none where there are none."""
        if self._nvml is None and not self._missing:
            self._missing = self._open()
        if self._missing:
            return (), self._missing
        return tuple(self._gpu(handle, pid) for handle in self._handles), ""

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
            self._handles = self._found(pynvml)
        except pynvml.NVMLError as error:
            return f"no driver ({safe_line(str(error))})"
        return "" if self._handles else "the driver shows no GPU"

    def _found(self, nvml: ModuleType) -> list[object]:
        if self._uuid:
            return [nvml.nvmlDeviceGetHandleByUUID(self._uuid)]
        return [nvml.nvmlDeviceGetHandleByIndex(number) for number in range(nvml.nvmlDeviceGetCount())]

    def _gpu(self, handle: object, pid: int | None) -> Gpu:
        nvml = self._nvml
        assert nvml is not None
        name = self._ask(lambda: nvml.nvmlDeviceGetName(handle))
        memory = self._ask(lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
        load = self._ask(lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu)
        power = self._ask(lambda: nvml.nvmlDeviceGetPowerUsage(handle))
        limit = self._ask(lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle))
        return Gpu(
            name=safe_line(str(name)) if name else "GPU",
            load=None if load is None else load / 100,
            used=None if memory is None else int(memory.used),
            total=None if memory is None else int(memory.total),
            temperature=self._ask(lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)),
            power=None if power is None else power / 1000,
            limit=None if limit is None else limit / 1000,
            worker=None if pid is None else self._held(handle, pid),
        )

    def _held(self, handle: object, pid: int) -> int | None:
        nvml = self._nvml
        assert nvml is not None
        running = self._ask(lambda: nvml.nvmlDeviceGetComputeRunningProcesses(handle)) or ()
        return next((one.usedGpuMemory for one in running if one.pid == pid), None)

    def _ask(self, question: Callable[[], _T]) -> _T | None:
        nvml = self._nvml
        assert nvml is not None
        try:
            return question()
        except (nvml.NVMLError, nvml.NVMLLibraryMismatchError):
            return None
