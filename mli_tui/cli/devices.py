"""The GPUs that the driver shows, asked without loading torch."""

from __future__ import annotations

from typing import NamedTuple

from backends.runs.errors import BadRequest
from backends.runs.text import safe_line
from presets.experiment import Experiment


class Gpu(NamedTuple):
    """One GPU: its name and its memory in bytes."""

    name: str
    total: int
    free: int


def gpus() -> tuple[list[Gpu], str]:
    """Return the GPUs, and why there are none where there are none."""
    import pynvml

    try:
        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        found = [_gpu(pynvml.nvmlDeviceGetName(h), pynvml.nvmlDeviceGetMemoryInfo(h)) for h in handles]
    except pynvml.NVMLError as error:
        return [], safe_line(str(error))
    return found, "" if found else "the driver shows no GPU"


def _gpu(name: str, memory: object) -> Gpu:
    return Gpu(safe_line(str(name)), int(getattr(memory, "total", 0)), int(getattr(memory, "free", 0)))


def require(backend: str) -> None:
    """Raise `BadRequest` where CUDA is asked for and no GPU is there: before a run is made, not after."""
    if backend != "cuda":
        return
    found, reason = gpus()
    if not found:
        raise BadRequest(f"--backend = 'cuda': no CUDA device is visible here ({reason}); expected auto or cpu")


def require_for(experiment: Experiment) -> None:
    """Raise `BadRequest` where an experiment would take days without a GPU, and none is there."""
    if not experiment.needs_gpu:
        return
    found, reason = gpus()
    if not found:
        raise BadRequest(
            f"needs_gpu = true: no CUDA device is visible here ({reason}), and without one {experiment.preset} takes "
            "days; --set needs_gpu=false runs it all the same"
        )
