"""Augmentation on the device: images are shifted and mirrored as they are read, before they are normalised.

Shapes: N inputs of an epoch, B inputs of a batch, C channels, H rows, W columns of pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from backends.runs.errors import BadRequest
from backends.training.draws import generator
from presets.experiment import Train

REACH = 4
"""Pixels that `crop` shifts by at most, in each direction (He et al. 2016, section 4.2: padded by 4, then cropped)."""


class Augmentation:
    """What is drawn for one epoch: for the input at each place of its order a shift and whether it is mirrored.

    A pure function of seed and epoch, so that a batch looks the same whether or not the epoch was interrupted before.
    """

    def __init__(self, spec: Train, epoch: int, inputs: int, device: torch.device) -> None:
        """Draw for an epoch of `inputs` inputs; what is not asked for is drawn, too, and not used."""
        drawn = generator("augment", spec.seed, epoch)
        shift_2N = torch.randint(-REACH, REACH + 1, (2, inputs), generator=drawn)
        flip_N = torch.randint(0, 2, (inputs,), generator=drawn) > 0
        self._shift_2N = shift_2N.to(device) if "crop" in spec.augment else None
        self._flip_N = flip_N.to(device) if "flip" in spec.augment else None

    def apply(self, images: Tensor, first: int) -> Tensor:
        """Return raw images (B, C, H, W), those from place `first` of the order on, as the epoch sees them."""
        place = slice(first, first + len(images))
        if self._shift_2N is not None:
            images = shifted(images, self._shift_2N[:, place])
        if self._flip_N is not None:
            images = torch.where(self._flip_N[place, None, None, None], images.flip(-1), images)
        return images


def shifted(images: Tensor, shift_2B: Tensor) -> Tensor:
    """Return images (B, C, H, W) moved by whole pixels, up and left where positive; what comes in is 0: background.

    `shift_2B` are the shifts along H and along W, int64, from -REACH to REACH.
    """
    height, width = images.shape[2:]
    padded = torch.nn.functional.pad(images, (REACH, REACH, REACH, REACH))
    rows_BH, columns_BW = (
        shift_B[:, None] + torch.arange(REACH, REACH + size, device=images.device)
        for shift_B, size in zip(shift_2B, (height, width), strict=True)
    )
    moved = padded.gather(2, rows_BH[:, None, :, None].expand(-1, padded.shape[1], -1, padded.shape[3]))
    return moved.gather(3, columns_BW[:, None, None, :].expand(-1, moved.shape[1], height, -1))


def require_images(spec: Train, input_shape: tuple[int, ...]) -> None:
    """Raise `BadRequest` where augmentation is asked for on inputs that are not images (C, H, W)."""
    if spec.augment and len(input_shape) != 3:
        raise BadRequest(
            f"train.augment = {list(spec.augment)}: expected [] for inputs that are not images: "
            f"these have the shape {list(input_shape)}"
        )
