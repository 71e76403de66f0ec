"""What the user chose for the app, kept in one small TOML file that the app writes; and where such files are."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec
import platformdirs
import tomli_w

from backends.runs import durable, paths
from backends.runs.text import safe_line
from mli_tui.format import DECIMALS

Kept = TypeVar("Kept", bound=msgspec.Struct)
Marker = Literal["braille", "blocks", "ascii"]
When = Literal["off", "wide", "on"]
LIMIT = 100_000
"""Bytes of a file of the user's that are read at most."""
_writing = threading.Lock()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The choices, each with the value that it has where nothing was chosen."""

    theme: str = "mli-dark"
    marker: Marker = "braille"
    """What curves are drawn with: braille dots, quadrant blocks, or letters."""
    mouse: bool = True
    """Whether the app takes the mouse; without it the terminal selects text as it always does."""
    grid: bool = False
    """Whether curves, on the screen and in figures, have dotted lines behind them at the ticks of both axes."""
    decimals: Annotated[int, msgspec.Meta(ge=2, le=6)] = DECIMALS
    """Digits behind the point of measured values in readouts and tables. Files have all of them whatever is chosen."""
    keys_panel: bool = False
    """Whether the keys of the focused place are shown beside or below it."""
    columns: Annotated[str, msgspec.Meta(max_length=300)] = ""
    """Keys that the list of runs has columns for; empty for those in which the runs differ."""
    preview: When = "wide"
    """Whether the run under the cursor of the list is previewed: beside it on wide terminals, on others above it."""
    notice_seconds: Annotated[int, msgspec.Meta(ge=1, le=60)] = 6
    """How long a notice stays; one of an error stays longer."""


def folder() -> Path:
    """Return the user's configuration folder. Not created here."""
    return platformdirs.user_config_path("mli-tui")


def settings_file() -> Path:
    """Return the file that the settings are kept in."""
    return folder() / "settings.toml"


def keys_file() -> Path:
    """Return the file in which the user may name keys."""
    return folder() / "keys.toml"


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """Return what a file of the user's says, and a line where it can't be read; a file that is not there says nothing.

    A link is followed: many keep such files in a repository of their own.
    """
    try:
        content = durable.read_regular(path.resolve(), LIMIT + 1)
        if len(content) > LIMIT:
            return {}, f"{path.name}: is larger than {LIMIT} bytes"
        return tomllib.loads(content.decode()), ""
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, f"{path.name}: can't be read: {safe_line(str(error.strerror))}"
    except ValueError as error:  # not TOML, or not UTF-8
        return {}, f"{path.name}: {safe_line(str(error))}"


def load(path: Path) -> tuple[Settings, list[str]]:
    """Return the settings, and a line for each key that is not as it must be; that one then has its default."""
    return load_as(path, Settings)


def load_as(path: Path, kind: type[Kept]) -> tuple[Kept, list[str]]:
    """Return what a file says, key by key as `kind` has them, and a line for each key that is not as it must be."""
    said, complaint = read_toml(path)
    complaints = [complaint] if complaint else []
    known = {field.name: field for field in msgspec.structs.fields(kind)}
    good: dict[str, Any] = {}
    for key, value in said.items():
        if key not in known:
            complaints.append(f"{path.name}: {safe_line(key)}: no such setting; expected one of {', '.join(known)}")
            continue
        try:
            good[key] = msgspec.convert(value, known[key].type)
        except msgspec.ValidationError as error:
            complaints.append(f"{path.name}: {key} = {safe_line(repr(value))}: {_wanted(key, str(error))}")
    return kind(**good), complaints


def _wanted(key: str, otherwise: str) -> str:
    if key == "marker":
        return f"expected one of {', '.join(get_args(Marker))}"
    return otherwise[:1].lower() + otherwise[1:]


def save(path: Path, current: Callable[[], msgspec.Struct]) -> None:
    """Write the newest settings, or what else is kept so: where several threads save, the last one to write has all.

    Raises OSError.
    """
    with _writing:
        paths.make_private(path.parent)
        durable.write(path, tomli_w.dumps(msgspec.to_builtins(current())).encode())
