"""What code above may know of a device. Nothing above asks "is it CUDA?"."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch

from backends.runs.errors import BadRequest
from backends.runs.gpus import Gpu

MOST_ALPHAS = 64
"""Largest block of alphas: beyond it a GPU is full anyway, and a block is what a stop has to wait for."""


class DeviceError(BadRequest):
    """A device that was asked for can't be used; the message is one line for the user."""


class Device(ABC):
    """Where tensors live and products are computed.

    `kind` is what the user asks for, `name` what the hardware calls itself, `torch_device` what torch wants,
    `chunk_rows` the rows of inputs that one forward pass takes, `conv_chunk_rows` those of a network with
    convolutions. The last bits of a result depend on them, so they are constants of the device and never follow from
    what memory is free.
    """

    kind: Literal["cpu", "cuda"]
    name: str
    torch_device: torch.device
    chunk_rows: int
    conv_chunk_rows: int

    @abstractmethod
    def memory_budget(self) -> int:
        """Return the bytes that a block of alphas may take now."""

    def peak_memory(self) -> int | None:
        """Return the most bytes of the device's own memory that torch held at a time; None where it has none."""
        return None

    def use(self) -> Gpu | None:
        """Return what the driver says of the device now; None where it is no GPU, or nobody can say."""
        return None

    @abstractmethod
    def synchronise(self) -> None:
        """Return once everything that was queued on the device is done."""

    def alphas_per_block(self, bytes_per_alpha: int) -> int:
        """Return how many alphas to evaluate at once, at least 1, where each takes `bytes_per_alpha`."""
        return max(1, min(MOST_ALPHAS, self.memory_budget() // max(1, bytes_per_alpha)))
