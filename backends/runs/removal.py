"""Removing a run: only one's own, never a live one, and never along a link."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from pathlib import Path

from backends.runs import durable, listing, workers
from backends.runs.errors import AlreadyRunning, BadRequest, Damaged
from backends.runs.paths import RunPaths
from backends.runs.text import safe_line
from backends.runs.workers import Liveness

ASIDE = ".deleted-"
"""Begins the name of a run that is being removed: no run id begins so, and no list shows it."""
ENDING_SECONDS = 10.0
"""How long a worker may take from its last event to its end."""


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
