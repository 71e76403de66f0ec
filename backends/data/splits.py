"""A split of a data set: images as bytes on the device, normalised as they are given out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Split:
    """`pixels_ND` (uint8) and `labels_N` (int64) on one device; N inputs, D pixels each."""

    pixels_ND: Tensor
    labels_N: Tensor
    mean: float
    """Of all training pixels / 255."""
    std: float
    """Of all training pixels / 255 (population)."""
    classes: int
    dtype: torch.dtype

    def rows(self, start: int, stop: int) -> Tensor:
        """Return inputs start to stop, normalised, (stop - start, D)."""
        return self._normalised(self.pixels_ND[start:stop])

    def take(self, index_B: Tensor) -> tuple[Tensor, Tensor]:
        """Return the inputs (B, D), normalised, and labels (B) at `index_B`."""
        return self._normalised(self.pixels_ND[index_B]), self.labels_N[index_B]

    def subset(self, per_class: int) -> Split:
        """Return the first `per_class` inputs of every class (or all that a class has), always the same."""
        index = [torch.nonzero(self.labels_N == c).flatten()[:per_class] for c in range(self.classes)]
        chosen = torch.cat(index)
        return replace(self, pixels_ND=self.pixels_ND[chosen], labels_N=self.labels_N[chosen])

    @property
    def largest_class_share(self) -> float:
        """The share of the most frequent class: 1 / k where the split is balanced."""
        return int(torch.bincount(self.labels_N, minlength=self.classes).max()) / len(self.labels_N)

    def _normalised(self, pixels: Tensor) -> Tensor:
        return pixels.to(self.dtype).sub_(255.0 * self.mean).div_(255.0 * self.std)


@dataclass(frozen=True)
class Dataset:
    """Training and test split with the names of the classes."""

    train: Split
    test: Split
    class_names: tuple[str, ...]

    @property
    def classes(self) -> int:
        """Number of classes k."""
        return len(self.class_names)

    @property
    def input_size(self) -> int:
        """Numbers in one input D."""
        return self.train.pixels_ND.shape[1]
