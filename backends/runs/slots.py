"""The queue without a scheduler: a worker takes the lock of a device slot, in the order of submission.

Every waiter holds a numbered ticket (a locked file); the lowest live ticket may take a free unit. flock alone has
no order. All looking and taking happens under one short lock, which also makes removing dead tickets safe.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backends.runs.paths import make_private
from backends.runs.workers import Lock

POLL_SECONDS = 0.2


class SlotQueue:
    """The queue for one kind of device with its units: `cpu`, or the UUIDs of the GPUs."""

    def __init__(self, folder: Path, kind: str, units: list[str]) -> None:
        """Take the next ticket of the queue for `kind` in `folder` (local to this host)."""
        self._folder = make_private(folder / kind)
        self._tickets = make_private(self._folder / "tickets")
        self._units = units
        with self._alone():
            numbers = [int(p.name) for p in self._tickets.iterdir()]
            self._number = max(numbers, default=0) + 1
            self._ticket: Lock | None = Lock(self._path(self._number))
            self._ticket.take()

    def wait(self, stop: Callable[[], bool], moved: Callable[[int], object]) -> tuple[str, Lock] | None:
        """Wait for a unit and return it with its lock, or None once `stop` says so.

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
            time.sleep(POLL_SECONDS)
        with self._alone():
            self._leave()
        return None

    def _try(self) -> tuple[int, tuple[str, Lock] | None]:
        with self._alone():
            ahead = sum(1 for number in self._others() if number < self._number)
            if ahead == 0:
                for unit in self._units:
                    lock = Lock(self._folder / f"{unit}.lock")
                    if lock.take():
                        lock.sign()
                        self._leave()
                        return 0, (unit, lock)
                    lock.release()
            return ahead, None

    def _others(self) -> Iterator[int]:
        """Yield the numbers of live tickets that are not ours, removing those whose holder died."""
        for path in list(self._tickets.iterdir()):
            number = int(path.name)
            if number == self._number:
                continue
            probe = Lock(path)
            dead = probe.take()
            if dead:
                path.unlink(missing_ok=True)
            probe.release()
            if not dead:
                yield number

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
