"""One attempt at a run between two checkpoints of the user's own: no training, only curves."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from backends import data, own_code
from backends.checkpoints_in import fit_state, load_state
from backends.data import Dataset
from backends.ends import EndPoint
from backends.runs.errors import BadRequest
from backends.session import Session
from backends.workbench import Tensors


class OwnSession(Session):
    """Runs the user's factory, and copies both checkpoints into the run: so the run needs neither file later."""

    def _load(self) -> tuple[Dataset, nn.Module]:
        own = self._spec.own
        dtype = torch.float64 if self._spec.model.dtype == "float64" else torch.float32
        network = own_code.build(own.model, own.model_sha256).eval().requires_grad_(False)
        network.to(self._device.torch_device, dtype)
        dataset = data.load(self._spec.data, self._device, dtype)
        found = own_code.outputs(network, dataset.input_shape)
        if found != dataset.classes:
            raise BadRequest(f"model: gives {found} outputs; expected {dataset.classes}, the classes of the data")
        return dataset, network

    def _ready(self, changed: tuple[str, ...]) -> None:
        """Take both ends from the user's files; `changed` is empty, as such a run has one attempt alone."""
        self._initial, self._final = (self._end_point(name) for name in ("initial", "final"))

    def _end_points(self) -> tuple[EndPoint, EndPoint]:
        assert self._final is not None  # `_ready` has read it
        made = self._spec.interpolation.start == "zero"
        return EndPoint(self._initial, None if made else "initial"), EndPoint(self._final, "final")

    def _end_point(self, name: str) -> Tensors:
        spec, own, network = self._spec.interpolation, self._spec.own, self._bench.network
        place, sha256 = (spec.start, own.start_sha256) if name == "initial" else (spec.end, own.end_sha256)
        if place == "zero":
            return {n: torch.zeros_like(tensor) for n, tensor in network.state_dict().items()}
        path = Path(place.removeprefix("file:"))
        own_code.require_unchanged(path, sha256, "checkpoint")
        state = fit_state(load_state(path, self._note), network, f"checkpoint {path}", self._note)
        network.load_state_dict(state)
        self._keep(name, 0)
        return state

    def _train(self) -> bool:
        return True
