"""Stochastic gradient descent, epoch by epoch."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from backends.data import Dataset
from backends.devices.base import Device
from presets.experiment import Train


class Trainer:
    """Trains a network in place. `epoch` counts epochs done, `batch` the steps done in the unfinished one.

    Everything else that decides the next step is in the weights and `tensors()`: the order of the data is a pure
    function of seed and epoch, the rate one of the step.
    """

    def __init__(self, spec: Train, network: nn.Module, dataset: Dataset, device: Device) -> None:
        """Begin at epoch 0 with no momentum."""
        self.epoch, self.batch = 0, 0
        self._spec, self._network, self._split, self._device = spec, network, dataset.train, device
        self._parameters = dict(network.named_parameters())
        self._optimiser = torch.optim.SGD(
            list(self._parameters.values()),
            lr=spec.lr,
            momentum=spec.momentum,
            weight_decay=spec.weight_decay,
            fused=True,
        )
        self._batches = math.ceil(len(self._split.labels_N) / spec.batch_size)

    def run_epoch(self, stop: Callable[[], bool]) -> bool:
        """Train to the end of the epoch and return True; False where `stop` said so between two steps."""
        order = data_order(self._spec.seed, self.epoch, len(self._split.labels_N)).to(self._device.torch_device)
        self._network.train()
        for index_B in torch.split(order, self._spec.batch_size)[self.batch :]:
            if stop():
                return False
            self._step(index_B)
            self.batch += 1
        self.epoch, self.batch = self.epoch + 1, 0
        return True

    def lr(self) -> float:
        """Return the learning rate of the next step."""
        done = self.epoch * self._batches + self.batch
        return learning_rate(self._spec, done, self._spec.max_epochs * self._batches)

    def tensors(self) -> dict[str, Tensor]:
        """Return the optimiser's state by the names of the parameters; empty before the first step."""
        state = self._optimiser.state
        buffers = {name: state[p].get("momentum_buffer") for name, p in self._parameters.items() if p in state}
        return {name: buffer for name, buffer in buffers.items() if buffer is not None}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what `tensors` returned at the same place of an earlier attempt."""
        for name, buffer in tensors.items():
            self._optimiser.state[self._parameters[name]]["momentum_buffer"] = buffer.clone()

    def _step(self, index_B: Tensor) -> None:
        inputs, labels = self._split.take(index_B)
        loss = functional.cross_entropy(self._network(inputs), labels)
        self._optimiser.zero_grad()
        torch.autograd.backward(loss)
        for group in self._optimiser.param_groups:
            group["lr"] = self.lr()
        self._optimiser.step()


def learning_rate(spec: Train, step: int, steps: int) -> float:
    """Return the rate of a step: constant, or cosine from lr to 0 over `steps` (Loshchilov and Hutter, 2017)."""
    if spec.schedule == "constant":
        return spec.lr
    return 0.5 * spec.lr * (1.0 + math.cos(math.pi * min(1.0, step / steps)))


def data_order(seed: int, epoch: int, inputs: int) -> Tensor:
    """Return the order of the inputs in an epoch: a permutation that depends on seed and epoch alone."""
    digest = hashlib.sha256(f"order {seed} {epoch}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    return torch.randperm(inputs, generator=generator)
