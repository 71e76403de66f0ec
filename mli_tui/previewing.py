"""The run under the list's cursor, read by a thread: of many that the cursor passes only the last one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from textual.message import Message

from backends.runs import sweeps
from backends.runs.errors import RunError
from backends.runs.listing import RunFollower, RunRow
from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepView
from backends.runs.text import safe_line
from backends.runs.view import RunView
from mli_tui import comparing
from mli_tui.sweep_rows import is_sweep, paths_of
from mli_tui.watch import SLOW_SECONDS, Watcher
from presets import catalog
from presets.experiment import Experiment

SETTLED_SECONDS = 0.12
"""How long the cursor rests on a run before it is read: one that it only passes costs nothing."""
RESTING_SECONDS = 60.0
_UNSHOWN = ("device",)
"""Types of events that no preview shows."""


@dataclass
class Previewed(Message):
    """What is known of a row of the list, a run's or a sweep's; or why it can't be read."""

    row: RunRow
    run: RunView | None = None
    changed: tuple[tuple[str, str], ...] = ()
    """Keys in which the run differs from its preset, with its own values."""
    sweep: SweepView | None = None
    failure: str = ""


class PreviewWatcher(Watcher):
    """Follows what the cursor is on."""

    def __init__(self, root: Path, post: Callable[[Message], object]) -> None:
        """Follow nothing yet."""
        super().__init__(post)
        self._root = root
        self._asked: tuple[RunRow | None, float] = None, 0.0
        self._row: RunRow | None = None
        self._follower: RunFollower | None = None
        self._told: str | None = None
        """What is wrong with the row, as it was told, or ""; None before anything was."""
        self._presets: dict[str, Experiment] | None = None

    def look_at(self, row: RunRow | None) -> None:
        """Follow this row from now on, or nothing; a row that was asked for and is not read yet never is."""
        before = self._asked[0]
        same = row and before and not is_sweep(row) and row.run_id == before.run_id  # what changes its journal says
        if not same and row != before:
            self._asked = row, time.monotonic()
            self.hurry()

    def poll(self) -> float:
        """Read what is new of the row that the cursor rests on."""
        row, since = self._asked
        left = since + SETTLED_SECONDS - time.monotonic()
        if row is None or left > 0:
            self._row = None
            return left if row else RESTING_SECONDS
        if row is not self._row:
            self._row, self._follower, self._told = row, None, None
        try:
            message = self._sweep(row) if is_sweep(row) else self._run(row)
            self._told = ""
        except (RunError, OSError) as error:
            message = self._failed(row, error)
        if message:
            self.tell(message)
        return SLOW_SECONDS

    def _run(self, row: RunRow) -> Previewed | None:
        if self._follower is None:
            self._follower = RunFollower(RunPaths(self._root / row.run_id), _UNSHOWN)
        view = self._follower.poll()
        return Previewed(row, run=view, changed=self._changed(view.experiment)) if view else None

    def _sweep(self, row: RunRow) -> Previewed | None:
        """Read the sweep's own file; how its runs are the list knows, and tells by another row."""
        if self._told == "":
            return None
        paths = paths_of(self._root, row)
        return Previewed(row, sweep=sweeps.fold(paths, sweeps.read(paths), row.runs))

    def _failed(self, row: RunRow, error: RunError | OSError) -> Previewed | None:
        told = safe_line((error.strerror if isinstance(error, OSError) else "") or str(error))
        before, self._told, self._follower = self._told, told, None
        return Previewed(row, failure=told) if told != before else None

    def _changed(self, spec: Experiment) -> tuple[tuple[str, str], ...]:
        """Return the keys that are not as the preset has them, or where there is none of that name not the defaults."""
        if self._presets is None:
            self._presets = {preset.name: preset.experiment for preset in catalog()}
        plain = comparing.values(self._presets.get(spec.preset, Experiment(preset=spec.preset)))
        return tuple((key, value) for key, value in comparing.values(spec).items() if value not in ("-", plain[key]))
