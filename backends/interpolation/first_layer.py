"""The first layer of a fully-connected network, whose products are linear in its weights: so two of them are enough.

(1 - c) X W_0' + c X W_T' is X ((1 - c) W_0 + c W_T)': with the products at both ends at hand no alpha needs another,
and the first layer, wide as the inputs are, is a third to a half of all that a small network computes.

Shapes: N inputs of a split, D units of the first layer, K classes.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from backends.data import Split
from backends.models.modes import evaluating

MOST_BYTES = 1 << 28
"""Of both products of one path; beyond it they are not kept. Not what happens to be free: it decides last bits."""


class FirstProducts:
    """The inputs' products with the first layer's weights at both ends of a path, on one split."""

    @classmethod
    def of(cls, network: nn.Module, split: Split) -> FirstProducts | None:
        """Return those of a plain chain of modules that begins with a linear layer; None for any other network."""
        if type(network) is not nn.Sequential or not len(network):
            return None
        at = 1 if isinstance(network[0], nn.Flatten) else 0
        first = network[at] if at < len(network) - 1 else None
        if type(first) is not nn.Linear or any(map(_has_hooks, (network, *network[: at + 1]))):
            return None
        if 2 * len(split) * first.out_features * split.dtype.itemsize > MOST_BYTES:
            return None
        return cls(list(network.named_children())[at][0], network[: at + 1], network[at + 1 :], split)

    def __init__(self, name: str, head: nn.Sequential, rest: nn.Sequential, split: Split) -> None:
        """Nothing is computed yet; `head` ends with the first layer, of this name, and `rest` comes behind it."""
        self.weight, self._bias = f"{name}.weight", f"{name}.bias"
        self._head, self._rest, self._split = head, rest, split
        self._names = tuple(rest.state_dict())
        self._ends_ND: tuple[Tensor, Tensor] | None = None

    def signal(
        self, start: Mapping[str, Tensor], end: Mapping[str, Tensor], tensors: Mapping[str, Tensor], c: float, rows: int
    ) -> Tensor:
        """Return what the network gives (N, K) with these tensors, of which the first weight is (1 - c) start + c end.

        The inputs go through in chunks of `rows`. Equal to the plain way to rounding, not bit for bit.
        """
        if self._ends_ND is None:
            self._ends_ND = self._products(start, rows), self._products(end, rows)
        start_ND, end_ND = self._ends_ND
        others = {name: tensors[name] for name in self._names}
        chunks = []
        with evaluating(self._rest):
            for at in range(0, len(self._split), rows):
                hidden = torch.mul(start_ND[at : at + rows], 1.0 - c).add_(end_ND[at : at + rows], alpha=c)
                if self._bias in tensors:
                    hidden += tensors[self._bias]
                chunks.append(functional_call(self._rest, others, (hidden,)))
        return torch.cat(chunks)

    def _products(self, state: Mapping[str, Tensor], rows: int) -> Tensor:
        """Return X W' (N, D) without the bias."""
        own = {self.weight: state[self.weight]}
        if self._bias in state:
            own[self._bias] = torch.zeros_like(state[self._bias])
        parts = (self._split.rows(at, at + rows) for at in range(0, len(self._split), rows))
        return torch.cat([functional_call(self._head, own, (part,)) for part in parts])


def _has_hooks(module: nn.Module) -> bool:
    """Return whether something else than the module's own forward is asked for with it."""
    return bool(module._forward_hooks or module._forward_pre_hooks)
