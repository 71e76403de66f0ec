"""Tables of a sweep: the tidy curves of all its runs with a column a swept key, and a summary with a row a run."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

from backends.runs import export
from backends.runs.listing import read_run
from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepPaths, SweepRow, SweepView

SUMMARY = ("run_id", "status", "epochs", "bias_gap")


def curves_csv(paths: SweepPaths, view: SweepView) -> str:
    """Return the curves of all runs as `export.curves_csv` has them, the swept keys' values in columns at the end."""
    keys = tuple(one.key for one in view.sweep.axes)
    parts = [_header(export.CURVES_HEADER, keys)]
    for row, run in _runs(paths, view):
        body = export.curves_csv([read_run(run)]).partition("\n")[2]
        tail = _line(row.values)
        parts += [f"{line},{tail}\n" for line in body.splitlines()]
    return "".join(parts)


def summary_csv(view: SweepView) -> str:
    """Return one row a run: the keys' values, status, and the plateau ends of the train split by scheme."""
    keys = tuple(one.key for one in view.sweep.axes)
    schemes = sorted({scheme for row in view.rows if row.run for scheme in row.run.error_plateau_end})
    ends = [f"{what}_plateau_end_{scheme}" for scheme in schemes for what in ("error", "loss")]
    lines = [_header((*SUMMARY, *ends), keys)]
    for row in view.rows:
        if run := row.run:
            values = [getattr(run, f"{what}_plateau_end").get(s) for s in schemes for what in ("error", "loss")]
            cells = (run.run_id, run.status, run.epochs, run.bias_gap, *values, *row.values)
            lines.append(_line(cells) + "\n")
    return "".join(lines)


def _runs(paths: SweepPaths, view: SweepView) -> Iterator[tuple[SweepRow, RunPaths]]:
    return ((row, RunPaths(paths.root / row.run.run_id)) for row in view.rows if row.run)


def _header(columns: tuple[str, ...], keys: tuple[str, ...]) -> str:
    return _line((*columns, *keys)) + "\n"


def _line(cells: tuple[export.Cell, ...]) -> str:
    buffer = io.StringIO()
    write: Callable[[list[str]], object] = csv.writer(buffer, lineterminator="").writerow
    write([export.cell(value) for value in cells])
    return buffer.getvalue()
