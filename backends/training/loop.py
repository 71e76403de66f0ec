"""The training loop.

Shapes: N training inputs, B inputs of a batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from backends.data import Dataset
from backends.devices.base import Device
from backends.training import optimisers
from backends.training.augment import Augmentation, require_images
from backends.training.diverged import Diverged
from backends.training.draws import data_order
from backends.training.schedules import learning_rate
from presets.experiment import Train


class Trainer:
    """Trains `network` in place by an optimiser on the mean cross-entropy of the training split.

    `epoch` is the number of epochs completed and `batch` the steps done in the present, unfinished one. These two, the
    network's state_dict and `tensors()` are the whole state: restored at any batch, training goes on bit for bit on
    the CPU. An epoch of `gd` is one step: gradients of the chunks of inputs that the device takes at once are
    added up in their order (a batch norm layer then sees chunks, not the whole split).
    """

    def __init__(self, spec: Train, network: nn.Module, dataset: Dataset, device: Device) -> None:
        """Begin at epoch 0; the network is on `device` already, in the type that it is trained in.

        Raises `BadRequest` where augmentation is asked for and inputs are not images.
        """
        require_images(spec, dataset.input_shape)
        self.epoch = 0
        self.batch = 0
        self._spec, self._network, self._split, self._device = spec, network, dataset.train, device
        whole = spec.optimiser == "gd"
        self._rows = device.chunk_rows if whole else spec.batch_size
        self._batches = math.ceil(len(self._split) / self._rows)
        self.steps = 1 if whole else self._batches
        self._optimiser = optimisers.optimiser(spec, network)

    def lr(self) -> float:
        """Return the learning rate of the next step."""
        return self._rate(self.batch)

    def run_epoch(self, stop: Callable[[], bool]) -> bool:
        """Train to the end of the present epoch, from `batch` on; return whether it was completed.

        `stop` is asked before every step. Where it says so, the state is that between two steps. Raises `Diverged`
        where the loss of a step was not finite. That is looked up once, at the end, because a look waits for the
        device: the weights are of no use then.
        """
        self._network.train()
        order_N = data_order(self._spec.seed, self.epoch, len(self._split)).to(self._device.torch_device)
        batches = torch.split(order_N, self._rows)
        augmentation = self._augmentation()
        losses, first = list[Tensor](), self.batch
        stopped = False
        while self.batch < self.steps and not (stopped := stop()):
            losses.append(self._step(batches, augmentation))
            self.batch += 1
        self._require_finite(losses, first)
        if stopped:
            return False
        self.epoch, self.batch = self.epoch + 1, 0
        return True

    def tensors(self) -> dict[str, Tensor]:
        """Return what the optimiser remembers, as `layer1.weight.momentum_buffer`; empty before the first step.

        They are the optimiser's own tensors, not copies.
        """
        return optimisers.state(self._optimiser, self._network)

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what `tensors()` returned; its empty answer is the state before the first step.

        Raises `ValueError` where names or shapes are not those of the optimiser and the network's parameters.
        """
        optimisers.restore(self._optimiser, self._network, tensors)

    def _step(self, batches: Sequence[Tensor], augmentation: Augmentation | None) -> Tensor:
        """Take the step that `batch` counts to; return its loss, before the step, on the device."""
        if self.steps == len(batches):
            loss = self._loss(batches[self.batch], self.batch, augmentation)
            self._optimiser.zero_grad()
            torch.autograd.backward(loss)
        else:
            loss = self._accumulate(batches, augmentation)
        self._optimiser.param_groups[0]["lr"] = self.lr()
        self._optimiser.step()
        return loss.detach()

    def _accumulate(self, batches: Sequence[Tensor], augmentation: Augmentation | None) -> Tensor:
        """Leave the gradient of the whole split's loss in the parameters; return that loss."""
        self._optimiser.zero_grad()
        shares = list[Tensor]()
        for number, index_B in enumerate(batches):
            share = self._loss(index_B, number, augmentation) * (len(index_B) / len(self._split))
            torch.autograd.backward(share)
            shares.append(share.detach())
        return torch.stack(shares).sum()

    def _loss(self, index_B: Tensor, number: int, augmentation: Augmentation | None) -> Tensor:
        """Return the mean loss of batch or chunk `number` of the epoch."""
        first = number * self._rows
        inputs, labels_B = self._split.take(
            index_B, None if augmentation is None else lambda raw_B: augmentation.apply(raw_B, first)
        )
        return functional.cross_entropy(self._network(inputs), labels_B, label_smoothing=self._spec.label_smoothing)

    def _augmentation(self) -> Augmentation | None:
        if not self._spec.augment:
            return None
        return Augmentation(self._spec, self.epoch, len(self._split), self._device.torch_device)

    def _require_finite(self, losses: Sequence[Tensor], first: int) -> None:
        """Raise `Diverged` with the first of these losses, of step `first` (from 0) and on, that is not finite."""
        bad = torch.nonzero(~torch.stack(list(losses)).isfinite()).flatten().tolist() if losses else []
        if bad:
            step = first + int(bad[0])
            raise Diverged.at(self.epoch + 1, f"in step {step + 1} of {self.steps}", self._rate(step))

    def _rate(self, batch: int) -> float:
        return learning_rate(self._spec, self.epoch * self.steps + batch, self.steps)
