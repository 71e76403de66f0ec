"""Sweeps: one experiment at every combination of some keys' values.

A sweep is a directory, `RUNS/sweeps/NAME/`, with one file of its own, sweep.toml: the experiment and the grid. Which
run belongs to which cell is not written down anywhere: it is the run whose specification is the cell's. So a sweep
can be copied, its runs deleted or run by hand, and it still tells what is true.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
import time
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from backends.runs import durable, labels, workers
from backends.runs.errors import Damaged
from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from backends.runs.paths import RUN_ID, RunPaths, make_private
from backends.runs.text import safe_line
from backends.runs.workers import Liveness
from presets.experiment import Experiment
from presets.loader import SpecError, override, to_toml

FOLDER = "sweeps"
MAX_RUNS = 100_000
"""Beyond it not even the list of cells is made."""
MAX_FILE = 1 << 22
SEED = "train.seed"
_CREATED, _CREATED_BYTES = re.compile(rb"created = ([0-9]{1,12}\.[0-9]{1,6})\n"), 32
_RANGE = re.compile(r"(-?[0-9]{1,18})\.\.(-?[0-9]{1,18})")


class Axis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One swept key and its values, each as it is written after `KEY=` in a setting."""

    key: str
    values: tuple[str, ...]


class Cell(msgspec.Struct, frozen=True):
    """One combination: its values in the order of the axes, and what is to be run."""

    values: tuple[str, ...]
    experiment: Experiment


