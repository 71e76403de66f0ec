"""The options that several commands share, and what they mean."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from backends.runs import datasets, labels, listing, sweeps
from backends.runs.errors import BadRequest, NotFound
from backends.runs.paths import RunPaths, newest_first, runs_folder
from mli_tui.axes import example


class Backend(StrEnum):
    """Where a run computes."""

    auto = "auto"
    cuda = "cuda"
    cpu = "cpu"


class Metric(StrEnum):
    """What is drawn: against alpha, but for the device, which is drawn over time."""

    loss = "loss"
    error = "error"
    both = "both"
    shares = "shares"
    classes = "classes"
    splits = "splits"
    device = "device"


class SplitOption(StrEnum):
    """Which inputs a curve was measured on."""

    train = "train"
    test = "test"


def complete_run(context: typer.Context, incomplete: str) -> list[str]:
    """Return the ids and names of runs that begin so, newest first, for the shell's completion."""
    before = context.parent.params.get("runs_dir") if context.parent else None
    runs = newest_first(runs_folder(context.params.get("runs_dir") or before))
    written = labels.Cache()
    known = [title for run in runs for title in (run.run_id, written.of(run)[0].name) if title]
    return [title for title in dict.fromkeys(known) if title.startswith(incomplete)]


def complete_preset(incomplete: str) -> list[str]:
    """Return the presets that begin so."""
    from presets import catalog

    return [preset.name for preset in catalog() if preset.name.startswith(incomplete)]


def use_data_folder(chosen: str | None) -> str | None:
    """Make the folder that --data-dir names the data folder of this process, and of the workers that it starts."""
    if chosen:
        os.environ[datasets.ENVIRONMENT_NAME] = str(datasets.data_folder(chosen))
    return chosen


class Given(NamedTuple):
    """What was said before the command, for whichever command follows."""

    runs_dir: str | None = None
    plain: bool = False
    mouse: bool = True
    ascii_only: bool = False


RunsDir = Annotated[
    str | None,
    typer.Option(
        "--runs-dir", metavar="DIR", help="Folder of the runs. Default: MLI_TUI_RUNS, else the user's data folder."
    ),
]
DataDir = Annotated[
    str | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        callback=use_data_folder,
        help="Folder of the data sets. Default: MLI_TUI_DATA, else the user's data folder.",
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Change one key of the specification; may be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Plain = Annotated[bool, typer.Option("--plain", help="Lines of text in place of the app, for screen readers and logs.")]
Log = Annotated[bool, typer.Option("--log", help="A log scale.")]
LogAlpha = Annotated[bool, typer.Option("--log-alpha", help="Alpha in decades; 0 and below are left out.")]
Limits = Annotated[
    str, typer.Option(metavar="LIMITS", help=f"Limits of the axes, as in '{example()}'.", show_default=False)
]
Grid = Annotated[bool, typer.Option("--grid", help="Dotted lines at the ticks of the axes, behind the curves.")]
Save = Annotated[
    str | None, typer.Option(metavar="FIG.png|.svg|.pdf", help="Write a figure instead (extra `figures`).")
]
Run = Annotated[
    str,
    typer.Argument(metavar="RUN", help="Id of a run, a unique prefix, a name, or `last`.", autocompletion=complete_run),
]
Runs = Annotated[
    list[str],
    typer.Argument(metavar="RUN", help="Ids of runs, unique prefixes, names, or `last`.", autocompletion=complete_run),
]

RunsOrSweeps = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN|SWEEP",
        help="Ids of runs, unique prefixes, names, or `last`; a sweep stands for its runs that are done.",
        autocompletion=complete_run,
    ),
]


def root_of(context: typer.Context, runs_dir: str | None) -> Path:
    """Return the runs folder: the command's --runs-dir, else the one given before the command, else the default."""
    return runs_folder(runs_dir or given(context).runs_dir)


def given(context: typer.Context) -> Given:
    """Return what was said before the command."""
    return context.obj or Given()


def run_of(context: typer.Context, runs_dir: str | None, name: str) -> RunPaths:
    """Return the run that the user names; raises `BadRequest`."""
    return labels.find(root_of(context, runs_dir), name)


def runs_of(context: typer.Context, runs_dir: str | None, names: list[str]) -> list[RunPaths]:
    """Return the runs that the user names, each once, in the order of their first mention; raises `BadRequest`."""
    found = {run.run_id: run for run in (run_of(context, runs_dir, name) for name in names)}
    return list(found.values())


def runs_or_sweeps_of(context: typer.Context, runs_dir: str | None, names: list[str]) -> list[RunPaths]:
    """Return the same, where a name that no run has may be a sweep's: it stands for its runs that are done."""
    root = root_of(context, runs_dir)
    found = {run.run_id: run for name in names for run in _run_or_sweep(root, name)}
    return list(found.values())


def _run_or_sweep(root: Path, name: str) -> list[RunPaths]:
    try:
        return [labels.find(root, name)]
    except NotFound as error:
        return _done_of_sweep(root, name, error)


def _done_of_sweep(root: Path, name: str, no_run: NotFound) -> list[RunPaths]:
    try:
        paths = sweeps.find(root, name)
    except NotFound:
        raise NotFound(f"{no_run}, `mli-tui sweeps` the sweeps") from None
    view = sweeps.fold(paths, sweeps.read(paths), listing.list_runs(root))
    done = [RunPaths(root / row.run.run_id) for row in view.rows if row.run and row.status == "done"]
    if not done:
        raise BadRequest(f"sweep {paths.run_id!r}: none of its runs is done")
    return done
