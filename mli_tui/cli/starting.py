"""run, attach, resume: what starts a worker, and what looks on while it works."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from backends.runs import launch, listing, removal
from backends.runs.errors import BadRequest
from backends.runs.paths import RunPaths
from mli_tui.cli import devices, following, options, output, report
from mli_tui.cli.options import Backend, DataDir, Json, Plain, Run, RunsDir, Set, given, root_of, run_of
from presets import load, override

INTERRUPTED = 130

BackendOption = Annotated[Backend, typer.Option("--backend", help="Where to compute; auto takes CUDA if there is one.")]
Detach = Annotated[bool, typer.Option("--detach", help="Print the run's id and return; the run goes on by itself.")]


def run(
    context: typer.Context,
    preset: Annotated[
        str,
        typer.Argument(
            metavar="PRESET|FILE.toml",
            help="A preset (`mli-tui presets`) or a file with a specification.",
            autocompletion=options.complete_preset,
        ),
    ],
    settings: Set = None,
    backend: BackendOption = Backend.auto,
    detach: Detach = False,
    as_json: Json = False,
    plain: Plain = False,
    runs_dir: RunsDir = None,
    _data_dir: DataDir = None,
) -> None:
    """Start a run and watch it.

    At a terminal it opens in the app, else it is told in plain lines until it ends.
    Exit codes: 0 done, 1 failed or stopped, 2 refused, 130 interrupted (the run goes on).
    """
    devices.require(backend.value)
    experiment = override(load(preset), settings or [])
    devices.require_for(experiment)
    launch.require_startable(experiment, preset)
    paths = launch.create(root_of(context, runs_dir), experiment)
    start_worker(paths, backend)
    with whole_or_nothing(paths):
        watch(paths, Way.of(context, plain, as_json, detach))


def attach(
    context: typer.Context, run: Run, as_json: Json = False, plain: Plain = False, runs_dir: RunsDir = None
) -> None:
    """Watch a run that was started before.

    At a terminal it opens in the app, else it is told in plain lines until it ends.
    """
    watch(run_of(context, runs_dir, run), Way.of(context, plain, as_json))


def resume(
    context: typer.Context,
    run: Run,
    backend: BackendOption = Backend.auto,
    detach: Detach = False,
    as_json: Json = False,
    plain: Plain = False,
    runs_dir: RunsDir = None,
    _data_dir: DataDir = None,
) -> None:
    """Go on with a run that was stopped, killed or failed.

    It goes on from its last checkpoint, and is watched as `run` does it.
    """
    devices.require(backend.value)
    paths = run_of(context, runs_dir, run)
    if listing.recorded_run(paths).status == "done":
        raise BadRequest(f"run {paths.run_id}: is done; there is nothing to resume")
    start_worker(paths, backend)
    watch(paths, Way.of(context, plain, as_json, detach))


def start_worker(paths: RunPaths, backend: Backend, *, own_code: bool = False) -> None:
    """Start the run's worker, as `launch.start`; says so where Ctrl-C comes before it is known to work."""
    try:
        warning = launch.start(paths, backend.value, own_code=own_code)
    except KeyboardInterrupt:
        output.warn(f"interrupted while the run was starting; {report.command('show', paths)} says what became of it")
        raise typer.Exit(INTERRUPTED) from None
    if warning:
        output.warn(warning)


@contextmanager
def whole_or_nothing(paths: RunPaths) -> Iterator[None]:
    """Watch a run in it that was made just now: nothing is left of it where its worker refuses it at once."""
    try:
        yield
    except BadRequest:
        if not listing.recorded_run(paths).epochs:
            removal.remove_soon(paths)
        raise


class Way(NamedTuple):
    """How a run is to be watched."""

    plain: bool = False
    as_json: bool = False
    detach: bool = False
    mouse: bool = True
    ascii_only: bool = False

    @classmethod
    def of(cls, context: typer.Context, plain: bool, as_json: bool, detach: bool = False) -> Way:
        """Return what a command was told, before its name or after."""
        before = given(context)
        return cls(plain or before.plain, as_json, detach, before.mouse, before.ascii_only)


def watch(paths: RunPaths, way: Way) -> None:
    """Show the run in the way that fits; ends by raising `typer.Exit` with the exit code."""
    if way.detach:
        _print_id(paths, way.as_json)
        return
    if output.interactive() and not way.as_json and not way.plain:
        raise typer.Exit(open_app(paths.folder.parent, paths.run_id, way))
    reporter = following.JsonReporter(paths) if way.as_json else following.PlainReporter(paths)
    try:
        raise typer.Exit(following.follow(paths, reporter))
    except KeyboardInterrupt:
        output.warn(
            f"run {paths.run_id} goes on by itself. "
            f"To watch it: {report.command('attach', paths)}; to stop it: {report.command('stop', paths)}"
        )
        raise typer.Exit(INTERRUPTED) from None


def _print_id(paths: RunPaths, as_json: bool) -> None:
    if as_json:
        output.emit({"event": "run", "run_id": paths.run_id, "folder": str(paths.folder)})
    else:
        output.say(paths.run_id)


def open_app(root: Path, run_id: str, way: Way) -> int:
    """Open the app, on a run, and return its exit code."""
    from mli_tui.app import run_app

    # The default action, which plain output wants, would end the app at a closed socket of its own.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    return run_app(root, run_id, mouse=way.mouse, ascii_only=way.ascii_only)
