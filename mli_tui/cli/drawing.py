"""plot: loss or error against alpha, in the terminal or as a figure in a file."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from string import ascii_uppercase
from typing import TYPE_CHECKING, Annotated

import typer

from backends.runs.errors import BadRequest
from backends.runs.listing import read_run
from backends.runs.view import RunView
from mli_tui.axes import Axes, SomeAxes, typed
from mli_tui.cli import output
from mli_tui.cli.options import Grid, Limits, Log, LogAlpha, Metric, Runs, RunsDir, Save, runs_of
from presets.experiment import Split

if TYPE_CHECKING:
    from mli_tui.axes import Metric as Curve
    from mli_tui.panes import Shown
    from mli_tui.plotting.figure import Drawable
    from mli_tui.plotting.series import Plot
    from mli_tui.reading import Picture, Reading

MOST_LINES = 24
SHOWN: dict[Metric, tuple[Picture, Shown]] = {
    Metric.both: ("curves", "both"), Metric.loss: ("curves", "first"), Metric.error: ("curves", "second"),
    Metric.shares: ("shares", "both"), Metric.classes: ("classes", "both"), Metric.splits: ("splits", "both"),
    Metric.device: ("device", "both"),
}  # fmt: skip
"""What is looked at on the screen where that is drawn."""
BY_CLASS = (Metric.shares, Metric.classes)
OF_ONE_RUN = (Metric.shares, Metric.classes, Metric.splits, Metric.device)


class Splits(StrEnum):
    """Inputs that a curve was measured on; of both, the test split is dashed."""

    train = "train"
    test = "test"
    both = "both"


SPLITS_OF: dict[Splits, tuple[Split, ...]] = {
    Splits.train: ("train",), Splits.test: ("test",), Splits.both: ("train", "test")
}  # fmt: skip
SOLID = "linear"
"""With several runs a colour is a run, so the path, which has its own colour in one run, is told by the line."""


def plot(
    context: typer.Context,
    runs: Runs,
    metric: Annotated[Metric, typer.Option(help="What to draw.")] = Metric.error,
    split: Annotated[Splits, typer.Option(help="Inputs that it was measured on.")] = Splits.train,
    scheme: Annotated[
        str | None, typer.Option(metavar="SCHEME", help="Path whose shares come first; default: the run's first.")
    ] = None,
    one_scheme: Annotated[bool, typer.Option("--one-scheme", help="Of shares those of SCHEME alone.")] = False,
    log: Log = False,
    log_alpha: LogAlpha = False,
    limits: Limits = "",
    shared: Annotated[bool, typer.Option("--shared", help="One y axis of a measure for both splits.")] = False,
    grid: Grid = False,
    save: Save = None,
    runs_dir: RunsDir = None,
) -> None:
    """Draw curves of one or more runs.

    Loss or error against alpha, or of one run the share of inputs that each class gets, the error of each class, or
    what was used of the device over time: here, or with --save into a file.
    """
    if save is not None:
        from mli_tui import figures

        kind = figures.kind_of(save)
    views = [read_run(paths) for paths in runs_of(context, runs_dir, runs)]
    reading = _reading(views[0], metric, split, scheme, Axes(log=log, log_alpha=log_alpha, shared=shared))
    if one_scheme:
        if metric is not Metric.shares:
            raise BadRequest(f"--one-scheme: of --metric shares alone, not of {metric.value}")
        reading = replace(reading, shown="first")
    reading = axes_of(reading, limits, views)
    names = [_named(view) if save else _letter(i) for i, view in enumerate(views)]
    drawn = _drawn(views, metric, reading, names)
    if save is None:
        for one in drawn.values():
            print_plot(one, grid)
        output.say_all(_key(views))
    else:
        output.tell_written(output.put(save, figures.figure(drawn, kind, grid)))


def axes_of(axes: SomeAxes, limits: str, views: Sequence[RunView]) -> SomeAxes:
    """Return the axes within the limits asked for, of alpha as far as any run goes; raises `BadRequest`."""
    alphas = [view.experiment.interpolation for view in views]
    whole = min(one.alpha_from for one in alphas), max(one.alpha_to for one in alphas)
    try:
        return typed(axes, limits, whole)
    except ValueError as error:
        raise BadRequest(f"--limits: {error}") from None


def scheme_number(schemes: Sequence[str], scheme: str | None) -> int:
    """Return which of the schemes is asked for, the first where none is; raises `BadRequest`."""
    if scheme is not None and scheme not in schemes:
        raise BadRequest(f"--scheme = {scheme!r}: expected one of {', '.join(schemes)}")
    return 0 if scheme is None else schemes.index(scheme)


def _reading(view: RunView, metric: Metric, split: Splits, scheme: str | None, axes: Axes) -> Reading:
    """Return what is looked at, and how; raises `BadRequest`."""
    from mli_tui.reading import Reading

    number = scheme_number(view.experiment.interpolation.schemes, scheme)
    picture, shown = SHOWN[metric]
    return Reading(**vars(axes), picture=picture, shown=shown, splits=SPLITS_OF[split], scheme=number)


def _drawn(views: list[RunView], metric: Metric, reading: Reading, names: list[str]) -> dict[str, Drawable]:
    """Return each picture under the name of its vertical axis."""
    view = views[0]
    if metric in OF_ONE_RUN and len(views) > 1:
        raise BadRequest(f"--metric = '{metric.value}': of one run alone; expected loss, error or both for several")
    if len(reading.splits) > 1 and (metric in BY_CLASS or len(views) > 1):
        what = f"--metric {metric.value}" if metric in BY_CLASS else "several runs"
        raise BadRequest(f"--split = 'both': not for {what}; expected train or test")
    if metric in OF_ONE_RUN:
        found = _of_one_run(view, metric, reading)
        return {name: replace(one, title=f"{view.title}: {one.title}") for name, one in found.items()}
    metrics: dict[Metric, tuple[Curve, ...]] = {
        Metric.both: ("error", "loss"), Metric.error: ("error",), Metric.loss: ("loss",)
    }  # fmt: skip
    return {one: picture(views, one, names, reading) for one in metrics[metric]}


def _of_one_run(view: RunView, metric: Metric, reading: Reading) -> dict[str, Drawable]:
    from mli_tui import class_pictures, views

    names: dict[Metric, tuple[str, ...]] = {
        Metric.shares: tuple(f"share of inputs, {one}" for one in class_pictures.shown_schemes(view, reading)),
        Metric.classes: ("error",),
        Metric.splits: ("loss, train", "loss, test"),
        Metric.device: ("device",),
    }
    return dict(zip(names[metric], views.pictures(view, reading), strict=False))


def picture(views: list[RunView], metric: Curve, names: list[str], reading: Reading) -> Plot:
    """Return what is to be drawn: all of one run, or the measured curves of several, a colour and a name each."""
    from mli_tui import pictures
    from mli_tui.plotting import palette

    plots = [pictures.curves(view, reading, metric) for view in views]
    if len(plots) == 1:
        return replace(plots[0], title=f"{views[0].title}: {plots[0].title}")
    series = tuple(
        replace(
            s,
            colour=palette.class_colour(i),
            label=f"{names[i]} {s.colour}",
            short=f"{names[i]} {s.label}",
            thin=s.colour != SOLID,
        )
        for i, one in enumerate(plots)
        for s in one.series
        if not s.thin
    )
    limits = [one.y_limits for one in plots if one.y_limits]
    y_limits = (min(low for low, _ in limits), max(high for _, high in limits)) if limits else None
    return replace(
        plots[0],
        title=f"{reading.named(metric)}, {reading.split} of {len(views)} runs",
        series=series,
        marks=(),
        shades=(),
        strokes=("", ""),
        y_limits=y_limits,
    )


def _letter(index: int) -> str:
    return ascii_uppercase[index] if index < len(ascii_uppercase) else str(index + 1)


def _named(view: RunView) -> str:
    """Return what a run is called; one that is not done is drawn by its last curve, and says so."""
    return view.title if view.status == "done" else f"{view.title} ({view.status})"


def _key(views: list[RunView]) -> list[str]:
    return [f"{_letter(i)}  {_named(view)}" for i, view in enumerate(views)] if len(views) > 1 else []


def print_plot(drawn: Drawable, grid: bool = False) -> None:
    """Print a picture on stdout, as wide as the terminal."""
    from rich.console import Console
    from rich.segment import Segment, Segments

    from mli_tui.plotting.figure import draw
    from mli_tui.plotting.palette import Look

    columns, lines = shutil.get_terminal_size()
    console = Console(file=sys.stdout, width=columns, highlight=False)
    plain = console.no_color or console.color_system is None
    look = Look(marker="braille" if output.has_blocks() else "ascii", no_colour=plain, grid=grid)
    for row in draw(drawn, columns, max(8, min(MOST_LINES, lines - 2)), look):
        console.print(Segments([*row, Segment.line()]), soft_wrap=True, end="")
