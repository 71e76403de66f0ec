"""What interpolation must know of a network's tensors: layer numbers, biases, buffers, which layer is the last."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import nn

Buffer = Literal["statistic", "counter"]


@dataclass(frozen=True)
class Role:
    """The place of one tensor of a state_dict.

    `number` is the exponent h: the weight layers on the longest path from the input up to and including its own
    layer. A weight layer multiplies the signal by a matrix of weights (linear, convolution). A norm layer is none, so
    that r is the depth that a network is named by, with and without batch norm; its weight and bias have the number of
    the weight layer whose output they scale and shift. `buffer` says what a tensor is that is no parameter: a running
    statistic, or a counter (any buffer of whole numbers); None for weights and biases.
    """

    number: int
    is_bias: bool
    is_last: bool
    buffer: Buffer | None = None


@dataclass(frozen=True)
class Layer:
    """A row of the table of layers: a module with parameters, its kind, exponent h and the shape of its weight."""

    name: str
    kind: str
    exponent: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Layers:
    """The roles of all tensors of a state_dict, by name, and what is known of the way the signal takes.

    `obstacles` are the reasons, hidden biases aside, for which the signal is not homogeneous of degree `depth` in the
    weights; none where every layer and activation f has f(c x) = c f(x) for c >= 0, and every path is as long as any
    other that it meets. `table` has the layers in the order in which inputs pass them. `convolutional` says whether
    there is a convolution among them.
    """

    roles: Mapping[str, Role]
    obstacles: tuple[str, ...] = ()
    table: tuple[Layer, ...] = ()
    convolutional: bool = False

    @property
    def depth(self) -> int:
        """Return the number of weight layers r on the longest path."""
        return max(role.number for role in self.roles.values())

    @property
    def last_bias(self) -> str | None:
        """Return the name of the last layer's bias; None where it has none."""
        return next((name for name, role in self.roles.items() if role.is_bias and role.is_last), None)

    @property
    def hidden_biases(self) -> bool:
        """Return whether a layer before the last has a bias, norm layers among them."""
        return any(role.is_bias and not role.is_last for role in self.roles.values())

    @property
    def statistics(self) -> bool:
        """Return whether there are running statistics."""
        return any(role.buffer == "statistic" for role in self.roles.values())

    @property
    def not_homogeneous(self) -> str | None:
        """Return in words why the signal does not scale as alpha^r from a start of zero; None where it does."""
        hidden = ("hidden layers have biases",) if self.hidden_biases else ()
        reasons = "; ".join((*self.obstacles, *hidden))
        return f"{reasons}: the signal does not scale as a power of alpha" if reasons else None


class Described(nn.Module, ABC):
    """A network that says itself what its tensors are."""

    @abstractmethod
    def layers(self) -> Layers:
        """Return the roles of all tensors of its state_dict."""
