"""Running statistics of batch norm, measured anew for given weights.

One pass over the training inputs, in an order drawn once and for all, in batches that are the same on every device; the
statistics are the means over inputs of each batch's own mean and (unbiased) variance. While the pass goes on every
batch is normalised by itself, as in training. (Izmailov et al. 2018, algorithm 1; the weighting by the size of the
batch, so that a last small one counts for less, is ours.)

Shapes: N inputs, B inputs of a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from backends.data import Split
from backends.models.modes import evaluating

ROWS = 250
"""Inputs of a batch: its statistics depend on it, so it is no choice of the device's."""
_MEAN, _VARIANCE, _COUNTER = "running_mean", "running_var", "num_batches_tracked"


@torch.inference_mode()
def recalibrated(network: nn.Module, tensors: Mapping[str, Tensor], inputs: Split) -> dict[str, Tensor]:
    """Return `tensors` with the running statistics that the weights among them have on `inputs`.

    `network` lends its architecture alone. Counters and everything else stay as they are.
    """
    norms = {name: norm for name, norm in network.named_modules() if _is_tracking(norm)}
    fresh = {
        f"{name}.{own}": torch.zeros_like(tensors[f"{name}.{own}"])
        for name in norms
        for own in (_MEAN, _VARIANCE, _COUNTER)
    }
    order_N = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(0)).to(inputs.labels_N.device)
    seen = 0
    with _measuring(network, list(norms.values())):
        for index_B in torch.split(order_N, ROWS):
            seen += len(index_B)
            for norm in norms.values():
                norm.momentum = len(index_B) / seen
            functional_call(network, {**tensors, **fresh}, (inputs.take(index_B)[0],))
    return {**tensors, **{name: tensor for name, tensor in fresh.items() if not name.endswith(_COUNTER)}}


def _is_tracking(module: nn.Module) -> bool:
    return isinstance(module, _BatchNorm) and module.running_mean is not None


@contextmanager
def _measuring(network: nn.Module, norms: list[nn.Module]) -> Iterator[None]:
    """Hold norm layers alone in training mode; mode and momentum of each are put back."""
    kept = [norm.momentum for norm in norms]
    with evaluating(network):
        for norm in norms:
            norm.training = True
        try:
            yield
        finally:
            for norm, momentum in zip(norms, kept, strict=True):
                norm.training = False
                norm.momentum = momentum
