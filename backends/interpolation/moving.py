"""Which layers move: all, or some while the others stay (Vlaar and Frankle, ICML 2022)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from backends.interpolation.lengths import tensors_by_layer
from backends.models import Layers
from backends.runs.errors import BadRequest
from presets.experiment import Interpolation


def held_tensors(
    layers: Layers, spec: Interpolation, start: Mapping[str, Tensor], end: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return the tensors that stay, where `only` names layers: those of all others, at `others`; else none.

    Raises `BadRequest` for a name or number that no layer has.
    """
    if not spec.only:
        return {}
    stay = end if spec.others == "end" else start
    moving = tensors_of(layers, spec.only)
    return {name: stay[name] for name in layers.roles if name not in moving}


def tensors_of(layers: Layers, chosen: Sequence[str]) -> frozenset[str]:
    """Return the names of all tensors of layers given by name or by number h; raises `BadRequest`."""
    named = tensors_by_layer(layers)
    found: set[str] = set()
    for one in chosen:
        numbered = [name for name, role in layers.roles.items() if str(role.number) == one]
        mine = named.get(one) or tuple(numbered)
        if not mine:
            known = ", ".join(list(named)[:40])
            raise BadRequest(f"interpolation.only = '{one}': no such layer; expected a number h or one of: {known}")
        found.update(mine)
    return frozenset(found)
