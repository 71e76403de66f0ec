"""The list of runs as text. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from backends.runs.listing import RunRow
from mli_tui import format

_PRESET_COLUMN = 1
_LEAST_PRESET = 4


def run_lines(rows: Iterable[RunRow], now: float, width: int | None) -> list[str]:
    """Return the list of runs as lines; where they are wider than `width`, names are cut, never an id."""
    shown = list(rows)
    called = "name" if any(row.labels.name for row in shown) else "preset"
    cells = [("run", called, "status", "epochs", "plateau", "age"), *(_cells(row, now) for row in shown)]
    excess = max(map(len, format.aligned(cells))) - width if width else 0
    if excess > 0:
        widest = max(len(row[_PRESET_COLUMN]) for row in cells)
        cells = [_narrower(row, widest - excess) for row in cells]
    columns = len(cells[0])
    return format.aligned(cells, right=frozenset(range(columns - 3, columns)))


def _cells(row: RunRow, now: float) -> tuple[str, ...]:
    ends = (format.number(row.error_plateau_end.get(scheme), 2) for scheme in ("linear", "homogeneous"))
    return (
        row.run_id,
        row.labels.name or row.preset,
        format.stage(row),
        str(row.epochs),
        "/".join(ends),
        format.age(now - row.created),
    )


def _narrower(row: tuple[str, ...], room: int) -> tuple[str, ...]:
    """Return the row with its preset cut to `room`, or without it: an id begins with the preset's name."""
    run_id, preset, *rest = row
    if room < _LEAST_PRESET:
        return (run_id, *rest)
    return (run_id, preset if len(preset) <= room else preset[: room - 1] + "…", *rest)
