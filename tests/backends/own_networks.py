"""Networks and checkpoints of a user's own, for the tests of what reads and runs them."""

from __future__ import annotations

import json
import struct
import textwrap
from pathlib import Path

import torch
from torch import Tensor, nn

INPUTS, CLASSES = 6, 4


def net(seed: int = 0, classes: int = CLASSES, width: int = 8, dtype: torch.dtype = torch.float64) -> nn.Sequential:
    """Three layers with biases everywhere, drawn from a generator of their own."""
    network = nn.Sequential(
        nn.Linear(INPUTS, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, classes)
    ).to(dtype)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0.0, 0.5, generator=generator)
    return network


def pair(inputs: int = 40, seed: int = 0, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Inputs of which each class has its own region, and their classes; all classes equally often."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(inputs) % CLASSES
    centres = torch.randn(CLASSES, INPUTS, generator=torch.Generator().manual_seed(99), dtype=torch.float64)
    noise = 0.3 * torch.randn(inputs, INPUTS, generator=generator, dtype=torch.float64)
    return (centres[labels] + noise).to(dtype), labels


def header_only(path: Path, header: bytes, claimed: int | None = None) -> Path:
    """A .safetensors file of a header and nothing behind it."""
    path.write_bytes(struct.pack("<Q", len(header) if claimed is None else claimed) + header)
    return path


def many_tensors(count: int) -> bytes:
    """A valid header that names this many empty tensors."""
    entry = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    return json.dumps({str(i): entry for i in range(count)}, separators=(",", ":")).encode()


def write_code(folder: Path, body: str, name: str = "nets.py") -> Path:
    """A FILE.py."""
    path = folder / name
    path.write_text(textwrap.dedent(body))
    return path


GOOD = """
    from torch import nn

    def net():
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 12), nn.ReLU(), nn.Linear(12, 10))
"""
