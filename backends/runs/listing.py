"""Reading runs: one whole, or all of them in a line each."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from backends.runs import durable, export, labels, sketch, workers
from backends.runs.errors import Damaged
from backends.runs.events import Refining
from backends.runs.journal import Briefly, Reader, unread
from backends.runs.labels import Labels
from backends.runs.paths import RunPaths, made, newest_first
from backends.runs.text import safe_line
from backends.runs.view import Fold, RunView
from backends.runs.workers import Liveness
from presets.experiment import Experiment
from presets.loader import parse

ENDED = frozenset({"done", "stopped", "failed"})
LIVE = frozenset({"running", "queued", "paused"})
"""Statuses of a run that a worker is at."""
MAX_SPECIFICATION = 1 << 16
"""A specification is some hundred bytes; the time to parse a hostile one grows with the square of its length."""
_NOT_LISTED = ("points", "live", "device", "layers", "note")
"""Types of events that no row shows, but for the points of one curve: most of a journal. What else a worker tells as it
goes on is read, also where no row shows it: it ends a pause."""


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run in a list. Plateau ends are of the train split.

    `seed` and `max_epochs` are None where the training was the user's own business.
    """

    run_id: str
    preset: str
    seed: int | None
    status: str
    message: str = ""
    epochs: int = 0
    max_epochs: int | None = 0
    phase: str = ""
    error_plateau_end: dict[str, float | None] = {}
    loss_plateau_end: dict[str, float | None] = {}
    bias_gap: float | None = None
    loss: float | None = None
    """Of the train split after the last epoch, as the error is."""
    error: float | None = None
    curve: tuple[float | None, ...] = ()
    """Errors of the train split along the linear path, as in `sketch`; empty until they are measured."""
    identity: str = ""
    """Of its specification: by it a sweep finds the runs of its cells."""
    created: float = 0.0
    """When it began, by its own journal, in seconds since 1970: a copy is as old as what it was copied from."""
    experiment: Experiment | None = None
    """What was asked for; None where that can't be read. A sweep's row has what its runs have in common."""
    labels: Labels = labels.NONE
    labels_damage: str = ""
    """Why its labels can't be read, or nothing."""
    more: Refining | None = None
    """The more points that are, or were last, measured of it."""
    runs: tuple[RunRow, ...] = ()
    """A sweep's runs, of which this row stands for all."""
    swept: Mapping[str, tuple[str, ...]] = {}
    """The keys of a sweep and their values, as they were written."""
    live: tuple[RunRow, ...] = ()
    """Those of a sweep's runs that are at work or wait, each with the values of its cell as its message."""

    @property
    def title(self) -> str:
        """What people call it: its name, else its id."""
        return self.labels.name or self.run_id

    @property
    def members(self) -> tuple[str, ...]:
        """Ids of a sweep's runs."""
        return tuple(run.run_id for run in self.runs)


class RunFollower:
    """Follows one run: each `poll` reads what is new and returns a view, or None where nothing changed."""

    def __init__(
        self,
        paths: RunPaths,
        skip: tuple[str, ...] = (),
        briefly: Briefly = unread,
        written: labels.Cache | None = None,
    ) -> None:
        """Read the run's specification; raises `Damaged`.

        Events of the types in `skip` are left out but for what `briefly` reads; `written` knows labels already.
        """
        self.paths = paths
        self._experiment = read_experiment(paths)
        self._reader = Reader(paths.events, skip, briefly)
        self._fold = Fold(paths.run_id, self._experiment)
        self._recorded: RunView | None = None
        self._labels = written or labels.Cache()
        self._told: tuple[str, str, Labels, str] | None = None
        self._version = 0

    def poll(self) -> RunView | None:
        """Return the run as it is now if it changed since the last call; raises OSError, also once it is gone."""
        view = self._look()
        if view is not None and view.status == "interrupted":
            # It may have written its end after its journal was read and before its worker was looked for.
            view = self._look() or view
        return view

    def _look(self) -> RunView | None:
        new = self._reader.read()
        if self._reader.restarted:
            self._fold = Fold(self.paths.run_id, self._experiment)
        for event in new:
            self._fold.apply(event)
        if new or self._reader.restarted:
            self._recorded = self._fold.view()
            self._told = None
        else:
            self.paths.folder.stat()
            self._recorded = self._recorded or self._fold.view()
        return self._view(self._recorded, len(new))

    def _view(self, view: RunView, new: int) -> RunView | None:
        told = *live_status(self.paths, view.status, view.message), *self._labels.of(self.paths)
        if told == self._told:
            return None
        self._told = told
        self._version += max(new, 1)
        return msgspec.structs.replace(
            view,
            status=told[0],
            message=told[1],
            labels=told[2],
            notes=(*view.notes, *self._reader.damage, *filter(None, told[3:])),
            version=self._version,
        )


