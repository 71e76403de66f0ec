"""Durable writes: what was written is there after a power cut, or the old content is.

Temporary name in the same folder, write, fsync, verify, rename, fsync of the folder. An fsync that failed is
never repeated on the same file: its pages are gone, and the repetition would report success.
"""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

OUT_OF_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


def write(path: Path, content: bytes) -> str:
    """Replace `path` by `content` (mode 0600) durably and return the content's SHA-256 (hex).

    Raises OSError, with the temporary file removed and the old content untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _write_new(temporary, content)
        digest = checksum(temporary)
        if digest != hashlib.sha256(content).hexdigest():
            raise OSError(errno.EIO, "what was read back differs from what was written", str(path))
        commit(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return digest


def commit(temporary: Path, path: Path) -> None:
    """Move a file that is already on the disk to its name, and make the name durable."""
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names created, renamed or removed in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checksum(path: Path) -> str:
    """Return the SHA-256 (hex) of a file; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_all(descriptor: int, content: bytes) -> None:
    """Write all of `content`, whatever share of it each call takes; raises OSError."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _write_new(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
