"""Splits of a data set, resident on the device as bytes and normalised when they are read.

Shapes: N inputs of a split, B inputs of a batch, K classes; an input is (C, H, W) pixels or (D,) features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a data set. Inputs are read as (pixel / 255 - mean) / std in `dtype`; features as they are.

    `raw_N` are uint8 pixels (N, C, H, W), or features (N, D) of a floating-point type with mean 0 and std 1, and
    `labels_N` int64 classes, on one device; `mean` and `std` are those of all *training* pixels / 255, whichever split
    this is. `classes` is K, which may be more than the labels show.
    """

    raw_N: Tensor
    labels_N: Tensor
    mean: float
    std: float
    dtype: torch.dtype
    classes: int

    def __len__(self) -> int:
        """Return the number of inputs N."""
        return len(self.labels_N)

    def rows(self, start: int, stop: int) -> Tensor:
        """Return inputs start to stop - 1 (fewer at the end of the split), normalised: (rows, C, H, W) of `dtype`."""
        return self._normalised(self.raw_N[start:stop])

    def take(self, index_B: Tensor, change: Callable[[Tensor], Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Return normalised inputs (B, C, H, W) and labels (B,) at these int64 positions, on the split's device.

        `change` is applied to the raw inputs before they are normalised.
        """
        raw_B = self.raw_N.index_select(0, index_B)
        return self._normalised(change(raw_B) if change else raw_B), self.labels_N.index_select(0, index_B)

    def subset(self, per_class: int) -> Split:
        """Return the first `per_class` inputs of each class, in the order of this split.

        Every class gives the same number: where one has fewer than `per_class`, all give as few as that one.
        """
        per_class = min(per_class, int(self.class_counts_K.min()))
        of_class = (torch.nonzero(self.labels_N == k).flatten()[:per_class] for k in range(self.classes))
        index = torch.cat(list(of_class)).sort().values
        return replace(self, raw_N=self.raw_N[index], labels_N=self.labels_N[index])

    @cached_property
    def members_NK(self) -> Tensor:
        """1.0 where an input is of a class, else 0.0, in float64: sums over inputs by class are then one product."""
        return torch.nn.functional.one_hot(self.labels_N, self.classes).to(torch.float64)

    @cached_property
    def class_counts_K(self) -> Tensor:
        """Inputs of each class, in float64."""
        return self.members_NK.sum(0)

    @cached_property
    def largest_class_share(self) -> float:
        """Share of the most frequent class: 1/K on balanced data."""
        return float(self.class_counts_K.max()) / len(self)

    def _normalised(self, pixels: Tensor) -> Tensor:
        if pixels.is_floating_point():
            return pixels.to(self.dtype)
        # Scale and shift in two passes over a fresh tensor; dividing twice as in the definition takes three.
        return pixels.to(self.dtype).mul_(1.0 / (255.0 * self.std)).add_(-self.mean / self.std)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test split of one data set. `class_names` has one name a class, `input_shape` is
    that of one input, without the batch."""

    train: Split
    test: Split
    classes: int
    class_names: tuple[str, ...]
    input_shape: tuple[int, ...]
