"""The CPU."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path

import torch

from backends.devices.base import Device


class Cpu(Device):
    """All threads that torch was given. Alphas are evaluated one at a time: the products fill the cores already."""

    kind = "cpu"
    torch_device = torch.device("cpu")
    # Measured on 4,000 rows through ten layers of 256: 500, 1,000, 2,000 and 4,000 at a time take 28.8, 28.3, 27.9
    # and 28.0 ms. Smaller chunks pay for more calls, larger ones leave the cache between product and relu.
    chunk_rows = 2000
    # Measured on two cores, a forward pass of VGG-16 on 32x32 images, ms an image: at width 64 with 32, 64, 125 and 250
    # rows 2.00, 1.95, 1.92 and 2.06; at width 16 with 64, 125, 250 and 1,000 0.180, 0.174, 0.245 and 0.277; at width 8
    # with 125, 250 and 500 0.074, 0.069 and 0.104. What a layer gives must stay in the cache for the next.
    conv_chunk_rows = 125

    def __init__(self) -> None:
        """Use all threads that torch was given."""
        self.name = f"CPU ({_model_name()})"

    def memory_budget(self) -> int:
        """Return half of the memory that is free now, in bytes."""
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES") // 2

    def synchronise(self) -> None:
        """Do nothing: operations on the CPU are done when they return."""

    def alphas_per_block(self, bytes_per_alpha: int) -> int:
        """Return 1, whatever an alpha takes."""
        return 1


_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
"""Parameters of glibc's mallopt, by their numbers in malloc.h."""


def keep_freed_memory() -> None:
    """Let the C library keep memory that was freed for the next tensor of the size, instead of giving it back.

    By default every tensor of some megabytes is fresh memory, which the kernel must clear page by page: a convolution
    of VGG-16 takes twice the time so (two cores, 125 images: 50 ms, 25 ms with memory kept). The process stays as
    large as its largest moment, which for a worker is what it needs again with the next batch. A C library other than
    glibc is left as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


def _model_name() -> str:
    """Return what /proc/cpuinfo calls the CPU, or its architecture where there is no such line."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(errors="replace").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
