"""Networks, and what is known of each of their tensors."""

from __future__ import annotations

from torch import nn

from backends.models import fully_connected, theory
from backends.models.layers import Layers, Role, describe
from presets.experiment import Model

__all__ = ["Layers", "Role", "build", "describe"]


def build(model: Model, input_shape: tuple[int, ...], classes: int, seed: int) -> nn.Module:
    """Return the network that the specification names, with its initialisation, in float64 on the CPU."""
    if model.network == "theory":
        return theory.build(model, input_shape, classes, seed)
    return fully_connected.build(model, input_shape, classes, seed)
