"""Mean and standard deviation of pixels, exactly.

Shapes: N images of (C, H, W), or N inputs of (D,).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from backends.runs.errors import BadData

LEVELS = 256


def mean_and_std(pixels_N: Tensor) -> tuple[float, float]:
    """Return mean and population standard deviation of all these uint8 pixels / 255.

    From counts, in whole numbers, so that neither the order of summing nor the number of threads shows. Raises
    `BadData` where all are equal: there is nothing to divide by.
    """
    counts = torch.bincount(pixels_N.flatten(), minlength=LEVELS).tolist()
    count, total, squares = (sum(n * level**power for level, n in enumerate(counts)) for power in range(3))
    if count * squares == total * total:
        raise BadData("the training pixels all have one value, so they can't be standardised")
    return total / (255 * count), math.sqrt(count * squares - total * total) / (255 * count)


def by_channel(pixels_N: Tensor) -> tuple[float | tuple[float, ...], float | tuple[float, ...]]:
    """Return mean and std: one number for grey images and flat inputs, one a channel for images of several channels."""
    if pixels_N.dim() < 4 or pixels_N.shape[1] == 1:
        return mean_and_std(pixels_N)
    mean, std = zip(*(mean_and_std(pixels_N[:, channel]) for channel in range(pixels_N.shape[1])), strict=True)
    return mean, std
