"""Data of the user's own, given as tensors.

Shapes: N inputs of a split, K classes; an input is whatever the user's network takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from backends.data.splits import Dataset, Split
from backends.devices.base import Device
from backends.runs.errors import BadRequest

Pair = tuple[Tensor, Tensor]
"""Inputs (N, ...) and their classes (N,)."""


def from_tensors(
    train: Pair, test: Pair | None, classes: int, class_names: Sequence[str], device: Device, dtype: torch.dtype
) -> Dataset:
    """Return a data set of copies of these tensors on `device`, read in `dtype`; without `test` that split is empty.

    Raises `BadRequest`, one line, where a pair is no pair of inputs and their classes, 0 to `classes` - 1.
    """
    known = _split(train, "train", classes, device, dtype)
    empty = replace(known, raw_N=known.raw_N[:0], labels_N=known.labels_N[:0])
    held_out = empty if test is None else _split(test, "test", classes, device, dtype)
    if held_out.raw_N.shape[1:] != known.raw_N.shape[1:]:
        shapes = f"{tuple(held_out.raw_N.shape[1:])}, those of train {tuple(known.raw_N.shape[1:])}"
        raise BadRequest(f"test: inputs have the shape {shapes}")
    if class_names and len(class_names) != classes:
        raise BadRequest(f"class_names: {len(class_names)} names; expected {classes}, one for each output")
    names = tuple(class_names) or tuple(str(number) for number in range(classes))
    return Dataset(known, held_out, classes, names, tuple(known.raw_N.shape[1:]))


def input_shape(pair: Pair, name: str) -> tuple[int, ...]:
    """Return the shape of one input of a pair; raises `BadRequest`, with the pair's name, where it is no pair."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise BadRequest(f"{name}: expected a pair of inputs and their classes")
    return tuple(torch.as_tensor(pair[0]).shape[1:])


def in_type(dataset: Dataset, dtype: torch.dtype) -> Dataset:
    """Return the same data set, its inputs read in `dtype`."""
    return replace(dataset, train=replace(dataset.train, dtype=dtype), test=replace(dataset.test, dtype=dtype))


def _split(pair: Pair, name: str, classes: int, device: Device, dtype: torch.dtype) -> Split:
    input_shape(pair, name)
    inputs_N, labels_N = (torch.as_tensor(part).detach() for part in pair)
    if not inputs_N.is_floating_point() or inputs_N.dim() < 2:
        raise BadRequest(f"{name}: inputs are {inputs_N.dtype} with {inputs_N.dim()} axes; expected (N, ...) of floats")
    if labels_N.is_floating_point() or labels_N.shape != inputs_N.shape[:1] or not len(labels_N):
        found = f"{labels_N.dtype} of shape {tuple(labels_N.shape)}"
        raise BadRequest(f"{name}: classes are {found}; expected {len(inputs_N)} whole numbers, at least 1")
    labels_N = labels_N.to(device.torch_device, torch.int64, copy=True)
    low, high = int(labels_N.min()), int(labels_N.max())
    if low < 0 or high >= classes:
        raise BadRequest(f"{name}: classes run from {low} to {high}; expected 0 to {classes - 1}, the model's outputs")
    if not bool(torch.isfinite(inputs_N).all()):
        raise BadRequest(f"{name}: some inputs are not finite")
    inputs_N = inputs_N.to(device.torch_device, dtype, copy=True)
    return Split(inputs_N, labels_N, mean=0.0, std=1.0, dtype=dtype, classes=classes, scale=1.0)
