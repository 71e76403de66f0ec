"""Checkpoints: tensors as safetensors under the module's own state_dict names, manifests beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from backends.runs import durable, manifests
from backends.runs.errors import Damaged
from backends.runs.manifests import Manifest
from backends.workbench import Tensors

_OPTIMISER = ".optimiser.safetensors"


class Checkpoints:
    """The checkpoints of one run. Writing raises OSError, with every earlier checkpoint intact."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        """Use `folder`, which is made where it is missing; loaded tensors go to `device`."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self.folder, self._device = folder, device

    def keep(self, name: str, state: Mapping[str, Tensor], epoch: int) -> None:
        """Write a checkpoint that stays: `initial`, `epoch-0012` or `final`."""
        files = {f"{name}.safetensors": state}
        self._write(name, "kept", files, epoch, 0)

    def save_resume(self, state: Mapping[str, Tensor], optimiser: Mapping[str, Tensor], epoch: int, batch: int) -> None:
        """Write a point that a stopped or killed run goes on from: weights, optimiser, position."""
        name = f"resume-{epoch:06d}-{batch:06d}"
        files = {f"{name}.safetensors": state, f"{name}.optimiser.safetensors": optimiser}
        self._write(name, "resume", files, epoch, batch)

    def kept(self, name: str) -> Tensors | None:
        """Return the tensors of a kept checkpoint, or None where there is none that its manifest confirms."""
        manifest = manifests.read(self.folder / f"{name}.json")
        try:
            return self.load(manifest)[0] if manifest else None
        except Damaged:
            return None

    def load(self, manifest: Manifest) -> tuple[Tensors, Tensors]:
        """Return weights and optimiser tensors of a checkpoint; raises `Damaged` where a checksum differs."""
        manifests.verify(self.folder, manifest)
        loaded = [self._load_file(self.folder / f"{manifest.name}{end}") for end in (".safetensors", _OPTIMISER)]
        return loaded[0], loaded[1]

    def _load_file(self, path: Path) -> Tensors:
        return safetensors.torch.load_file(path, device=str(self._device)) if path.exists() else {}

    def _write(
        self, name: str, kind: manifests.Kind, files: Mapping[str, Mapping[str, Tensor]], epoch: int, batch: int
    ) -> None:
        sums = {file: durable.write(self.folder / file, _bytes(tensors)) for file, tensors in files.items()}
        manifests.write(self.folder, Manifest(name=name, kind=kind, epoch=epoch, batch=batch, files=sums))


def _bytes(tensors: Mapping[str, Tensor]) -> bytes:
    return safetensors.torch.save({name: t.detach().cpu().contiguous() for name, t in tensors.items()})
