"""What `mli-tui --plain` prints in place of the app: presets, runs, and how to go on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from backends.runs.listing import RunRow, list_runs
from mli_tui import format, needs
from presets import Preset, catalog

MOST_RUNS = 20


def lines(root: Path) -> Iterator[str]:
    """Yield sentences, one a line: no columns to be guessed from spaces."""
    yield "Presets, which can be run:"
    yield from map(_preset, catalog())
    yield ""
    runs = list_runs(root)
    yield f"Runs in {root}, the newest first:" if runs else f"There are no runs in {root} yet."
    now = time.time()
    yield from (_run(row, now) for row in runs[:MOST_RUNS])
    if len(runs) > MOST_RUNS:
        yield f"and {len(runs) - MOST_RUNS} older ones: mli-tui runs"
    yield ""
    yield "To start a run and follow it: mli-tui run PRESET --plain"
    yield "To follow a run: mli-tui attach RUN --plain (RUN is its name, the beginning of it, or: last)"
    yield "All that is known of a run: mli-tui show RUN. Its tables: mli-tui export RUN"
    yield "Every command: mli-tui --help"


def _preset(preset: Preset) -> str:
    spec = preset.experiment
    about = ", ".join(filter(None, (spec.expected_time, *needs.of(spec))))
    return f"{preset.name}: {spec.title}" + (f" ({about})" if about else "")


def _run(row: RunRow, now: float) -> str:
    named = f" ({row.run_id})" if row.labels.name else ""
    parts = [f"{row.title}{named}: {row.status}", f"{row.epochs} epochs", f"{format.age(now - row.created)} ago"]
    ends = [f"{scheme} {format.number(end, 3)}" for scheme, end in row.error_plateau_end.items() if end is not None]
    if ends:
        parts.append(f"error plateau ends at alpha {', '.join(ends)}")
    if row.message:
        parts.append(row.message)
    return ", ".join(parts)