class Sweep(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What is swept. `threads` and `beside` are how the CPU was measured to be shared: 0 is not measured yet."""

    name: str
    base: Experiment
    axes: tuple[Axis, ...]
    threads: int = 0
    """Threads of each run, where the experiment names none; 0: every run takes the device for itself."""
    beside: int = 0
    """How many runs go on beside each other; 0 until that is measured."""
    measured: dict[str, float] = {}
    """Training steps a second of all runs together, by arrangement."""
    created: float = 0.0
    """When it was written down, in seconds since 1970; 0 where that is not recorded."""

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Return all cells, the last axis the fastest; raises `SpecError` for a value that is refused."""
        shared = [f"train.threads={self.threads}"] if self.threads and not self.names_threads else []
        plain = override(self.base, shared)
        keys = [axis.key for axis in self.axes]
        combinations = itertools.product(*(axis.values for axis in self.axes))
        return tuple(
            Cell(values, override(plain, [f"{key}={value}" for key, value in zip(keys, values, strict=True)]))
            for values in combinations
        )

    @property
    def names_threads(self) -> bool:
        """Whether the user chose the threads, so that nothing is to be measured."""
        return bool(self.base.train.threads) or any(axis.key == "train.threads" for axis in self.axes)

    @property
    def size(self) -> int:
        """Number of cells."""
        return math.prod(len(axis.values) for axis in self.axes)


class SweepPaths(RunPaths):
    """The files of a sweep: lock and log as those of a run, and its specification."""

    def __init__(self, folder: Path) -> None:
        """Name the files of the sweep in `folder`; nothing is touched."""
        super().__init__(folder)
        self.spec = folder / "sweep.toml"
        self.root = folder.parent.parent


class SweepRow(msgspec.Struct, frozen=True, kw_only=True):
    """One cell and its run; `run` is None where none was made yet."""

    values: tuple[str, ...]
    run: RunRow | None

    @property
    def status(self) -> str:
        """Status of the run, or `waiting`."""
        return self.run.status if self.run else "waiting"


class SweepView(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a sweep: its cells with their runs, and whether its driver works."""

    sweep: Sweep
    rows: tuple[SweepRow, ...]
    driven: bool = False
    created: float = 0.0
    labels: Labels = labels.NONE

    @property
    def counts(self) -> dict[str, int]:
        """Return how many cells have each status, the most frequent first."""
        found: dict[str, int] = {}
        for row in self.rows:
            found[row.status] = found.get(row.status, 0) + 1
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))

    @property
    def status(self) -> str:
        """`running` while its driver works, else `done`, or `stopped` where something is missing."""
        if self.driven:
            return "running"
        return "stopped" if any(row.status not in ("done", "failed") for row in self.rows) else "done"


def axis(text: str) -> Axis:
    """Read `KEY=V1,V2` or `KEY=A..B` (whole numbers, both included); raises `SpecError`."""
    key, equals, values = text.partition("=")
    if not equals or not key.strip() or not values.strip():
        raise SpecError("--over", text, "expected KEY=V1,V2 or KEY=A..B, such as train.seed=0..4")
    return Axis(key=key.strip(), values=tuple(_values(text, values.strip())))


def _values(text: str, values: str) -> Iterable[str]:
    if found := _RANGE.fullmatch(values):
        low, high = int(found[1]), int(found[2])
        if high < low:
            raise SpecError("--over", text, "expected a range A..B with A at most B")
        if high - low >= MAX_RUNS:
            raise SpecError("--over", text, f"expected at most {MAX_RUNS:,} values")
        return (str(number) for number in range(low, high + 1))
    return _split(values)


def is_several(values: str) -> bool:
    """Return whether what is written after `KEY=` is several values, or a range, and not one."""
    return bool(_RANGE.fullmatch(values)) or len(_split(values)) > 1


def require_distinct(sweep: Sweep) -> None:
    """Raise `SpecError` where a cell is refused, or two cells compute the same."""
    seen: dict[str, tuple[str, ...]] = {}
    for cell, identity in zip(sweep.cells, _identities(sweep), strict=True):
        if identity in seen:
            twice = ", ".join(seen[identity])
            raise SpecError(
                "--over", ", ".join(cell.values), f"computes the same as {twice}; expected cells that differ"
            )
        seen[identity] = cell.values


def _split(values: str) -> list[str]:
    """Split at commas that stand in no list and no quotes."""
    parts, depth, quote = [""], 0, ""
    for character in values:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        else:
            depth += (character == "[") - (character == "]")
        if character == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def plan(base: Experiment, axes: list[Axis]) -> Sweep:
    """Return the sweep of `base` over its own axes and `axes`; the same request has the same name: is the same sweep.

    Raises `SpecError` for no axis or too many cells, a key that is unknown, twice there or decides no number, and
    for a value that is refused in any combination with the others' first values.
    """
    axes = [*(axis(text) for text in base.over), *axes]
    base = msgspec.structs.replace(base, over=())
    if not axes:
        raise SpecError("--over", "", "expected at least one KEY=V1,V2 or KEY=A..B")
    keys = [one.key for one in axes]
    for key in keys:
        if keys.count(key) > 1:
            raise SpecError("--over", key, "expected each key once")
    size = math.prod(len(one.values) for one in axes)
    if size > MAX_RUNS:
        raise SpecError("--over", f"{size:,} runs", f"expected at most {MAX_RUNS:,} runs")
    for one in axes:
        _require_different(base, one)
    text = json.dumps([base.identity(), [[one.key, list(one.values)] for one in axes]])
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return Sweep(name=f"{base.preset[:40]}-{digest}", base=base, axes=tuple(axes))


def _require_different(base: Experiment, one: Axis) -> None:
    """Raise `SpecError` unless each value of the axis alone makes an experiment of its own."""
    seen: dict[str, str] = {}
    for value in one.values:
        try:
            identity = override(base, [f"{one.key}={value}"]).identity()
        except SpecError as error:
            if error.key == one.key or "unknown key" in error.allowed:
                raise
            continue  # only this combination is refused, and the cells may hold others
        if identity in seen:
            raise SpecError(one.key, value, f"computes the same as {seen[identity]}; expected values that differ")
        seen[identity] = value


def find(root: Path, name: str) -> SweepPaths:
    """Return the sweep of that name, as `labels.one_of` finds it; a sweep's id is the name of its folder."""
    return labels.one_of(sweeps_in(root), name, "sweep")


def sweeps_in(root: Path) -> list[SweepPaths]:
    """Return the sweeps in a runs folder, the newest first."""
    try:
        folders = [f for f in (root / FOLDER).iterdir() if RUN_ID.fullmatch(f.name)]
        found = [paths for paths in map(SweepPaths, folders) if paths.spec.exists()]
    except OSError:  # none yet, or none that we may look at
        return []
    return sorted(found, key=lambda paths: (_created(paths), paths.run_id), reverse=True)


def keep(root: Path, sweep: Sweep) -> SweepPaths:
    """Write the sweep down where it is new, and return its paths; raises `BadRequest` or OSError."""
    paths = SweepPaths(make_private(make_private(root / FOLDER) / sweep.name))
    paths.require_own()
    if not paths.spec.exists():
        write(paths, msgspec.structs.replace(sweep, created=sweep.created or round(time.time(), 3)))
    return paths


def write(paths: SweepPaths, sweep: Sweep) -> None:
    """Write sweep.toml durably."""
    tree: dict[str, Any] = {
        **({"created": sweep.created} if sweep.created else {}),  # first, where `_created` finds it
        "threads": sweep.threads,
        "beside": sweep.beside,
        "measured": sweep.measured,
        "over": [msgspec.to_builtins(one) for one in sweep.axes],
        "base": tomllib.loads(to_toml(sweep.base)),
    }
    durable.write(paths.spec, tomli_w.dumps(tree).encode())


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of sweep.toml."""

    base: Experiment
    over: tuple[Axis, ...]
    threads: int = 0
    beside: int = 0
    measured: dict[str, float] = {}
    created: float = 0.0


def read(paths: SweepPaths) -> Sweep:
    """Return what a sweep's file says; raises `Damaged`."""
    try:
        content = durable.read_regular(paths.spec, MAX_FILE)
        file = msgspec.convert(tomllib.loads(content.decode("utf-8")), _File)
        sweep = Sweep(
            name=paths.run_id,
            base=file.base,
            axes=file.over,
            threads=file.threads,
            beside=file.beside,
            measured=file.measured,
            created=file.created,
        )
        if sweep.size > MAX_RUNS:
            raise ValueError(f"has more than {MAX_RUNS:,} cells")
        _ = sweep.cells
    except (OSError, ValueError, RecursionError) as error:  # a SpecError is a ValueError, and so are msgspec's
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Damaged(f"sweep {safe_line(paths.run_id)}: {paths.spec.name}: {safe_line(why)}") from None
    return sweep


_BETTER = {"done": 0, "running": 1, "paused": 2, "queued": 3, "failed": 4}
"""Of two runs of one cell the one that is further counts, then the newer one."""


def fold(paths: SweepPaths, sweep: Sweep, runs: Iterable[RunRow]) -> SweepView:
    """Return the sweep with the run of each cell, found among `runs` (newest first) by its identity.

    Of several that are done it is the oldest: what is launched by hand later takes no run's place.
    """
    by_identity: dict[str, RunRow] = {}
    for run in runs:
        before = by_identity.get(run.identity)
        better = before is None or _BETTER.get(run.status, 9) < _BETTER.get(before.status, 9)
        if better or (before and run.status == before.status == "done"):
            by_identity[run.identity] = run
    rows = tuple(
        SweepRow(values=cell.values, run=by_identity.get(identity))
        for cell, identity in zip(sweep.cells, _identities(sweep), strict=True)
    )
    return SweepView(
        sweep=sweep,
        rows=rows,
        driven=workers.liveness(paths) is Liveness.ALIVE,
        created=_created(paths),
        labels=labels.read_calmly(paths)[0],
    )


def _created(paths: SweepPaths) -> float:
    """Return when a sweep was written down: as its file says at its beginning, else by the file's own time."""
    try:
        said = _CREATED.match(durable.read_regular(paths.spec, _CREATED_BYTES))
        return float(said[1]) if said else paths.spec.stat().st_mtime
    except OSError:
        return 0.0


class Sweeps:
    """Reads the sweeps of a runs folder again and again, each file only when it changed."""

    def __init__(self, root: Path) -> None:
        """Read the sweeps in `root`."""
        self._root = root
        self._known: dict[str, tuple[int, Sweep]] = {}

    def views(self, runs: Iterable[RunRow]) -> tuple[SweepView, ...]:
        """Return all sweeps, the newest first, folded with `runs`; one whose file is damaged is left out."""
        rows = list(runs)
        found = []
        for paths in sweeps_in(self._root):
            with suppress(Damaged, OSError):  # its runs are listed each by itself; `sweep-show` says what is wrong
                found.append(fold(paths, self.read(paths), rows))
        return tuple(found)

    def read(self, paths: SweepPaths) -> Sweep:
        """Return the sweep, from memory where its file is the one of the last read; raises `Damaged` or OSError."""
        version = paths.spec.stat().st_mtime_ns
        known = self._known.get(paths.run_id)
        if known is None or known[0] != version:
            known = self._known[paths.run_id] = version, read(paths)
        return known[1]


def _identities(sweep: Sweep) -> tuple[str, ...]:
    known: tuple[str, ...] | None = sweep.__dict__.get("identities")
    if known is None:
        known = sweep.__dict__["identities"] = tuple(cell.experiment.identity() for cell in sweep.cells)
    return known


def group(view: SweepView) -> Iterator[tuple[tuple[str, ...], tuple[SweepRow, ...]]]:
    """Yield the cells with the seeds taken together: the other keys' values, and their rows. Alone, seeds stay."""
    keys = shown_keys(view.sweep)
    places = [i for i, one in enumerate(view.sweep.axes) if one.key in keys]
    groups: dict[tuple[str, ...], list[SweepRow]] = {}
    for row in view.rows:
        groups.setdefault(tuple(row.values[i] for i in places), []).append(row)
    for values, rows in groups.items():
        yield values, tuple(rows)


def shown_keys(sweep: Sweep) -> tuple[str, ...]:
    """Return the swept keys, without the seed where there are others: it is always taken together."""
    keys = tuple(one.key for one in sweep.axes)
    return tuple(key for key in keys if key != SEED) or keys
