"""Which layer each tensor belongs to: the exponent of its bias, and what the predicted curves need to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Role:
    """What one tensor of a state_dict is; `number` counts weight layers from 1 at the input."""

    number: int
    is_bias: bool
    is_last: bool


@dataclass(frozen=True)
class Layers:
    """The roles of all tensors; `depth` is r, the number of weight layers."""

    roles: Mapping[str, Role]
    depth: int
    homogeneous_activations: bool
    """Whether every activation scales with its input (ReLU, or none)."""

    @property
    def last_bias(self) -> str | None:
        """The name of the last layer's bias, or None where it has none."""
        return next((name for name, role in self.roles.items() if role.is_bias and role.is_last), None)

    @property
    def hidden_biases(self) -> bool:
        """Whether any layer before the last has a bias."""
        return any(role.is_bias and not role.is_last for role in self.roles.values())


def describe(network: nn.Module) -> Layers:
    """Return the roles of a fully-connected network's tensors."""
    linear = [name for name, module in network.named_children() if isinstance(module, nn.Linear)]
    numbers = {name: number for number, name in enumerate(linear, start=1)}
    roles = {}
    for name in network.state_dict():
        layer, _, kind = name.partition(".")
        roles[name] = Role(numbers[layer], kind == "bias", numbers[layer] == len(linear))
    others = [module for module in network.children() if not isinstance(module, nn.Linear)]
    return Layers(roles, len(linear), all(isinstance(module, nn.ReLU) for module in others))
