"""runs, show: what there is."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Annotated

import msgspec
import typer

from backends.runs import export
from backends.runs.errors import BadRequest
from backends.runs.listing import RunRow, list_runs, read_run
from mli_tui import filtering, format
from mli_tui.cli import output, report
from mli_tui.cli.options import Json, Run, RunsDir, root_of, run_of

_PRESET_COLUMN = 1
_LEAST_PRESET = 4


def runs(
    context: typer.Context,
    asked: Annotated[
        str, typer.Option("--filter", metavar="WORDS", help="Only these, such as 'depth>3 status:done tag:paper'.")
    ] = "",
    as_json: Json = False,
    runs_dir: RunsDir = None,
) -> None:
    """List the runs, newest first.

    Columns: id, name or preset, status, epochs, error plateau ends (linear/homogeneous), age.
    """
    root = root_of(context, runs_dir)
    wanted = filtering.parse(asked)
    if wanted.mistake:
        raise BadRequest(f"--filter: {wanted.mistake}")
    found = [row for row in list_runs(root) if wanted.holds(row)]
    if as_json:
        output.emit_document([_values(row) for row in found])
        return
    if not found and asked:
        output.warn(f"no run in {root} is what the filter asks for")
        return
    if not found:
        output.warn(f"no runs in {root}; `mli-tui run quick` starts one")
        return
    output.say_all(run_lines(found, time.time(), output.width()))
    output.say_all(f"{row.run_id}: {row.message}" for row in found if row.status == "damaged")
    output.say_all(row.labels_damage for row in found if row.labels_damage)


def _values(row: RunRow) -> dict[str, object]:
    names = ("run_id", "preset", "seed", "status", "message", "phase", "epochs", "max_epochs", "created")
    found = {name: getattr(row, name) for name in names} | {"error_plateau_end": dict(row.error_plateau_end)}
    return found | {"labels": msgspec.to_builtins(row.labels)}


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


def show(
    context: typer.Context,
    run: Run,
    layers: Annotated[bool, typer.Option("--layers", help="The layers of the network alone.")] = False,
    as_json: Json = False,
    runs_dir: RunsDir = None,
) -> None:
    """Show all that is known of a run.

    With --json: what summary.json holds, as of now. With --layers: name, kind, exponent and weight shape of each.
    """
    view = read_run(run_of(context, runs_dir, run))
    if layers and as_json:
        rows = view.layers.rows if view.layers else ()
        output.emit_document([msgspec.structs.asdict(row) for row in rows])
    elif layers:
        output.say_all(report.layers(view))
    elif as_json:
        print(export.summary_json(view).decode("ascii"), end="")
    else:
        output.say_all(report.whole(view))
