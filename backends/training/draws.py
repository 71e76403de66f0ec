"""All that is random in training: pure functions of seed and epoch, the same on every device."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


def data_order(seed: int, epoch: int, inputs: int) -> Tensor:
    """Return the permutation of 0 to inputs - 1 (int64, on the CPU) in which epoch number `epoch` sees the data.

    A pure function of its arguments: a resume at batch b is an index into it, and all devices see the same order.
    """
    return torch.randperm(inputs, generator=generator("order", seed, epoch))


def generator(purpose: str, seed: int, epoch: int) -> torch.Generator:
    """Return a generator on the CPU that no other purpose, seed or epoch shares."""
    # Hashed together and not concatenated: of a seed, torch's CPU generator keeps 32 bits alone.
    digest = hashlib.sha256(f"{purpose} {seed} {epoch}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
