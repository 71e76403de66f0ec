"""Paths that a terminal can open: a hyperlink (OSC 8) to the file, with its host's name, around what is shown of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote
from zlib import crc32

from backends.runs.text import safe_text

_OPENABLE = re.compile(r"file://[!-:<-~]{1,2000}")
"""What may stand in a link: printable ASCII without spaces, and without the semicolon that OSC 8 parts its own with."""
_NO_LINKS = frozenset({"", "dumb", "linux", "unknown"})
"""Terminals that print the sequence, or parts of it."""
CLOSE = "\x1b]8;;\x1b\\"


class Part(NamedTuple):
    """A piece of a note: text as it is shown, and where it leads or None."""

    text: str
    path: Path | None = None


class Note(NamedTuple):
    """What is told of files that were written; as text it is one line without links."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return "".join(part.text for part in self.parts)

    def and_said(self, more: str) -> Note:
        """Return the note with some more said, where there is more."""
        return Note((*self.parts, Part(f"; {more}"))) if more else self


def written(first: Path, *beside: Path) -> Note:
    """Return the note that these files were written; those beside the first one are named by their names."""
    parts = [Part("written: "), Part(str(first), first)]
    for path in beside:
        parts += [Part(" and " if path == beside[-1] else ", "), Part(path.name, path)]
    return Note(tuple(parts))


def uri(path: Path) -> str:
    """Return the address of a file of this host, every byte of it percent-encoded that could end or leave a link."""
    name = os.fsencode(path.absolute())
    return f"file://{quote(os.uname().nodename, safe='')}{quote(name, safe='/-._~')}"


def opening(address: str) -> str:
    """Return the sequence that begins a link; "" for an address that is none of a file.

    The parts of a link that is broken into lines have one id, so that the terminal shows them as one.
    """
    if not _OPENABLE.fullmatch(address):
        return ""
    return f"\x1b]8;id={crc32(address.encode()):08x};{address}\x1b\\"


def around(text: str, path: Path) -> str:
    """Return text, which must be harmless already, as a link to a file."""
    begun = opening(uri(path))
    return f"{begun}{text}{CLOSE}" if begun else text


def possible() -> bool:
    """Return whether the terminal named by TERM may be sent links; a browser, which shows the app, has other files."""
    return os.environ.get("TERM", "") not in _NO_LINKS and "TEXTUAL_DRIVER" not in os.environ


def harmless(text: str) -> str:
    """Return a part's text without anything that a terminal could obey, on one line, its spaces kept."""
    return safe_text(text).replace("\n", " ").replace("\t", " ")


def as_markup(parts: Iterable[Part]) -> str | None:
    """Return parts as Textual's markup with links; None where none of them leads anywhere, or one can't be markup.

    A bracket or a backslash in a name could be read as markup, however it is escaped: such a note has no link.
    """
    found = [part._replace(text=harmless(part.text)) for part in parts]
    if not any(part.path for part in found) or any(set("[]\\$") & set(part.text) for part in found):
        return None
    return "".join(f'[link="{uri(part.path)}"]{part.text}[/]' if part.path else part.text for part in found)
