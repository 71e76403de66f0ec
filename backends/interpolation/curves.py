"""Curves: one path scheme from start to end weights, measured on one split, and predicted from its end alone.

Shapes: N inputs of a split, K classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor, nn

from backends.data import Split
from backends.devices.base import Device
from backends.interpolation.evaluate import last_bias, measure_at, measure_block, signal
from backends.interpolation.measures import Measures, errors, losses
from backends.interpolation.schemes import coefficient, end_point, interpolate, interpolate_block
from backends.models import Layers
from presets.experiment import Scheme

FIRST_ROUND = 5


class Path:
    """The path from `start` to `end` by one scheme, evaluated on one split.

    Both are tensors by their state_dict names, on the device, in the network's type; they are copied, so that
    nobody can move the path, and lie aligned as a module's own do. The network lends its architecture alone: its
    weights are neither used nor changed. `predicted_missing` says why there is no predicted curve, None where there
    is one.
    """

    def __init__(
        self,
        network: nn.Module,
        layers: Layers,
        start: Mapping[str, Tensor],
        end: Mapping[str, Tensor],
        scheme: Scheme,
        split: Split,
        device: Device,
        held: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Copy both ends; nothing is evaluated yet. Tensors in `held` stay as they are there at every alpha."""
        self._network, self._layers, self._scheme, self._split, self._device = network, layers, scheme, split, device
        self._start = {name: start[name].detach().clone() for name in layers.roles}
        self._end = {name: tensor.detach().clone() for name, tensor in end_point(end, layers, scheme).items()}
        self._held = {name: tensor.detach().clone() for name, tensor in (held or {}).items()}
        self.predicted_missing = _why_no_prediction(layers, bool(self._held))

    @property
    def block_size(self) -> int:
        """Return how many alphas the device takes at once, with what memory it has free now."""
        return self._device.alphas_per_block(_bytes_per_alpha(self._end, self._split, self._device))

    def at(self, alphas: Sequence[float]) -> list[Measures]:
        """Return the measures at these alphas, in their order.

        Alphas 0 and 1 are evaluated one at a time, as `measure` evaluates a module, and equal it bit for bit; so is
        every alpha where the block is one. Larger blocks are batched.
        """
        size = self.block_size
        alone = [a for a in alphas if size == 1 or a in (0.0, 1.0)]
        found = {a: self._one(a) for a in alone}
        rest = [a for a in alphas if a not in found]
        for i in range(0, len(rest), size):
            found.update(zip(rest[i : i + size], self._block(rest[i : i + size]), strict=True))
        return [found[a] for a in alphas]

    def predicted(self, alphas: Sequence[float]) -> list[tuple[float, float]] | None:
        """Return (loss, error) at these alphas by the closed form, from one forward pass at alpha = 1; None without.

        With biases in the last layer only and start weights of zero, the logits are alpha^r s + c(alpha) b: s the
        signal and b the last bias at alpha = 1, r the depth, c the scheme's coefficient of the last bias. (science:
        Wang et al. 2023, r-homogeneity of the signal; the use as a prediction is ours.)
        """
        if self.predicted_missing is not None:
            return None
        return [self._predicted_at(alpha) for alpha in alphas]

    def _one(self, alpha: float) -> Measures:
        tensors = interpolate(self._start, self._end, self._layers, self._scheme, alpha) | self._held
        return measure_at(self._network, self._layers, tensors, self._split, self._device)

    def _block(self, alphas: Sequence[float]) -> list[Measures]:
        tensors = interpolate_block(self._start, self._end, self._layers, self._scheme, alphas)
        tensors |= {name: held.expand(len(alphas), *held.shape) for name, held in self._held.items()}
        return measure_block(self._network, self._layers, tensors, self._split, self._device)

    @cached_property
    def _signal_NK(self) -> Tensor:
        return signal(self._network, self._layers, self._end, self._split, self._device).to(torch.float64)

    @torch.inference_mode()
    def _predicted_at(self, alpha: float) -> tuple[float, float]:
        logits_NK = alpha**self._layers.depth * self._signal_NK
        name = self._layers.last_bias
        if name is not None:
            share = coefficient(self._scheme, self._layers.roles[name], alpha)
            logits_NK = logits_NK + share * last_bias(self._layers, self._end, self._split)
        labels_N = self._split.labels_N
        return float(losses(logits_NK[None], labels_N)), float(errors(logits_NK[None], labels_N))


def refinement(points: int) -> list[list[int]]:
    """Return all grid indices 0 to points - 1 in rounds: five over the whole range, then the middle of every gap.

    Each round is ascending and holds new indices only; alpha is index / (points - 1). Needs at least 2 points.
    """
    last = points - 1
    done = sorted({round(last * i / (FIRST_ROUND - 1)) for i in range(FIRST_ROUND)})
    rounds = [done]
    while len(done) < points:
        rounds.append([(low + high) // 2 for low, high in pairwise(done) if high - low > 1])
        done = sorted(done + rounds[-1])
    return rounds


def _why_no_prediction(layers: Layers, held: bool) -> str | None:
    if held:
        return "only some layers move: the signal does not scale as a power of alpha"
    if not layers.homogeneous_activations:
        return "tanh is not homogeneous: the signal does not scale as a power of alpha"
    if layers.hidden_biases:
        return "hidden layers have biases: the signal does not scale as a power of alpha"
    return None


def _bytes_per_alpha(tensors: Mapping[str, Tensor], split: Split, device: Device) -> int:
    """Return about what one alpha of a block takes at its largest: weights twice, activations, float64 logits."""
    weights = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    widest = max(tensor.shape[0] * tensor.element_size() for tensor in tensors.values())
    rows = min(len(split), device.chunk_rows)
    return 2 * weights + 3 * rows * widest + 6 * 8 * len(split) * split.classes
