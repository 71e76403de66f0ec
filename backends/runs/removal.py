"""Removing a run, at once or by way of a trash: only one's own, never a live one, and never along a link."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from backends.runs import durable, listing, workers
from backends.runs.errors import AlreadyRunning, BadRequest, Damaged
from backends.runs.paths import RunPaths, make_private
from backends.runs.text import safe_line
from backends.runs.workers import Liveness

ASIDE = ".deleted-"
"""Begins the name of a run that is being removed: no run id begins so, and no list shows it."""
ENDING_SECONDS = 10.0
"""How long a worker may take from its last event to its end."""
TRASH = ".trash"
"""Folder in the runs folder of what was deleted and can still come back; no run id begins with a dot."""
DAY = 86_400.0
_KEPT = re.compile(r"([0-9]{1,12})-[0-9a-f]{8}-.+")


def remove(paths: RunPaths) -> None:
    """Remove a run and everything in its folder; raises `BadRequest`, `AlreadyRunning` or OSError.

    The run's lock is held meanwhile, so that no worker starts in a folder that goes away. The folder is moved
    aside first: a removal that breaks off leaves no half run behind that looks like a whole one.
    """
    paths.require_own()
    _require_no_worker(paths)
    lock = workers.lock_run(paths)
    try:
        _remove_folder(paths.folder)
    finally:
        lock.release()


def remove_soon(paths: RunPaths) -> None:
    """Remove a run whose worker has said its last word, as `remove`; waits for its end, a few seconds at most."""
    deadline = time.monotonic() + ENDING_SECONDS
    while workers.liveness(paths) is Liveness.ALIVE and time.monotonic() < deadline:
        time.sleep(0.05)
    remove(paths)


def _require_no_worker(paths: RunPaths) -> None:
    state = workers.liveness(paths)
    if state is Liveness.ALIVE:
        raise AlreadyRunning(f"run {paths.run_id}: is running; stop it first")
    if state is Liveness.ELSEWHERE and _recorded_status(paths) not in listing.ENDED:
        who = workers.worker_of(paths)
        host = safe_line(who.host) if who else "?"
        raise BadRequest(f"run {paths.run_id}: may be running on host {host}; stop and delete it there")


def _recorded_status(paths: RunPaths) -> str:
    """Return what the journal says; a damaged run says nothing, and can be removed where its worker was."""
    try:
        return listing.recorded_run(paths).status
    except Damaged:
        return ""


def _remove_folder(folder: Path) -> None:
    aside = f"{ASIDE}{folder.name}-{secrets.token_hex(2)}"
    parent = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.rename(folder.name, aside, src_dir_fd=parent, dst_dir_fd=parent)
        durable.sync_folder(folder.parent)
        shutil.rmtree(aside, dir_fd=parent)  # by directory descriptors: a link swapped in meanwhile is not followed
    finally:
        os.close(parent)


def leftovers(root: Path) -> list[Path]:
    """Return what removals that broke off have left in `root`."""
    return sorted(root.glob(f"{ASIDE}*"))


class Aside(NamedTuple):
    """A run or sweep in the trash, and where it was."""

    kept: Path
    origin: Path


def set_aside(root: Path, paths: RunPaths) -> Aside:
    """Move a run or sweep into the trash of the runs folder `root`; raises as `remove`, and removes nothing."""
    paths.require_own()
    _require_no_worker(paths)
    lock = workers.lock_run(paths)
    try:
        trash = make_private(root / TRASH)
        kept = trash / f"{int(time.time())}-{secrets.token_hex(4)}-{paths.run_id}"
        paths.folder.rename(kept)
        durable.sync_folder(paths.folder.parent)
    finally:
        lock.resign()  # it may come back, and must not look as if we worked on it
    return Aside(kept, paths.folder)


def put_back(aside: Aside) -> None:
    """Move a run or sweep from the trash to where it was; raises `BadRequest` where its place is taken."""
    name = safe_line(aside.origin.name)
    if os.path.lexists(aside.origin):
        raise BadRequest(f"run {name}: can't come back, there is another of that id now; it is in {aside.kept}")
    try:
        aside.kept.rename(aside.origin)
    except FileNotFoundError:
        raise BadRequest(f"run {name}: is gone from the trash") from None
    durable.sync_folder(aside.origin.parent)


def empty(root: Path, chosen: Iterable[Aside] = (), older_than: float = DAY) -> None:
    """Remove for good what is `chosen`, and what an app that was killed left in the trash more than a day ago.

    What can't be removed stays, and is tried again by whoever comes next: nobody waits for an answer.
    """
    trash = root / TRASH
    before = time.time() - older_than
    with suppress(OSError):
        old = [entry for entry in trash.iterdir() if (named := _KEPT.fullmatch(entry.name)) and int(named[1]) < before]
        for folder in (*(aside.kept for aside in chosen), *old):
            shutil.rmtree(folder, ignore_errors=True)
        trash.rmdir()
