"""stop, delete, export: what is done to runs that are there."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Annotated

import msgspec
import typer

from backends.runs import export as tables
from backends.runs import listing, removal, workers
from backends.runs.errors import BadRequest, RunError
from backends.runs.journal import Reader
from backends.runs.paths import RunPaths
from backends.runs.workers import Liveness
from mli_tui.cli import output, report
from mli_tui.cli.options import Run, Runs, RunsDir, run_of, runs_of

STOP_SECONDS = 60.0
POLL_SECONDS = 0.1


def stop(context: typer.Context, run: Run, runs_dir: RunsDir = None) -> None:
    """Stop a run; it can be resumed.

    Its worker saves a checkpoint and ends; this waits until it has. Asked twice, it ends at once.
    """
    paths = run_of(context, runs_dir, run)
    try:
        workers.send_stop(paths)
    except RunError as error:
        raise BadRequest(f"{error}; it is {listing.read_run(paths).status}") from None
    if _ended(paths):
        view = listing.read_run(paths)
        output.say(f"run {paths.run_id}: {report.status(view)} ({report.training(view)})")
    else:
        output.warn(f"run {paths.run_id}: asked to stop, and still saving after {STOP_SECONDS:.0f} s")


def _ended(paths: RunPaths) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while workers.liveness(paths) is Liveness.ALIVE:
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def delete(
    context: typer.Context,
    run: Run,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    runs_dir: RunsDir = None,
) -> None:
    """Delete a run with all its files; asks first.

    A live run is refused, and so is one of another user.
    """
    paths = run_of(context, runs_dir, run)
    paths.require_own()
    if not yes and not _agreed(paths):
        output.warn("kept")
        return
    removal.remove(paths)
    output.say(f"run {paths.run_id}: deleted")


def _agreed(paths: RunPaths) -> bool:
    if not output.is_terminal(sys.stdin):
        raise BadRequest(f"run {paths.run_id}: nobody is there to ask; `--yes` deletes without asking")
    print(f"Delete run {paths.run_id} and all its files? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def export(
    context: typer.Context,
    runs: Runs,
    curves: Annotated[str | None, typer.Option(metavar="FILE.csv", help="Where to write the curves.")] = None,
    biases: Annotated[str | None, typer.Option(metavar="FILE.csv", help="Where to write the bias tables.")] = None,
    device: Annotated[
        str | None, typer.Option(metavar="FILE.csv", help="Where to write what was used of the device over time.")
    ] = None,
    events: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where to write every event, one JSON object a line.")
    ] = None,
    runs_dir: RunsDir = None,
) -> None:
    """Write tables of one or more runs, as known now.

    '-' is stdout. Without an option: curves.csv, biases.csv and device.csv in this folder, the last one where device
    use was recorded. A file that is there is replaced.
    """
    everything = curves is biases is device is events is None
    if everything:
        curves, biases, device = "curves.csv", "biases.csv", "device.csv"
    targets = [target for target in (curves, biases, device, events) if target is not None]
    if targets.count(output.STDOUT) > 1:
        raise BadRequest("export: only one of --curves, --biases, --device and --events can go to stdout")
    chosen = runs_of(context, runs_dir, runs)
    views = [listing.read_run(paths) for paths in chosen]
    if device is not None and not any(view.use for view in views):
        device = None if everything else device
        output.warn("no device use was recorded: " + ("no device.csv is written" if everything else "no rows"))
    contents: tuple[tuple[str | None, Callable[[], str]], ...] = (
        (curves, lambda: tables.curves_csv(views)),
        (biases, lambda: tables.biases_csv(views)),
        (device, lambda: tables.device_csv(views)),
        (events, lambda: "".join(map(_events, chosen))),
    )
    for target, content in contents:
        if target is not None:
            output.tell_written(output.put(target, content()), on_stderr=output.STDOUT in targets)


def _events(paths: RunPaths) -> str:
    """Return the journal of a run, every attempt included, each event with the run's id."""
    reader = Reader(paths.events)
    lines = [
        json.dumps({"run_id": paths.run_id, **msgspec.to_builtins(event)}, allow_nan=False) for event in reader.read()
    ]
    for complaint in reader.damage:
        output.warn(f"run {paths.run_id}: {complaint}")
    return "".join(line + "\n" for line in lines)
