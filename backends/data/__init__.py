"""Data sets: `load` gives both splits, resident on the device."""

from __future__ import annotations

import torch

from backends.data import mnist5k, orthogonal
from backends.data.splits import Dataset, Split
from backends.devices.base import Device
from presets.experiment import Data

__all__ = ["Dataset", "Split", "load"]

_LOADERS = {"mnist5k": lambda _data, device, dtype: mnist5k.load(device, dtype), "orthogonal": orthogonal.load}


def load(data: Data, device: Device, dtype: torch.dtype) -> Dataset:
    """Return the data set that the specification names, on `device`, its inputs read in `dtype`.

    Raises `OSError` or `ValueError` where its files are missing or not what they should be.
    """
    return _LOADERS[data.name](data, device, dtype)
