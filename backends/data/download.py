"""Getting a data set: `python -m backends.data.download NAME DIR`; what happens is one JSON object a line on stdout.

Addresses and checksums are those in torchvision's own classes. What was fetched before a connection broke is kept in
a .part file, and gone on from where the server can do that.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import http.client
import json
import shutil
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

from backends.data import known
from backends.runs import datasets, paths
from backends.runs.errors import BadRequest, RunError

CHUNK = 1 << 16
SILENCE_SECONDS = 30.0
"""A server that says nothing for so long is gone."""
PACE_SECONDS = 0.1
NETWORK_ERRORS = (OSError, http.client.HTTPException)


@dataclass(frozen=True)
class Source:
    """A file to fetch: where it can be had, its name, and the MD5 that it must have."""

    urls: tuple[str, ...]
    file: str
    md5: str


class Progress(NamedTuple):
    """How far one file is, in bytes; the total is None where the server does not say."""

    file: str
    done: int
    total: int | None


def sources(name: str) -> tuple[Source, ...]:
    """Return the files that make up a downloadable data set, as torchvision's class of it says."""
    if name in known.IDX:
        mirrors, resources = known.IDX[name].mirrors, known.IDX[name].resources
        return tuple(Source(tuple(mirror + file for mirror in mirrors), file, md5) for file, md5 in resources)
    one = known.CIFAR[name]
    return (Source((one.url,), one.filename, one.tgz_md5),)


def get(name: str, root: Path, files: tuple[Source, ...], tell: Callable[[Progress], object]) -> Path:
    """Fetch and unpack a data set into the data folder `root`, unless it is there and whole; return its folder.

    Raises `RunError`, one line, where the network fails or what came is not what was published, and OSError.
    """
    try:
        known.read(name, root)
    except RunError:
        pass
    else:
        return datasets.locate(name, root)
    target = paths.make_private(root) / datasets.KNOWN[name].folders[0]
    target.mkdir(parents=True, exist_ok=True)
    archives = [fetch(source, target, tell) for source in files]
    for archive in archives:
        _unpack(archive, target, datasets.KNOWN[name].files)
    for archive in archives:
        archive.unlink()
    known.read(name, root)
    return datasets.locate(name, root)


def fetch(source: Source, folder: Path, tell: Callable[[Progress], object]) -> Path:
    """Return the file in `folder`, fetched from the first address that has it; raises `RunError` and OSError."""
    path = folder / source.file
    if path.is_file() and _md5(path) == source.md5:
        return path
    partial = folder / f"{source.file}.part"
    with partial.open("ab") as part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadRequest(f"{source.file}: is being fetched already, by another process") from None
        failure = _pull_from_any(source, part, tell)
        part.flush()
        if failure:
            hosts = ", ".join(urlsplit(url).netloc for url in source.urls)
            kept = f"; {part.tell()} bytes are here, the same command goes on from there" if part.tell() else ""
            if not kept:
                partial.unlink()
            raise RunError(f"{source.file}: can't be fetched from {hosts}: {failure}{kept}")
        if _md5(partial) != source.md5:
            partial.unlink()
            raise RunError(f"{source.file}: its checksum is not the published one; it was removed, try again")
        partial.replace(path)
    return path


def _pull_from_any(source: Source, part: BinaryIO, tell: Callable[[Progress], object]) -> str:
    """Fetch from each address for as long as it gets on; return "" once the file is whole, else why it is not."""
    failure = ""
    for url in source.urls:
        while True:
            before = part.tell()
            failure = _pull(url, source.file, part, tell)
            if not failure:
                return ""
            if part.tell() <= before:
                break
    return failure


def _pull(url: str, file: str, part: BinaryIO, tell: Callable[[Progress], object]) -> str:
    """Append to `part` what it lacks of the file at `url`; return "" once it is whole, else what the network said.

    A server that can't begin in the middle begins anew, and so do we. Raises OSError where the disk fails.
    """
    have = part.tell()
    asked = {"User-Agent": "mli-tui"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=asked), timeout=SILENCE_SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        # 416: there is nothing after what is here. Whether that is the file is for its checksum to say.
        return "" if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have else str(error)
    except NETWORK_ERRORS as error:
        return _reason(error)
    with response:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            part.truncate(0)
            have = 0
        length = response.headers.get("Content-Length", "")
        total = have + int(length) if length.isdigit() else None
        while True:
            try:
                chunk = response.read(CHUNK)
            except NETWORK_ERRORS as error:
                return _reason(error)
            if not chunk:
                break
            part.write(chunk)
            tell(Progress(file, part.tell(), total))
    return "" if total in (None, part.tell()) else f"the connection broke off after {part.tell()} of {total} bytes"


def _reason(error: Exception) -> str:
    """Return in words why the network failed: what the system says, where an error of the system is the cause."""
    cause = getattr(error, "reason", error)
    return getattr(cause, "strerror", None) or str(cause) or type(error).__name__


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _unpack(archive: Path, target: Path, files: tuple[str, ...]) -> None:
    """Put the files that are in the archive into `target`, each whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=target) as scratch:
        if archive.name.endswith(".tar.gz"):
            with tarfile.open(archive) as tar:
                tar.extractall(scratch, filter="data")
            inner = Path(scratch) / target.name
        else:
            inner = Path(scratch)
            with gzip.open(archive) as source, (inner / archive.stem).open("wb") as plain:
                shutil.copyfileobj(source, plain, 1 << 20)
        for file in files:
            if (inner / file).is_file():
                (inner / file).replace(target / file)


class JsonLines:
    """Tells progress on stdout, ten times a second at most and at the end of each file."""

    def __init__(self) -> None:
        """Nothing was told yet."""
        self._told = 0.0

    def __call__(self, now: Progress) -> None:
        """Print one object with `file`, `done` and `total`."""
        if now.done == now.total or time.monotonic() - self._told >= PACE_SECONDS:
            self._told = time.monotonic()
            print(json.dumps(now._asdict()), flush=True)


def main() -> int:
    """Get the data set named on the command line; returns 0, or the exit code of what was told as `error`."""
    name, folder = sys.argv[1:]
    try:
        found = get(name, Path(folder), sources(name), JsonLines())
    except RunError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return error.exit_code
    except OSError as error:
        print(json.dumps({"error": f"{error.filename or folder}: {error.strerror or error}"}), flush=True)
        return 1
    print(json.dumps({"folder": str(found)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
