"""Lengths of a path: how far the weights move, and how much the logits' path turns.

Shapes: A alphas in ascending order, N inputs, K classes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from backends.models import Layers


def distance_moved(start: Mapping[str, Tensor], end: Mapping[str, Tensor]) -> float | None:
    """Return ||end - start|| / ||start|| over all these tensors together, in float64 (Lucas et al., ICML 2021).

    None where the start is zero: nothing to be relative to.
    """
    moved = math.fsum(float((end[name].double() - start[name].double()).square().sum()) for name in start)
    begun = math.fsum(float(start[name].double().square().sum()) for name in start)
    return math.sqrt(moved / begun) if begun > 0.0 else None


def distance_by_layer(
    start: Mapping[str, Tensor], end: Mapping[str, Tensor], layers: Layers
) -> dict[str, float | None]:
    """Return the distance moved by each layer, its bias included, by the layer's name in the network's order."""
    found: dict[str, float | None] = {}
    for layer, names in tensors_by_layer(layers).items():
        found[layer] = distance_moved({name: start[name] for name in names}, {name: end[name] for name in names})
    return found


def tensors_by_layer(layers: Layers) -> dict[str, tuple[str, ...]]:
    """Return the names of each layer's tensors, by the layer's name: `layer1.weight` is of `layer1`."""
    found: dict[str, tuple[str, ...]] = {}
    for name in layers.roles:
        layer = name.rpartition(".")[0] or name
        found[layer] = (*found.get(layer, ()), name)
    return found


def gauss_length(logits_ANK: Tensor) -> float | None:
    """Return the mean over inputs of the length of the unit tangent's trace (Lucas et al., ICML 2021), in radians.

    The path of an input is the polygon through its logits; the tangent turns by the angle between neighbouring
    sides. Sides of length zero have no direction and are passed over. 0 for a straight path; None where fewer than
    two sides have one, or a logit is not finite.
    """
    if not bool(logits_ANK.isfinite().all()):
        return None
    turns = [turn for path_AK in logits_ANK.double().transpose(0, 1) if (turn := _turning(path_AK)) is not None]
    return math.fsum(turns) / len(turns) if turns else None


def _turning(path_AK: Tensor) -> float | None:
    sides_AK = path_AK.diff(dim=0)
    lengths_A = sides_AK.norm(dim=1)
    tangents_AK = sides_AK[lengths_A > 0] / lengths_A[lengths_A > 0, None]
    if len(tangents_AK) < 2:
        return None
    before_AK, after_AK = tangents_AK[:-1], tangents_AK[1:]
    # 2 atan2(|u - v|, |u + v|): exact for tiny angles, where acos of the inner product loses half of the digits.
    angles_A = 2.0 * torch.atan2((after_AK - before_AK).norm(dim=1), (after_AK + before_AK).norm(dim=1))
    return float(angles_A.sum())
