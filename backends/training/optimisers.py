"""The optimisers: torch's own, fused (a pass over each tensor instead of one an operation), and what they remember."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from presets.experiment import Train

_KEPT = {
    torch.optim.SGD: ("momentum_buffer",),
    torch.optim.Adam: ("step", "exp_avg", "exp_avg_sq"),
    torch.optim.AdamW: ("step", "exp_avg", "exp_avg_sq"),
}
"""What each optimiser keeps of every parameter, by its own names."""


def optimiser(spec: Train, network: nn.Module) -> torch.optim.Optimizer:
    """Return the optimiser of the specification for all parameters of a network that is on its device already."""
    parameters, decay = list(network.parameters()), spec.weight_decay
    if spec.optimiser in ("adam", "adamw"):
        kind = torch.optim.Adam if spec.optimiser == "adam" else torch.optim.AdamW
        return kind(parameters, lr=spec.lr, betas=(spec.momentum, 0.999), weight_decay=decay, fused=True)
    return torch.optim.SGD(parameters, lr=spec.lr, momentum=spec.momentum, weight_decay=decay, fused=True)


def state(of: torch.optim.Optimizer, network: nn.Module) -> dict[str, Tensor]:
    """Return what the optimiser remembers, as `layer1.weight.exp_avg`: its own tensors, not copies.

    Empty before the first step, and for SGD without momentum.
    """
    return {
        f"{name}.{key}": value
        for name, parameter in network.named_parameters()
        for key, value in of.state.get(parameter, {}).items()
        if isinstance(value, Tensor)
    }


def restore(of: torch.optim.Optimizer, network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Let the optimiser remember copies of what `state` returned; its empty answer is the state before the first step.

    Raises `ValueError` where names or shapes are not those of this optimiser and the network's parameters.
    """
    kept = _KEPT[type(of)]
    wanted = {
        f"{name}.{key}": torch.Size() if key == "step" else parameter.shape
        for name, parameter in network.named_parameters()
        for key in kept
    }
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    if shapes and shapes != wanted:
        raise ValueError(f"the saved state of the optimiser does not fit the network: it has {list(shapes)}")
    of.state.clear()
    for name, parameter in network.named_parameters() if shapes else ():
        # Copies: what was loaded is the caller's, and may be an unaligned view of a file.
        of.state[parameter] = {key: tensors[f"{name}.{key}"].to(parameter.device, copy=True) for key in kept}
