"""Making a run directory and starting its worker, a process of its own that outlives whoever started it."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from backends.runs import datasets, durable, listing, survival, workers
from backends.runs.errors import AlreadyRunning, BadRequest, RunError
from backends.runs.paths import STAMP, RunPaths, make_private
from backends.runs.text import safe_line
from backends.runs.workers import Liveness
from presets.experiment import Experiment
from presets.loader import to_toml

START_SECONDS = 30.0
WORKER = "backends.worker"
LOG_BYTES = 1 << 20
"""A log that has grown beyond it begins anew with the next attempt."""
LAST_WORDS_BYTES = 4096


def create(root: Path, experiment: Experiment) -> RunPaths:
    """Make the directory of a new run with its resolved specification.

    Raises `BadRequest`, where its data are not here, too: nothing is made then. Or OSError.
    """
    experiment = datasets.ready(experiment)
    make_private(root)
    stamp = time.strftime(STAMP)
    while True:
        folder = root / f"{experiment.preset[:40]}-{stamp}-{secrets.token_hex(2)}"
        try:
            folder.mkdir(mode=0o700)
            break
        except FileExistsError:
            continue
        except OSError as error:
            raise BadRequest(f"runs folder {safe_line(str(root))}: {error.strerror}") from None
    paths = RunPaths(folder)
    try:
        paths.checkpoints.mkdir(mode=0o700)
        durable.write(paths.experiment, to_toml(experiment).encode())
        durable.sync_folder(root)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return paths


def require_startable(experiment: Experiment, who: str) -> None:
    """Raise `BadRequest` for an experiment that is not a single run, or that no specification alone can start.

    `who` begins the line.
    A recorded one is the user's own program. One of own code names a file to be run: a run directory, which may be a
    stranger's, is data, so that only a command on which the user named the file runs it.
    """
    if experiment.over:
        what = ", ".join(experiment.over)
        raise BadRequest(f"{who}: is a sweep over {what}; `mli-tui sweep {experiment.preset}` starts it")
    if experiment.recorded:
        raise BadRequest(f"{who}: was recorded from a training loop of your own; only that program can run it again")
    if experiment.own.model:
        raise BadRequest(
            f"{who}: runs code of your own, which only `mli-tui interpolate --model FILE.py:FACTORY` starts"
        )


def start(
    paths: RunPaths,
    backend: str = "auto",
    *,
    module: str = WORKER,
    own_code: bool = False,
    more: tuple[str, ...] = (),
) -> str:
    """Start a worker for the run (or `module` for a sweep) and wait until it has signed the run's lock.

    `own_code` says that the user named the code which the specification names, and wants it run; `more` goes to the
    module as it is. Returns a warning that the user should see, or "". Raises `BadRequest` by `require_startable`,
    `AlreadyRunning`, or `RunError` with the end of the worker's log where it ended before it began.
    """
    paths.require_own()
    if module == WORKER and not own_code:
        require_startable(listing.read_experiment(paths), f"run {paths.run_id}")
    if workers.liveness(paths) is Liveness.ALIVE:
        raise workers.already_running(paths)
    plan = survival.plan(paths.run_id)
    command = [sys.executable, "-P", "-m", module, str(paths.folder), "--backend", backend]
    command += [*more, *(["--own-code"] if own_code else [])]
    try:
        _start(paths, command, plan.prefix)
    except AlreadyRunning:
        raise
    except RunError:
        if not plan.prefix:
            raise
        _start(paths, command, ())  # no service manager of the user's to be reached, as from cron or su
        return survival.STOPS_AT_LOGOUT
    return plan.warning


def open_log(paths: RunPaths) -> int:
    """Return the run's log, open for appending; one that has grown large begins anew. Raises OSError."""
    log = os.open(paths.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if os.fstat(log).st_size > LOG_BYTES:
        os.ftruncate(log, 0)
    return log


def _start(paths: RunPaths, command: list[str], prefix: tuple[str, ...]) -> None:
    said = _journalled(paths)
    log = open_log(paths)
    try:
        told = os.fstat(log).st_size
        process = subprocess.Popen(
            [*prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
            umask=0o077,
        )
    finally:
        os.close(log)
    # Reaps the worker when it ends before us; without it every ended worker of a long session stays a zombie.
    threading.Thread(target=process.wait, daemon=True, name=f"reaper {process.pid}").start()
    _wait_until_signed(paths, process, told, said)


def _journalled(paths: RunPaths) -> int:
    """Return the bytes of the run's journal; 0 where there is none."""
    try:
        return paths.events.stat().st_size
    except OSError:
        return 0


def _wait_until_signed(paths: RunPaths, process: subprocess.Popen[bytes], told: int, said: int) -> None:
    """Wait until the worker has signed, or has begun and ended before it was seen to: its journal has grown then."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        code = process.poll()
        if code == 0 or _has_signed(paths, process):
            return
        if code == AlreadyRunning.exit_code:
            raise workers.already_running(paths)
        if code is not None and _journalled(paths) > said:
            return
        if code is not None:
            how = f"exit {code}" if code > 0 else f"killed by signal {-code}"
            raise RunError(f"run {paths.run_id}: its worker ended at once ({how}): {last_words(paths, told)}")
        time.sleep(0.02)
    raise RunError(f"run {paths.run_id}: its worker has not begun within {START_SECONDS:.0f} s; it may still begin")


def _has_signed(paths: RunPaths, process: subprocess.Popen[bytes]) -> bool:
    """Return whether the run's worker is the one just started, and not one that was faster than it."""
    who = workers.worker_of(paths)
    if who is None or who.liveness() is not Liveness.ALIVE:
        return False
    try:
        return os.getsid(who.pid) == process.pid
    except ProcessLookupError:
        return False


def last_words(paths: RunPaths, told: int = 0) -> str:
    """Return the last line of a worker's log, made harmless; what stood there before, `told` bytes, is older."""
    try:
        log = durable.open_regular(paths.log)
    except OSError:
        return "no log"
    try:
        end = os.fstat(log).st_size
        start = max(told, end - LAST_WORDS_BYTES)
        lines = [line for line in os.pread(log, LAST_WORDS_BYTES, start).splitlines() if line.strip()]
    finally:
        os.close(log)
    return safe_line(lines[-1]) if lines else "nothing in its log"
