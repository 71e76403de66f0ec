"""compare: what differs in several runs, as a table of text; their curves in a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from backends.runs.errors import BadRequest
from backends.runs.listing import read_run
from mli_tui import comparing, format
from mli_tui.axes import Axes
from mli_tui.cli import drawing, options, output
from mli_tui.cli.options import Grid, Json, Limits, Log, LogAlpha, RunsDir, RunsOrSweeps, Save, SplitOption
from mli_tui.comparing import Comparison
from presets.experiment import Split

if TYPE_CHECKING:
    from mli_tui.compare_reading import CompareReading
    from mli_tui.plotting.series import Plot


def compare(
    context: typer.Context,
    runs: RunsOrSweeps,
    split: Annotated[SplitOption, typer.Option(help="Of which split the results are.")] = SplitOption.train,
    bands: Annotated[
        bool, typer.Option("--bands/--no-bands", help="Take runs that differ in the seed alone together.")
    ] = True,
    align: Annotated[
        bool, typer.Option("--align", help="Only seeds that all have; differences to the first, seed by seed.")
    ] = False,
    scheme: Annotated[
        str | None, typer.Option(metavar="SCHEME", help="Path whose curves a figure has; default: the first one.")
    ] = None,
    hide: Annotated[
        list[str] | None,
        typer.Option("--hide", metavar="LETTER", help="Leave a group out of a figure; may be given several times."),
    ] = None,
    log: Log = False,
    log_alpha: LogAlpha = False,
    limits: Limits = "",
    shared: Annotated[bool, typer.Option("--shared", help="One y axis for all schemes and splits.")] = False,
    grid: Grid = False,
    save: Save = None,
    as_json: Json = False,
    runs_dir: RunsDir = None,
) -> None:
    """Compare runs: the keys in which they differ, and their results.

    Over several seeds: median (smallest..largest). With --save their loss and error against alpha, into a file.
    """
    of_figure = {
        "--scheme": scheme, "--hide": hide, "--log": log, "--log-alpha": log_alpha, "--limits": limits,
        "--shared": shared, "--grid": grid,
    }  # fmt: skip
    _check(save, as_json, [name for name, given in of_figure.items() if given])
    kind = _kind(save)
    chosen = options.runs_or_sweeps_of(context, runs_dir, runs)
    if not 2 <= len(chosen) <= comparing.MOST:
        raise BadRequest(
            f"compare: {format.counted(len(chosen), 'run')}; from 2 to {comparing.MOST} different ones are possible"
        )
    found = comparing.compare([read_run(paths) for paths in chosen], bands=bands, aligned=align)
    if as_json:
        output.emit_document(_values(found, split.value))
        return
    if found.complaint:
        output.warn(found.complaint)
    if save is None:
        output.say_all(comparing.as_text(found, split.value))
        return
    axes = drawing.axes_of(Axes(log=log, log_alpha=log_alpha, shared=shared), limits, found.views)
    drawn = _drawn(found, _reading(found, scheme, split.value, hide or [], axes))
    output.tell_written(output.put(save, _figure(drawn, kind, grid)))


def _check(save: str | None, as_json: bool, of_figure: list[str]) -> None:
    """Refuse options that would do nothing; raises `BadRequest`."""
    if save is None and of_figure:
        raise BadRequest(f"{of_figure[0]}: of a figure alone, which --save writes")
    if save is not None and as_json:
        raise BadRequest("--json: of the table alone, not with --save")


def _kind(save: str | None) -> str:
    """Return the format of the figure's file, asked for before any run is read; raises `BadRequest`."""
    if save is None:
        return ""
    from mli_tui import figures

    return figures.kind_of(save)


def _figure(drawn: dict[str, Plot], kind: str, grid: bool) -> bytes:
    from mli_tui import figures

    return figures.figure(drawn, kind, grid)


def _reading(found: Comparison, scheme: str | None, split: Split, hide: list[str], axes: Axes) -> CompareReading:
    """Return what is drawn, of the first scheme where None is asked for; raises `BadRequest`."""
    from mli_tui.compare_reading import CompareReading

    number = drawing.scheme_number(found.schemes, scheme)
    letters = {group.letter: group for group in found.groups}
    if unknown := [letter for letter in hide if letter not in letters]:
        raise BadRequest(f"--hide = {unknown[0]!r}: expected one of {', '.join(letters)}")
    hidden = frozenset(view.run_id for letter in hide for view in letters[letter].views)
    return CompareReading(**vars(axes), number=number, split=split, hidden=hidden)


def _drawn(found: Comparison, reading: CompareReading) -> dict[str, Plot]:
    """Return loss and error under the names of their axes, with whole names in the legend."""
    from mli_tui import compare_curves
    from mli_tui.compare_reading import METRICS

    return {metric: compare_curves.named(compare_curves.plot(found, reading, metric), found) for metric in METRICS}


def _values(found: Comparison, split: Split) -> dict[str, Any]:
    groups = [
        {"letter": g.letter, "name": g.name, "runs": [v.run_id for v in g.views], "seeds": list(g.seeds)}
        for g in found.groups
    ]
    rows = {"spec": comparing.spec_rows(found), "results": comparing.result_rows(found, split)}
    tables = {name: {row.key: list(row.cells) for row in some} for name, some in rows.items()}
    return {"groups": groups, "split": split, "aligned": found.aligned, **tables}
