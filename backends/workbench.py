"""What every part of an attempt works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from backends.data import Dataset, Split
from backends.devices.base import Device
from backends.interpolation.curves import Path
from backends.models import Layers
from backends.runs.events import Event, Note
from presets.experiment import Experiment, Scheme

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

    @property
    def recalibrates(self) -> bool:
        """Whether running statistics are measured anew at every alpha; else they interpolate."""
        return self.spec.interpolation.batch_norm == "recalibrate"

    @property
    def memory_limit(self) -> int | None:
        """Bytes that a block of alphas may take; None where the device decides."""
        limit = self.spec.interpolation.memory_limit
        return None if limit == "auto" else limit * MIB

    def path(
        self, start: Tensors, end: Tensors, scheme: Scheme, split: Split, calibration: Split, held: Tensors
    ) -> Path:
        """Return a path of this network on `split`; its running statistics are those on `calibration`, if measured."""
        return Path(
            self.network,
            self.layers,
            start,
            end,
            scheme,
            split,
            self.device,
            held=held,
            calibration=calibration if self.recalibrates else None,
            memory_limit=self.memory_limit,
            say=self.note,
        )

    def note(self, text: str) -> None:
        """Tell one line that the user should see."""
        self.tell(Note(text=text))
