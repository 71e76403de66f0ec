"""runs, show: what there is."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec
import typer

from backends.runs import export
from backends.runs.errors import BadRequest
from backends.runs.listing import RunRow, list_runs, read_run
from mli_tui import filtering, grouping, key_columns
from mli_tui.cli import output, report
from mli_tui.cli.options import Json, Run, RunsDir, root_of, run_of
from mli_tui.run_lines import run_lines


def runs(
    context: typer.Context,
    asked: Annotated[
        str, typer.Option("--filter", metavar="WORDS", help="Only these, such as 'depth>3 seed:0,1 -tag:old'.")
    ] = "",
    keys: Annotated[
        str,
        typer.Option(
            "--group",
            metavar="KEYS",
            help="Below headings, such as 'depth seed': how many runs, median plateau ends of those done, newest age.",
        ),
    ] = "",
    columns: Annotated[
        str, typer.Option("--columns", metavar="KEYS", help="Columns more, such as 'depth init_scale gap loss curve'.")
    ] = "",
    as_json: Json = False,
    runs_dir: RunsDir = None,
) -> None:
    """List the runs, newest first.

    Columns: id, name or preset, status, epochs, error plateau ends (linear/homogeneous), age.
    """
    root = root_of(context, runs_dir)
    grouping.require(asked, keys)
    if mistake := key_columns.complaint(columns, key_columns.IN_LINES):
        raise BadRequest(f"--columns: {mistake}")
    if as_json and (keys or columns):
        raise BadRequest("--json: has neither headings nor columns; leave out --group and --columns")
    wanted = filtering.parse(asked)
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
    by = grouping.keys_of(keys)
    more = key_columns.columns_of(columns, key_columns.IN_LINES)
    lines = run_lines(grouping.grouped(found, by), time.time(), output.width(), len(by), more, not output.has_blocks())
    output.say_all(lines)
    output.say_all(f"{row.run_id}: {row.message}" for row in found if row.status == "damaged")
    output.say_all(row.labels_damage for row in found if row.labels_damage)


def _values(row: RunRow) -> dict[str, object]:
    names = ("run_id", "preset", "seed", "status", "message", "phase", "epochs", "max_epochs", "created")
    found = {name: getattr(row, name) for name in names} | {"error_plateau_end": dict(row.error_plateau_end)}
    return found | {"labels": msgspec.to_builtins(row.labels)}


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
