"""Threads that read and fold, so that the event loop never opens a file: a screen gets one finished snapshot."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.message import Message

from backends.runs import listing
from backends.runs.errors import RunError
from backends.runs.listing import RunFollower, RunRow
from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepPaths, Sweeps, SweepView, fold
from backends.runs.text import safe_line
from backends.runs.view import RunView
from backends.runs.workers import Liveness, liveness
from mli_tui.key_columns import telling
from mli_tui.sweep_rows import folded

FAST_SECONDS = 0.25
SLOW_SECONDS = 1.0
THOROUGH_POLLS = 30
"""Of so many looks at a list one is at every run; the others are at those that are not done."""
FEW_RUNS = 12
"""Runs that are compared as soon as one has something new; of more, once a second."""
FIRST_SECONDS, NEXT_SECONDS = 0.04, 0.2
"""How long a list of very many runs is read before a screenful of it is shown, and then more of it each time."""


@dataclass
class RunChanged(Message):
    """A run has something new."""

    view: RunView


@dataclass
class RunsListed(Message):
    """The list of runs differs from the one before."""

    rows: tuple[RunRow, ...]
    complete: bool = True
    """Whether these are all; the newest come first."""
    telling: tuple[str, ...] = ()
    """The keys in which they differ, those first that tell most."""


@dataclass
class SweepChanged(Message):
    """A sweep has something new."""

    view: SweepView


@dataclass
class ComparedChanged(Message):
    """Some of the runs that are compared have something new."""

    views: tuple[RunView, ...]


@dataclass
class WatchFailed(Message):
    """What was watched can't be read; the watcher tries again."""

    text: str


class Watcher(threading.Thread):
    """Polls until it is stopped. An error is told once, not at every poll."""

    def __init__(self, post: Callable[[Message], object]) -> None:
        """Make a watcher that gives its messages to `post`, which must be safe to call from a thread."""
        super().__init__(daemon=True, name=type(self).__name__)
        self._post = post
        self._ending = threading.Event()
        self._nudge = threading.Event()
        self._complaint = ""

    def run(self) -> None:
        """Poll, post, wait."""
        while not self._ending.is_set():
            wait = SLOW_SECONDS
            try:
                wait = self.poll()
                self._complaint = ""
            except (RunError, OSError) as error:
                self._complain(safe_line(str(error)))
            self._nudge.wait(wait)
            self._nudge.clear()

    @abstractmethod
    def poll(self) -> float:
        """Look once, post what changed, and return how long to wait."""

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            self._complaint = text
            self.tell(WatchFailed(text))

    def tell(self, message: Message) -> None:
        """Post a message, unless the watcher was stopped meanwhile."""
        if not self._ending.is_set():
            self._post(message)

    def hurry(self) -> None:
        """Look now instead of at the next poll."""
        self._nudge.set()

    def stop(self) -> None:
        """End soon; never waits for a slow file system."""
        self._ending.set()
        self._nudge.set()


class RunWatcher(Watcher):
    """Follows one run."""

    def __init__(self, paths: RunPaths, post: Callable[[Message], object]) -> None:
        """Follow the run in `paths`."""
        super().__init__(post)
        self._paths = paths
        self._follower: RunFollower | None = None

    def poll(self) -> float:
        """Fold what is new."""
        if self._follower is None:
            self._follower = RunFollower(self._paths)
        view = self._follower.poll()
        if view is not None:
            self.tell(RunChanged(view))
            return FAST_SECONDS
        return FAST_SECONDS if workers_at_it(self._paths) else SLOW_SECONDS


class RunsWatcher(Watcher):
    """Follows the list of runs."""

    def __init__(self, root: Path, post: Callable[[Message], object]) -> None:
        """Follow the runs in `root`."""
        super().__init__(post)
        self._lister = listing.Lister(root)
        self._sweeps = Sweeps(root)
        self._rows: tuple[RunRow, ...] | None = None
        self._complete = True
        self._polls = 0
        self._kinds: tuple[str, ...] = ()
        self._telling: tuple[str, ...] = ()

    def poll(self) -> float:
        """List the runs again, each sweep in one row. Of very many the newest come first, the others soon after."""
        self._polls = (self._polls + 1) % THOROUGH_POLLS
        seconds = FIRST_SECONDS if self._rows is None else NEXT_SECONDS
        runs = self._lister.rows(seconds, thorough=self._polls == 1)
        complete = self._lister.complete
        # Which runs a sweep has is known when all are read; until then its row says what it is, not how far.
        rows = folded(runs, self._sweeps.views(runs))
        if (rows, complete) != (self._rows, self._complete):
            if self._rows is None or complete:
                self._compare(rows)
            self._rows, self._complete = rows, complete
            self.tell(RunsListed(rows, complete, self._telling))
        return SLOW_SECONDS if complete else 0.0

    def _compare(self, rows: Sequence[RunRow]) -> None:
        """Find in which keys the runs differ, where they are not those of the last time."""
        kinds = tuple(row.identity or row.run_id for row in rows)
        if kinds != self._kinds:
            self._kinds, self._telling = kinds, telling(rows)

    def hurry(self) -> None:
        """Look now, and at all runs: something was done to one of them."""
        self._polls = 0
        super().hurry()


class SweepWatcher(Watcher):
    """Follows one sweep."""

    def __init__(self, paths: SweepPaths, post: Callable[[Message], object]) -> None:
        """Follow the sweep in `paths`."""
        super().__init__(post)
        self._paths = paths
        self._lister = listing.Lister(paths.root)
        self._sweeps = Sweeps(paths.root)
        self._view: SweepView | None = None

    def poll(self) -> float:
        """Fold the runs again."""
        view = fold(self._paths, self._sweeps.read(self._paths), self._lister.rows())
        if view != self._view:
            self._view = view
            self.tell(SweepChanged(view))
        return SLOW_SECONDS


class CompareWatcher(Watcher):
    """Follows several runs at once. One that can't be read is told of, and hides no other."""

    def __init__(self, runs: Sequence[RunPaths], post: Callable[[Message], object]) -> None:
        """Follow these runs."""
        super().__init__(post)
        self._runs = runs
        self._followers: dict[str, RunFollower] = {}
        self._views: dict[str, RunView] = {}

    def poll(self) -> float:
        """Fold what is new of each."""
        new, wrong = False, ""
        for paths in self._runs:
            try:
                follower = self._followers.get(paths.run_id) or RunFollower(paths)
                self._followers[paths.run_id] = follower
                view = follower.poll()
            except (RunError, OSError) as error:
                wrong = str(error) if isinstance(error, RunError) else f"run {paths.run_id}: {error.strerror}"
                continue
            if view is not None:
                self._views[paths.run_id], new = view, True
        if new:
            self.tell(ComparedChanged(tuple(self._views[p.run_id] for p in self._runs if p.run_id in self._views)))
        if wrong:
            raise RunError(wrong)
        return FAST_SECONDS if new and len(self._runs) <= FEW_RUNS else SLOW_SECONDS


def workers_at_it(paths: RunPaths) -> bool:
    """Return whether the run has a live worker on this host."""

    return liveness(paths) is Liveness.ALIVE
