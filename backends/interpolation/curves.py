"""Curves: a scheme on a split, evaluated at any alphas, and the curve that one forward pass predicts.

A alphas, N inputs, K classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from backends.data import Split
from backends.devices.base import Device
from backends.interpolation.evaluate import logits
from backends.interpolation.measures import Measures, loss_and_error, measures
from backends.interpolation.schemes import interpolate
from backends.models import Layers
from presets.experiment import Scheme


class Path:
    """One scheme from `start` to `end` on one split. Neither the states nor the network are ever changed."""

    def __init__(
        self,
        network: nn.Module,
        layers: Layers,
        start: Mapping[str, Tensor],
        end: Mapping[str, Tensor],
        scheme: Scheme,
        split: Split,
        device: Device,
    ) -> None:
        """Prepare; nothing is evaluated yet."""
        self._network, self._layers, self._scheme = network, layers, scheme
        self._start, self._end = start, end
        self._split, self._device = split, device
        self.block_size = device.alphas_per_block(self._bytes_per_alpha())

    @torch.inference_mode()
    def at(self, alphas: Sequence[float]) -> list[Measures]:
        """Return the measures at each alpha.

        Alphas are taken in blocks as large as the device wants; 0 and 1 alone and without vmap, so that they equal
        the plain evaluation of the end points bit for bit.
        """
        found: dict[float, Measures] = {}
        inner = [a for a in alphas if a not in (0.0, 1.0)]
        for block in (inner[i : i + self.block_size] for i in range(0, len(inner), self.block_size)):
            found |= dict(zip(block, self._block(block), strict=True))
        found |= {a: self._single(a) for a in alphas if a in (0.0, 1.0)}
        return [found[a] for a in alphas]

    @cached_property
    def predicted_missing(self) -> str | None:
        """Why there is no predicted curve; None where there is one."""
        if self._layers.hidden_biases:
            return "hidden layers have biases, so the signal is not homogeneous"
        if not self._layers.homogeneous_activations:
            return "the activation is not homogeneous"
        return None

    @torch.inference_mode()
    def predicted(self, alphas: Sequence[float]) -> list[tuple[float, float]] | None:
        """Return loss and error at each alpha as one forward pass at alpha = 1 predicts them, or None.

        With zero start and a bias in the last layer alone, the logits at alpha are a^r s + a b on the linear path
        and a^r (s + b) on the homogeneous one: s the signal at alpha 1, b the last bias, r the depth.
        """
        if self.predicted_missing is not None:
            return None
        depth = self._layers.depth
        moved = [(a**depth, a if self._scheme == "linear" else a**depth) for a in alphas]
        bias_K = self._bias(self._end)
        return [
            loss_and_error(
                s * self._signal_NK if bias_K is None else s * self._signal_NK + b * bias_K, self._split.labels_N
            )
            for s, b in moved
        ]

    @cached_property
    def _signal_NK(self) -> Tensor:
        logits_NK = self._logits(dict(self._end))
        bias_K = self._bias(self._end)
        return logits_NK if bias_K is None else logits_NK - bias_K

    def _single(self, alpha: float) -> Measures:
        state = self._state(alpha)
        return measures(self._logits(state), self._split.labels_N, self._bias(state))

    def _block(self, alphas: Sequence[float]) -> list[Measures]:
        if len(alphas) == 1:
            return [self._single(alphas[0])]
        states = [self._state(a) for a in alphas]
        stacked = {name: torch.stack([state[name] for state in states]) for name in states[0]}

        def forward(inputs: Tensor) -> Tensor:
            joined: Tensor = vmap(lambda state: functional_call(self._network, state, (inputs,)))(stacked)
            return joined

        logits_ANK = logits(forward, self._split, self._device)
        return [
            measures(logits_NK, self._split.labels_N, self._bias(state))
            for logits_NK, state in zip(logits_ANK, states, strict=True)
        ]

    def _state(self, alpha: float) -> dict[str, Tensor]:
        return interpolate(self._start, self._end, self._layers, self._scheme, alpha)

    def _logits(self, state: dict[str, Tensor]) -> Tensor:
        return logits(lambda inputs: functional_call(self._network, state, (inputs,)), self._split, self._device)

    def _bias(self, state: Mapping[str, Tensor]) -> Tensor | None:
        name = self._layers.last_bias
        return state[name] if name else None

    def _bytes_per_alpha(self) -> int:
        """Return roughly what one alpha takes: its weights twice, and two layers' activations of a chunk."""
        tensors = self._end.values()
        weights = sum(t.numel() * t.element_size() for t in tensors)
        widest = max(t.shape[0] * t.element_size() for t in tensors)
        return 2 * weights + 2 * widest * min(self._device.chunk_rows, len(self._split.labels_N))


def refinement(points: int) -> list[list[int]]:
    """Return rounds of grid indices: 5 over the whole range first, then the middle of every gap until none is left."""
    last = points - 1
    rounds = [sorted({round(last * i / 4) for i in range(5)})]
    known = rounds[0]
    while len(known) < points:
        middles = [(low + high) // 2 for low, high in pairwise(known) if high - low > 1]
        rounds.append(middles)
        known = sorted(known + middles)
    return rounds
