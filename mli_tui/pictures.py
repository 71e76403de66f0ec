"""From a `RunView` to plots: what is drawn, in which order, within which limits. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from backends.runs.events import CurvePoint, LiveCurve
from backends.runs.view import RunView
from mli_tui.format import number
from mli_tui.plotting import palette
from mli_tui.plotting.series import Level, Mark, Plot, Series, nice_limits
from presets.experiment import Split

Metric = Literal["loss", "error"]
SHORT: dict[str, str] = {
    "homogeneous": "homog.",
    "last_bias_linear": "last lin.",
    "fixed_bias": "fixed",
    "equal_last_bias": "equal",
}
"""Names in legends, which must fit half of 80 columns."""


def curves(view: RunView, split: Split, metric: Metric, log: bool) -> Plot:
    """Return loss or error against alpha: the final curves, or while training the live ones."""
    final = split not in view.splits or any(len(points) > 1 for (_, s), points in view.curves.items() if s == split)
    series = _final(view, split, metric) if final else _live(view, metric)
    return Plot(
        title=_title(view, split, metric, final),
        series=tuple(series),
        marks=tuple(_marks(view, split, metric)) if final else (),
        levels=tuple(_levels(view, split, metric)),
        x_limits=(view.experiment.interpolation.alpha_from, view.experiment.interpolation.alpha_to),
        y_limits=None if log else _limits(view, metric, series),
        x_label="alpha" if final else _live_label(view),
        log=log,
        empty=_empty(view) if split in view.splits else f"no {split} inputs in this run",
    )


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
    """Return the last-layer bias of each class by epoch; the bias table beside it says which colour is which."""
    with_biases = bool(view.epochs and view.epochs[-1].biases)
    series = _by_class(view, [row.biases for row in view.epochs]) if with_biases else ()
    no_bias = (
        "this network has no bias in its last layer" if view.epochs and not with_biases else _without_training(view)
    )
    return Plot(
        title="bias by epoch",
        series=series,
        marks=(),
        levels=(),
        x_limits=_epoch_limits(view),
        y_limits=_symmetric(v for s in series for v in s.y if v is not None),
        x_label="epoch",
        log=False,
        empty=no_bias,
    )


def _weights(view: RunView) -> Plot:
    """Return W_ii of each class by epoch: a class is learned while its own rises."""
    series = _by_class(view, [row.diagonal for row in view.epochs])
    return Plot(
        title="W_ii by epoch",
        series=series,
        x_limits=_epoch_limits(view),
        y_limits=nice_limits([0.1, *(v for s in series for v in s.y if v is not None)]),
        x_label="epoch",
        empty=_empty(view),
    )


def _by_class(view: RunView, rows: Sequence[tuple[float | None, ...]]) -> tuple[Series, ...]:
    """Return a line a class, in its colour, of one value a class in the row of each epoch; a gap where it has none."""
    epochs = tuple(float(row.epoch) for row in view.epochs)
    return tuple(
        Series(x=epochs, y=tuple(row[i] if i < len(row) else None for row in rows), colour=palette.class_colour(i))
        for i in range(view.classes)
    )


def _title(view: RunView, split: Split, metric: Metric, final: bool) -> str:
    if final:
        return f"{metric}, {split}"
    newest = [curves[-1] for curves in view.live.values() if curves]
    if not newest:
        return metric
    return f"{metric} to epoch {max(curve.epoch for curve in newest)}"


def _live_label(view: RunView) -> str:
    inputs = {curve.inputs for curves in view.live.values() for curve in curves}
    return f"alpha, {max(inputs)} inputs" if inputs else "alpha"


def _final(view: RunView, split: Split, metric: Metric) -> list[Series]:
    """Predicted curves first and thin, so that a measured line wins every cell that both want."""
    predicted, measured = [], []
    for scheme in view.experiment.interpolation.schemes:
        points = view.curves.get((scheme, split), ())
        alphas = tuple(p.alpha for p in points)
        theirs = tuple(_predicted(p, metric) for p in points)
        if any(value is not None for value in theirs):
            predicted.append(Series(x=alphas, y=theirs, colour=scheme, label="pred.", thin=True))
        own = tuple(_measured(p, metric) for p in points)
        measured.append(Series(x=alphas, y=own, colour=scheme, label=SHORT.get(scheme, scheme)))
    return predicted + measured


def _live(view: RunView, metric: Metric) -> list[Series]:
    """Older live curves fade; the newest of each scheme is drawn like a final one."""
    faded: list[Series] = []
    newest: list[Series] = []
    for scheme in view.experiment.interpolation.schemes:
        *older, last = view.live.get(scheme, ()) or (None,)
        if last is None:
            continue
        colours = palette.fading(scheme, len(older)) if older else ()
        faded += [_live_series(curve, metric, colour) for curve, colour in zip(older, colours, strict=True) if curve]
        newest.append(replace(_live_series(last, metric, scheme), label=SHORT.get(scheme, scheme), thin=False))
    return faded + newest


def _live_series(curve: LiveCurve, metric: Metric, colour: str) -> Series:
    values = curve.loss if metric == "loss" else curve.error
    return Series(x=curve.alphas, y=values, colour=colour, thin=True)


def _marks(view: RunView, split: Split, metric: Metric) -> Iterable[Mark]:
    for scheme in view.experiment.interpolation.schemes:
        found = view.plateaus.get((scheme, split))
        if found is None:
            continue
        end = found.measured.error_plateau_end if metric == "error" else found.measured.loss_plateau_end
        if end is not None and end > 0:
            yield Mark(x=end, label=number(end, 3), colour=scheme)


def _levels(view: RunView, split: Split, metric: Metric) -> Iterable[Level]:
    """What a network without a signal has: zero logits give loss ln k, one class for all gives error 1 - 1/k."""
    if not view.dataset or view.classes < 2:
        return
    if metric == "loss":
        yield Level(y=math.log(view.classes), label=f"ln {view.classes}")
    else:
        share = view.dataset.largest_class_share.get(split, 1 / view.classes)
        balanced = math.isclose(share, 1 / view.classes)
        yield Level(y=1 - share, label=f"1 - 1/{view.classes}" if balanced else "one class for all")


def _limits(view: RunView, metric: Metric, series: Sequence[Series]) -> tuple[float, float]:
    """Return limits that stay still while curves grow: error 0 to 1, loss 0 to a rounded maximum above ln k."""
    if metric == "error":
        return 0.0, 1.0
    floor = math.log(view.classes) * 1.15 if view.classes > 1 else 1.0
    return nice_limits([floor, *(v for s in series for v in s.y if v is not None)])


def _epoch_limits(view: RunView) -> tuple[float, float]:
    """Return room for twice the epochs seen, in steps, so that the axis seldom moves while training."""
    size = 10
    while size < view.epoch:
        size *= 2
    ended = view.phase in ("interpolating", "writing") or view.status == "done"
    return 0.0, float(max(1, view.epoch) if ended else size)


def _symmetric(values: Iterable[float]) -> tuple[float, float]:
    top = nice_limits([0.1, *(abs(v) for v in values if math.isfinite(v))])[1]
    return -top, top


def _predicted(point: CurvePoint, metric: Metric) -> float | None:
    return point.predicted_loss if metric == "loss" else point.predicted_error


def _measured(point: CurvePoint, metric: Metric) -> float | None:
    return point.loss if metric == "loss" else point.error


def _without_training(view: RunView) -> str:
    """Return what a plot by epoch says that has no line."""
    return "curves between two checkpoints: no training" if view.experiment.own.model else _empty(view)


def _empty(view: RunView) -> str:
    """Return what a plot without a line says."""
    if view.status == "queued":
        return f"queued: {view.ahead} ahead" if view.ahead else "queued: waiting for the device"
    if view.status in ("failed", "stopped", "interrupted", "damaged"):
        return f"{view.status} before there was anything to draw"
    return "the first live curve comes soon" if view.phase == "training" else "starting ..."
