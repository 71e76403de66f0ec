"""Checkpoints on the disk: tensor files with a manifest each. The manifests are the truth, the pointer a hint.

A manifest is written after its files are durable, with their checksums, so a checkpoint either is complete or is
not there. Files that resume a run (`resume-*`) are kept two deep; those the specification asks for are kept.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import msgspec

from backends.runs import durable
from backends.runs.errors import Damaged

Kind = Literal["kept", "resume"]
POINTER = "latest"
KEEP_RESUME = 2
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One checkpoint: its files with their SHA-256, and where in the training it was made."""

    name: str
    kind: Kind
    epoch: int
    batch: int
    files: dict[str, str]


def write(folder: Path, manifest: Manifest) -> None:
    """Make the checkpoint real: manifest, then pointer, then older resume points go. Raises OSError."""
    durable.write(folder / f"{manifest.name}.json", msgspec.json.format(msgspec.json.encode(manifest)))
    if manifest.kind == "resume":
        durable.write(folder / POINTER, manifest.name.encode() + b"\n")
        _forget_older(folder)


def resume_points(folder: Path) -> list[Manifest]:
    """Return the manifests of checkpoints that a run can go on from, newest first; unreadable ones are left out."""
    found = [m for path in folder.glob("resume-*.json") if (m := read(path)) is not None and m.kind == "resume"]
    return sorted(found, key=lambda m: (m.epoch, m.batch), reverse=True)


def newest_good(folder: Path) -> tuple[Manifest | None, list[str]]:
    """Return the newest resume point whose files have their checksums, and a line for each that has not."""
    complaints: list[str] = []
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
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    names = (manifest.name, *manifest.files)
    return manifest if all(_NAME.fullmatch(name) for name in names) else None


def verify(folder: Path, manifest: Manifest) -> None:
    """Raise `Damaged` unless every file of the checkpoint has the checksum that its manifest names."""
    for name, expected in manifest.files.items():
        try:
            found = durable.checksum(folder / name)
        except OSError as error:
            raise Damaged(f"checkpoint {manifest.name}: {name}: {error.strerror}") from None
        if found != expected:
            raise Damaged(f"checkpoint {manifest.name}: {name} is not what its manifest says (checksum differs)")


def _forget_older(folder: Path) -> None:
    """Remove resume points beyond the newest good two: manifest first, so that none ever lacks its files."""
    good = 0
    for manifest in resume_points(folder):
        if good >= KEEP_RESUME:
            (folder / f"{manifest.name}.json").unlink(missing_ok=True)
            for name in manifest.files:
                (folder / name).unlink(missing_ok=True)
        elif _is_good(folder, manifest):
            good += 1


def _is_good(folder: Path, manifest: Manifest) -> bool:
    try:
        verify(folder, manifest)
    except Damaged:
        return False
    return True
