"""Fully-connected networks.

Shapes: B inputs of a batch, D features that go into a layer, K classes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from backends.models.initial import activation, he_normal
from presets.experiment import Model


class Logits(nn.Linear):
    """The last layer. Its bias is added after the product, not inside it.

    So the logits are exactly the signal (the logits without the last bias) plus the bias, and the signal can be had
    alone by setting the bias to zero: taking a bias of 0.1 off again would drown a signal of 1e-9.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the logits (B, K) of features (B, D)."""
        signal_BK = nn.functional.linear(input, self.weight)
        return signal_BK if self.bias is None else signal_BK + self.bias


def build(model: Model, input_shape: tuple[int, ...], classes: int, seed: int) -> nn.Sequential:
    """Return the network with its initialisation, in float64 on the CPU.

    Inputs (B, *input_shape) are flattened; the layers are layer1 (the input side) to layer`depth`. Weights are
    normal with standard deviation init_scale * sqrt(2 / fan_in) (He et al. 2015, eq. 10, times init_scale), biases
    zero. They are drawn in float64 from a generator of their own, so that every device and type starts at the same
    point.
    """
    with_bias = model.bias_layers()
    sizes = [math.prod(input_shape), *[model.width] * (model.depth - 1), classes]
    generator = torch.Generator().manual_seed(seed)
    network = nn.Sequential()
    network.add_module("flatten", nn.Flatten())
    for number in range(1, model.depth + 1):
        kind = Logits if number == model.depth else nn.Linear
        layer = kind(sizes[number - 1], sizes[number], bias=number in with_bias, dtype=torch.float64)
        he_normal(layer, model.init_scale, generator)
        network.add_module(f"layer{number}", layer)
        if number < model.depth and model.activation != "linear":
            network.add_module(f"{model.activation}{number}", activation(model))
    return network
