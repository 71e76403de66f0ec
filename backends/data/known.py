"""MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100, read by torchvision's own classes from wherever their files lie.

Shapes: N inputs of (C, H, W) pixels.
"""

from __future__ import annotations

import gzip
import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision import datasets
from torchvision.datasets.mnist import read_image_file, read_label_file

from backends.data.stored import Stored, readable
from backends.runs.datasets import KNOWN, locate, packed
from backends.runs.errors import BadData

IDX: dict[str, type[datasets.MNIST]] = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST}
CIFAR: dict[str, type[datasets.CIFAR10]] = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}
IDX_ERRORS = (
    AssertionError, EOFError, IndexError, KeyError, RuntimeError, TypeError, ValueError, struct.error, zlib.error
)  # fmt: skip
"""What torchvision's reader of idx files, and the unpacking before it, raise on files that are none or are cut off."""


def read(name: str, root: Path | None = None) -> Stored:
    """Return a data set that is downloaded, from the data folder `root`; None is the one that the user has set.

    Raises `BadRequest` where it is missing, `BadData` where it is damaged.
    """
    folder = locate(name, root)
    return _read_idx(name, folder) if name in IDX else _read_cifar(name, folder)


def _read_idx(name: str, folder: Path) -> Stored:
    parts = (_idx_part(name, folder, prefix) for prefix in ("train", "t10k"))
    (train_N, train_labels_N), (test_N, test_labels_N) = parts
    names = tuple(label.partition(" - ")[0] if name == "mnist" else label for label in IDX[name].classes)
    return Stored(train_N, train_labels_N, test_N, test_labels_N, names)


def _idx_part(name: str, folder: Path, prefix: str) -> tuple[Tensor, Tensor]:
    """Return pixels and labels of one split, read by the functions that torchvision's MNIST class reads with.

    The class itself takes the files only unpacked and in a folder of its own layout.
    """
    images, labels = folder / f"{prefix}-images-idx3-ubyte", folder / f"{prefix}-labels-idx1-ubyte"
    with _reading(name, images) as path:
        pixels_N = read_image_file(path)
    with _reading(name, labels) as path:
        labels_N = read_label_file(path)
    known = KNOWN[name]
    inputs, size = known.train if prefix == "train" else known.test, tuple(pixels_N.shape[1:])
    if (len(pixels_N), size, len(labels_N)) != (inputs, (28, 28), inputs):
        raise BadData(
            f"{name}: {folder} has {len(pixels_N)} {prefix} images of {size} and {len(labels_N)} labels; expected "
            f"{inputs} of (28, 28); `mli-tui data get {name}` gets it anew"
        )
    return pixels_N.unsqueeze(1), labels_N


@contextmanager
def _reading(name: str, file: Path) -> Iterator[str]:
    """Give the path of an idx file to read, unpacked in memory where it lies there as .gz; name it where that fails."""
    with readable(f"{name}: {file}", *IDX_ERRORS, advice=f"`mli-tui data get {name}` gets it anew"):
        if file.is_file():
            yield str(file)
            return
        with gzip.open(packed(file)) as source, os.fdopen(os.memfd_create(file.name), "wb") as memory:
            shutil.copyfileobj(source, memory, 1 << 20)
            memory.flush()
            yield f"/proc/self/fd/{memory.fileno()}"


def _read_cifar(name: str, folder: Path) -> Stored:
    """Return CIFAR from the folder of its batches.

    Its files are pickles. torchvision's class opens none of them before the MD5 of each is the one in its own table,
    so what is unpickled is what the authors of the data set published, and nothing else ever is.
    """
    here: type[datasets.CIFAR10] = type("Here", (CIFAR[name],), {"base_folder": ""})
    with readable(f"{name}: {folder}", RuntimeError, advice=f"`mli-tui data get {name}` gets it anew"):
        train, test = here(folder, train=True), here(folder, train=False)
    return Stored(*_cifar_part(train), *_cifar_part(test), tuple(train.classes))


def _cifar_part(part: datasets.CIFAR10) -> tuple[Tensor, Tensor]:
    """Return pixels (N, 3, 32, 32) and labels; torchvision holds them as a view of the same bytes, channels last."""
    pixels_N = torch.from_numpy(np.ascontiguousarray(part.data.transpose(0, 3, 1, 2)))
    return pixels_N, torch.tensor(part.targets, dtype=torch.int64)
