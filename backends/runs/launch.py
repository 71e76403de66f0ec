"""Making a run directory and starting its worker, a process of its own that outlives whoever started it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

from backends.runs import durable, survival, workers
from backends.runs.errors import AlreadyRunning, BadRequest, RunError
from backends.runs.paths import RunPaths, make_private
from backends.runs.text import safe_line
from backends.runs.workers import Liveness
from presets.experiment import Experiment
from presets.loader import to_toml

START_SECONDS = 30.0


def create(root: Path, experiment: Experiment) -> RunPaths:
    """Make the directory of a new run with its resolved specification; raises `BadRequest` or OSError."""
    make_private(root)
    stamp = time.strftime("%Y%m%d-%H%M%S")
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
    paths.checkpoints.mkdir(mode=0o700)
    durable.write(paths.experiment, to_toml(experiment).encode())
    durable.sync_folder(root)
    return paths


def start(paths: RunPaths, backend: str = "auto") -> str:
    """Start a worker for the run and wait until it has signed the run's lock.

    Returns a warning that the user should see, or "". Raises `AlreadyRunning`, or `RunError` with the end of
    the worker's log where it ended before it began.
    """
    paths.require_own()
    if workers.liveness(paths) is Liveness.ALIVE:
        raise AlreadyRunning(f"run {paths.run_id}: already running")
    plan = survival.plan(paths.run_id)
    log = os.open(paths.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        process = subprocess.Popen(
            [
                *plan.prefix,
                sys.executable,
                "-P",
                "-m",
                "backends.worker",
                str(paths.folder),
                "--backend",
                backend,
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
            close_fds=True,
        )
    finally:
        os.close(log)
    _wait_until_signed(paths, process)
    return plan.warning


def _wait_until_signed(paths: RunPaths, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if workers.liveness(paths) is Liveness.ALIVE:
            return
        code = process.poll()
        if code == AlreadyRunning.exit_code:
            raise AlreadyRunning(f"run {paths.run_id}: already running")
        if code not in (None, 0):
            raise RunError(f"run {paths.run_id}: its worker ended at once (exit {code}): {last_words(paths)}")
        if code == 0:
            return
        time.sleep(0.02)
    raise RunError(f"run {paths.run_id}: its worker did not start within {START_SECONDS:.0f} s")


def last_words(paths: RunPaths) -> str:
    """Return the last line of a worker's log, made harmless."""
    try:
        lines = [line for line in paths.log.read_bytes()[-4096:].splitlines() if line.strip()]
    except OSError:
        return "no log"
    return safe_line(lines[-1]) if lines else "nothing in its log"
