"""What is measured at one point: of the logits of a split, and of the last bias there.

N inputs, K classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Measures:
    """Losses in nats; errors and shares from 0 to 1; gaps in units of logits."""

    loss: float
    error: float
    class_error: tuple[float, ...]
    histogram: tuple[float, ...]
    """Share of the inputs given to each class."""
    top_class: int
    top_class_share: float
    signal_gap: float
    """Mean difference between the top two logits without the last bias."""
    bias_gap: float
    """Difference between the two largest last biases; 0 without one."""


def measures(logits_NK: Tensor, labels_N: Tensor, bias_K: Tensor | None) -> Measures:
    """Return all measures of one point. Ties between logits go to the class with the smallest number."""
    classes = logits_NK.shape[1]
    chosen_N = logits_NK.argmax(1)
    signal_NK = logits_NK if bias_K is None else logits_NK - bias_K
    numbers = torch.cat(
        [
            functional.cross_entropy(logits_NK, labels_N, reduction="none").double().mean()[None],
            _gap(signal_NK).double().mean()[None],
            torch.bincount(chosen_N, minlength=classes).double(),
            torch.bincount(labels_N[chosen_N != labels_N], minlength=classes).double(),
            torch.bincount(labels_N, minlength=classes).double(),
        ]
    ).tolist()
    loss, signal_gap, *counts = numbers
    given, wrong, size = counts[:classes], counts[classes : 2 * classes], counts[2 * classes :]
    top = max(range(classes), key=given.__getitem__)
    total = len(labels_N)
    return Measures(
        loss=loss,
        error=sum(wrong) / total,
        class_error=tuple(w / max(1.0, n) for w, n in zip(wrong, size, strict=True)),
        histogram=tuple(g / total for g in given),
        top_class=top,
        top_class_share=given[top] / total,
        signal_gap=signal_gap,
        bias_gap=0.0 if bias_K is None else float(_gap(bias_K)),
    )


def loss_and_error(logits_NK: Tensor, labels_N: Tensor) -> tuple[float, float]:
    """Return mean cross-entropy and error alone."""
    loss = functional.cross_entropy(logits_NK, labels_N, reduction="none").double().mean()
    wrong = (logits_NK.argmax(1) != labels_N).double().sum()
    return float(loss), float(wrong) / len(labels_N)


def _gap(values: Tensor) -> Tensor:
    largest = values.topk(2, dim=-1).values
    return largest[..., 0] - largest[..., 1]
