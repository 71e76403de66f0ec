"""Training that can stop and go on at any step: by an optimiser in batches, or by gradient flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from torch import Tensor, nn

from backends.data import Dataset
from backends.devices.base import Device
from backends.models.theory import Theory
from backends.training.diverged import Diverged
from backends.training.flow import Flow
from backends.training.loop import Trainer
from presets.experiment import Train

__all__ = ["Diverged", "Training", "begin"]


class Training(Protocol):
    """What trains a network in place, whichever way.

    `epoch` is the number of epochs completed and `batch` the steps done in the present, unfinished one. These two, the
    network's state_dict and `tensors()` are the whole state: restored, training goes on bit for bit on the CPU.
    `steps` is the number of steps of an epoch.
    """

    epoch: int
    batch: int
    steps: int

    def lr(self) -> float:
        """Return the learning rate of the next step; 0 where there is none."""

    def run_epoch(self, stop: Callable[[], bool]) -> bool:
        """Train to the end of the present epoch; False where `stop` said so before a step. Raises `Diverged`."""

    def tensors(self) -> dict[str, Tensor]:
        """Return the optimiser's own tensors, by name."""

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what `tensors()` returned; raises `ValueError` where it does not fit the network."""


def begin(spec: Train, network: nn.Module, dataset: Dataset, device: Device) -> Training:
    """Return the training of `network`, which is on `device` in the type that it is trained in, at epoch 0.

    Raises `BadRequest` where the specification asks for what these inputs can't have.
    """
    if isinstance(network, Theory):
        return Flow(spec, network, dataset)
    return Trainer(spec, network, dataset, device)
