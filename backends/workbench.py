"""What every part of an attempt works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from backends.data import Dataset, Split
from backends.devices.base import Device
from backends.models import Layers
from backends.runs.events import Event, Note
from presets.experiment import Experiment

Tensors = dict[str, Tensor]
MIB = 1 << 20


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

    def calibration(self, inputs: Split) -> Split | None:
        """Return the training inputs that running statistics are measured anew on; None where they interpolate."""
        return inputs if self.spec.interpolation.batch_norm == "recalibrate" else None

    @property
    def memory_limit(self) -> int | None:
        """Bytes that a block of alphas may take; None where the device decides."""
        limit = self.spec.interpolation.memory_limit
        return None if limit == "auto" else limit * MIB

    def note(self, text: str) -> None:
        """Tell one line that the user should see."""
        self.tell(Note(text=text))

    def start(self, initial: Tensors) -> Tensors:
        """Return where the paths begin: the initialisation, or zeros of its shape."""
        if self.spec.interpolation.start == "zero":
            return {name: tensor.new_zeros(tensor.shape) for name, tensor in initial.items()}
        return initial
