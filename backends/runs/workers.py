"""Who works on a run: the lock, the identity beside it, and signals that reach nobody else.

A lock alone is not proof of life (a forked child inherits it), and a pid alone is not proof of identity (it is
used again): alive means that host, boot, pid namespace, pid and start time all match.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from enum import Enum
from pathlib import Path

import msgspec

from backends.runs import durable
from backends.runs.errors import AlreadyRunning, RunError
from backends.runs.paths import RunPaths
from backends.runs.text import safe_line

OPEN_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


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


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


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
        """Write this process's identity into the locked file."""
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        durable.write_all(self._file, msgspec.json.encode(Identity.current()))

    def release(self) -> None:
        """Give the lock up."""
        os.close(self._file)


def lock_run(paths: RunPaths) -> Lock:
    """Take and sign the lock of a run; raises `AlreadyRunning` where another worker has it."""
    lock = Lock(paths.lock)
    deadline = time.monotonic() + 1.0
    while not lock.take():
        if liveness(paths) is Liveness.DEAD and time.monotonic() < deadline:
            time.sleep(0.05)  # a viewer looking (`lock_held`) has it for an instant
            continue
        lock.release()
        who = worker_of(paths)
        where = f" on {safe_line(who.host)} pid {who.pid}" if who else ""
        raise AlreadyRunning(f"run {paths.run_id}: already running{where}")
    lock.sign()
    return lock


def worker_of(paths: RunPaths) -> Identity | None:
    """Return who signed the run's lock last, alive or not; None where nobody did or it can't be read."""
    try:
        with paths.lock.open("rb") as file:
            return msgspec.json.decode(file.read(4096), type=Identity)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def liveness(paths: RunPaths) -> Liveness:
    """Return whether the run has a live worker."""
    who = worker_of(paths)
    return who.liveness() if who else Liveness.DEAD


def lock_held(paths: RunPaths) -> bool:
    """Return whether any process holds the run's lock: with a dead worker, a child that outlived it."""
    try:
        file = os.open(paths.lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
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

    The identity is checked again after the pidfd is open: from then on the pid can't become another process.
    """
    who = worker_of(paths)
    state = who.liveness() if who else Liveness.DEAD
    if who is None or state is Liveness.DEAD:
        raise RunError(f"run {paths.run_id}: has no worker to stop")
    if state is Liveness.ELSEWHERE:
        raise RunError(f"run {paths.run_id}: its worker is on host {safe_line(who.host)}; stop it there")
    try:
        descriptor = os.pidfd_open(who.pid)
    except ProcessLookupError:
        raise RunError(f"run {paths.run_id}: its worker has just ended") from None
    try:
        if who.liveness() is not Liveness.ALIVE:
            raise RunError(f"run {paths.run_id}: its worker has just ended")
        signal.pidfd_send_signal(descriptor, number)
    finally:
        os.close(descriptor)
    return who
