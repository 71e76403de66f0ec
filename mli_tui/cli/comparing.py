"""compare: what differs in several runs, as a table of text."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from backends.runs.errors import BadRequest
from backends.runs.listing import read_run
from mli_tui import comparing, format
from mli_tui.cli import output
from mli_tui.cli.options import Json, Runs, RunsDir, SplitOption, runs_of
from mli_tui.comparing import Comparison, Group
from presets.experiment import Split


def compare(
    context: typer.Context,
    runs: Runs,
    split: Annotated[SplitOption, typer.Option(help="Of which split the results are.")] = SplitOption.train,
    bands: Annotated[
        bool, typer.Option("--bands/--no-bands", help="Take runs that differ in the seed alone together.")
    ] = True,
    align: Annotated[
        bool, typer.Option("--align", help="Only seeds that all have; differences to the first, seed by seed.")
    ] = False,
    as_json: Json = False,
    runs_dir: RunsDir = None,
) -> None:
    """Compare runs: the keys in which they differ, and their results.

    Over several seeds: median (smallest..largest).
    """
    chosen = runs_of(context, runs_dir, runs)
    if not 2 <= len(chosen) <= comparing.MOST:
        raise BadRequest(f"compare: {len(chosen)} runs; from 2 to {comparing.MOST} different ones are possible")
    found = comparing.compare([read_run(paths) for paths in chosen], bands=bands, aligned=align)
    of_split: Split = split.value
    if as_json:
        output.emit_document(_values(found, of_split))
        return
    if found.complaint:
        output.warn(found.complaint)
    output.say_all(map(_who, found.groups))
    if found.aligned:
        output.say("aligned by seed: differences to A")
    output.say()
    output.say_all(format.aligned(comparing.text_lines(found, of_split)))


def _who(group: Group) -> str:
    return f"{group.letter}  {group.name}: {', '.join(view.run_id for view in group.views)}"


def _values(found: Comparison, split: Split) -> dict[str, Any]:
    groups = [
        {"letter": g.letter, "name": g.name, "runs": [v.run_id for v in g.views], "seeds": list(g.seeds)}
        for g in found.groups
    ]
    rows = {"spec": comparing.spec_rows(found), "results": comparing.result_rows(found, split)}
    tables = {name: {row.key: list(row.cells) for row in some} for name, some in rows.items()}
    return {"groups": groups, "split": split, "aligned": found.aligned, **tables}
