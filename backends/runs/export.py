"""Tables of a run: curves.csv, biases.csv and summary.json, from a `RunView`; floats in repr precision.

The worker writes them at the end with this code, and `export` at any time, so both give the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import statistics
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from backends.runs import use
from backends.runs.events import CurvePoint, Dataset, Ends, Number
from backends.runs.view import Key, RunView
from presets.experiment import Split

Cell = str | int | float | None
CURVES_HEADER = (
    "run_id", "preset", "seed", "scheme", "start", "split", "alpha", "loss", "error", "top_class",
    "top_class_share", "signal_gap", "bias_gap", "predicted_loss", "predicted_error",
)  # fmt: skip
BIASES_HEADER = (
    "run_id", "preset", "seed", "epoch", "class", "bias", "rank", "gap_to_largest", "learned_epoch",
    "class_error",
)  # fmt: skip
DEVICE_HEADER = (
    "run_id", "preset", "seed", "attempt", "phase", "epoch", "from_seconds", "to_seconds", "cores", "memory",
    "samples_per_second", "gpu_load", "gpu_memory", "gpu_total", "gpu_temperature", "gpu_power",
)  # fmt: skip
LARGEST = 1e100
"""A bias beyond it is damage, not a bias: differences of such numbers would not be finite."""


class BiasRow(msgspec.Struct, frozen=True, kw_only=True):
    """One class in the bias table. `rank` 1 is the largest bias; `gap_to_largest` is >= 0."""

    index: int
    name: str
    bias: float
    rank: int
    gap_to_largest: float
    learned_epoch: int | None
    error: float | None


def bias_rows(view: RunView, epoch_index: int = -1) -> list[BiasRow]:
    """Return the bias table of a recorded epoch (default: the latest), largest bias first; empty without biases.

    A run without epochs has the biases at the end of its paths.
    """
    if not view.dataset:
        return []
    if not view.epochs and view.bias:
        return _bias_rows(view.dataset, view.bias.biases, _errors_at(view, 1.0), (None,) * view.classes)
    if not -len(view.epochs) <= epoch_index < len(view.epochs):
        return []
    row = view.epochs[epoch_index]
    return _bias_rows(view.dataset, row.biases, row.class_error, view.learned_epochs())


def _errors_at(view: RunView, end: float) -> tuple[Number, ...]:
    """Return the error of each class at alpha = 0 or 1 of a path that has the checkpoint there."""
    spec = view.experiment.interpolation
    if spec.only and end != (1.0 if spec.others == "end" else 0.0):
        return ()  # layers that do not move are those of the other checkpoint
    elsewhere = "equal_last_bias" if end else "fixed_bias"
    curves = (points for (scheme, split), points in view.curves.items() if split == "train" and scheme != elsewhere)
    return next((point.class_error for points in curves for point in points if point.alpha == end), ())


def _bias_rows(
    dataset: Dataset,
    biases: tuple[float | None, ...],
    errors: tuple[float | None, ...],
    learned: tuple[int | None, ...],
) -> list[BiasRow]:
    """A damaged file may hold biases or errors of more or fewer classes than there are."""
    names = dataset.class_names
    known = _largest_first(dataset, biases)
    return [
        BiasRow(
            index=index,
            name=names[index],
            bias=bias,
            rank=rank,
            gap_to_largest=known[0][1] - bias,
            learned_epoch=learned[index],
            error=errors[index] if index < len(errors) else None,
        )
        for rank, (index, bias) in enumerate(known, start=1)
    ]


def _largest_first(dataset: Dataset, biases: tuple[Number, ...]) -> list[tuple[int, float]]:
    """Return the classes whose biases are known, with them."""
    most = len(dataset.class_names)
    known = [(i, b) for i, b in enumerate(biases[:most]) if b is not None and abs(b) < LARGEST]
    return sorted(known, key=lambda pair: (-pair[1], pair[0]))


def bias_gap(view: RunView) -> float | None:
    """Return the gap between the two largest of the latest biases."""
    latest = view.epochs[-1].biases if view.epochs else view.bias.biases if view.bias else ()
    known = _largest_first(view.dataset, latest) if view.dataset else []
    return known[0][1] - known[1][1] if len(known) > 1 else None


def bias_summary(view: RunView) -> dict[str, Any]:
    """Return gap, range, std (population), largest class of the latest biases; null where there are none."""
    rows = bias_rows(view)
    correlation = view.bias.spearman_learning_order if view.bias else None
    if len(rows) < 2:
        return dict.fromkeys(("gap", "range", "std", "largest_class", "spearman_learning_order"))
    return {
        "gap": bias_gap(view),
        "range": rows[-1].gap_to_largest,
        "std": statistics.pstdev(row.bias for row in rows),
        "largest_class": rows[0].index,
        "spearman_learning_order": correlation,
    }


def curves_csv(views: Iterable[RunView]) -> str:
    """Return curves.csv of one or more runs: tidy, one row a run x scheme x split x alpha."""
    return csv_text(CURVES_HEADER, (row for view in views for row in curve_rows(view)))


def biases_csv(views: Iterable[RunView]) -> str:
    """Return biases.csv of one or more runs: one row a run x epoch x class."""
    return csv_text(BIASES_HEADER, (row for view in views for row in _bias_csv_rows(view)))


def device_csv(views: Iterable[RunView]) -> str:
    """Return device.csv of one or more runs: one row a run x stretch of time; empty where none was recorded."""
    return csv_text(DEVICE_HEADER, (row for view in views for row in _device_csv_rows(view)))


def summary(view: RunView) -> dict[str, Any]:
    """Return summary.json as plain values; what is not known yet is null or missing from `schemes`."""
    last = view.epochs[-1] if view.epochs else None
    return {
        "run_id": view.run_id,
        "preset": view.experiment.preset,
        "seed": view.experiment.seed,
        "identity": view.experiment.identity(),
        "status": view.status,
        "message": view.message,
        "train": {
            "epochs": last.epoch if last else 0,
            "loss": last.loss if last else None,
            "error": last.error if last else None,
        },
        "schemes": _schemes(view, "train"),
        "schemes_test": _schemes(view, "test"),
        "bias": bias_summary(view),
        "path": _path(view),
    }


def summary_json(view: RunView) -> bytes:
    """Return summary.json: ASCII only, valid JSON whatever was measured."""
    return (json.dumps(summary(view), indent=2, allow_nan=False) + "\n").encode("ascii")


def _path(view: RunView) -> dict[str, Any]:
    """Return lengths of the path, and the plateau ends of layers moved alone where they were asked for."""
    found = view.lengths
    return {
        "distance_moved": found.distance if found else None,
        "distance_by_layer": {one.layer: one.distance for one in found.layers} if found else {},
        "gauss_length": dict(found.gauss_length) if found else {},
        "by_layer": {
            one.layer: {
                "error_plateau_end": one.measured.error_plateau_end,
                "loss_plateau_end": one.measured.loss_plateau_end,
                "max_rise_loss": one.measured.max_rise_loss.rise,
            }
            for one in view.layer_ends
        },
    }


def _schemes(view: RunView, split: Split) -> dict[str, Any]:
    schemes = view.experiment.interpolation.schemes
    return {s: _scheme_summary(view, (s, split)) for s in schemes if (s, split) in view.plateaus}


def _scheme_summary(view: RunView, key: Key) -> dict[str, Any]:
    found = view.plateaus[key]
    ends = view.ends.get(key)
    return {
        "error_plateau_end": found.measured.error_plateau_end,
        "loss_plateau_end": found.measured.loss_plateau_end,
        "error_half_fall": found.measured.error_half_fall,
        "loss_half_fall": found.measured.loss_half_fall,
        "max_rise_loss": found.measured.max_rise_loss.rise,
        "max_rise_error": found.measured.max_rise_error.rise,
        "max_rise_loss_alphas": _alphas(found.measured, "loss"),
        "max_rise_error_alphas": _alphas(found.measured, "error"),
        "ends_equal_checkpoints": {"start": ends.start, "end": ends.end} if ends else None,
        "predicted": {
            "error_plateau_end": found.predicted.error_plateau_end if found.predicted else None,
            "loss_plateau_end": found.predicted.loss_plateau_end if found.predicted else None,
            "missing": found.predicted_missing,
        },
    }


def _alphas(ends: Ends, what: str) -> list[float]:
    rise = ends.max_rise_loss if what == "loss" else ends.max_rise_error
    return [rise.alpha_from, rise.alpha_to]


def curve_rows(view: RunView) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows of curves.csv, their columns in the order of `CURVES_HEADER`."""
    spec = view.experiment
    splits: tuple[Split, ...] = ("train", "test")
    for scheme in spec.interpolation.schemes:
        for split in splits:
            for point in view.curves.get((scheme, split), ()):
                yield (*_who(view), scheme, spec.interpolation.start, split, *_measures(point))


