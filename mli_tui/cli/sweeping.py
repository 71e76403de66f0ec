"""sweep, sweeps, sweep-show: one experiment over many values, as one table and one picture."""

from __future__ import annotations

import os
import sys
import time
from typing import Annotated, Any

import typer

from backends.runs import launch, listing, sweep_export, workers
from backends.runs import sweeps as store
from backends.runs.errors import BadRequest, RunError
from backends.runs.paths import runs_folder
from backends.runs.sweeps import Sweep, SweepPaths, SweepView
from backends.runs.workers import Liveness
from mli_tui import format, sweep_pictures
from mli_tui.cli import devices, options, output
from mli_tui.cli.options import Backend, Grid, Json, RunsDir, Save, Set, root_of
from mli_tui.cli.starting import INTERRUPTED, BackendOption, Detach
from mli_tui.sweep_pictures import Metric
from presets import load, override

ASKS_ABOVE = 200
POLL_SECONDS = 0.5
Curves = Annotated[
    str | None, typer.Option(metavar="FILE.csv", help="Write the curves of all runs, a column a swept key.")
]
Summary = Annotated[str | None, typer.Option(metavar="FILE.csv", help="Write a row a run: plateau ends, bias gap.")]
Name = Annotated[str, typer.Argument(metavar="SWEEP", help="Name of a sweep, a unique prefix of one, or `last`.")]


def sweep(
    context: typer.Context,
    preset: Annotated[
        str,
        typer.Argument(
            metavar="PRESET|FILE.toml",
            help="A preset (`mli-tui presets`) or a file with a specification.",
            autocompletion=options.complete_preset,
        ),
    ],
    over: Annotated[
        list[str] | None,
        typer.Option("--over", metavar="KEY=V1,V2|KEY=A..B", help="Values of one key; repeated: all combinations."),
    ] = None,
    settings: Set = None,
    backend: BackendOption = Backend.auto,
    detach: Detach = False,
    as_json: Json = False,
    yes: Annotated[bool, typer.Option("--yes", help=f"Don't ask, however many runs (above {ASKS_ABOVE}).")] = False,
    curves: Curves = None,
    summary: Summary = None,
    runs_dir: RunsDir = None,
) -> None:
    """Run a preset with every combination of some keys' values.

    The same command again does only what is missing: runs that are done are kept, stopped and
    killed ones go on, failed ones are not repeated. Exit codes: 0 all done, 1 some are not.
    """
    if output.STDOUT in (curves, summary):
        raise BadRequest("--curves, --summary = '-': progress is told on stdout; expected a file, or use sweep-show")
    devices.require(backend.value)
    planned = store.plan(override(load(preset), settings or []), [store.axis(text) for text in over or []])
    if planned.size > ASKS_ABOVE and not yes and not _agreed(planned):
        output.warn("nothing was started")
        return
    store.require_distinct(planned)
    paths = store.keep(root_of(context, runs_dir), planned)
    if warning := launch.start(paths, backend.value, module="backends.sweep"):
        output.warn(warning)
    if detach:
        _say_name(paths, as_json)
        return
    view = _follow(paths, as_json)
    _export(paths, view, curves, summary)
    _require_well(paths, view)
    raise typer.Exit(0 if view.counts.get("done") == len(view.rows) else 1)


