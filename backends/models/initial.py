"""What all networks begin with: He-normal weights, biases of zero, and what stands between two layers."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from backends.models.graph import describe
from presets.experiment import Model


@torch.no_grad()
def he_normal(layer: nn.Linear | _ConvNd, scale: float, generator: torch.Generator) -> None:
    """Draw the weight with standard deviation scale * sqrt(2 / fan_in), set the bias to zero.

    (He et al. 2015, eq. 10, times `scale`; fan_in is the number of inputs that one output is computed of.)
    """
    layer.weight.normal_(0.0, scale * math.sqrt(2.0 / layer.weight[0].numel()), generator=generator)
    if layer.bias is not None:
        layer.bias.zero_()


def he_normal_everywhere(network: nn.Module, scale: float, seed: int) -> None:
    """Draw every linear layer and convolution, in the order of the modules, from a generator of its own."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Linear | _ConvNd):
            he_normal(module, scale, generator)


def activation(model: Model) -> nn.Module:
    """Return what stands between two weight layers."""
    if model.activation == "linear":
        return nn.Identity()
    # In place: nobody else needs the product that goes in, neither forward nor backward.
    return nn.ReLU(inplace=True) if model.activation == "relu" else nn.Tanh()


def keep_biases(network: nn.Module, which: str) -> None:
    """Take away the biases that `model.bias` does not name: `none` and `last` leave none to hidden layers.

    Biases of norm layers count: they keep their weight alone.
    """
    if which == "all":
        return
    for name, role in describe(network).roles.items():
        if role.is_bias and not (which == "last" and role.is_last):
            owner, _, own = name.rpartition(".")
            if own == "bias":
                cast("dict[str, Tensor | None]", network.get_submodule(owner)._parameters)[own] = None