def _who(view: RunView) -> tuple[Cell, ...]:
    return view.run_id, view.experiment.preset, view.experiment.seed


def _measures(p: CurvePoint) -> tuple[Cell, ...]:
    return (
        p.alpha, p.loss, p.error, p.top_class, p.top_class_share, p.signal_gap, p.bias_gap,
        p.predicted_loss, p.predicted_error,
    )  # fmt: skip


def _bias_csv_rows(view: RunView) -> Iterator[tuple[Cell, ...]]:
    if not view.dataset:
        return
    if not view.epochs and view.bias:
        yield from _end_rows(view, view.dataset, "start", view.bias.start, _errors_at(view, 0.0))
        yield from _end_rows(view, view.dataset, "end", view.bias.biases, _errors_at(view, 1.0))
    all_learned = view.learned_epochs()
    for recorded in view.epochs:
        rows = _bias_rows(view.dataset, recorded.biases, recorded.class_error, all_learned)
        for row in sorted(rows, key=lambda r: r.index):
            learned = row.learned_epoch if (row.learned_epoch or 0) <= recorded.epoch else None
            yield (
                *_who(view), recorded.epoch, row.name, row.bias, row.rank, row.gap_to_largest, learned,
                row.error,
            )  # fmt: skip


def _end_rows(
    view: RunView, dataset: Dataset, at: str, biases: tuple[Number, ...], errors: tuple[Number, ...]
) -> Iterator[tuple[Cell, ...]]:
    """Yield the bias table at one end of paths that no training recorded; `at` stands in the place of the epoch."""
    rows = _bias_rows(dataset, biases, errors, (None,) * len(dataset.class_names))
    for row in sorted(rows, key=lambda r: r.index):
        yield (*_who(view), at, row.name, row.bias, row.rank, row.gap_to_largest, None, row.error)


def _device_csv_rows(view: RunView) -> Iterator[tuple[Cell, ...]]:
    for end, one in zip(use.moments(view.use), view.use, strict=True):
        place = one.attempt, one.phase, one.epoch, round(end - one.seconds, 3), round(end, 3)
        yield (*_who(view), *place, *(getattr(one, name) for name in use.FIGURES))


def csv_text(header: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> str:
    """Return a table as CSV: numbers with repr precision, texts that no spreadsheet runs."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def cell(value: Cell) -> str:
    """Write numbers as Python's repr (reading back gives the same bits), and text that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value if value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else value
    return repr(value)