def _agreed(planned: Sweep) -> bool:
    question = f"{planned.size:,} runs of {planned.base.preset}"
    if not output.is_terminal(sys.stdin):
        raise BadRequest(f"--over: {question}: nobody is there to ask; `--yes` starts them without asking")
    print(f"{question}: start them all? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _say_name(paths: SweepPaths, as_json: bool) -> None:
    if as_json:
        output.emit({"event": "sweep", "sweep": paths.run_id, "folder": str(paths.folder)})
    else:
        output.say(paths.run_id)


def _follow(paths: SweepPaths, as_json: bool) -> SweepView:
    """Tell of the sweep until its driver ends; the end of this process is not the end of the sweep."""
    if as_json:
        _say_name(paths, as_json)
    else:
        output.say(f"sweep {paths.run_id}")
    lister, known, told = listing.Lister(paths.root), store.Sweeps(paths.root), ""
    try:
        while True:
            view = store.fold(paths, known.read(paths), lister.rows())
            line = sweep_pictures.progress(view)
            if line != told:
                told = line
                _tell(view, line, as_json)
            if not view.driven:
                break
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        output.warn(
            f"sweep {paths.run_id} goes on by itself; mli-tui sweep-stop {paths.run_id}{_where(paths)} stops it"
        )
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        output.emit({"event": "ended", **_values(view, cells=True)})
    else:
        _show(view, _metric(view, None))
    return view


def _tell(view: SweepView, line: str, as_json: bool) -> None:
    if as_json:
        output.emit({"event": "progress", **_values(view, cells=False)})
    else:
        output.say(line)


def _where(paths: SweepPaths) -> str:
    return "" if paths.root == runs_folder() else f" --runs-dir {paths.root}"


def _require_well(paths: SweepPaths, view: SweepView) -> None:
    """Raise what the driver died of, where it did nothing: its log has the line."""
    if not any(row.run for row in view.rows):
        raise RunError(f"sweep {paths.run_id}: no run was made: {launch.last_words(paths)}")


def sweeps(context: typer.Context, as_json: Json = False, runs_dir: RunsDir = None) -> None:
    """List the sweeps, newest first: name, status, how far, what is swept."""
    root = root_of(context, runs_dir)
    views = store.Sweeps(root).views(listing.list_runs(root))
    if as_json:
        output.emit_document([_values(view, cells=False) for view in views])
        return
    if not views:
        output.warn(f"no sweeps in {root}; `mli-tui sweep quick --over train.seed=0..4` starts one")
        return
    head = ("sweep", "status", "runs", "over")
    body = [(v.sweep.name, v.status, f"{v.counts.get('done', 0)}/{len(v.rows)}", _over(v.sweep)) for v in views]
    output.say_all(format.aligned([head, *body]))


def _over(planned: Sweep) -> str:
    return ", ".join(f"{one.key} ({len(one.values)})" for one in planned.axes)


def sweep_show(
    context: typer.Context,
    name: Name = "last",
    as_json: Json = False,
    curves: Curves = None,
    summary: Summary = None,
    figure: Annotated[
        str | None, typer.Option(metavar="FIGURE", help="What a heat map shows, such as 'loss plateau, linear'.")
    ] = None,
    grid: Grid = False,
    save: Save = None,
    runs_dir: RunsDir = None,
) -> None:
    """Show a sweep: its table and its picture, as known now; with --save the picture alone, in a file."""
    root = root_of(context, runs_dir)
    paths = store.find(root, name)
    view = store.fold(paths, store.read(paths), listing.list_runs(root))
    metric = _metric(view, figure)
    if save is not None:
        output.tell_written(output.put(save, _figure(view, metric, save, grid)))
    elif as_json:
        output.emit_document(_values(view, cells=True))
    elif output.STDOUT not in (curves, summary):
        output.say(f"sweep {view.sweep.name}: {view.status}, {sweep_pictures.progress(view)}")
        _show(view, metric, grid)
    _export(paths, view, curves, summary)


def _metric(view: SweepView, figure: str | None) -> Metric:
    """Return the figure of that name, the first one for None; raises `BadRequest`."""
    count = len(store.shown_keys(view.sweep))
    if figure is not None and count != 2:
        has = (
            "1 key: its picture is the error plateau ends" if count == 1 else f"{count} keys: its table has all figures"
        )
        raise BadRequest(f"--figure = {figure!r}: of a heat map of two keys alone; this sweep has {has}")
    known = sweep_pictures.metrics(view)
    found = known[0] if figure is None else next((one for one in known if one.label == figure), None)
    if found is None:
        raise BadRequest(f"--figure = {figure!r}: expected one of {'; '.join(one.label for one in known)}")
    return found


def _figure(view: SweepView, metric: Metric, save: str, grid: bool) -> bytes:
    """Return the picture of a sweep as a figure; raises `BadRequest`."""
    from mli_tui import figures

    kind = figures.kind_of(save)
    count = len(store.shown_keys(view.sweep))
    if count == 1:
        return figures.figure({"error plateau end": sweep_pictures.lines(view)}, kind, grid)
    if count == 2:
        return figures.heat(sweep_pictures.grid(view, metric), kind)
    raise BadRequest(f"--save: a picture has one key or two, this sweep has {count}; --summary writes a table")


def sweep_stop(context: typer.Context, name: Name = "last", runs_dir: RunsDir = None) -> None:
    """Stop a sweep and its runs; `sweep` again goes on."""
    paths = store.find(root_of(context, runs_dir), name)
    if workers.liveness(paths) is not Liveness.ALIVE:
        raise BadRequest(f"sweep {paths.run_id}: is not running")
    workers.send_stop(paths)
    output.say(f"sweep {paths.run_id}: stopping; its runs stop at their next batch, with a checkpoint")


def _values(view: SweepView, *, cells: bool) -> dict[str, Any]:
    planned = view.sweep
    found: dict[str, Any] = {
        "sweep": planned.name,
        "preset": planned.base.preset,
        "status": view.status,
        "runs": len(view.rows),
        "counts": view.counts,
        "over": {one.key: list(one.values) for one in planned.axes},
        "threads": planned.threads,
        "beside": planned.beside,
        "measured": planned.measured,
    }
    if cells:
        found["cells"] = [_cell_values(view, row) for row in view.rows]
    return found


def _cell_values(view: SweepView, row: store.SweepRow) -> dict[str, Any]:
    run = row.run
    return {
        "values": dict(zip((one.key for one in view.sweep.axes), row.values, strict=True)),
        "status": row.status,
        "run_id": run.run_id if run else None,
        "error_plateau_end": dict(run.error_plateau_end) if run else {},
        "loss_plateau_end": dict(run.loss_plateau_end) if run else {},
        "bias_gap": run.bias_gap if run else None,
    }


def _show(view: SweepView, metric: Metric, grid: bool = False) -> None:
    output.say_all(sweep_pictures.as_text(view, sweep_pictures.table(view)))
    _picture(view, metric, grid)


def _picture(view: SweepView, metric: Metric, grid: bool) -> None:
    """Print the picture: a heat map for two keys, lines for one; with more keys the table is all there is."""
    count = len(store.shown_keys(view.sweep))
    if count == 1:
        from mli_tui.cli import drawing

        output.say()
        drawing.print_plot(sweep_pictures.lines(view), grid)
    elif count == 2:
        output.say()
        coloured = output.is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")
        for row in sweep_pictures.heat(view, metric):
            _print_tiles(row, coloured)


def _print_tiles(row: list[sweep_pictures.Tile], coloured: bool) -> None:
    if not coloured:
        output.say("".join(tile.text for tile in row).rstrip())
        return
    from rich.console import Console
    from rich.text import Text

    styled = ((t.text, f"{t.ink} on {t.ground}") if t.ground else (t.text, "") for t in row)
    Console(file=sys.stdout, highlight=False).print(Text.assemble(*styled), soft_wrap=True)


def _export(paths: SweepPaths, view: SweepView, curves: str | None, summary: str | None) -> None:
    if curves == summary == output.STDOUT:
        raise BadRequest("sweep-show: only one of --curves and --summary can go to stdout")
    on_stderr = output.STDOUT in (curves, summary)
    if curves is not None:
        output.tell_written(output.put(curves, sweep_export.curves_csv(paths, view)), on_stderr)
    if summary is not None:
        output.tell_written(output.put(summary, sweep_export.summary_csv(view)), on_stderr)
