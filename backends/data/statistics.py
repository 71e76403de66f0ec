"""Mean and standard deviation of pixels, exactly.

Shapes: N images of (C, H, W), or N inputs of (D,).
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from torch import Tensor

from backends.runs.errors import BadData

CHUNK = 1 << 16
"""Pixels converted at once: they stay in the cache, and float64 holds their sums of squares exactly."""
PARTS = 4
"""Pieces that are summed beside each other, where there are cores for them."""


def mean_and_std(pixels_N: Tensor) -> tuple[float, float]:
    """Return mean and population standard deviation of all these uint8 pixels / 255.

    From sums of whole numbers, so that neither the order of summing nor the number of threads shows. Raises
    `BadData` where all are equal: there is nothing to divide by.
    """
    flat = pixels_N.reshape(-1).numpy()
    # By numpy, whose loops hold no lock, in threads that wait for nobody: torch's own wait where the cores are busy.
    with ThreadPoolExecutor(PARTS) as pool:
        sums = list(pool.map(_sums, np.array_split(flat, PARTS)))
    count, total, squares = len(flat), sum(one for one, _ in sums), sum(two for _, two in sums)
    if count * squares == total * total:
        raise BadData("the training pixels all have one value, so they can't be standardised")
    return total / (255 * count), math.sqrt(count * squares - total * total) / (255 * count)


def _sums(flat: np.ndarray[Any, np.dtype[np.uint8]]) -> tuple[int, int]:
    """Return the sum of the pixels, and of their squares."""
    total = squares = 0
    for begin in range(0, len(flat), CHUNK):
        chunk = flat[begin : begin + CHUNK].astype(np.float64)
        total += int(chunk.sum())
        squares += int(np.einsum("i,i->", chunk, chunk))
    return total, squares


def by_channel(pixels_N: Tensor) -> tuple[float | tuple[float, ...], float | tuple[float, ...]]:
    """Return mean and std: one number for grey images and flat inputs, one a channel for images of several channels."""
    if pixels_N.dim() < 4 or pixels_N.shape[1] == 1:
        return mean_and_std(pixels_N)
    mean, std = zip(*(mean_and_std(pixels_N[:, channel]) for channel in range(pixels_N.shape[1])), strict=True)
    return mean, std
