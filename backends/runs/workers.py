"""Who works on a run: the lock, the identity beside it, and signals that reach nobody else.

A lock alone is not proof of life (a forked child inherits it), and a pid alone is not proof of identity (it is
used again): alive means that host, boot, pid namespace, pid and start time all match.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time
from enum import Enum
from functools import cache
from pathlib import Path

import msgspec

from backends.runs import durable
from backends.runs.errors import AlreadyRunning, RunError
from backends.runs.paths import RunPaths
from backends.runs.text import safe_line

OPEN_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
TAKE_SECONDS = 1.0
"""How long a worker tries to take its run's lock: a viewer that looks has it for an instant, too."""
HELD_WITHOUT_WORKER = "its worker died, but a process that it started still holds the run's lock"
_SIGNED_BYTES = 512


class Liveness(Enum):
    """What can be said of a run's worker from here."""

    ALIVE = "alive"
    DEAD = "dead"
    ELSEWHERE = "elsewhere"
    """It belongs to another host: from here it can't be known."""


class Identity(msgspec.Struct, frozen=True):
    """One process, told apart from every other that ever had its pid."""

    host: str
    boot: str
    namespace: int
    pid: int
    start: int
    """Field 22 of /proc/PID/stat: clock ticks from boot to the start of the process."""

    @classmethod
    def current(cls) -> Identity:
        """Return the identity of this process."""
        pid = os.getpid()
        start = _start_time(pid)
        assert start is not None
        return cls(os.uname().nodename, _boot(), _namespace(), pid, start)

    def liveness(self) -> Liveness:
        """Return whether this very process still runs."""
        if self.host != os.uname().nodename:
            return Liveness.ELSEWHERE
        if self.boot != _boot() or self.namespace != _namespace():
            return Liveness.DEAD
        return Liveness.ALIVE if _start_time(self.pid) == self.start else Liveness.DEAD


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


@cache
def _namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino


def _start_time(pid: int) -> int | None:
    """Return the start time of a process that runs; None for one that ended, a zombie included."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    state, *rest = stat.rpartition(b")")[2].split()
    return None if state in (b"Z", b"X") else int(rest[18])


class Lock:
    """An exclusive flock on a file that is never removed, held until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        """Open the lock file of `path`, without taking it; raises OSError."""
        self._file = os.open(path, OPEN_FLAGS, 0o600)

    def take(self) -> bool:
        """Return whether the lock is ours now; never waits."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def sign(self) -> None:
        """Write this process's identity into the locked file, over the one before: no reader finds it empty."""
        signature = msgspec.json.encode(Identity.current()).ljust(_SIGNED_BYTES)
        os.lseek(self._file, 0, os.SEEK_SET)
        durable.write_all(self._file, signature)
        os.ftruncate(self._file, len(signature))

    def unsign(self) -> None:
        """Take the identity out of the locked file: this process lives on, but is at other work."""
        os.ftruncate(self._file, 0)

    def release(self) -> None:
        """Give the lock up."""
        os.close(self._file)


def lock_run(paths: RunPaths) -> Lock:
    """Take and sign the lock of a run, and clear away what a killed worker left half written.

    Raises `AlreadyRunning` where another process has it, `RunError` where the lock can't be used.
    """
    try:
        lock = Lock(paths.lock)
        try:
            _take_soon(lock, paths)
            lock.sign()
        except BaseException:
            lock.release()
            raise
    except OSError as error:
        why = "is a link, which is not followed" if error.errno == errno.ELOOP else error.strerror
        raise RunError(f"run {safe_line(paths.run_id)}: {paths.lock.name}: {why}") from None
    for folder in (paths.folder, paths.checkpoints):
        durable.sweep(folder)
    return lock


def _take_soon(lock: Lock, paths: RunPaths) -> None:
    deadline = time.monotonic() + TAKE_SECONDS
    while not lock.take():
        if liveness(paths) is Liveness.ALIVE or time.monotonic() > deadline:
            raise already_running(paths)
        time.sleep(0.02)


def already_running(paths: RunPaths) -> AlreadyRunning:
    """Return the error that says who works on the run, or what holds its lock without a worker."""
    who = worker_of(paths)
    if who is None or who.liveness() is Liveness.DEAD:
        return AlreadyRunning(f"run {safe_line(paths.run_id)}: {HELD_WITHOUT_WORKER}")
    return AlreadyRunning(f"run {safe_line(paths.run_id)}: already running on {safe_line(who.host)} pid {who.pid}")


def worker_of(paths: RunPaths) -> Identity | None:
    """Return who signed the run's lock last, alive or not; None where nobody did or it can't be read."""
    try:
        return msgspec.json.decode(durable.read_regular(paths.lock, 4096), type=Identity)
    except (OSError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None


def liveness(paths: RunPaths) -> Liveness:
    """Return whether the run has a live worker."""
    who = worker_of(paths)
    if who is None:
        return Liveness.DEAD
    state = who.liveness()
    if state is Liveness.ELSEWHERE and who.boot == _boot() and not lock_held(paths):
        return Liveness.DEAD  # a container on this very machine, which has ended: its lock would be seen
    return state


def lock_held(paths: RunPaths) -> bool:
    """Return whether any process holds the run's lock: with a dead worker, a child that outlived it."""
    try:
        file = durable.open_regular(paths.lock)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def send_stop(paths: RunPaths, number: signal.Signals = signal.SIGTERM) -> Identity:
    """Signal the run's worker, verified, and return it; raises `RunError` where there is none to signal.

    Only a worker that holds the lock of a run of ours is signalled: whoever can write a stranger's run could name
    any process in it. The identity is checked again after the pidfd is open: from then on the pid can't become
    another process.
    """
    paths.require_own()
    who, state = worker_of(paths), liveness(paths)
    if who is None or state is Liveness.DEAD or (state is Liveness.ALIVE and not lock_held(paths)):
        raise RunError(f"run {paths.run_id}: has no worker to stop")
    if state is Liveness.ELSEWHERE:
        raise RunError(f"run {paths.run_id}: its worker is on host {safe_line(who.host)}; stop it there")
    try:
        _signal(who, number)
    except ProcessLookupError:
        raise RunError(f"run {paths.run_id}: its worker has just ended") from None
    except OSError as error:
        raise RunError(f"run {paths.run_id}: its worker can't be signalled: {error.strerror}") from None
    return who


def _signal(who: Identity, number: signal.Signals) -> None:
    descriptor = os.pidfd_open(who.pid)
    try:
        if who.liveness() is not Liveness.ALIVE:
            raise ProcessLookupError
        signal.pidfd_send_signal(descriptor, number)
    finally:
        os.close(descriptor)
