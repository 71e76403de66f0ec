"""A sweep as one row in the list of runs, in place of its runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from backends.runs.listing import LIVE, RunRow
from backends.runs.sweeps import FOLDER, SweepPaths, SweepView
from backends.runs.text import safe_line
from mli_tui.sweep_pictures import progress

_BEFORE = f"{FOLDER}/"
"""Begins the row's id: no run id holds a slash."""
SWEEP = " sweep"
"""What stands behind the preset that is swept."""


def folded(runs: Sequence[RunRow], views: Sequence[SweepView]) -> tuple[RunRow, ...]:
    """Return the runs without those of a sweep, and a row a sweep, the newest first."""
    inside = {row.run.run_id for view in views for row in view.rows if row.run}
    rows = [run for run in runs if run.run_id not in inside] + [_row(view) for view in views]
    return tuple(sorted(rows, key=lambda row: row.created, reverse=True))


def _row(view: SweepView) -> RunRow:
    return RunRow(
        run_id=_BEFORE + view.sweep.name,
        preset=view.sweep.base.preset + SWEEP,
        seed=view.sweep.base.seed,
        status=view.status,
        message=progress(view),
        epochs=view.counts.get("done", 0),
        max_epochs=len(view.rows),
        created=view.created,
        experiment=view.sweep.base,
        labels=view.labels,
        runs=tuple(row.run for row in view.rows if row.run),
        swept={axis.key: axis.values for axis in view.sweep.axes},
        live=tuple(
            msgspec.structs.replace(row.run, message=_cell(view, row.values))
            for row in view.rows
            if row.run and row.run.status in LIVE
        ),
    )


def _cell(view: SweepView, values: Sequence[str]) -> str:
    pairs = zip(view.sweep.axes, values, strict=True)
    return safe_line(", ".join(f"{axis.key} = {value}" for axis, value in pairs))


def is_sweep(row: RunRow) -> bool:
    """Return whether the row is a sweep's."""
    return row.run_id.startswith(_BEFORE)


def members(rows: Iterable[RunRow]) -> list[str]:
    """Return the ids of the runs that these rows stand for: of a sweep all of its own."""
    return [one for row in rows for one in (row.members if is_sweep(row) else (row.run_id,))]


def paths_of(root: Path, row: RunRow) -> SweepPaths:
    """Return where the sweep of the row lies."""
    return SweepPaths(root / row.run_id)
