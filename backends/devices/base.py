"""The small interface that a device gives; code above it never asks which one it has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch


class DeviceError(RuntimeError):
    """The device that was asked for can't be had here."""


class Device(ABC):
    """Where tensors live and curves are evaluated."""

    kind: Literal["cpu", "cuda"]
    name: str
    torch_device: torch.device
    chunk_rows: int
    """Inputs in one forward pass of an evaluation."""

    @abstractmethod
    def alphas_per_block(self, bytes_per_alpha: int) -> int:
        """Return how many alphas to evaluate at once, where each takes `bytes_per_alpha` of memory."""

    @abstractmethod
    def memory_budget(self) -> int:
        """Return how many bytes a block of alphas may take."""

    @abstractmethod
    def synchronise(self) -> None:
        """Wait until all work that was given to the device is done."""
