"""Small data sets, networks and devices for the tests of the computing parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from hypothesis import settings
from torch import Tensor, nn
from torch.func import functional_call

from backends import models
from backends.data import Dataset, Split
from backends.devices.cpu import Cpu
from backends.interpolation.curves import Path
from presets.experiment import Model

calm = settings(deadline=None)
"""For hypothesis: a busy machine is no failure."""
CPU = Cpu()
SCHEMES = ("linear", "homogeneous", "last_bias_linear", "fixed_bias", "equal_last_bias")


class InBlocks(Cpu):
    """A CPU that takes eight alphas at once, and inputs in chunks that do not divide the split."""

    chunk_rows = conv_chunk_rows = 7

    def alphas_per_block(self, bytes_per_alpha: int) -> int:
        return 8


def split(
    inputs: int = 23, size: int = 6, classes: int = 4, dtype: torch.dtype = torch.float64, seed: int = 0
) -> Split:
    """Random pixels; every class occurs, unequally often."""
    generator = torch.Generator().manual_seed(seed)
    raw_N = torch.randint(0, 256, (inputs, size), generator=generator, dtype=torch.uint8)
    drawn = torch.randint(0, classes, (inputs - classes,), generator=generator)
    labels_N = torch.cat([torch.arange(classes), drawn])[torch.randperm(inputs, generator=generator)]
    return Split(raw_N, labels_N, mean=0.4, std=0.3, classes=classes, dtype=dtype)


def images(inputs: int = 9, channels: int = 1, dtype: torch.dtype = torch.float64, seed: int = 0) -> Split:
    """Random images of 32x32 pixels, of four classes."""
    part = split(inputs, channels * 32 * 32, dtype=dtype, seed=seed)
    return replace(part, raw_N=part.raw_N.view(inputs, channels, 32, 32))


def dataset(dtype: torch.dtype = torch.float64, inputs: int = 23) -> Dataset:
    train, test = split(inputs, dtype=dtype), split(11, dtype=dtype, seed=1)
    return Dataset(train, test, classes=4, class_names=("a", "b", "c", "d"), input_shape=(6,))


def coloured(dtype: torch.dtype = torch.float64) -> Dataset:
    """Random images of two channels."""
    shape = (2, 3, 5)
    train, test = (
        replace(part, raw_N=part.raw_N.view(-1, *shape))
        for part in (split(23, math.prod(shape), dtype=dtype), split(11, math.prod(shape), dtype=dtype, seed=1))
    )
    return Dataset(train, test, classes=4, class_names=("a", "b", "c", "d"), input_shape=shape)


def trained(model: Model, part: Split, seed: int = 7) -> nn.Module:
    """A network as if trained: its biases are not zero, no two weights are alike, and it has seen inputs."""
    network = models.build(model, tuple(part.raw_N.shape[1:]), part.classes, seed)
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0.0, 0.5, generator=generator)
        network.to(part.dtype)
        if models.describe(network).statistics:
            network(part.rows(0, len(part)))  # in training mode: running statistics move
    return network


def state(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def path(
    network: nn.Module, start: dict[str, Tensor], scheme: Any, part: Split, device: Cpu = CPU, **options: Any
) -> Path:
    return Path(network, models.describe(network), start, state(network), scheme, part, device, **options)


def logits(network: nn.Module, tensors: dict[str, Tensor], part: Split) -> Tensor:
    with torch.no_grad():
        return functional_call(network, tensors, (part.rows(0, len(part)),))


def bits(tensor: Tensor) -> list[int]:
    """The bits of a tensor, so that -0.0 differs from 0.0 and NaN equals itself."""
    whole = torch.int32 if tensor.dtype == torch.float32 else torch.int64  # counters are int64
    return tensor.contiguous().view(whole).flatten().tolist()


def all_bits(tensors: dict[str, Tensor]) -> dict[str, list[int]]:
    return {name: bits(tensor) for name, tensor in tensors.items()}


def stop_after(steps: int) -> Callable[[], bool]:
    """A `stop` that says no `steps` times, then yes."""
    asked = iter([False] * steps)
    return lambda: next(asked, True)


def alphas(points: int) -> Sequence[float]:
    return [i / (points - 1) for i in range(points)]