def read_experiment(paths: RunPaths) -> Experiment:
    """Return the run's resolved specification, its texts made harmless; raises `Damaged`."""
    try:
        content = durable.read_regular(paths.experiment, MAX_SPECIFICATION + 1)
        if len(content) > MAX_SPECIFICATION:
            raise ValueError(f"is longer than {MAX_SPECIFICATION} bytes")
        found = parse(content, paths.experiment.name)
    except (OSError, ValueError, RecursionError) as error:  # a SpecError is a ValueError
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Damaged(f"run {safe_line(paths.run_id)}: {paths.experiment.name}: {safe_line(why)}") from None
    texts = {name: safe_line(getattr(found, name)) for name in ("title", "shows", "expected_time")}
    return msgspec.structs.replace(found, **texts)


def read_run(
    paths: RunPaths,
    skip: tuple[str, ...] = (),
    briefly: Briefly = unread,
    written: labels.Cache | None = None,
) -> RunView:
    """Return all that is known of a run, or what `RunFollower` reads of it so; raises `Damaged` or OSError."""
    view = RunFollower(paths, skip, briefly, written).poll()
    assert view is not None  # the first poll always has something to say
    return view


def recorded_run(paths: RunPaths) -> RunView:
    """Return the run as its journal alone tells it, whoever works on it now; raises `Damaged` or OSError."""
    fold = Fold(paths.run_id, read_experiment(paths))
    for event in Reader(paths.events).read():
        fold.apply(event)
    return fold.view()


def live_status(paths: RunPaths, recorded: str, message: str) -> tuple[str, str]:
    """Return status and message with what is known of the worker: a run without one is never called running."""
    alive = workers.liveness(paths)
    if alive is Liveness.ALIVE:
        return ("running" if recorded in ENDED else recorded), message
    if recorded in ENDED:
        return recorded, message
    if alive is Liveness.ELSEWHERE:
        who = workers.worker_of(paths)
        return recorded, f"on host {safe_line(who.host) if who else '?'}; from here its worker can't be seen"
    if workers.lock_held(paths):
        return "ending", workers.HELD_WITHOUT_WORKER
    return "interrupted", "its worker is gone (killed, or out of memory?); it can be resumed"


_UNSTEADY = frozenset({"damaged", "ending"})
"""These change without a word in the journal: permissions are given, a helper process ends."""


_Seen = tuple[object, tuple[Labels, str]]
"""What a row was made of: the signature of its files, and its labels."""


