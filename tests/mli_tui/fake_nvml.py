"""A stand-in for pynvml: two GPUs, figures that can be withheld, a driver that can be missing."""

from __future__ import annotations

from types import SimpleNamespace

GIB = 1 << 30


class NVMLError(Exception):
    """As pynvml's."""


class NVMLLibraryMismatchError(Exception):
    """As pynvml's, which is no NVMLError."""


def driver(count=2, *, missing="", withheld=(), error=None, processes=(), drawing=(), cuda=13_000):
    """Return the module; a figure in `withheld` raises `error`, a driver that is `missing` raises it at init.

    `processes` and `drawing` are pairs of a pid and its bytes. What is changed in the module counts from then on.
    """
    calls = {"nvmlInit": 0, "nvmlShutdown": 0}

    def start():
        calls["nvmlInit"] += 1
        if missing:
            raise NVMLError(missing)

    def stop():
        calls["nvmlShutdown"] += 1

    def figure(name, value):
        def ask(*_):
            if name in withheld:
                raise error or NVMLError("Not Supported")
            return value

        return ask

    def holders(pairs):
        return [SimpleNamespace(pid=pid, usedGpuMemory=memory) for pid, memory in pairs]

    figures = {
        "nvmlSystemGetDriverVersion": "580.65\x1b",
        "nvmlSystemGetCudaDriverVersion_v2": cuda,
        "nvmlDeviceGetCount": count,
        "nvmlDeviceGetName": "NVIDIA H100\x1b",
        "nvmlDeviceGetMemoryInfo": SimpleNamespace(used=20 * GIB, total=80 * GIB, free=60 * GIB),
        "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=63, memory=10),
        "nvmlDeviceGetTemperature": 41,
        "nvmlDeviceGetPowerUsage": 120_400,
        "nvmlDeviceGetEnforcedPowerLimit": 700_000,
        "nvmlDeviceGetClockInfo": 1_410,
        "nvmlDeviceGetComputeRunningProcesses": holders(processes),
        "nvmlDeviceGetGraphicsRunningProcesses": holders(drawing),
    }
    return SimpleNamespace(
        NVMLError=NVMLError,
        NVMLLibraryMismatchError=NVMLLibraryMismatchError,
        NVML_TEMPERATURE_GPU=0,
        NVML_CLOCK_SM=1,
        nvmlInit=start,
        nvmlShutdown=stop,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetHandleByUUID=lambda uuid: figure("nvmlDeviceGetHandleByUUID", int(uuid.removeprefix("GPU-")))(),
        nvmlDeviceGetUUID=lambda handle: f"GPU-{handle}",
        **{name: figure(name, value) for name, value in figures.items()},
        calls=calls,
    )
