"""Data sets, whole and resident on the device."""

from __future__ import annotations

import torch

from backends.data import mnist5k
from backends.data.splits import Dataset, Split
from backends.devices.base import Device
from presets.experiment import Data

__all__ = ["Dataset", "Split", "load"]


def load(data: Data, device: Device, dtype: torch.dtype) -> Dataset:
    """Return the data set of a specification on `device`, its inputs given out as `dtype`."""
    assert data.name == "mnist5k"  # the only one that the specification admits
    return mnist5k.load(device.torch_device, dtype)
