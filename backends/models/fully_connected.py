"""Fully-connected networks of the specification."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from presets.experiment import Model

ACTIVATIONS: dict[str, type[nn.Module] | None] = {"relu": nn.ReLU, "tanh": nn.Tanh, "linear": None}


def build(model: Model, inputs: int, classes: int, seed: int) -> nn.Sequential:
    """Return the network with its initialisation, in float64 on the CPU.

    Weights are He-normal (standard deviation sqrt(2 / fan-in)) times `init_scale`, biases zero (He et al., 2015).
    They are drawn in float64 from a generator of their own, so that every device and dtype starts from the same.
    State names are `layer1.weight`, `layer1.bias`, ... in the order of the layers.
    """
    generator = torch.Generator().manual_seed(seed)
    biased = model.bias_layers()
    sizes = [inputs, *[model.width] * (model.depth - 1), classes]
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for number in range(1, model.depth + 1):
        layer = nn.Linear(sizes[number - 1], sizes[number], bias=number in biased, dtype=torch.float64)
        _initialise(layer, model.init_scale, generator)
        modules[f"layer{number}"] = layer
        activation = ACTIVATIONS[model.activation]
        if activation is not None and number < model.depth:
            modules[f"{model.activation}{number}"] = nn.ReLU(inplace=True) if activation is nn.ReLU else activation()
    return nn.Sequential(modules)


@torch.no_grad()
def _initialise(layer: nn.Linear, scale: float, generator: torch.Generator) -> None:
    layer.weight.normal_(0.0, scale * math.sqrt(2.0 / layer.in_features), generator=generator)
    if layer.bias is not None:
        layer.bias.zero_()
