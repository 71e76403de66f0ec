"""torchvision's own classification networks, by name, with our initialisation.

They stay as torchvision builds them, but for: the first convolution takes as many channels as the images have; dropout
and stochastic depth are off, so that training is a function of the seed; networks with auxiliary outputs are built
without them. `model.width`, `depth` and the other keys of the form do not apply.
"""

from __future__ import annotations

import copy
import difflib

import torch
from torch import nn

from backends.models.graph import describe
from backends.models.initial import he_normal_everywhere, keep_biases
from backends.models.modes import evaluating
from backends.runs.errors import BadRequest
from presets.experiment import Model

PREFIX = "torchvision:"
_WITHOUT_AUXILIARY = {"googlenet": {"aux_logits": False}, "inception_v3": {"aux_logits": False}}


def build(model: Model, input_shape: tuple[int, ...], classes: int, seed: int) -> nn.Module:
    """Return the network with our initialisation, in float64 on the CPU, for images (B, *input_shape).

    Linear layers and convolutions are He-normal times init_scale with biases of zero; what else there is (norms,
    class tokens) begins as torchvision draws it, from the same seed. Raises `BadRequest` for an unknown name, for
    inputs that do not fit, and for biases that can't be taken away.
    """
    network = _construct(model, classes, seed)
    _fit_channels(model, network, input_shape)
    _without_dropout(network)
    network.double()
    _require_fit(model, network, input_shape)
    _keep_biases(model, network)
    he_normal_everywhere(network, model.init_scale, seed)
    return network


def _construct(model: Model, classes: int, seed: int) -> nn.Module:
    import torchvision

    name = model.network.removeprefix(PREFIX)
    known = torchvision.models.list_models(module=torchvision.models)
    if name not in known:
        near = ", ".join(difflib.get_close_matches(name, known, 3)) or ", ".join(known[:8]) + ", ..."
        raise BadRequest(f"model.network = {model.network!r}: torchvision has no such classifier; near: {near}")
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        built = torchvision.models.get_model(
            name, weights=None, num_classes=classes, **_WITHOUT_AUXILIARY.get(name, {})
        )
    assert isinstance(built, nn.Module)
    return built


def _fit_channels(model: Model, network: nn.Module, input_shape: tuple[int, ...]) -> None:
    """Give the first convolution as many input channels as the images have."""
    shown = "x".join(map(str, input_shape))
    if len(input_shape) != 3:
        raise BadRequest(f"model.network = {model.network!r}: expected a data set of images, not inputs of {shown}")
    name, first = next((name, m) for name, m in network.named_modules() if isinstance(m, nn.Conv2d))
    if first.in_channels == input_shape[0]:
        return
    fitted = nn.Conv2d(
        input_shape[0],
        first.out_channels,
        (first.kernel_size[0], first.kernel_size[1]),
        (first.stride[0], first.stride[1]),
        padding=(int(first.padding[0]), int(first.padding[1])),
        bias=first.bias is not None,
    )
    owner, _, own = name.rpartition(".")
    setattr(network.get_submodule(owner), own, fitted)


def _without_dropout(network: nn.Module) -> None:
    from torchvision.ops import StochasticDepth

    for module in network.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd | StochasticDepth):
            module.p = 0.0
        if isinstance(module, nn.MultiheadAttention):
            module.dropout = 0.0


def _require_fit(model: Model, network: nn.Module, input_shape: tuple[int, ...]) -> None:
    """Send two shapes through, no numbers; raises `BadRequest` where an input does not fit."""
    shapes = copy.deepcopy(network).to("meta")
    try:
        with evaluating(shapes), torch.no_grad():
            shapes(torch.empty(2, *input_shape, device="meta", dtype=torch.float64))
    except (RuntimeError, ValueError, AssertionError) as error:
        shown, why = "x".join(map(str, input_shape)), " ".join(str(error).split())[:200]
        raise BadRequest(f"model.network = {model.network!r}: inputs of {shown} do not fit: {why}") from error


def _keep_biases(model: Model, network: nn.Module) -> None:
    """Leave the biases that `model.bias` names; raises `BadRequest` where others can't be taken away.

    Also where the layers of the network can't be found.
    """
    assert isinstance(model.bias, str)  # a list of layers is refused for these networks
    try:
        keep_biases(network, model.bias)
        left = [name for name, role in describe(network).roles.items() if role.is_bias]
    except ValueError as error:
        raise BadRequest(f"model.network = {model.network!r}: {error}") from error
    if model.bias != "all" and len(left) > (model.bias == "last"):
        raise BadRequest(f"model.bias = {model.bias!r}: {model.network} can't do without {left[0]}; expected all")
