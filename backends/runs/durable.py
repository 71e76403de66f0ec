"""Durable writes: what was written is there after a power cut, or the old content is.

Temporary name in the same folder, write, fsync, verify, rename, fsync of the folder. An fsync that failed is
never repeated on the same file: its pages are gone, and the repetition would report success.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

OUT_OF_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
TEMPORARY = ".tmp"


def write(path: Path, content: bytes) -> str:
    """Replace `path` by `content` (mode 0600) durably and return the content's SHA-256 (hex).

    Raises OSError with the temporary file removed and the old content in place (only where the very last step,
    the fsync of the folder, fails, is the new content there already, though maybe not after a power cut).
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(temporary, flags, 0o600)
    try:
        with suppress(OSError):  # tells `sweep` that somebody writes here; some file systems know no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        write_all(descriptor, content)
        os.fsync(descriptor)
        digest = checksum(temporary)
        if digest != hashlib.sha256(content).hexdigest():
            raise OSError(errno.EIO, "what was read back differs from what was written", str(path))
        commit(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
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


def sweep(folder: Path) -> None:
    """Remove the temporary files that killed processes left in `folder`; one still being written stays."""
    for path in folder.glob(f".*{TEMPORARY}"):
        with suppress(OSError):  # gone meanwhile, or locked: not ours to remove
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink(missing_ok=True)
            finally:
                os.close(descriptor)


def checksum(path: Path) -> str:
    """Return the SHA-256 (hex) of a file; raises OSError."""
    with os.fdopen(open_regular(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_all(descriptor: int, content: bytes) -> None:
    """Write all of `content`, whatever share of it each call takes; raises OSError."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def open_regular(path: Path) -> int:
    """Open a file of a run, maybe a stranger's, for reading; raises OSError.

    A link, a pipe or a device in its place is refused: following or waiting for it is what its maker wants.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "is a link, which is not followed here", str(path)) from None
        raise
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "is not a regular file", str(path))


def read_regular(path: Path, limit: int) -> bytes:
    """Return the content of a file of a run, opened by `open_regular`, up to `limit` bytes; raises OSError."""
    with os.fdopen(open_regular(path), "rb") as file:
        return file.read(limit)
