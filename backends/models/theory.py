"""The simple model on which the paper shows where bias gaps come from (Wang et al. 2023, claim 5).

Shapes: B inputs of a batch, K classes, which are also the features of an input.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from backends.models.layers import Described, Layer, Layers, Role
from presets.experiment import Model


class Theory(Described):
    """logits_i(x) = sum over j of W_ij^r x_j + b_i, the power elementwise: homogeneous of degree r in the weights."""

    def __init__(self, classes: int, power: int) -> None:
        """Begin with weights (K, K) and biases (K,) of zero, in float64."""
        super().__init__()
        self.power = power
        self.weight = nn.Parameter(torch.zeros(classes, classes, dtype=torch.float64))
        self.bias = nn.Parameter(torch.zeros(classes, dtype=torch.float64))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits (B, K) of inputs (B, K); the bias is added last, so that they are exactly signal + bias."""
        return nn.functional.linear(inputs, self.weight**self.power) + self.bias

    def layers(self) -> Layers:
        """Return what interpolation must know: one layer that scales as r layers do, and its bias with it."""
        roles = {name: Role(self.power, is_bias=name == "bias", is_last=True) for name in ("weight", "bias")}
        table = (Layer("theory", f"W^{self.power}", self.power, tuple(self.weight.shape)),)
        return Layers(roles, table=table)

    def diagonal(self) -> tuple[float, ...]:
        """Return W_ii of each class i: the weight that learns it."""
        return tuple(self.weight.diagonal().tolist())


def build(model: Model, input_shape: tuple[int, ...], classes: int, seed: int) -> Theory:
    """Return the model with r = depth and its initialisation, in float64 on the CPU.

    Weights are init_scale times (0.5 + uniform in [0, 1)), small and positive, biases zero. Raises `ValueError` where
    an input has not one feature a class.
    """
    if input_shape != (classes,):
        raise ValueError(f"the network theory takes one feature a class: {classes}, not inputs of {list(input_shape)}")
    network = Theory(classes, model.depth)
    drawn = torch.rand(network.weight.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    network.load_state_dict({"weight": model.init_scale * (0.5 + drawn), "bias": network.bias})
    return network
