"""From a `RunView` to curves of loss and error: what is drawn, in which order, within which limits. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from backends.runs.events import CurvePoint, LiveCurve
from backends.runs.view import RunView
from mli_tui.axes import Metric
from mli_tui.fitting import limits
from mli_tui.format import number
from mli_tui.plotting import palette
from mli_tui.plotting.series import Level, Mark, Plot, Series, Shade
from mli_tui.reading import Reading, final_splits, is_final, points, shares_y, whole
from presets.experiment import Split

SHORT: dict[str, str] = {
    "homogeneous": "homog.",
    "last_bias_linear": "last lin.",
    "fixed_bias": "fixed",
    "equal_last_bias": "equal",
}
"""Names in legends, which must fit half of 80 columns."""
SHORTEST: dict[str, str] = {"homogeneous": "hom.", "last_bias_linear": "last"}
"""The same beside a title."""


def curves(view: RunView, reading: Reading, metric: Metric) -> Plot:
    """Return loss or error against alpha: the final curves, or while training the live ones."""
    split = reading.split
    final = is_final(view, split)
    series = _series_of(view, reading, metric)
    marks = tuple(marks_of(view, split, metric)) if final else ()
    return Plot(
        title=_title(view, reading, metric, final),
        series=tuple(series),
        marks=marks,
        shades=tuple(Shade(0.0, mark.x, mark.colour) for mark in sorted(marks, key=lambda mark: -mark.x)),
        levels=tuple(_levels(view, split, metric)),
        x_limits=reading.limits(view),
        y_limits=reading.limits_of(metric) or _limits(view, reading, metric, series),
        x_label="alpha" if final else _live_label(view),
        log=reading.log,
        log_x=reading.log_alpha,
        notes=_notes(view, reading),
        strokes=_strokes(reading, final),
        empty=empty(view) if split in view.splits else f"no {split} inputs in this run",
    )


def notes(view: RunView, reading: Reading) -> tuple[str, ...]:
    """Return what a picture over alpha must say of its axes."""
    return reading.notes((reading.window or whole(view))[0])


def _notes(view: RunView, reading: Reading) -> tuple[str, ...]:
    """Return the same of curves: which y axis is shared they say only where one is, with what is not beside them."""
    found = notes(view, replace(reading, shared=False))
    if not reading.shared or not shares_y(view, reading):
        return found
    others = (split for split in final_splits(view) if split not in reading.splits)
    return (*found, "shared y" if reading.picture == "splits" else f"y as {next(others)}")


def _series_of(view: RunView, reading: Reading, metric: Metric) -> list[Series]:
    return _final(view, reading, metric) if is_final(view, reading.split) else _live(view, metric)


def _strokes(reading: Reading, final: bool) -> tuple[str, str]:
    if not final:
        return "newest", "older"
    return ("train", "test") if len(reading.splits) > 1 else ("measured", "predicted")


def _title(view: RunView, reading: Reading, metric: Metric, final: bool) -> str:
    name = reading.named(metric)
    if final:
        return name if len(reading.splits) > 1 else f"{name}, {reading.split}"
    newest = [curves[-1] for curves in view.live.values() if curves]
    if not newest:
        return name
    short = reading.log or reading.log_alpha  # what is said of the axes must have room, too
    return f"{name} {'ep.' if short else 'to epoch'} {max(curve.epoch for curve in newest)}"


def _live_label(view: RunView) -> str:
    inputs = {curve.inputs for curves in view.live.values() for curve in curves}
    return f"alpha, {max(inputs)} train inputs" if inputs else "alpha"


def _final(view: RunView, reading: Reading, metric: Metric) -> list[Series]:
    """Thin curves first, so that a measured line wins every cell that both want: the other split, or what is
    predicted where there is one split alone."""
    thin, measured = [], []
    for scheme in view.experiment.interpolation.schemes:
        found = points(view, scheme, reading.split)
        measured.append(_series(found, metric, scheme, SHORT.get(scheme, scheme)))
        for other in reading.splits[1:]:
            thin.append(replace(_series(points(view, scheme, other), metric, scheme), thin=True, dashed=True))
        theirs = tuple(predicted(p, metric) for p in found)
        if len(reading.splits) == 1 and any(value is not None for value in theirs):
            thin.append(Series(x=tuple(p.alpha for p in found), y=theirs, colour=scheme, thin=True))
    return thin + measured


def _series(found: Sequence[CurvePoint], metric: Metric, colour: str, label: str = "") -> Series:
    x, y = tuple(p.alpha for p in found), tuple(value(p, metric) for p in found)
    return Series(x, y, colour, label, short=SHORTEST.get(colour, "") if label else "")


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
        newest.append(
            replace(
                _live_series(last, metric, scheme),
                label=SHORT.get(scheme, scheme),
                short=SHORTEST.get(scheme, ""),
                thin=False,
            )
        )
    return faded + newest


def _live_series(curve: LiveCurve, metric: Metric, colour: str) -> Series:
    values = curve.loss if metric == "loss" else curve.error
    return Series(x=curve.alphas, y=values, colour=colour, thin=True)


def marks_of(view: RunView, split: Split, metric: Metric) -> Iterable[Mark]:
    """Yield a mark a scheme, where its plateau ends."""
    for scheme in view.experiment.interpolation.schemes:
        found = view.plateaus.get((scheme, split))
        if found is None:
            continue
        end = found.measured.error_plateau_end if metric == "error" else found.measured.loss_plateau_end
        if end is not None and end > 0:
            yield Mark(x=end, label=number(end, 3), colour=scheme, long=f"plateau to {number(end, 3)}")


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


def _limits(view: RunView, reading: Reading, metric: Metric, series: Sequence[Series]) -> tuple[float, float]:
    """Return limits for what is shown, or where the axis is shared for all splits."""
    if reading.shared:
        others = [split for split in view.splits if split not in reading.splits]
        series = [*series, *(s for one in others for s in _series_of(view, replace(reading, splits=(one,)), metric))]
    return limits(metric, view.classes, series, reading, reading.limits(view))


def predicted(point: CurvePoint, metric: Metric) -> float | None:
    """Return what one forward pass at alpha 1 says of the metric at this point."""
    return point.predicted_loss if metric == "loss" else point.predicted_error


def value(point: CurvePoint, metric: Metric) -> float | None:
    """Return the metric as measured at this point."""
    return point.loss if metric == "loss" else point.error


def empty(view: RunView) -> str:
    """Return what a plot without a line says."""
    if view.status == "queued":
        return f"queued: {view.ahead} ahead" if view.ahead else "queued: waiting for the device"
    if view.status in ("failed", "stopped", "interrupted", "damaged"):
        return f"{view.status} before there was anything to draw"
    return "the first live curve comes soon" if view.phase == "training" else "starting ..."
