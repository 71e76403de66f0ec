"""The training loop.

Shapes: N training inputs, B inputs of a batch.
"""

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

_MOMENTUM = "momentum_buffer"


class Trainer:
    """Trains `network` in place by SGD on the mean cross-entropy of the training split.

    `epoch` is the number of epochs completed and `batch` the steps done in the present, unfinished one. These two, the
    network's weights and `tensors()` are the whole state: restored at any batch, training goes on bit for bit on
    the CPU. Losses are not looked at: whether one is finite shows in the measures after the epoch.
    """

    def __init__(self, spec: Train, network: nn.Module, dataset: Dataset, device: Device) -> None:
        """Begin at epoch 0; the network is on `device` already, in the type that it is trained in."""
        self.epoch = 0
        self.batch = 0
        self._spec, self._network, self._split, self._device = spec, network, dataset.train, device
        self._steps_per_epoch = math.ceil(len(self._split) / spec.batch_size)
        self._optimiser = torch.optim.SGD(
            network.parameters(), lr=spec.lr, momentum=spec.momentum, weight_decay=spec.weight_decay, fused=True
        )

    def lr(self) -> float:
        """Return the learning rate of the next step."""
        step = self.epoch * self._steps_per_epoch + self.batch
        return learning_rate(self._spec, step, self._spec.max_epochs * self._steps_per_epoch)

    def run_epoch(self, stop: Callable[[], bool]) -> bool:
        """Train to the end of the present epoch, from `batch` on; return whether it was completed.

        `stop` is asked before every step. Where it says so, the state is that between two steps.
        """
        self._network.train()
        order_N = data_order(self._spec.seed, self.epoch, len(self._split)).to(self._device.torch_device)
        for index_B in torch.split(order_N, self._spec.batch_size)[self.batch :]:
            if stop():
                return False
            self._step(index_B)
            self.batch += 1
        self.epoch, self.batch = self.epoch + 1, 0
        return True

    def tensors(self) -> dict[str, Tensor]:
        """Return the momentum of every parameter, by its name; empty before the first step and without momentum.

        They are the optimiser's own tensors, not copies.
        """
        state = self._optimiser.state
        named = ((name, state[p].get(_MOMENTUM)) for name, p in self._network.named_parameters() if p in state)
        return {name: buffer for name, buffer in named if buffer is not None}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what `tensors()` returned; its empty answer is the state before the first step.

        Raises `ValueError` where names or shapes are not those of the network's parameters.
        """
        parameters = dict(self._network.named_parameters())
        shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        if shapes and shapes != {name: tuple(p.shape) for name, p in parameters.items()}:
            raise ValueError(f"the saved momentum does not fit the network: it has {shapes}")
        self._optimiser.state.clear()
        for name, tensor in tensors.items():
            # A copy: what was loaded is the caller's, and may be an unaligned view of a file.
            self._optimiser.state[parameters[name]] = {_MOMENTUM: torch.empty_like(parameters[name]).copy_(tensor)}

    def _step(self, index_B: Tensor) -> None:
        inputs, labels_B = self._split.take(index_B)
        loss = functional.cross_entropy(self._network(inputs), labels_B)
        self._optimiser.zero_grad()
        torch.autograd.backward(loss)
        self._optimiser.param_groups[0]["lr"] = self.lr()
        self._optimiser.step()


def learning_rate(spec: Train, step: int, steps: int) -> float:
    """Return the rate of step number `step`, from 0, of `steps`: a pure function of them.

    `cosine` is lr (1 + cos(pi step / steps)) / 2 (Loshchilov and Hutter 2017, eq. 5, without restarts).
    """
    if spec.schedule == "constant":
        return spec.lr
    return 0.5 * spec.lr * (1.0 + math.cos(math.pi * step / steps))


def data_order(seed: int, epoch: int, inputs: int) -> Tensor:
    """Return the permutation of 0 to inputs - 1 (int64, on the CPU) in which epoch number `epoch` sees the data.

    A pure function of its arguments: a resume at batch b is an index into it, and all devices see the same order.
    """
    # Hashed together and not concatenated: of a seed, torch's CPU generator keeps 32 bits alone.
    digest = hashlib.sha256(f"order {seed} {epoch}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    return torch.randperm(inputs, generator=generator)
