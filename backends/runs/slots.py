"""The queue without a scheduler: a worker takes the lock of a device slot, in the order of submission.

Every waiter holds a numbered ticket (a locked file); the lowest live ticket may take as many free units as it needs:
all at once, or none and wait, so that a run that needs all cores is not overtaken by runs that need one. flock alone
has no order. All looking and taking happens under one short lock, which also makes removing dead tickets safe. Whoever
is killed, wherever it was, leaves nothing but unlocked files.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backends.runs.paths import make_private
from backends.runs.workers import Lock

POLL_SECONDS = 0.2
LONGEST_POLL_SECONDS = 1.0
"""Who stands further back looks less often: many waiters must not take the cores that they wait for."""


class Held:
    """The locks of the units that were taken together."""

    def __init__(self, locks: list[Lock]) -> None:
        """Hold `locks` until `release` or the end of the process."""
        self._locks = locks

    def release(self) -> None:
        """Give all units back."""
        for lock in self._locks:
            lock.release()
        self._locks = []


class SlotQueue:
    """The queue for one kind of device with its units: the cores of the CPU, or the UUIDs of the GPUs."""

    def __init__(self, folder: Path, kind: str, units: list[str], needs: int = 1) -> None:
        """Take the next ticket of the queue for `kind` in `folder` (local to this host); `needs` units at a time."""
        self._needs = min(max(1, needs), len(units))
        self._folder = make_private(folder / kind)
        self._tickets = make_private(self._folder / "tickets")
        self._units = units
        with self._alone():
            self._number = max(self._numbers(), default=0) + 1
            self._ticket: Lock | None = Lock(self._path(self._number))
            self._ticket.take()

    def wait(self, stop: Callable[[], bool], moved: Callable[[int], object]) -> tuple[str, Held] | None:
        """Wait for the units and return the first one with the locks of all, or None once `stop` says so.

        `moved` is told how many tickets are ahead, whenever that changes; not at all if a unit is free at once.
        """
        told = -1
        while not stop():
            ahead, held = self._try()
            if held:
                return held
            if ahead != told:
                moved(ahead)
                told = ahead
            time.sleep(min(POLL_SECONDS * max(1, ahead), LONGEST_POLL_SECONDS))
        with self._alone():
            self._leave()
        return None

    def _try(self) -> tuple[int, tuple[str, Held] | None]:
        with self._alone():
            ahead = sum(1 for number in self._numbers() if number < self._number and self._lives(number))
            held = self._take() if ahead == 0 else None
            if held:
                self._leave()
            return ahead, held

    def _take(self) -> tuple[str, Held] | None:
        taken: dict[str, Lock] = {}
        for unit in self._units:
            lock = Lock(self._folder / f"unit-{re.sub(r'[^A-Za-z0-9._-]', '_', unit)}.lock")
            if not lock.take():
                lock.release()
                continue
            taken[unit] = lock
            if len(taken) == self._needs:
                for mine in taken.values():
                    mine.sign()
                return next(iter(taken)), Held(list(taken.values()))
        Held(list(taken.values())).release()
        return None

    def _numbers(self) -> list[int]:
        return [int(path.name) for path in self._tickets.iterdir() if re.fullmatch("[0-9]{12}", path.name)]

    def _lives(self, number: int) -> bool:
        """Return whether the holder of a ticket lives; the ticket of one that died is removed."""
        probe = Lock(self._path(number))
        dead = probe.take()
        if dead:
            self._path(number).unlink(missing_ok=True)
        probe.release()
        return not dead

    def _leave(self) -> None:
        if self._ticket:
            self._path(self._number).unlink(missing_ok=True)
            self._ticket.release()
            self._ticket = None

    def _path(self, number: int) -> Path:
        return self._tickets / f"{number:012d}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = Lock(self._folder / "queue.lock")
        while not lock.take():
            time.sleep(0.005)
        try:
            yield
        finally:
            lock.release()
