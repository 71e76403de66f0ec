"""What is measured of logits.

Shapes: A alphas of a block, N inputs of a split, K classes. Logits come in the network's type; everything that is
computed of them is float64.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from backends.data import Split


@dataclass(frozen=True)
class Measures:
    """Everything measured at one alpha on one split; plain Python numbers, NaN where the network gave NaN.

    `loss` is the mean cross-entropy in nats and `error` the share of inputs given to a wrong class; `class_error` is
    the latter for the inputs of each class, and `histogram` the share of all inputs given to each class (of equal
    logits the first class wins). `top_class` is the class that most inputs are given to, `top_class_share` their
    share. `signal_gap` is the mean over inputs of the largest minus the second largest logit without last bias, and
    `bias_gap` the largest minus the second largest last bias; 0 without one.
    """

    loss: float
    error: float
    class_error: tuple[float, ...]
    histogram: tuple[float, ...]
    top_class: int
    top_class_share: float
    signal_gap: float
    bias_gap: float


def measures(signal_ANK: Tensor, bias_AK: Tensor, split: Split) -> list[Measures]:
    """Return the measures at each alpha, of the logits without the last bias and of that bias."""
    logits_ANK = (signal_ANK + bias_AK[:, None, :]).to(torch.float64)
    given_AN = logits_ANK.argmax(-1)
    wrong_AN = (given_AN != split.labels_N).to(torch.float64)
    columns = (
        losses(logits_ANK, split.labels_N)[:, None],
        (wrong_AN.sum(1) / len(split))[:, None],
        _gap(signal_ANK.to(torch.float64)).mean(1)[:, None],
        _gap(bias_AK.to(torch.float64))[:, None],
        wrong_AN @ split.members_NK / split.class_counts_K,
        _counts(given_AN, split.classes) / len(split),
    )
    # One table, because every look at a number waits for the device.
    return [
        _measures(row[:4], row[4 : 4 + split.classes], row[4 + split.classes :])
        for row in torch.cat(columns, 1).tolist()
    ]


def losses(logits_ANK: Tensor, labels_N: Tensor) -> Tensor:
    """Return the mean cross-entropy (A,) of float64 logits (A, N, K)."""
    index_AN1 = labels_N.expand(logits_ANK.shape[:-1]).unsqueeze(-1)
    return -logits_ANK.log_softmax(-1).gather(-1, index_AN1).sum((1, 2)) / len(labels_N)


def errors(logits_ANK: Tensor, labels_N: Tensor) -> Tensor:
    """Return the share of inputs (A,) whose largest logit is not that of their class."""
    return (logits_ANK.argmax(-1) != labels_N).sum(1, dtype=torch.float64) / len(labels_N)


def _counts(given_AN: Tensor, classes: int) -> Tensor:
    class_K = torch.arange(classes, device=given_AN.device)
    return (given_AN[..., None] == class_K).sum(1, dtype=torch.float64)


def _gap(values: Tensor) -> Tensor:
    """Return the largest minus the second largest along the last axis."""
    largest = values.topk(2, dim=-1).values
    return largest[..., 0] - largest[..., 1]


def _measures(one_each: list[float], class_error: list[float], histogram: list[float]) -> Measures:
    loss, error, signal_gap, bias_gap = one_each
    share = max(histogram)
    return Measures(
        loss=loss,
        error=error,
        class_error=tuple(class_error),
        histogram=tuple(histogram),
        top_class=histogram.index(share),
        top_class_share=share,
        signal_gap=signal_gap,
        bias_gap=bias_gap,
    )
