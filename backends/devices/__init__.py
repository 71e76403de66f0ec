"""Devices: `select` gives the one to compute on, `prepare` makes a process ready for repeatable numbers."""

from __future__ import annotations

from typing import Literal

import torch

from backends.devices.base import Device, DeviceError
from backends.devices.cpu import Cpu, keep_freed_memory
from backends.devices.cuda import Cuda, why_unusable

__all__ = ["Device", "DeviceError", "prepare", "select", "why_unusable"]


def select(kind: Literal["cpu", "cuda"]) -> Device:
    """Return the device of this kind; for `cuda` the first one that this process sees.

    Raises `DeviceError`, one line, where `cuda` is asked for and torch can't use any.
    """
    return Cuda() if kind == "cuda" else Cpu()


def prepare(threads: int) -> None:
    """Make this process a worker's: the same bits for the same wheel, CPU capability and thread count, and no waste.

    `threads` >= 1 is the number of CPU threads of one operation; sums are split by it, so it decides last bits.
    """
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    torch.set_float32_matmul_precision("highest")
    keep_freed_memory()
