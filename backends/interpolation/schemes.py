"""Path schemes: how far each tensor has moved at alpha."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from backends.models import Layers, Role
from presets.experiment import Scheme


def coefficient(scheme: Scheme, role: Role, alpha: float) -> float:
    """Return c(alpha) of a tensor: it stands at (1 - c) * start + c * end.

    `linear` moves everything as alpha; `homogeneous` the bias of layer h as alpha^h, the way the signal scales
    up to that layer (Wang et al., ICLR 2023).
    """
    if scheme == "homogeneous" and role.is_bias:
        return float(alpha**role.number)
    return float(alpha)


def interpolate(
    start: Mapping[str, Tensor], end: Mapping[str, Tensor], layers: Layers, scheme: Scheme, alpha: float
) -> dict[str, Tensor]:
    """Return the tensors at alpha, new ones; at coefficient 0 and 1 they equal start and end bit for bit."""
    return {
        name: between(start[name], end[name], coefficient(scheme, layers.roles[name], alpha)) for name in layers.roles
    }


def between(start: Tensor, end: Tensor, c: float) -> Tensor:
    """Return (1 - c) * start + c * end; at the ends a copy, since 0 * x loses the sign of a zero."""
    if c == 0.0:
        return start.clone()
    if c == 1.0:
        return end.clone()
    return torch.add((1.0 - c) * start, end, alpha=c)
