"""From a `RunView` to plots by epoch: training, and the biases of the classes. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from backends.runs.events import AFTER_TRAINING
from backends.runs.view import RunView
from mli_tui import classes
from mli_tui.pictures import empty
from mli_tui.plotting import palette
from mli_tui.plotting.series import Plot, Series, Tag, nice_limits


def training(view: RunView) -> Plot:
    """Return the loss of both splits by epoch, on a log scale; of the theory model W_ii of each class by epoch."""
    if view.epochs and view.epochs[-1].diagonal:
        return _weights(view)
    epochs = tuple(float(row.epoch) for row in view.epochs)
    return Plot(
        title="loss (log)",
        series=(
            Series(x=epochs, y=tuple(r.test_loss for r in view.epochs), colour="neutral", label="test", thin=True),
            Series(x=epochs, y=tuple(r.loss for r in view.epochs), colour="neutral", label="train"),
        ),
        marks=(),
        levels=(),
        x_limits=_epoch_limits(view),
        y_limits=None,
        x_label="epoch",
        log=True,
        empty=_without_training(view),
    )


def biases(view: RunView) -> Plot:
    """Return the last-layer bias of each class by epoch, with its name at the epoch that it was learned in."""
    with_biases = bool(view.epochs and view.epochs[-1].biases)
    series = _by_class(view, [row.biases for row in view.epochs]) if with_biases else ()
    no_bias = (
        "this network has no bias in its last layer" if view.epochs and not with_biases else _without_training(view)
    )
    return Plot(
        title="bias by epoch, when learned" if with_biases else "bias by epoch",
        series=series,
        tags=tuple(_learned(view)) if with_biases else (),
        x_limits=_epoch_limits(view),
        y_limits=_symmetric(v for s in series for v in s.y if v is not None),
        x_label="epoch",
        empty=no_bias,
    )


def _learned(view: RunView) -> Iterator[Tag]:
    """Yield the name of each class, at its bias in the first epoch with more than half of its inputs right."""
    learned = view.learned_epochs()
    rows = {row.epoch: row for row in view.epochs}
    for index in classes.foremost(view):
        epoch = learned[index]
        row = rows.get(epoch) if epoch is not None else None
        bias = row.biases[index] if row and index < len(row.biases) else None
        if row and bias is not None:
            yield Tag(float(row.epoch), bias, classes.name(view, index, 5), palette.class_colour(index))


def _weights(view: RunView) -> Plot:
    """Return W_ii of each class by epoch: a class is learned while its own rises."""
    series = _by_class(view, [row.diagonal for row in view.epochs])
    return Plot(
        title="W_ii by epoch",
        series=series,
        x_limits=_epoch_limits(view),
        y_limits=nice_limits([0.1, *(v for s in series for v in s.y if v is not None)]),
        x_label="epoch",
        empty=empty(view),
    )


def _by_class(view: RunView, rows: Sequence[tuple[float | None, ...]]) -> tuple[Series, ...]:
    """Return a line a class, in its colour, of one value a class in the row of each epoch; a gap where it has none.

    Of too many classes the foremost have their lines, over dotted ones for smallest and largest of the others.
    """
    epochs = tuple(float(row.epoch) for row in view.epochs)
    shown = sorted(classes.foremost(view))  # not by bias: that order changes while it trains
    letters = classes.letters(view, shown)
    lines = [
        Series(
            epochs,
            tuple(row[i] if i < len(row) else None for row in rows),
            palette.class_colour(i),
            letter=letters[i],
        )
        for i in shown
    ]
    rest = set(range(view.classes)) - set(shown)
    if not rest:
        return tuple(lines)
    others = [[v for i, v in enumerate(row) if i in rest and v is not None] for row in rows]
    edges = [Series(epochs, tuple(edge(row, default=None) for row in others), thin=True) for edge in (min, max)]
    edges[0] = replace(edges[0], label=f"{len(rest)} others, smallest and largest")
    return (*edges, *lines)


def _epoch_limits(view: RunView) -> tuple[float, float]:
    """Return room for twice the epochs seen, in steps, so that the axis seldom moves while training."""
    size = 10
    while size < view.epoch:
        size *= 2
    ended = view.phase in AFTER_TRAINING or view.status == "done"
    return 0.0, float(max(1, view.epoch) if ended else size)


def _symmetric(values: Iterable[float]) -> tuple[float, float]:
    top = nice_limits([0.1, *(abs(v) for v in values if math.isfinite(v))])[1]
    return -top, top


def _without_training(view: RunView) -> str:
    """Return what a plot by epoch says that has no line."""
    return "curves between two checkpoints: no training" if view.experiment.own.model else empty(view)
