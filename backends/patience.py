"""Writing on a disk that may be full: the run waits for room instead of dying."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from backends.runs import durable, events
from backends.runs.journal import Writer
from backends.runs.paths import RunPaths

T = TypeVar("T")
RESERVE_BYTES = 1 << 20
LONGEST_SECONDS = 30.0


class Patience:
    """Repeats a write until there is room for it. A reserve file is freed so that the journal can say why."""

    def __init__(self, run: RunPaths, journal: Writer, stop: Callable[[], bool]) -> None:
        """Keep a reserve in the run's folder, where there is room for one."""
        self._run, self._journal, self._stop = run, journal, stop
        self._keep_reserve()

    def insist(self, write: Callable[[], T]) -> T:
        """Return what `write` returns, once it succeeds.

        Raises OSError where it fails for another reason than room, or where a stop is asked for meanwhile.
        """
        delay = 0.5
        while True:
            try:
                done = write()
            except OSError as error:
                if error.errno not in durable.OUT_OF_SPACE or self._stop():
                    raise
                self._say(str(error.strerror), delay)
            else:
                if delay > 0.5:
                    self._keep_reserve()
                return done
            time.sleep(min(delay, LONGEST_SECONDS))
            delay *= 2

    def tell(self, event: events.Event) -> None:
        """Append an event, waiting for room."""
        self.insist(lambda: self._journal.append(event))

    def release(self) -> None:
        """Give the reserve back: the attempt ends."""
        self._run.reserve.unlink(missing_ok=True)

    def _say(self, reason: str, delay: float) -> None:
        if delay > 0.5:
            return
        self._run.reserve.unlink(missing_ok=True)
        with suppress(OSError):  # with no room even for this line, the viewer sees the run stand still
            self._journal.append(events.Paused(reason=f"disk: {reason}; the run goes on by itself once there is room"))

    def _keep_reserve(self) -> None:
        with suppress(OSError):  # without a reserve the run is no worse off than before
            if not self._run.reserve.exists():
                durable.write(self._run.reserve, b"\0" * RESERVE_BYTES)
