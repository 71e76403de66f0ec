"""A network of the user's own: made by the user's code, or held by the user's program."""

from __future__ import annotations

import copy
import importlib.util
import sys
from pathlib import Path

import torch
from torch import nn

from backends import models
from backends.blame import Blame
from backends.runs import durable
from backends.runs.errors import BadRequest
from backends.runs.text import safe_line


def build(place: str, sha256: str) -> nn.Module:
    """Run FILE.py of `place` (FILE.py:FACTORY), call its FACTORY without arguments and return the network.

    The folder of FILE.py is searched first for what it imports. Raises `BadRequest`, one line, where the file has
    changed since `sha256` was taken, raises, has no such name, or gives no nn.Module; the traceback goes to stderr.
    """
    file, _, name = place.rpartition(":")
    what = f"own.model = {safe_line(place)!r}"
    with Blame(what, log=True):
        require_unchanged(Path(file), sha256, what)
        sys.path.insert(0, str(Path(file).parent))
        spec = importlib.util.spec_from_file_location(f"mli_tui_own_{Path(file).stem}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses and pickling look a class's module up there
        spec.loader.exec_module(module)
        if not hasattr(module, name):
            raise BadRequest(f"{what}: the file has no {name}")
        network = getattr(module, name)()
    if not isinstance(network, nn.Module):
        raise BadRequest(f"{what}: the factory returned {type(network).__name__}; expected a torch.nn.Module")
    return network


def require_unchanged(path: Path, sha256: str, what: str) -> None:
    """Raise `BadRequest` unless the file has this SHA-256."""
    try:
        found = durable.checksum(path)
    except OSError as error:
        raise BadRequest(f"{what}: {safe_line(str(path))}: {error.strerror}") from None
    if found != sha256:
        raise BadRequest(f"{what}: {safe_line(str(path))} has changed since the run was made")


def private_copy(model: nn.Module) -> nn.Module:
    """Return a copy to measure with, in evaluation mode and without gradients: the user's own stays as it is.

    Of a module that torch.compile wrapped the inner one is copied: its tensors have the plain names.
    """
    inner = getattr(model, "_orig_mod", model)
    with Blame("model: can't be copied"):
        return copy.deepcopy(inner).eval().requires_grad_(False)


def dtype_of(network: nn.Module) -> torch.dtype:
    """Return the one floating-point type of all parameters; raises `BadRequest` for another or for several."""
    found = {parameter.dtype for parameter in network.parameters()}
    if found in ({torch.float32}, {torch.float64}):
        return found.pop()
    shown = ", ".join(sorted(str(dtype).removeprefix("torch.") for dtype in found)) or "no parameters"
    raise BadRequest(f"model: has {shown}; expected all parameters to be float32, or all float64")


@torch.inference_mode()
def outputs(network: nn.Module, input_shape: tuple[int, ...]) -> int:
    """Return how many outputs K the network has for one input of this shape; raises `BadRequest` unless (1, K).

    The network must be in evaluation mode.
    """
    like = next(network.parameters())
    with Blame(f"model: does not take an input of shape {input_shape}"):
        given = network(torch.zeros(1, *input_shape, dtype=like.dtype, device=like.device))
    shape = tuple(given.shape) if isinstance(given, torch.Tensor) else type(given).__name__
    if not isinstance(given, torch.Tensor) or given.dim() != 2 or len(given) != 1 or given.shape[1] < 2:
        raise BadRequest(f"model: gives {shape} for one input; expected logits of shape (1, K), at least two classes")
    return int(given.shape[1])


def require_known_layers(network: nn.Module) -> None:
    """Raise `BadRequest`, one line, where the layers that the schemes need can't be told."""
    try:
        models.describe(network)
    except ValueError as error:
        raise BadRequest(f"model: {safe_line(str(error))}") from None
