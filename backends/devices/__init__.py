"""Devices: the few lines in which CPU and CUDA differ."""

from __future__ import annotations

from typing import Literal

import torch

from backends.devices.base import Device, DeviceError
from backends.devices.cpu import Cpu
from backends.devices.cuda import Cuda

__all__ = ["Device", "DeviceError", "deterministic", "select"]


def deterministic(threads: int) -> None:
    """Make torch give the same bits for the same work, on `threads` CPU threads."""
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False


def select(kind: Literal["cpu", "cuda"]) -> Device:
    """Return the device; raises `DeviceError` for cuda where there is none."""
    return Cuda() if kind == "cuda" else Cpu()
