"""Which device a run goes to, found without importing torch."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from backends.runs import torch_cuda
from backends.runs.errors import BadRequest

Kind = Literal["cpu", "cuda"]
Backend = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class Placement:
    """A kind of device and its units: UUIDs of GPUs, or the cores of the CPU."""

    kind: Kind
    units: list[str]
    why_no_gpu: str = ""
    """Why it is not a GPU, where there is one that torch can't use."""

    def needs(self, threads: int) -> int:
        """Return how many units a run takes: one GPU; of the CPU as many cores as it has threads, 0 for all."""
        return 1 if self.kind == "cuda" else threads or len(self.units)

    def claim(self, unit: str, threads: int) -> None:
        """Set the environment that torch reads when it is imported: this unit alone, this many threads."""
        if self.kind == "cuda":
            os.environ["CUDA_VISIBLE_DEVICES"] = unit
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ[name] = str(threads)
        os.environ["MKL_DYNAMIC"] = "FALSE"
        os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"


def place(backend: Backend) -> Placement:
    """Return where to run; `auto` takes CUDA where there is a GPU that torch fits.

    Raises `BadRequest` for cuda without one.
    """
    gpus = [] if backend == "cpu" else gpu_uuids()
    why = torch_cuda.why_not() if gpus else ""
    if gpus and not why:
        return Placement("cuda", gpus)
    if backend == "cuda":
        raise BadRequest(f"backend = 'cuda': {why or 'no CUDA device is visible here'}; expected auto or cpu")
    return on_cpu(why)


def on_cpu(why_no_gpu: str = "") -> Placement:
    """Return the CPU, which is taken for that reason where there is a GPU, too."""
    return Placement("cpu", [f"core-{number}" for number in range(usable_cores())], why_no_gpu)


def gpu_uuids() -> list[str]:
    """Return the UUIDs of the GPUs that this process may use; empty where there is no driver."""
    import pynvml

    uuids: list[str] = []
    with suppress(pynvml.NVMLError):
        pynvml.nvmlInit()
        for number in range(pynvml.nvmlDeviceGetCount()):
            with suppress(pynvml.NVMLError):  # one that is lost hides no other
                uuids.append(str(pynvml.nvmlDeviceGetUUID(pynvml.nvmlDeviceGetHandleByIndex(number))))
    return visible(uuids, os.environ.get("CUDA_VISIBLE_DEVICES"))


def visible(uuids: list[str], choice: str | None) -> list[str]:
    """Return the GPUs that CUDA_VISIBLE_DEVICES leaves: indices or prefixes of UUIDs, up to the first bad one."""
    if choice is None:
        return uuids
    chosen: list[str] = []
    for word in filter(None, (w.strip() for w in choice.split(","))):
        named = [uuids[int(word)]] if word.isdigit() and int(word) < len(uuids) else []
        named = named or [u for u in uuids if word.startswith("GPU-") and u.startswith(word)]
        if len(named) != 1:
            break
        chosen += named
    return chosen


def usable_cores() -> int:
    """Return how many cores this process may use: its affinity, and its control group's quota."""
    cores = len(os.sched_getaffinity(0))
    quota = _quota(Path("/sys/fs/cgroup/cpu.max"))
    return max(1, min(cores, quota)) if quota else cores


def _quota(file: Path) -> int:
    try:
        quota, period = file.read_text(encoding="ascii").split()
        return round(int(quota) / int(period))
    except (OSError, ValueError):  # no such control group, or `max`: no quota
        return 0
