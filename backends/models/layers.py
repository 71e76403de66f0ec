"""What interpolation must know of a network's tensors: layer numbers, biases, which layer is the last."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Role:
    """The place of one tensor: the number h of its weight layer, from 1 at the input, and whether it is a bias."""

    number: int
    is_bias: bool
    is_last: bool


@dataclass(frozen=True)
class Layers:
    """The roles of all tensors of a state_dict, by name.

    `homogeneous_activations` says whether every activation f has f(c x) = c f(x) for c >= 0: then, without hidden
    biases, the signal is homogeneous of degree `depth` in the weights.
    """

    roles: Mapping[str, Role]
    homogeneous_activations: bool

    @property
    def depth(self) -> int:
        """Return the number of weight layers r."""
        return max(role.number for role in self.roles.values())

    @property
    def last_bias(self) -> str | None:
        """Return the name of the last layer's bias; None where it has none."""
        return next((name for name, role in self.roles.items() if role.is_bias and role.is_last), None)

    @property
    def hidden_biases(self) -> bool:
        """Return whether a layer before the last has a bias."""
        return any(role.is_bias and not role.is_last for role in self.roles.values())


class Described(nn.Module, ABC):
    """A network that says itself what its tensors are."""

    @abstractmethod
    def layers(self) -> Layers:
        """Return the roles of all tensors of its state_dict."""


def describe(network: nn.Module) -> Layers:
    """Return what a network says of itself, else the description of a chain of linear layers, in their order.

    Raises `ValueError` for a network that holds anything but linear layers and ReLU or tanh activations.
    """
    if isinstance(network, Described):
        return network.layers()
    linear = [(name, layer) for name, layer in network.named_children() if isinstance(layer, nn.Linear)]
    others = [layer for layer in network.children() if not isinstance(layer, nn.Linear)]
    unknown = {type(layer).__name__ for layer in others if not isinstance(layer, nn.ReLU | nn.Tanh | nn.Flatten)}
    if unknown or not linear:
        raise ValueError(f"not a chain of linear layers with ReLU or tanh between them: has {sorted(unknown)}")
    roles = {
        f"{name}.{kind}": Role(number, is_bias=kind == "bias", is_last=number == len(linear))
        for number, (name, layer) in enumerate(linear, start=1)
        for kind, _tensor in layer.named_parameters()
    }
    return Layers(roles, homogeneous_activations=not any(isinstance(layer, nn.Tanh) for layer in others))
