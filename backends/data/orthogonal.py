"""Orthogonal inputs: one basis vector a class, the same for training and test.

Shapes: N inputs of (K,) features, K classes; N = K.
"""

from __future__ import annotations

import torch

from backends.data.splits import Dataset, Split
from backends.devices.base import Device
from presets.experiment import Data


def load(data: Data, device: Device, dtype: torch.dtype) -> Dataset:
    """Return the basis vectors of as many dimensions as there are classes; vector i is of class i."""
    classes = data.classes
    vectors_NK = torch.eye(classes, dtype=dtype, device=device.torch_device)
    labels_N = torch.arange(classes, device=device.torch_device)
    split = Split(vectors_NK, labels_N, mean=0.0, std=1.0, dtype=dtype, classes=classes)
    names = tuple(str(k) for k in range(classes))
    return Dataset(split, split, classes, names, (classes,))
