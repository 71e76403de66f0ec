"""Curves: one path scheme from start to end weights, measured on one split, and predicted from its end alone.

Shapes: N inputs of a split, K classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor, nn

from backends.data import Split
from backends.devices.base import MOST_ALPHAS, Device
from backends.interpolation import evaluate
from backends.interpolation.evaluate import (
    chunk_rows,
    last_bias,
    measure_at,
    measure_block,
    signal,
    without_last_bias,
)
from backends.interpolation.first_layer import FirstProducts
from backends.interpolation.measures import Measures, errors, losses, measures
from backends.interpolation.recalibrate import recalibrated
from backends.interpolation.schemes import coefficient, end_point, interpolate, interpolate_block
from backends.models import Layers
from presets.experiment import Scheme

FIRST_ROUND = 5
_ONLY_SOME = "only some layers move: the signal does not scale as a power of alpha"


def _unheard(_line: str) -> None:
    """For paths that nobody listens to."""


class Path:
    """The path from `start` to `end` by one scheme, evaluated on one split.

    Both are tensors by their state_dict names, on the device, in the network's type; they are copied, so that
    nobody can move the path, and lie aligned as a module's own do. The network lends its architecture alone: its
    weights are neither used nor changed. `predicted_missing` says why there is no predicted curve, None where there
    is one.

    Tensors in `held` stay as they are there at every alpha.

    With `calibration`, training inputs, the running statistics of batch norm are measured anew on them at every alpha,
    one alpha at a time. `memory_limit`, in bytes, bounds what a block of alphas may take; None leaves it to the device.
    A block that does not fit all the same is halved, and `say` gets one line.
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
        *,
        held: Mapping[str, Tensor] | None = None,
        calibration: Split | None = None,
        memory_limit: int | None = None,
        say: Callable[[str], object] = _unheard,
    ) -> None:
        """Copy both ends; one input goes through the network, to see what an alpha takes."""
        self._network, self._layers, self._scheme, self._split, self._device = network, layers, scheme, split, device
        self._start = {name: start[name].detach().clone() for name in layers.roles}
        self._end = {name: tensor.detach().clone() for name, tensor in end_point(end, layers, scheme).items()}
        self._held = {name: tensor.detach().clone() for name, tensor in (held or {}).items()}
        self._calibration, self._limit, self._say, self._most = calibration, memory_limit, say, MOST_ALPHAS
        self.bytes_per_alpha = bytes_per_alpha(network, layers, self._end, split, device)
        self._first = FirstProducts.of(network, split)
        self.predicted_missing = _ONLY_SOME if self._held else layers.not_homogeneous

    @property
    def block_size(self) -> int:
        """Return how many alphas the device takes at once, with what memory it has free now.

        Convolutions take one at a time: with weights of their own for each alpha they become grouped ones. Measured on
        an H200 (with TF32): wide networks with batch norm took 1.5 to 1.7 times as long 16 at a time, one of width 8
        half as long, which is soon done either way.
        """
        if self._calibration is not None or self._layers.convolutional:
            return 1
        allowed = MOST_ALPHAS if self._limit is None else max(1, self._limit // self.bytes_per_alpha)
        return min(self._most, allowed, self._device.alphas_per_block(self.bytes_per_alpha))

    def at(self, alphas: Sequence[float]) -> list[Measures]:
        """Return the measures at these alphas, in their order.

        Alphas 0 and 1 are evaluated one at a time, as `measure` evaluates a module, and equal it bit for bit. Others
        are equal to it to rounding: blocks are batched, and one at a time the first layer's products are not repeated.
        """
        found = {a: self._one(a) for a in alphas if a in (0.0, 1.0)}
        rest = [a for a in dict.fromkeys(alphas) if a not in found]
        while rest:
            size = min(len(rest), self.block_size)
            measured = [self._one(rest[0])] if size == 1 else self._block(rest[:size])
            found.update(zip(rest[: len(measured)], measured, strict=True))
            rest = rest[len(measured) :]
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
        if self._calibration is not None:
            tensors = recalibrated(self._network, tensors, self._calibration)
            return measure_at(self._network, self._layers, tensors, self._split, self._device)
        first = self._first
        if first is None or alpha in (0.0, 1.0) or first.weight in self._held:
            return measure_at(self._network, self._layers, tensors, self._split, self._device)
        return self._from_products(first, tensors, alpha)

    @torch.inference_mode()
    def _from_products(self, first: FirstProducts, tensors: dict[str, Tensor], alpha: float) -> Measures:
        """Return the measures as `measure_at` would, without multiplying the inputs with the first layer again."""
        c = coefficient(self._scheme, self._layers.roles[first.weight], alpha)
        rows, unbiased = chunk_rows(self._layers, self._device), without_last_bias(self._layers, tensors)
        signal_NK = first.signal(self._start, self._end, unbiased, c, rows)
        return measures(signal_NK[None], last_bias(self._layers, tensors, self._split)[None], self._split)[0]

    def _block(self, alphas: Sequence[float]) -> list[Measures]:
        """Return the measures at all of these alphas; none where they did not fit, and fewer are taken next."""
        try:
            tensors = interpolate_block(self._start, self._end, self._layers, self._scheme, alphas)
            tensors |= {name: held.expand(len(alphas), *held.shape) for name, held in self._held.items()}
            return measure_block(self._network, self._layers, tensors, self._split, self._device)
        except torch.OutOfMemoryError:
            self._most = max(1, len(alphas) // 2)
        # Said outside the handler: the error holds on to the tensors that did not fit.
        self._say(f"out of memory with {len(alphas)} alphas at once: from here on {self._most} at a time")
        return []

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


def bytes_per_alpha(
    network: nn.Module, layers: Layers, tensors: Mapping[str, Tensor], split: Split, device: Device
) -> int:
    """Return about what one alpha of a block takes at its largest: weights twice, activations, float64 logits.

    Of activations three of the largest are there at a time: what goes into a layer, what comes out, and a shortcut.
    """
    weights = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    one_input = evaluate.largest_activation(network, tensors, split) * split.dtype.itemsize
    rows = min(len(split), evaluate.chunk_rows(layers, device))
    return 2 * weights + 3 * rows * one_input + 6 * 8 * len(split) * split.classes
