"""The processor."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch

from backends.devices.base import Device


class Cpu(Device):
    """Evaluates one alpha at a time: the matrix products fill the cores already."""

    kind = "cpu"

    def __init__(self) -> None:
        """Use all threads that torch was given."""
        self.torch_device = torch.device("cpu")
        self.name = _model_name()
        self.chunk_rows = 4096

    def alphas_per_block(self, bytes_per_alpha: int) -> int:
        """Return 1: blocks gain nothing here."""
        return 1

    def memory_budget(self) -> int:
        """Return half of the memory that is free now."""
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2

    def synchronise(self) -> None:
        """Return at once: nothing runs behind our back."""


def _model_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return f"CPU ({names[0] if names else platform.machine()})"
