"""The user's own data: `npz:FILE` and `imagefolder:DIR`, whose formats docs/file-formats.md describes.

Shapes: N inputs of a split; an input is (C, H, W) pixels or features, or (D,) features.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torchvision.datasets import ImageFolder

from backends.data.stored import Stored, readable
from backends.runs.datasets import NPZ_ARRAYS, class_folders, require_npz
from backends.runs.errors import BadData
from backends.runs.text import safe_line

MOST_CLASSES = 1000
ZIP_ERRORS = (
    ValueError, EOFError, KeyError, NotImplementedError, struct.error, zipfile.BadZipFile, zlib.error
)  # fmt: skip
"""What numpy and zipfile raise on an archive that is none, is cut off, or holds pickles, which are never opened."""
IMAGE_ERRORS = (SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError)
"""What Pillow raises on a file that is no image, or is cut off."""


def read_npz(file: Path) -> Stored:
    """Return the arrays x_train, y_train, x_test and y_test of an .npz file.

    x is (N, D), (N, H, W) or (N, C, H, W), of uint8 pixels or of floats; y is (N,) whole numbers from 0. Raises
    `BadData`, or `BadRequest` where it is no zip with these arrays.
    """
    what = f"npz:{file}"
    require_npz(what, file)
    with readable(what, *ZIP_ERRORS), file.open("rb") as raw, np.load(raw, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in NPZ_ARRAYS}
    train_N, test_N = (_inputs(what, name, arrays[name]) for name in ("x_train", "x_test"))
    if (train_N.shape[1:], train_N.dtype) != (test_N.shape[1:], test_N.dtype):
        raise BadData(f"{what}: x_train holds {_words(arrays['x_train'])}, x_test {_words(arrays['x_test'])}")
    labels = [_labels(what, name, arrays[name], len(x)) for name, x in (("y_train", train_N), ("y_test", test_N))]
    classes = 1 + max(int(part.max()) for part in labels)
    if not 2 <= classes <= MOST_CLASSES:
        raise BadData(f"{what}: y has labels up to {classes - 1}; expected 2 to {MOST_CLASSES} classes, counted from 0")
    return Stored(train_N, labels[0], test_N, labels[1], tuple(str(k) for k in range(classes)))


def _inputs(what: str, name: str, array: np.ndarray[Any, Any]) -> Tensor:
    """Return checked inputs: pixels stay uint8, floats become float64 or float32; a grey image gets its channel."""
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise BadData(f"{what}: {name} has the type {array.dtype}; expected uint8 pixels or floats")
    if array.ndim not in (2, 3, 4) or 0 in array.shape:
        raise BadData(f"{what}: {name} has the shape {array.shape}; expected (N, D), (N, H, W) or (N, C, H, W)")
    if array.ndim == 4 and array.shape[3] in (1, 3) and array.shape[1] not in (1, 3):
        raise BadData(f"{what}: {name} has the shape {array.shape}, channels last; expected (N, C, H, W)")
    if array.dtype.kind == "f":
        array = array.astype(np.float64 if array.dtype.itemsize > 4 else np.float32)
        if not np.isfinite(array).all():
            raise BadData(f"{what}: {name} has values that are not finite")
    tensor_N = torch.from_numpy(np.ascontiguousarray(array))
    return tensor_N.unsqueeze(1) if array.ndim == 3 else tensor_N


def _labels(what: str, name: str, array: np.ndarray[Any, Any], inputs: int) -> Tensor:
    if array.dtype.kind not in "iu" or array.shape != (inputs,):
        raise BadData(
            f"{what}: {name} has the shape {array.shape} and type {array.dtype}; expected ({inputs},) whole numbers"
        )
    if array.min() < 0 or array.max() >= MOST_CLASSES:
        raise BadData(
            f"{what}: {name} has labels from {array.min()} to {array.max()}; expected 0 to {MOST_CLASSES - 1}"
        )
    return torch.from_numpy(array.astype(np.int64))


def _words(array: np.ndarray[Any, Any]) -> str:
    return f"{array.shape[1:]} of {array.dtype}"


def read_imagefolder(folder: Path) -> Stored:
    """Return the images in folder/train/CLASS/* and folder/test/CLASS/*, as RGB, classes in the order of their names.

    All must have one size. Raises `BadData`, or `BadRequest` where the class folders are not there.
    """
    what = f"imagefolder:{folder}"
    names = class_folders(what, folder)
    train_N, train_labels_N = _images(what, folder / "train")
    test_N, test_labels_N = _images(what, folder / "test")
    if train_N.shape[1:] != test_N.shape[1:]:
        raise BadData(f"{what}: train images are {_size(train_N)}, test images {_size(test_N)}; expected one size")
    return Stored(train_N, train_labels_N, test_N, test_labels_N, tuple(safe_line(name, 60) for name in names))


def _images(what: str, folder: Path) -> tuple[Tensor, Tensor]:
    """Return pixels (N, 3, H, W) and labels of one split."""
    with readable(what):
        found = ImageFolder(folder)
    pixels_N = torch.empty(0, dtype=torch.uint8)
    for position, (path, _) in enumerate(found.samples):
        with readable(f"{what}: {path}", *IMAGE_ERRORS):
            image = torch.from_numpy(np.array(found.loader(path))).permute(2, 0, 1)
        if not position:
            pixels_N = torch.empty((len(found.samples), *image.shape), dtype=torch.uint8)
        if image.shape != pixels_N.shape[1:]:
            raise BadData(f"{what}: {path} is {_size(image)}; expected {_size(pixels_N)}, as the first")
        pixels_N[position] = image
    return pixels_N, torch.tensor(found.targets, dtype=torch.int64)


def _size(images: Tensor) -> str:
    return f"{images.shape[-2]}x{images.shape[-1]}"
