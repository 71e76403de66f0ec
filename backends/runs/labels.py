"""What people write on a run: a name, tags, a note, a pin. One small file in its directory, so that it travels along.

Nothing here decides what a run computes, and a damaged file hides no run: it is shown without labels, with the reason.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import tomli_w
from msgspec import Meta

from backends.runs import durable, paths
from backends.runs.errors import BadRequest, Damaged, NotFound
from backends.runs.paths import RunPaths
from backends.runs.text import safe_line

FILE = "labels.toml"
MAX_BYTES = 1 << 14
LONGEST_NAME, LONGEST_TAG, LONGEST_NOTE, MOST_TAGS = 60, 30, 500, 20
_SPECIAL = "last"
"""Means the newest run on the command line, so no run can be called so."""


class Labels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is written on a run; the defaults are what a run without a file has."""

    name: Annotated[str, Meta(max_length=LONGEST_NAME)] = ""
    tags: Annotated[tuple[Annotated[str, Meta(max_length=LONGEST_TAG)], ...], Meta(max_length=MOST_TAGS)] = ()
    note: Annotated[str, Meta(max_length=LONGEST_NOTE)] = ""
    pinned: bool = False


NONE = Labels()


def place(run: RunPaths) -> Path:
    """Return where the labels of a run are kept."""
    return run.folder / FILE


def read(run: RunPaths) -> Labels:
    """Return the labels of a run, their texts made harmless; raises `Damaged`."""
    try:
        content = durable.read_regular(place(run), MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError(f"is longer than {MAX_BYTES} bytes")
        return _clean(msgspec.convert(tomllib.loads(content.decode("utf-8")), Labels))
    except FileNotFoundError:
        return NONE
    except (OSError, ValueError, RecursionError) as error:  # errors of tomllib and msgspec are ValueErrors
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Damaged(f"run {safe_line(run.run_id)}: {FILE}: {safe_line(why)}") from None


def change(run: RunPaths, changing: Callable[[Labels], Labels]) -> Labels:
    """Write changed labels of a run and return them; raises `BadRequest`, `Damaged` or OSError.

    Where nothing is left to say, the file goes away. A new name is refused where another run has it.
    """
    run.require_own()
    before = read(run)
    changed = _checked(changing(before))
    if changed.name != before.name:
        require_free(run.folder.parent, changed.name, but=run.run_id)
    if changed == NONE:
        place(run).unlink(missing_ok=True)
        durable.sync_folder(run.folder)
    else:
        plain = msgspec.to_builtins(changed)
        kept = {key: value for key, value in plain.items() if getattr(changed, key) != getattr(NONE, key)}
        durable.write(place(run), tomli_w.dumps(kept).encode())
    return changed


def as_name(text: str) -> str:
    """Return a name as it is kept."""
    return safe_line(text, LONGEST_NAME)


def tags_of(text: str) -> tuple[str, ...]:
    """Return tags as they are typed, between spaces or commas, each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def complaint(changed: Labels) -> str:
    """Return in one line what is wrong with labels that a user typed, or ""."""
    too_long = [tag for tag in changed.tags if len(tag) > LONGEST_TAG]
    if len(changed.name) > LONGEST_NAME:
        return f"name: {len(changed.name)} characters; at most {LONGEST_NAME} are possible"
    if changed.name == _SPECIAL:
        return f"name = {_SPECIAL!r}: means the newest run on the command line; choose another"
    if too_long:
        return f"tag {safe_line(too_long[0])!r}: at most {LONGEST_TAG} characters are possible"
    if len(changed.tags) > MOST_TAGS:
        return f"tags: {len(changed.tags)}; at most {MOST_TAGS} are possible"
    if len(changed.note) > LONGEST_NOTE:
        return f"note: {len(changed.note)} characters; at most {LONGEST_NOTE} are possible"
    return ""


def require_free(root: Path, name: str, but: str = "") -> None:
    """Raise `BadRequest` where a run in `root`, other than `but`, has that name already, or has it as its id."""
    for run in paths.runs_in(root) if name else ():
        if run.run_id != but and name in (run.run_id, read_calmly(run)[0].name):
            raise BadRequest(f"name = {name!r}: {taken(name, run.run_id)}")


def taken(name: str, whose: str) -> str:
    """Return in one line why a name can't be given a second time: it stands for an id, which must be one alone."""
    return "this is the id of another run" if name == whose else f"{whose} has this name already"


def _checked(changed: Labels) -> Labels:
    clean = _clean(changed)
    if said := complaint(clean):
        raise BadRequest(said)
    return clean


def _clean(found: Labels) -> Labels:
    """Make every text harmless; what grows by that is not cut here, but on the way to the screen."""
    return Labels(
        name=as_name(found.name),
        tags=tuple(dict.fromkeys(tag for one in found.tags if (tag := "".join(safe_line(one, LONGEST_TAG).split())))),
        note=safe_line(found.note, LONGEST_NOTE),
        pinned=found.pinned,
    )


class Cache:
    """Reads labels again and again, each file only when it changed."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[Path, tuple[object, Labels, str]] = {}

    def of(self, run: RunPaths) -> tuple[Labels, str]:
        """Return the labels of a run, and what is wrong with their file or ""."""
        file = place(run)
        try:
            found = file.lstat()
        except OSError:  # none, or none to be seen
            self._known.pop(file, None)
            return NONE, ""
        signature = found.st_ino, found.st_size, found.st_mtime_ns
        known = self._known.get(file)
        if known is None or known[0] != signature:
            known = self._known[file] = signature, *read_calmly(run)
        return known[1], known[2]


def read_calmly(run: RunPaths) -> tuple[Labels, str]:
    """Return the labels of a run, and what is wrong with their file or ""."""
    try:
        return read(run), ""
    except Damaged as error:
        return NONE, str(error)


_Paths = TypeVar("_Paths", bound=RunPaths)


def called(runs: Iterable[_Paths], name: str) -> list[_Paths]:
    """Return the runs that have that name."""
    wanted = as_name(name)
    return [run for run in runs if wanted and read_calmly(run)[0].name == wanted]


def find(root: Path, name: str) -> RunPaths:
    """Return the run of that name in a runs folder, as `one_of` finds it."""
    runs = paths.newest_first(root)
    if not runs:
        raise NotFound(f"run {safe_line(name)!r}: there are no runs in {safe_line(str(root))}")
    return one_of(runs, name, "run")


def one_of(found: Sequence[_Paths], name: str, what: str) -> _Paths:
    """Return the one with that id, or that name, or that unique prefix of an id, or the first, the newest, for `last`.

    `what` they are is for the complaint. Raises `NotFound` where there is none, `BadRequest` where there is more than
    one; no name at all is no prefix of anything.
    """
    if name == _SPECIAL and found:
        return found[0]
    exact = [one for one in found if one.run_id == name] or called(found, name)
    chosen = exact or [one for one in found if name and one.run_id.startswith(name)]
    if len(chosen) == 1:
        return chosen[0]
    asked, listed = f"{what} {safe_line(name)!r}", f"`mli-tui {what}s` lists them"
    if not chosen:
        raise NotFound(f"{asked}: no such {what}; {listed}")
    some = ", ".join(one.run_id for one in chosen[:5])
    so, wanted = ("are called so", "give an id") if exact else ("begin so", "give more of it")
    raise BadRequest(f"{asked}: ambiguous: {len(chosen)} {what}s {so} ({some}); {wanted}; {listed}")
