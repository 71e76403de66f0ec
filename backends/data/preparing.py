"""From stored arrays to the two splits on the device: statistics, subsets, label noise, padding, in this order.

Shapes: N inputs of a split, K classes; an input is (C, H, W) pixels or features of any shape.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from backends.data import selection, statistics
from backends.data.splits import Dataset, Split
from backends.data.stored import Stored
from backends.devices.base import Device
from backends.runs.errors import BadData
from presets.experiment import Data


def prepare(stored: Stored, data: Data, device: Device, dtype: torch.dtype) -> Dataset:
    """Return the data set as the specification wants it, resident on `device`, its inputs read in `dtype`.

    Only the training split is thinned and mislabelled. Mean and standard deviation are of the whole training split
    without padding: what an ablation takes away or adds changes no other pixel. Raises `BadData`.
    """
    classes = len(stored.class_names)
    pixels = stored.train_N.dtype == torch.uint8
    mean, std = statistics.by_channel(stored.train_N) if pixels else (0.0, 1.0)
    train_N, labels_N = stored.train_N, stored.train_labels_N
    for name, labels in (("train", labels_N), ("test", stored.test_labels_N)):
        _require_each_class(labels, stored.class_names, name)
    if data.per_class or data.class_weights:
        index = selection.kept(labels_N, data, classes)
        train_N, labels_N = train_N[index], labels_N[index]
    if data.label_noise:
        labels_N = selection.with_noise(labels_N, data, classes)
        _require_each_class(labels_N, stored.class_names, "train")

    def part(raw_N: Tensor, labels_N: Tensor) -> Split:
        resident_N = padded(raw_N, data.pad).to(device.torch_device)
        if not pixels:
            resident_N = resident_N.to(dtype)
        return Split(
            resident_N, labels_N.to(device.torch_device), mean, std, dtype, classes, scale=255.0 if pixels else 1.0
        )

    train = part(train_N, labels_N)
    test = part(stored.test_N, stored.test_labels_N)
    return Dataset(train, test, classes, stored.class_names, tuple(train.raw_N.shape[1:]))


def padded(raw_N: Tensor, size: int) -> Tensor:
    """Return uint8 images padded with 0 to size x size, evenly on all sides (an odd row below, an odd column right).

    Size 0 leaves them. Raises `BadData` where they are larger, or are no images.
    """
    if not size:
        return raw_N
    if raw_N.dim() < 4 or raw_N.dtype != torch.uint8:
        raise BadData(f"data.pad = {size}: expected 0 where the inputs are not images of whole numbers")
    height, width = raw_N.shape[-2:]
    if max(height, width) > size:
        raise BadData(f"data.pad = {size}: expected 0, or at least {max(height, width)} for images of {height}x{width}")
    left, top = (size - width) // 2, (size - height) // 2
    return functional.pad(raw_N, (left, size - width - left, top, size - height - top))


def _require_each_class(labels_N: Tensor, names: tuple[str, ...], split: str) -> None:
    """Raise `BadData` where a class has no input (its error would be 0 / 0), or a label is no class."""
    counts = np.bincount(labels_N.numpy(), minlength=len(names)).tolist()
    if len(counts) > len(names):
        raise BadData(f"the {split} split has the label {len(counts) - 1}; expected 0 to {len(names) - 1}")
    if 0 in counts:
        raise BadData(f"class {names[counts.index(0)]!r} has no input in the {split} split; every class needs one")
