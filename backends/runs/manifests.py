"""Checkpoints on the disk: tensor files with a manifest each. The manifests are the truth, the pointer a hint.

A manifest is written after its files are durable, with their checksums and one of its own, so a checkpoint either
is complete or is not there. Points to resume from (`resume-*`) are kept two deep; what the specification asks for
is kept for good.
"""

from __future__ import annotations

import hashlib
import re
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from backends.runs import durable
from backends.runs.errors import Damaged
from backends.runs.text import safe_line

Kind = Literal["kept", "resume"]
POINTER = "latest"
KEEP_RESUME = 2
MAX_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
_Count = Annotated[int, Meta(ge=0, le=2**53)]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One checkpoint: its files with their SHA-256, and where in the training it was made."""

    name: str
    kind: Kind
    epoch: _Count
    batch: _Count
    files: dict[str, str]


class _Sealed(msgspec.Struct):
    """A manifest as it is on the disk: one flipped bit in an epoch would still be a number."""

    manifest: msgspec.Raw
    sha256: str


def write(folder: Path, manifest: Manifest) -> None:
    """Make the checkpoint real: manifest, then pointer, then older resume points go.

    Raises OSError, and ValueError for a manifest that `read` would refuse.
    """
    if not _is_sound(manifest):
        raise ValueError(f"checkpoint {manifest.name!r}: its files must be called {manifest.name}.something")
    body = msgspec.json.encode(manifest)
    sealed = _Sealed(msgspec.Raw(body), hashlib.sha256(body).hexdigest())
    durable.write(_path(folder, manifest.name), msgspec.json.encode(sealed) + b"\n")
    if manifest.kind == "resume":
        durable.write(folder / POINTER, manifest.name.encode() + b"\n")
        _forget_older(folder)


def resume_points(folder: Path) -> list[Manifest]:
    """Return the manifests of checkpoints that a run can go on from, newest first; unreadable ones are left out."""
    found = [m for path in folder.glob("resume-*.json") if (m := read(path)) is not None and m.kind == "resume"]
    return sorted(found, key=lambda m: (m.epoch, m.batch), reverse=True)


def newest_good(folder: Path) -> tuple[Manifest | None, list[str]]:
    """Return the newest resume point that is what its manifest says, and a line for each that is not."""
    complaints = [
        f"checkpoint {safe_line(path.stem)}: its manifest is damaged"
        for path in sorted(folder.glob("resume-*.json"))
        if read(path) is None
    ]
    for manifest in resume_points(folder):
        try:
            verify(folder, manifest)
        except Damaged as error:
            complaints.append(str(error))
        else:
            return manifest, complaints
    return None, complaints


def read(path: Path) -> Manifest | None:
    """Return the manifest in a file, or None where it is missing, damaged or names files elsewhere."""
    try:
        sealed = msgspec.json.decode(durable.read_regular(path, MAX_BYTES), type=_Sealed)
        body = bytes(sealed.manifest)
        manifest = msgspec.json.decode(body, type=Manifest)
    except (OSError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None
    whole = hashlib.sha256(body).hexdigest() == sealed.sha256
    return manifest if whole and manifest.name == path.stem and _is_sound(manifest) else None


def verify(folder: Path, manifest: Manifest) -> None:
    """Raise `Damaged` unless every file of the checkpoint has the checksum that its manifest names."""
    for name, expected in manifest.files.items():
        try:
            found = durable.checksum(folder / name)
        except OSError as error:
            raise Damaged(f"checkpoint {manifest.name}: {name}: {error.strerror}") from None
        if found != expected:
            raise Damaged(f"checkpoint {manifest.name}: {name} is not what its manifest says (checksum differs)")


def _is_sound(manifest: Manifest) -> bool:
    """Return whether it is found by its kind and names files: in its folder, and no other checkpoint's."""
    name = manifest.name
    found = name.startswith("resume-") == (manifest.kind == "resume")
    own = all(_NAME.fullmatch(file) and file.startswith(f"{name}.") for file in manifest.files)
    return bool(_NAME.fullmatch(name) and found and manifest.files and own) and f"{name}.json" not in manifest.files


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


def _forget_older(folder: Path) -> None:
    """Remove resume points beyond the newest good two, and what a kill left of others.

    Manifests first, and durably so: none ever lacks its files, whenever the power goes.
    """
    points = resume_points(folder)
    good = list(islice((manifest for manifest in points if _is_good(folder, manifest)), KEEP_RESUME))
    if len(good) < KEEP_RESUME:
        return
    oldest = points.index(good[-1])
    for manifest in points[oldest + 1 :]:
        _path(folder, manifest.name).unlink(missing_ok=True)
    durable.sync_folder(folder)
    kept = {name for manifest in points[: oldest + 1] for name in (*manifest.files, f"{manifest.name}.json")}
    for path in folder.glob("resume-*"):
        if path.name not in kept:
            path.unlink(missing_ok=True)


def _is_good(folder: Path, manifest: Manifest) -> bool:
    try:
        verify(folder, manifest)
    except Damaged:
        return False
    return True
