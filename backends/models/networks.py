"""Which builder makes the network that a specification names."""

from __future__ import annotations

from torch import nn

from backends.models import convolutional, from_torchvision, fully_connected, theory
from presets.experiment import Model


def build(model: Model, input_shape: tuple[int, ...], classes: int, seed: int) -> nn.Module:
    """Return the network with its initialisation, in float64 on the CPU, for inputs (B, *input_shape).

    Raises `BadRequest`, one line, where there is no such network, or none for such inputs.
    """
    if model.network == "fc":
        return fully_connected.build(model, input_shape, classes, seed)
    if model.network == "theory":
        return theory.build(model, input_shape, classes, seed)
    if model.network.startswith("torchvision:"):
        return from_torchvision.build(model, input_shape, classes, seed)
    return convolutional.build(model, input_shape, classes, seed)
