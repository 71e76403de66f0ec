"""Evaluating weights on a split: one set of them, or a block of sets at once. The module's own stay as they are.

Networks are evaluated in evaluation mode, whatever mode they are in before and after.

Shapes: A alphas of a block, N inputs of a split, K classes; tensors of a block have a first axis (A, ...).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from backends.data import Split
from backends.devices.base import Device
from backends.interpolation.measures import Measures, measures
from backends.interpolation.recalibrate import recalibrated
from backends.models import Layers, describe
from backends.models.modes import evaluating


def measure(
    network: nn.Module,
    split: Split,
    device: Device,
    *,
    layers: Layers | None = None,
    calibration: Split | None = None,
) -> Measures:
    """Return the measures of a network with its own weights, as used for epochs and checkpoints.

    `layers` is its description, where that is at hand. With `calibration`, training inputs, the running statistics of
    batch norm are measured anew on them, as on a recalibrated curve, instead of the network's own.
    """
    tensors = network.state_dict()
    if calibration is not None:
        tensors = recalibrated(network, tensors, calibration)
    return measure_at(network, layers or describe(network), tensors, split, device)


@torch.inference_mode()
def measure_at(
    network: nn.Module, layers: Layers, tensors: Mapping[str, Tensor], split: Split, device: Device
) -> Measures:
    """Return the measures of `network` with these tensors in place of its own.

    `measure` is this with the network's own tensors, so a curve's ends equal its checkpoints bit for bit.
    """
    signal_NK, bias_K = signal(network, layers, tensors, split, device), last_bias(layers, tensors, split)
    return measures(signal_NK[None], bias_K[None], split)[0]


@torch.inference_mode()
def measure_block(
    network: nn.Module, layers: Layers, tensors: Mapping[str, Tensor], split: Split, device: Device
) -> list[Measures]:
    """Return the measures of `network` with each of A sets of tensors, all A in one batched product a layer.

    Batched products round differently: equal to `measure_at` within 1e-10 (float64) or 1e-4 (float32), relative.
    """
    unbiased = without_last_bias(layers, tensors)
    run = vmap(lambda own, inputs: functional_call(network, own, (inputs,)), in_dims=(0, None))
    with evaluating(network):
        signal_ANK = torch.cat([run(unbiased, inputs) for inputs in _chunks(layers, split, device)], dim=1)
    bias_AK = last_bias(layers, tensors, split).expand(len(signal_ANK), -1)
    return measures(signal_ANK, bias_AK, split)


@torch.inference_mode()
def signal(network: nn.Module, layers: Layers, tensors: Mapping[str, Tensor], split: Split, device: Device) -> Tensor:
    """Return the logits without the last bias (N, K) of `network` with these tensors in place of its own."""
    unbiased = without_last_bias(layers, tensors)
    with evaluating(network):
        chunks = [functional_call(network, unbiased, (inputs,)) for inputs in _chunks(layers, split, device)]
    return torch.cat(chunks)


@torch.inference_mode()
def largest_activation(network: nn.Module, tensors: Mapping[str, Tensor], split: Split) -> int:
    """Return the numbers in the largest value that stands between two modules, for one input.

    Found by sending the first input of the split through.
    """
    inputs = split.rows(0, 1)
    sizes = [inputs.numel()]

    def note(_module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor):
            sizes.append(output.numel())

    hooks = [m.register_forward_hook(note) for m in network.modules() if next(m.children(), None) is None]
    try:
        with evaluating(network):
            functional_call(network, dict(tensors), (inputs,))
    finally:
        for hook in hooks:
            hook.remove()
    return max(sizes)


def last_bias(layers: Layers, tensors: Mapping[str, Tensor], split: Split) -> Tensor:
    """Return the last bias (K,), or (A, K) of a block; zeros (K,) where the network has none."""
    if layers.last_bias is not None:
        return tensors[layers.last_bias]
    return torch.zeros(split.classes, dtype=split.dtype, device=split.labels_N.device)


def without_last_bias(layers: Layers, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors with a last bias of zero: what the network gives with them is the signal."""
    if layers.last_bias is None:
        return dict(tensors)
    return {**tensors, layers.last_bias: torch.zeros_like(tensors[layers.last_bias])}


def chunk_rows(layers: Layers, device: Device) -> int:
    """Return the inputs of one forward pass: a constant of the device and of the kind of network."""
    return device.conv_chunk_rows if layers.convolutional else device.chunk_rows


def _chunks(layers: Layers, split: Split, device: Device) -> Iterator[Tensor]:
    rows = chunk_rows(layers, device)
    return (split.rows(i, i + rows) for i in range(0, len(split), rows))
