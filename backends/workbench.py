"""What every part of an attempt works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from backends.data import Dataset
from backends.devices.base import Device
from backends.models import Layers
from backends.runs.events import Event
from presets.experiment import Experiment

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class Workbench:
    """The experiment on its device: specification, data, network, and where to tell what was found."""

    spec: Experiment
    device: Device
    dataset: Dataset
    network: nn.Module
    layers: Layers
    tell: Callable[[Event], None]
    stop: Callable[[], bool]

    def weights(self) -> Tensors:
        """Return a copy of the network's present weights and biases, by their state_dict names."""
        return {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}