class Lister:
    """Lists the runs of a folder again and again, reading only those whose journal or worker changed."""

    def __init__(self, root: Path) -> None:
        """List the runs in `root`."""
        self._root = root
        self._known: dict[str, tuple[_Seen, RunRow]] = {}
        self._labels = labels.Cache()
        self.complete = True
        """Whether the last call of `rows` returned all runs."""
        self._stamp: int | None = None

    def rows(self, seconds: float | None = None, thorough: bool = True) -> list[RunRow]:
        """Return all runs, newest first. A damaged run is a row that says so: it hides no other.

        With `seconds` it reads as many of those it doesn't know as that time is enough for, the newest ones; the
        next call goes on from there. Not `thorough`, it trusts that runs which are done stay as they are.
        """
        stamp = _modified(self._root)
        if thorough or not self.complete or stamp is None or stamp != self._stamp:
            self._look_at_all(seconds)
            self._stamp = stamp
        else:
            for run_id, (_, row) in self._known.items():
                if row.status != "done":
                    self._known[run_id] = self._row(RunPaths(self._root / run_id))
        return [row for _, row in self._known.values()]

    def _look_at_all(self, seconds: float | None) -> None:
        known: dict[str, tuple[_Seen, RunRow]] = {}
        spent = 0.0
        self.complete = True
        for paths in newest_first(self._root):
            if paths.run_id in self._known:
                known[paths.run_id] = self._row(paths)
            elif seconds is None or spent < seconds:
                began = time.monotonic()
                known[paths.run_id] = self._row(paths)
                spent += time.monotonic() - began
            else:
                self.complete = False
        self._known = known

    def _row(self, paths: RunPaths) -> tuple[_Seen, RunRow]:
        signature = _signature(paths), self._labels.of(paths)
        known = self._known.get(paths.run_id)
        if known and known[0] == signature and known[1].status not in _UNSTEADY:
            return known
        same = known and known[0][0] == signature[0] and known[1].status not in _UNSTEADY
        row = known[1] if known and same else _row(paths, self._labels)
        found, damage = signature[1]
        return signature, msgspec.structs.replace(row, labels=found, labels_damage=damage)


def _modified(folder: Path) -> int | None:
    """Return when an entry of the folder was last made, renamed or removed."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return None


def _signature(paths: RunPaths) -> object:
    """Return what changes whenever a row could: the journal's size and times, and whether a worker lives."""
    try:
        found = paths.events.stat()
    except OSError:
        return None, workers.liveness(paths)
    return found.st_ino, found.st_size, found.st_mtime_ns, workers.liveness(paths)


def list_runs(root: Path) -> list[RunRow]:
    """Return all runs in `root`, newest first, as `Lister` does."""
    return Lister(root).rows()


def _row(paths: RunPaths, written: labels.Cache) -> RunRow:
    try:
        view = read_run(paths, _NOT_LISTED, sketch.points, written)
        began = view.began if 0.0 < view.began < math.inf else made(paths)
        return _row_of(view, began)
    except Damaged as error:
        return _damaged(paths, safe_line(str(error)))
    except OSError as error:
        return _damaged(paths, safe_line(error.strerror or str(error)))


def _damaged(paths: RunPaths, message: str) -> RunRow:
    return RunRow(run_id=paths.run_id, preset="?", seed=0, status="damaged", message=message, created=made(paths))


def _row_of(view: RunView, began: float) -> RunRow:
    trained = {scheme: found.measured for (scheme, split), found in view.plateaus.items() if split == "train"}
    last = view.epochs[-1] if view.epochs else None
    return RunRow(
        run_id=view.run_id,
        preset=view.experiment.preset,
        seed=view.experiment.seed,
        status=view.status,
        message=view.message,
        epochs=view.epoch,
        max_epochs=view.experiment.most_epochs,
        phase=view.phase,
        more=view.more,
        error_plateau_end={scheme: ends.error_plateau_end for scheme, ends in trained.items()},
        loss_plateau_end={scheme: ends.loss_plateau_end for scheme, ends in trained.items()},
        bias_gap=export.bias_gap(view),
        loss=last.loss if last else None,
        error=last.error if last else None,
        curve=sketch.errors(view.curves.get(sketch.CURVE, ())),
        identity=view.experiment.identity(),
        created=began,
        experiment=view.experiment,
    )
