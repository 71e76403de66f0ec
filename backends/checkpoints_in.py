"""Checkpoints that others wrote: read without running any code in them, fitted to a network by name and shape.

Nothing is guessed silently: what was taken from where in the file, which prefix was dropped and which type was cast
is told in notes; names that do not match are listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeGuard

import msgspec
import safetensors.torch
import torch
from torch import Tensor, nn

from backends.blame import Blame, reason
from backends.runs.errors import BadRequest
from backends.runs.text import safe_line

MAX_HEADER = 1 << 20
"""Bytes of a safetensors header: a name, a shape and two offsets for each of 10,000 tensors."""
MAX_TENSORS = 10_000
LISTED = 12
"""How many names that do not match are listed."""
CONTAINERS = ("state_dict", "model_state_dict", "model", "module", "net", "weights")
"""Where training frameworks put the state dict in a file that holds more."""
PREFIXES = ("model.", "module.", "_orig_mod.")
"""What Lightning, Hugging Face, DistributedDataParallel and torch.compile put before every name."""
PICKLED = (".pt", ".pth", ".ckpt", ".bin")
_GLOBAL = re.compile(r"GLOBAL ([\w.]+)")

Note = Callable[[str], object]


def load_state(path: str | Path, note: Note = lambda _text: None) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint by name, on the CPU; what is to be known of it is told to `note`.

    A .safetensors file, or a .pt, .pth, .ckpt or .bin file of torch.save, read with weights_only. Raises
    `BadRequest`, one line, for a file that is missing, damaged, of hostile size, or holds no state dict or code.
    """
    path = Path(path)
    what = f"checkpoint {safe_line(str(path))}"
    if path.suffix not in (".safetensors", *PICKLED):
        raise BadRequest(f"{what}: expected a file that ends in .safetensors, {', '.join(PICKLED)}")
    if not path.is_file():
        raise BadRequest(f"{what}: {'not a file' if path.exists() else 'no such file'}")
    found = _safetensors(path, what) if path.suffix == ".safetensors" else _pickled(path, what, note)
    if len(found) > MAX_TENSORS:
        raise BadRequest(f"{what}: holds {len(found)} tensors; at most {MAX_TENSORS} are read")
    return found


def _safetensors(path: Path, what: str) -> dict[str, Tensor]:
    with Blame(what), path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > MAX_HEADER:
            raise BadRequest(f"{what}: its header has {length} bytes; at most {MAX_HEADER} are read")
        header = msgspec.json.decode(file.read(length), type=dict[str, msgspec.Raw])
    if len(header) > MAX_TENSORS + 1:  # one entry is metadata
        raise BadRequest(f"{what}: holds {len(header)} tensors; at most {MAX_TENSORS} are read")
    with Blame(what):
        return safetensors.torch.load_file(path)


def _pickled(path: Path, what: str, note: Note) -> dict[str, Tensor]:
    with Blame(what, explain=_why_not_read):
        content = torch.load(path, map_location="cpu", weights_only=True)
    return _state_in(content, what, note)


def _why_not_read(error: BaseException) -> str:
    """Return in our words what torch says over many lines, part of them advice to run the code."""
    if type(error).__name__ != "UnpicklingError":
        return reason(error)
    named = _GLOBAL.search(str(error))
    code = f"with code in it ({safe_line(named[1], 80)})" if named else "damaged, or with code in it"
    return f"is no plain file of tensors: {code}, which is never run; save model.state_dict() alone, or safetensors"


def _state_in(content: object, what: str, note: Note) -> dict[str, Tensor]:
    """Return the state dict that is the content itself, or stands in it under one of the usual names."""
    if _is_state(content):
        return dict(content)
    held = content if isinstance(content, Mapping) else {}
    inside = {name: state for name in CONTAINERS if _is_state(state := held.get(name))}
    if len(inside) > 1:
        raise BadRequest(f"{what}: holds several state dicts ({', '.join(inside)}); save the one that is meant alone")
    for name, state in inside.items():
        note(f"{what}: its state dict was taken from {name!r}")
        return dict(state)
    raise BadRequest(f"{what}: holds no state dict, neither at its top nor under {', '.join(CONTAINERS)}")


def _is_state(content: object) -> TypeGuard[Mapping[str, Tensor]]:
    """Return whether this is a mapping of names to plain tensors, and not empty."""
    return (
        isinstance(content, Mapping)
        and bool(content)
        and all(isinstance(name, str) for name in content)
        and all(isinstance(t, Tensor) and t.layout == torch.strided for t in content.values())
    )


def fit_state(
    state: Mapping[str, Tensor], network: nn.Module, what: str, note: Note = lambda _text: None
) -> dict[str, Tensor]:
    """Return copies of a checkpoint's tensors under the network's own names, in its types and on its device.

    A prefix that all names share is dropped where the network's own have none, and `note` is told. Raises
    `BadRequest`, one line, where names or shapes differ (up to `LISTED` are listed) or a number is not finite.
    """
    own = network.state_dict()
    state = _without_prefixes(state, own, what, note)
    _require_names(state, own, what)
    _require_shapes(state, own, what)
    cast = sorted({f"{t.dtype} to {own[name].dtype}" for name, t in state.items() if t.dtype != own[name].dtype})
    if cast:
        note(f"{what}: cast from {', '.join(cast)}".replace("torch.", ""))
    fitted = {name: state[name].detach().to(own[name].device, own[name].dtype, copy=True) for name in own}
    for name, tensor in fitted.items():
        if not bool(torch.isfinite(tensor).all()):
            count = int((~torch.isfinite(tensor)).sum())
            raise BadRequest(f"{what}: {safe_line(name)} has {count} values that are not finite (NaN or infinite)")
    return fitted


def _without_prefixes(
    state: Mapping[str, Tensor], own: Mapping[str, Tensor], what: str, note: Note
) -> Mapping[str, Tensor]:
    dropped = ""
    while state.keys() != own.keys():
        common = (p for p in PREFIXES if _all_begin(state, p) and not _all_begin(own, p))
        prefix = next(common, None)
        if prefix is None:
            break
        state = {name.removeprefix(prefix): tensor for name, tensor in state.items()}
        dropped += prefix
    if dropped:
        note(f"{what}: the prefix {dropped!r} was dropped from every name")
    return state


def _all_begin(names: Mapping[str, Tensor], prefix: str) -> bool:
    return bool(names) and all(name.startswith(prefix) and name != prefix for name in names)


def _require_names(state: Mapping[str, Tensor], own: Mapping[str, Tensor], what: str) -> None:
    missing, unknown = [n for n in own if n not in state], [n for n in state if n not in own]
    parts = [
        f"{verb} {_some(names)}"
        for verb, names in (("lacks", missing), ("has what the network does not:", unknown))
        if names
    ]
    if parts:
        raise BadRequest(f"{what}: its names are not the network's: it {'; it '.join(parts)}")


def _require_shapes(state: Mapping[str, Tensor], own: Mapping[str, Tensor], what: str) -> None:
    wrong = [
        f"{name} is {_shape(state[name])}, in the network {_shape(own[name])}"
        for name in own
        if state[name].shape != own[name].shape
    ]
    if wrong:
        raise BadRequest(f"{what}: its shapes are not the network's: {_some(wrong)}")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return safe_line(", ".join(safe_line(n, 120) for n in names[:LISTED]), 1_500) + more


def _shape(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "a single number"
