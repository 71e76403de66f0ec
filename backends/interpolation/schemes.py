"""Path schemes: how each tensor moves from start to end as alpha goes from 0 to 1.

Every tensor is (1 - c) start + c end, with a coefficient c(alpha) that depends on what the tensor is; `linear` is
Goodfellow et al. 2015, `homogeneous` is Wang et al. 2023 (arXiv 2210.01019), the others are ablations.

Shapes: A alphas of a block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from backends.models import Layers, Role
from presets.experiment import Scheme


def coefficient(scheme: Scheme, role: Role, alpha: float) -> float:
    """Return c of one tensor at alpha; exactly 0.0 or 1.0 at alpha 0.0 or 1.0, save biases of
    `fixed_bias` and counters: 1.0.

    Weights and running statistics: alpha. Biases of layer h: alpha for `linear` and `equal_last_bias`, alpha^h for
    `homogeneous`, the same but alpha in the last layer for `last_bias_linear`, 1 for `fixed_bias`. Counters: 1, they
    are the end's on the whole path.
    """
    if role.buffer == "counter" or (scheme == "fixed_bias" and role.is_bias):
        return 1.0
    by_layer = scheme == "homogeneous" or (scheme == "last_bias_linear" and not role.is_last)
    return alpha**role.number if role.is_bias and by_layer else alpha


def interpolate(
    start: Mapping[str, Tensor], end: Mapping[str, Tensor], layers: Layers, scheme: Scheme, alpha: float
) -> dict[str, Tensor]:
    """Return every tensor at this alpha, by name.

    Where c is 0 or 1 it is the start or end tensor itself, not a copy: arithmetic would lose its bits (-0.0 + 0.0 is
    0.0, and 0 times infinity is NaN). So write to none of them.
    """
    end = end_point(end, layers, scheme)
    return {
        name: _between(start[name], end[name], coefficient(scheme, role, alpha)) for name, role in layers.roles.items()
    }


def interpolate_block(
    start: Mapping[str, Tensor], end: Mapping[str, Tensor], layers: Layers, scheme: Scheme, alphas: Sequence[float]
) -> dict[str, Tensor]:
    """Return every tensor at all of these alphas, by name, each with a new first axis (A, ...).

    Equal to `interpolate` at each alpha to rounding, not bit for bit.
    """
    end = end_point(end, layers, scheme)
    moving = {name: role for name, role in layers.roles.items() if role.buffer != "counter"}
    one = end[next(iter(moving))]
    table = [[coefficient(scheme, role, alpha) for alpha in alphas] for role in moving.values()]
    each_A = torch.tensor(table, dtype=one.dtype, device=one.device)
    columns = {name: c_A.view(-1, *[1] * start[name].dim()) for name, c_A in zip(moving, each_A, strict=True)}
    counters = {name: end[name].expand(len(alphas), *end[name].shape) for name in layers.roles if name not in moving}
    return {name: (1.0 - c) * start[name] + c * end[name] for name, c in columns.items()} | counters


def end_point(end: Mapping[str, Tensor], layers: Layers, scheme: Scheme) -> dict[str, Tensor]:
    """Return where the path ends: `end`, for `equal_last_bias` with the last bias replaced by its mean over classes.

    Every other tensor is that of `end` itself, not a copy.
    """
    last = layers.last_bias
    if scheme != "equal_last_bias" or last is None:
        return dict(end)
    return {**end, last: end[last].mean().expand_as(end[last]).clone()}


def zero_start(end: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return zeros in the shapes of `end`: the start from which predicted curves are exact."""
    return {name: torch.zeros_like(tensor) for name, tensor in end.items()}


def _between(start: Tensor, end: Tensor, c: float) -> Tensor:
    if c == 0.0:
        return start
    if c == 1.0:
        return end
    return torch.mul(start, 1.0 - c).add_(end, alpha=c)
