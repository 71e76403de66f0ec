"""Data sets: `load` gives both splits, resident on the device."""

from __future__ import annotations

from pathlib import Path

import torch

from backends.data import mnist5k, orthogonal
from backends.data.preparing import prepare
from backends.data.splits import Dataset, Split
from backends.data.stored import Stored
from backends.devices.base import Device
from presets.experiment import Data

__all__ = ["Dataset", "Split", "Stored", "load", "prepare"]


def load(data: Data, device: Device, dtype: torch.dtype) -> Dataset:
    """Return the data set that the specification names, on `device`, its inputs read in `dtype`.

    Raises `RunError`, one line, where its files are missing, are not what they should be, or do not have what the
    specification asks of them.
    """
    return prepare(_read(data), data, device, dtype)


def _read(data: Data) -> Stored:
    kind, _, place = data.name.partition(":")
    match kind:
        case "mnist5k":
            return mnist5k.read()
        case "orthogonal":
            return orthogonal.read(data.classes)
    # Only now: torchvision doubles the time that a worker takes to begin.
    from backends.data import known, own

    match kind:
        case "npz":
            return own.read_npz(Path(place))
        case "imagefolder":
            return own.read_imagefolder(Path(place))
        case name:
            return known.read(name)
