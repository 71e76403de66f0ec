"""What reaches the terminal: lines made harmless, JSON in ASCII, files written whole. No colours anywhere."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from backends.runs import durable
from backends.runs.errors import BadRequest
from backends.runs.text import safe_text
from mli_tui import links

STDOUT = "-"


def say(line: str = "") -> None:
    """Print a line on stdout, at once: whoever reads along sees progress as it happens."""
    print(safe_text(line, 20_000), flush=True)


class Written(NamedTuple):
    """A file that was written, and whether one was there before."""

    path: Path
    replaced: bool

    def __str__(self) -> str:
        return f"{self.path} (replaced)" if self.replaced else str(self.path)


def tell_written(done: Written | None, on_stderr: bool = False) -> None:
    """Say where a file was written, on a terminal as a link to it; nothing of what went to stdout."""
    if done is None:
        return
    stream = sys.stderr if on_stderr else sys.stdout
    text = safe_text(str(done), 20_000)
    linked = is_terminal(stream) and links.possible()
    print(links.around(text, done.path) if linked else text, file=stream, flush=True)


def warn(line: str) -> None:
    """Print a line on stderr."""
    print(safe_text(line, 20_000), file=sys.stderr, flush=True)


def emit(value: Any) -> None:
    """Print a value as one line of JSON."""
    print(json.dumps(value, allow_nan=False), flush=True)


def emit_document(value: Any) -> None:
    """Print a value as indented JSON."""
    print(json.dumps(value, allow_nan=False, indent=2))


def interactive() -> bool:
    """Return whether a person sits at a terminal: input and output both are one."""
    return is_terminal(sys.stdin) and is_terminal(sys.stdout)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a standard stream is a terminal; one that was closed before we began is None."""
    return stream is not None and stream.isatty()


def width() -> int | None:
    """Return the columns of the terminal on stdout; None where there is none and nothing needs to be cut."""
    return shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None


def has_blocks() -> bool:
    """Return whether stdout takes more than ASCII."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def say_all(lines: Iterable[str]) -> None:
    """Print lines on stdout."""
    for line in lines:
        say(line)


def put(target: str, content: str | bytes) -> Written | None:
    """Write text (or bytes) to a file, or text to stdout for `-`; return what to tell the user, None for stdout.

    A file is replaced durably, as a whole, and keeps its mode. What is no plain file (a pipe, /dev/null) is
    written into, never replaced. Raises `BadRequest`.
    """
    if target == STDOUT and isinstance(content, str):
        sys.stdout.write(content)
        sys.stdout.flush()
        return None
    path = Path(target).expanduser().absolute()
    try:
        return _put_file(path.resolve(), content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise BadRequest(f"{target}: can't be written: {error.strerror}") from None


def _put_file(path: Path, content: bytes) -> Written:
    there = path.exists()
    if there and not stat.S_ISREG(path.stat().st_mode):
        path.write_bytes(content)
        return Written(path, False)
    mode = stat.S_IMODE(path.stat().st_mode) if there else 0o666 & ~_umask()
    durable.write(path, content)
    path.chmod(mode)
    return Written(path, there)


def _umask() -> int:
    """Return the umask, which can be read only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
