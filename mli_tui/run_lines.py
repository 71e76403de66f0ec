"""The list of runs as text. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backends.runs.listing import RunRow
from mli_tui import format
from mli_tui.grouping import Entry, Group
from mli_tui.key_columns import Column, cell

_PRESET_COLUMN = 1
_LEAST_PRESET = 4
_INDENT = "  "
_LONGEST_TITLE = 40
"""Characters of a heading: some keys, such as a note, have values longer than any id."""


def run_lines(
    entries: Iterable[Entry],
    now: float,
    width: int | None,
    level: int = 0,
    more: Sequence[Column] = (),
    ascii_only: bool = False,
) -> list[str]:
    """Return runs, below their headings, as lines; where they are wider than `width`, names are cut, never an id.

    `level` is how many headings stand above each run; `more` are columns behind the others.
    """
    shown = list(entries)
    called = "name" if any(isinstance(row, RunRow) and row.labels.name for row in shown) else "preset"
    cells = [("run", called, "status", "epochs", "plateau", "age", *(column.label for column in more))]
    for row in shown:
        if isinstance(row, Group):
            cells.append((*_heading(row, now), *[""] * len(more)))
        else:
            cells.append((*_cells(row, now, level), *(cell(row, column.key, ascii_only) for column in more)))
    excess = max(map(len, format.aligned(cells))) - width if width else 0
    if excess > 0:
        widest = max(len(row[_PRESET_COLUMN]) for row in cells)
        cells = [_narrower(row, widest - excess) for row in cells]
    age = len(cells[0]) - len(more) - 1
    return format.aligned(cells, right=frozenset((age - 2, age - 1, age)))


def _cells(row: RunRow, now: float, level: int) -> tuple[str, ...]:
    return (
        _INDENT * level + row.run_id,
        row.labels.name or row.preset,
        format.stage(row),
        str(row.epochs),
        format.main_ends(row.error_plateau_end, 2, "/"),
        format.age(now - row.created),
    )


def _heading(group: Group, now: float) -> tuple[str, ...]:
    """Return what belongs to the runs below: how many, the medians of their plateau ends, the newest age."""
    title = group.title if len(group.title) <= _LONGEST_TITLE else group.title[: _LONGEST_TITLE - 1] + "…"
    counts = {"at work": group.at_work, "failed": group.failed}
    return (
        _INDENT * group.level + title,
        "",
        ", ".join((group.count, *(f"{count:,} {what}" for what, count in counts.items() if count))),
        group.statistic,
        format.main_ends(group.ends, 2, "/"),
        format.age(now - group.newest),
    )


def _narrower(row: tuple[str, ...], room: int) -> tuple[str, ...]:
    """Return the row with its preset cut to `room`, or without it: an id begins with the preset's name."""
    run_id, preset, *rest = row
    if room < _LEAST_PRESET:
        return (run_id, *rest)
    return (run_id, preset if len(preset) <= room else preset[: room - 1] + "…", *rest)
