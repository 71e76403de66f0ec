"""The plain evaluation of a network at its own weights, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from backends.data import Split
from backends.devices.base import Device
from backends.interpolation.measures import Measures, measures
from backends.models import describe


def logits(forward: Callable[[Tensor], Tensor], split: Split, device: Device) -> Tensor:
    """Return the logits of a whole split, one chunk of rows at a time, joined along the rows."""
    total = len(split.labels_N)
    chunks = [
        forward(split.rows(start, min(start + device.chunk_rows, total)))
        for start in range(0, total, device.chunk_rows)
    ]
    return chunks[0] if len(chunks) == 1 else torch.cat(chunks, dim=-2)


@torch.inference_mode()
def measure(network: nn.Module, split: Split, device: Device) -> Measures:
    """Return the measures of a network's own weights on a split; the network is left as it was."""
    name = describe(network).last_bias
    bias_K = network.state_dict()[name] if name else None
    was_training = network.training
    network.eval()
    try:
        return measures(logits(network, split, device), split.labels_N, bias_K)
    finally:
        network.train(was_training)
