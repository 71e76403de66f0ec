"""Splits of a data set, resident on the device as they are stored and normalised when they are read.

Shapes: N inputs of a split, B inputs of a batch, K classes; an input is (C, H, W) pixels or (D,) features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from presets.experiment import Split as SplitName


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a data set. Inputs are read as (raw / scale - mean) / std in `dtype`.

    `raw_N` are uint8 pixels (N, C, H, W), scale 255, or float features, scale 1, mean 0, std 1: read as they are.
    `labels_N` are int64 classes, on the same device. `mean` and `std` are those of all pixels / 255 of the *training*
    split as the data set has it, whichever split this is: one number, or one a channel. `classes` is K, which may be
    more than the labels show.
    """

    raw_N: Tensor
    labels_N: Tensor
    mean: float | tuple[float, ...]
    std: float | tuple[float, ...]
    dtype: torch.dtype
    classes: int
    scale: float = 255.0

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

    @cached_property
    def _factor_and_shift(self) -> tuple[float, float] | tuple[Tensor, Tensor]:
        """What raw values are multiplied by, and what is then added: numbers, or tensors (C, 1, 1) of `dtype`."""
        if isinstance(self.mean, float) and isinstance(self.std, float):
            return 1.0 / (self.scale * self.std), -self.mean / self.std
        mean_C11, std_C11 = (
            torch.tensor(values, dtype=torch.float64, device=self.raw_N.device).view(-1, 1, 1)
            for values in (self.mean, self.std)
        )
        return (1.0 / (self.scale * std_C11)).to(self.dtype), (-mean_C11 / std_C11).to(self.dtype)

    def _normalised(self, raw: Tensor) -> Tensor:
        # Scale and shift in two passes over a fresh tensor; dividing twice as in the definition takes three.
        factor, shift = self._factor_and_shift
        return raw.to(self.dtype, copy=True).mul_(factor).add_(shift)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test split of one data set. `class_names` has one name a class, `input_shape` is
    that of one input, without the batch. The test split may be without inputs."""

    train: Split
    test: Split
    classes: int
    class_names: tuple[str, ...]
    input_shape: tuple[int, ...]

    @property
    def splits(self) -> tuple[SplitName, ...]:
        """Return which splits hold inputs: both, or for data of the user's own maybe the training split alone."""
        return ("train", "test") if len(self.test) else ("train",)

    def split(self, name: SplitName) -> Split:
        """Return the split of this name."""
        return self.train if name == "train" else self.test
