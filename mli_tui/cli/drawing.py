"""plot: loss or error against alpha, in the terminal or as a figure in a file."""

from __future__ import annotations

import io
import math
import os
import shutil
import sys
from dataclasses import replace
from pathlib import PurePath
from string import ascii_uppercase
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backends.runs.errors import BadRequest
from backends.runs.listing import read_run
from backends.runs.view import RunView
from mli_tui.cli import output
from mli_tui.cli.options import Metric, Runs, RunsDir, SplitOption, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mli_tui.plotting.series import Mark, Plot, Series

FORMATS = (".png", ".svg", ".pdf")
MOST_LINES = 24
LABEL_SHARE = 0.08
"""How much of a figure's width a number above it takes."""
SOLID = "linear"
"""With several runs a colour is a run, so the path, which has its own colour in one run, is told by the line."""


def plot(
    context: typer.Context,
    runs: Runs,
    metric: Annotated[Metric, typer.Option(help="What to draw.")] = Metric.error,
    split: Annotated[SplitOption, typer.Option(help="Inputs that it was measured on.")] = SplitOption.train,
    log: Annotated[bool, typer.Option("--log", help="A log scale.")] = False,
    save: Annotated[
        str | None, typer.Option(metavar="FIG.png|.svg|.pdf", help="Write a figure instead (extra `figures`).")
    ] = None,
    runs_dir: RunsDir = None,
) -> None:
    """Draw curves of one or more runs.

    Loss or error against alpha: here, or with --save into a file.
    """
    if save is not None and PurePath(save).suffix not in FORMATS:
        raise BadRequest(f"--save = {save!r}: expected a name that ends in one of {', '.join(FORMATS)}")
    views = [read_run(paths) for paths in runs_of(context, runs_dir, runs)]
    metrics = ("error", "loss") if metric is Metric.both else (metric.value,)
    names = [view.run_id if save else _letter(i) for i, view in enumerate(views)]
    drawn = {one: picture(views, one, names, split.value, log) for one in metrics}
    if save is None:
        for one in drawn.values():
            print_plot(one)
        output.say_all(_key(views))
    else:
        _save(drawn, save)


def picture(views: list[RunView], metric: Any, names: list[str], split: Any = "train", log: bool = False) -> Plot:
    """Return what is to be drawn: all of one run, or the measured curves of several, a colour and a name each."""
    from mli_tui import pictures
    from mli_tui.plotting import palette
    from mli_tui.reading import Reading

    plots = [pictures.curves(view, Reading(splits=(split,), log=log), metric) for view in views]
    if len(plots) == 1:
        return replace(plots[0], title=f"{views[0].run_id}: {plots[0].title}")
    series = tuple(
        replace(s, colour=palette.class_colour(i), label=f"{names[i]} {s.label}", thin=s.colour != SOLID)
        for i, one in enumerate(plots)
        for s in one.series
        if not s.thin
    )
    limits = [one.y_limits for one in plots if one.y_limits]
    y_limits = (min(low for low, _ in limits), max(high for _, high in limits)) if limits else None
    return replace(
        plots[0],
        title=f"{metric} of {len(views)} runs",
        series=series,
        marks=(),
        shades=(),
        strokes=("", ""),
        y_limits=y_limits,
    )


def _letter(index: int) -> str:
    return ascii_uppercase[index] if index < len(ascii_uppercase) else str(index + 1)


def _key(views: list[RunView]) -> list[str]:
    return [f"{_letter(i)}  {view.run_id}" for i, view in enumerate(views)] if len(views) > 1 else []


def print_plot(drawn: Plot) -> None:
    """Print a picture on stdout, as wide as the terminal."""
    from rich.console import Console
    from rich.segment import Segment, Segments

    from mli_tui.plotting.figure import draw
    from mli_tui.plotting.palette import Look

    columns, lines = shutil.get_terminal_size()
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    console = Console(file=sys.stdout, width=columns, highlight=False)
    look = Look(marker="braille" if utf8 else "ascii", no_colour=bool(os.environ.get("NO_COLOR")))
    for row in draw(drawn, columns, max(8, min(MOST_LINES, lines - 2)), look):
        console.print(Segments([*row, Segment.line()]), soft_wrap=True, end="")


def _save(drawn: dict[str, Plot], target: str) -> None:
    """Write a figure with the plots side by side, each under the name of its vertical axis."""
    for one in drawn.values():
        if not one.drawable:
            raise BadRequest(f"plot: nothing to draw yet: {one.empty}")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BadRequest(f"plot --save needs matplotlib ({error}): pip install 'mli-tui[figures]'") from None
    figure = Figure(figsize=(7.0 * len(drawn), 4.3), layout="constrained")
    for axes, (metric, one) in zip(figure.subplots(1, len(drawn), squeeze=False)[0], drawn.items(), strict=True):
        _draw_axes(axes, one)
        axes.set_ylabel(metric)
    content = io.BytesIO()
    figure.savefig(content, format=PurePath(target).suffix[1:], dpi=150)
    output.say(output.put(target, content.getvalue()))


def _draw_axes(axes: Any, drawn: Plot) -> None:
    for series in drawn.series:
        axes.plot(series.x, [math.nan if y is None else y for y in series.y], **_line(series, drawn.strokes[1]))
    for mark, side in _sided(drawn):
        axes.axvline(mark.x, color=_colour(mark.colour), linewidth=0.8, linestyle="--")
        axes.text(mark.x, 1.0, mark.label, transform=axes.get_xaxis_transform(), ha=side, va="bottom", fontsize=8)
    for level in drawn.levels:
        axes.axhline(level.y, color="0.6", linewidth=0.8)
        axes.text(1.0, level.y, level.label, ha="right", va="bottom", fontsize=8, color="0.4")
    if drawn.log:
        axes.set_yscale("log")
    axes.set(xlabel=drawn.x_label, xlim=drawn.x_limits, ylim=drawn.limits())
    axes.set_title(drawn.title, fontsize=9, loc="left", pad=18)  # above the labels of the marks
    axes.legend(fontsize=8)


def _sided(drawn: Plot) -> Iterator[tuple[Mark, str]]:
    """Yield the marks, each with the side of its line that its label ends at: neighbours make room for each other."""
    marks = sorted(drawn.marks, key=lambda mark: mark.x)
    room = LABEL_SHARE * (drawn.x_limits[1] - drawn.x_limits[0])
    for number, mark in enumerate(marks):
        before = number > 0 and mark.x - marks[number - 1].x < room
        after = number + 1 < len(marks) and marks[number + 1].x - mark.x < room
        yield mark, "left" if before and not after else "right" if after and not before else "center"


def _line(series: Series, thin: str) -> dict[str, Any]:
    return {
        "color": _colour(series.colour),
        "linestyle": ":" if series.thin else "-",
        "linewidth": 1.0 if series.thin else 1.6,
        "label": _long(series.label) or (thin if series.thin else "") or None,
    }


def _long(label: str) -> str:
    """Return a label with its words written out: a figure has the room that a terminal's legend lacks."""
    from mli_tui.pictures import SHORT

    full = {short: whole for whole, short in SHORT.items()}
    return " ".join(full.get(word, word) for word in label.split())


def _colour(name: str) -> str:
    from mli_tui.plotting.palette import Look, hexadecimal

    return hexadecimal(name, Look(dark=False)) or "black"
