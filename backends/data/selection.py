"""Which training inputs are used, and which labels are made wrong: pure functions of labels and specification.

Shapes: N training inputs, K classes, M inputs that are kept.
"""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

from backends.runs.datasets import check_classes
from backends.runs.errors import BadData
from presets.experiment import Data


def generator(purpose: str, seed: int) -> torch.Generator:
    """Return a generator of its own for each purpose and seed, on the CPU."""
    # Hashed together and not concatenated: of a seed, torch's CPU generator keeps 32 bits alone.
    digest = hashlib.sha256(f"{purpose} {seed}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def kept(labels_N: Tensor, data: Data, classes: int) -> Tensor:
    """Return the positions (M,), ascending, of the inputs that `data.per_class` and `data.class_weights` keep.

    Each class has one order, drawn from data.seed and the class alone; per_class takes its beginning, of which the
    weight w keeps the first round(w * n), halves to even. So a larger draw holds every smaller one, and a class's
    weight changes no other class. Raises `BadData` or `BadRequest` with the key, the value and what is allowed.
    """
    check_classes(data, classes)
    index = []
    for k in range(classes):
        members = torch.nonzero(labels_N == k).flatten()
        if data.per_class > len(members):
            raise BadData(
                f"data.per_class = {data.per_class}: expected at most {len(members)}, the training inputs of class {k}"
            )
        drawn = data.per_class or len(members)
        share = data.class_weights[k] if data.class_weights else 1.0
        order = torch.randperm(len(members), generator=generator(f"class {k}", data.seed))
        index.append(members[order[: round(share * drawn)]])
        if not len(index[-1]):
            raise BadData(
                f"data.class_weights = {list(data.class_weights)}: expected shares that leave each class an input; "
                f"{share:g} of {drawn} leaves class {k} none"
            )
    return torch.cat(index).sort().values


def with_noise(labels_N: Tensor, data: Data, classes: int) -> Tensor:
    """Return a copy of the labels in which round(data.label_noise * N) are another class, each equally likely."""
    source = generator("label noise", data.seed)
    wrong = torch.randperm(len(labels_N), generator=source)[: round(data.label_noise * len(labels_N))]
    shift = torch.randint(1, classes, (len(wrong),), generator=source)
    noisy_N = labels_N.clone()
    noisy_N[wrong] = (labels_N[wrong] + shift) % classes
    return noisy_N
