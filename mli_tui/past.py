"""The last minutes of the machine, a value a second. It outlives the panel that shows it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

KEPT = 240
"""Seconds that are kept: as many columns as the widest terminal shows."""
BRIDGED = 3
"""A reading stands for all the time since the one before, up to so many seconds; a longer time is a gap."""


class Past:
    """Shares of 1 by name, a second each, the newest last; None where nothing was read. All are equally long."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._columns: dict[str, deque[float | None]] = {}
        self._second: int | None = None

    def add(self, now: float, shares: Mapping[str, float | None]) -> None:
        """Take what was read at `now`, in seconds of a clock that never goes back. Of a second the last counts."""
        second = int(now)
        passed = KEPT if self._second is None else min(KEPT, second - self._second)
        self._second = second
        for name in {**self._columns, **shares}:
            column = self._columns.setdefault(name, deque([None] * KEPT, maxlen=KEPT))
            value = shares.get(name)
            if passed:
                column.extend([value if passed <= BRIDGED else None] * passed)
            column[-1] = value

    def of(self, name: str, seconds: int) -> list[float | None]:
        """Return the last `seconds` of a name, None where nothing is known of it."""
        column = list(self._columns.get(name, ()))[-seconds:] if seconds > 0 else []
        return [None] * (max(0, seconds) - len(column)) + column
