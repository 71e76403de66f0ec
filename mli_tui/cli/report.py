"""What is known of a run as plain lines: for `show`, and for the end of `run`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import msgspec

from backends.runs import export
from backends.runs.events import Ends
from backends.runs.paths import RunPaths, runs_folder
from backends.runs.text import safe_line
from backends.runs.view import RunView
from mli_tui import device_use, format, words
from mli_tui.format import aligned
from presets.experiment import Experiment, Split

SPLITS: tuple[Split, ...] = ("train", "test")
_HEAD = ("path", "split", "error", "pred.", "half", "loss", "pred.", "half", "max rise", "ends")


def whole(view: RunView) -> Iterator[str]:
    """Yield everything that `show` shows."""
    yield from _about(view)
    yield ""
    yield from plateaus(view)
    yield ""
    yield words.sentence(view)
    yield ""
    yield from biases(view)
    yield from lengths(view)
    yield from layer_ends(view)
    yield from notes(view)


def _about(view: RunView) -> Iterator[str]:
    spec = view.experiment
    yield f"run      {view.run_id}"
    yield from _written(view)
    yield f"preset   {spec.preset}" + (f": {safe_line(spec.title)}" if spec.title else "")
    yield f"status   {status(view)}"
    yield f"training {training(view)}"
    if view.device:
        yield f"device   {view.device}, {view.threads} threads, host {view.host}"
    yield f"use      {device_use.line(view)}"
    changed = [f"{key} = {value}" for key, value in differences(spec)]
    yield f"spec     {safe_line(', '.join(changed), 2_000) or 'every key has its default'}"
    yield f"identity {spec.identity()}"


def _written(view: RunView) -> Iterator[str]:
    """Yield what people wrote on the run."""
    found = view.labels
    texts = {"name": found.name, "tags": " ".join(found.tags), "note": found.note}
    yield from (f"{key:<8} {text}" for key, text in texts.items() if text)


def status(view: RunView) -> str:
    """Return a run's status and what is to be said about it."""
    phase = f" ({format.stage(view)})" if view.status == "running" and view.phase else ""
    ahead = f" ({view.ahead} ahead)" if view.status == "queued" and view.ahead else ""
    # A worker that lives has not ended: what an earlier attempt said at its end is no news.
    message = f": {view.message}" if view.message and view.status != "running" else ""
    return view.status + phase + ahead + message


def training(view: RunView) -> str:
    """Return how far the training came, and with what loss, error and bias gap."""
    if view.experiment.own.model:
        return "none: the curves go between two checkpoints"
    if not view.epochs:
        return "not begun"
    last = view.epochs[-1]
    gap = export.bias_gap(view)
    done = f"{words.epochs(view)} epochs"
    return f"{done}, loss {format.loss(last.loss)}, error {format.number(last.error, 4)}, bias gap {format.loss(gap)}"


def differences(spec: Experiment) -> list[tuple[str, str]]:
    """Return the keys of a specification that differ from their defaults, with their values as TOML shows them."""
    return [
        (f"{section}.{key}", msgspec.json.encode(value).decode())
        for section in ("data", "model", "train", "interpolation", "output", "own")
        for key, value in getattr(spec, section).chosen().items()
    ]


def plateaus(view: RunView) -> Iterator[str]:
    """Yield the table of plateau ends, measured and predicted, of both splits; half falls, rises and checks."""
    rows = [
        _plateau_row(view, scheme, split)
        for scheme in view.experiment.interpolation.schemes
        for split in SPLITS
        if (scheme, split) in view.plateaus
    ]
    if not rows:
        yield f"no plateau end is known{' yet' if view.status in ('queued', 'running', 'paused') else ''}"
        return
    yield "plateau ends and half falls (alpha), measured and predicted; the largest rise of the loss"
    yield from aligned([_HEAD, *rows], right=frozenset(range(2, 9)), between=" ")  # so that it fits into 80 columns
    if view.experiment.interpolation.batch_norm == "recalibrate":
        yield "ends: against the checkpoints with their running statistics measured anew, as on the curves"
    yield from (f"no predicted curves: {reason}" for reason in _missing(view))


def _plateau_row(view: RunView, scheme: Any, split: Split) -> tuple[str, ...]:
    found = view.plateaus[scheme, split]
    measured, predicted = found.measured, found.predicted
    return (
        scheme,
        split,
        format.alpha(measured.error_plateau_end),
        format.alpha(predicted.error_plateau_end if predicted else None),
        format.alpha(measured.error_half_fall),
        format.alpha(measured.loss_plateau_end),
        format.alpha(predicted.loss_plateau_end if predicted else None),
        format.alpha(measured.loss_half_fall),
        _rise(measured),
        _check(view, scheme, split),
    )


def _rise(ends: Ends) -> str:
    return format.loss(ends.max_rise_loss.rise) if ends.max_rise_loss.rise else "0"


def _check(view: RunView, scheme: Any, split: Split) -> str:
    """Return whether the curve's ends equal the checkpoints' own loss and error, bit for bit."""
    checked = view.ends.get((scheme, split))
    if checked is None or checked.start is checked.end is None:
        return "-"
    return "equal" if checked.end is not False and checked.start is not False else "DIFFER"


def _missing(view: RunView) -> list[str]:
    reasons = (found.predicted_missing for found in view.plateaus.values())
    return sorted({safe_line(reason) for reason in reasons if reason})


def biases(view: RunView) -> Iterator[str]:
    """Yield the bias table, largest bias first, and its summary."""
    rows = export.bias_rows(view)
    if not rows:
        known = "no biases are known without training" if view.experiment.own.model else "no biases known yet"
        yield "no bias in the last layer" if view.epochs else known
        return
    head = ("class", "bias", "rank", "gap to largest", "learned in epoch", "error")
    body = [
        (
            row.name,
            format.number(row.bias, 4),
            str(row.rank),
            format.number(row.gap_to_largest, 4),
            "-" if row.learned_epoch is None else str(row.learned_epoch),
            format.number(row.error, 4),
        )
        for row in rows
    ]
    yield from aligned([head, *body], right=frozenset(range(1, 6)))
    found = export.bias_summary(view)
    order = format.number(found["spearman_learning_order"], 2)
    numbers = ", ".join(f"{name} {format.loss(found[name])}" for name in ("gap", "range", "std"))
    yield f"{numbers}; correlation of learning order and bias {order}"


def lengths(view: RunView) -> Iterator[str]:
    """Yield the distance moved, whole and by layer, and the Gauss length of each scheme's logits' path."""
    found = view.lengths
    if found is None:
        return
    turned = ", ".join(f"{scheme} {format.number(value, 3)}" for scheme, value in found.gauss_length.items())
    yield ""
    yield f"distance moved {format.number(found.distance, 3)} of the start's norm; Gauss length (radians): {turned}"
    yield "  by layer: " + ", ".join(f"{one.layer} {format.number(one.distance, 3)}" for one in found.layers)


def layer_ends(view: RunView) -> Iterator[str]:
    """Yield the plateau ends of each layer moved alone, where the specification asked for them."""
    if not view.layer_ends:
        return
    yield ""
    yield f"one layer moves, the others stay at the {view.experiment.interpolation.others}: train split, linear"
    body = [
        (
            one.layer,
            format.alpha(one.measured.error_plateau_end),
            format.alpha(one.measured.loss_plateau_end),
            _rise(one.measured),
        )
        for one in view.layer_ends
    ]
    yield from aligned([("layer", "error plateau", "loss plateau", "max rise"), *body], right=frozenset({1, 2, 3}))


def layers(view: RunView) -> Iterator[str]:
    """Yield the table of layers: kind, exponent and shape of the weight; and why no curve can be predicted."""
    if view.layers is None:
        yield "no layers known yet"
        return
    head = ("layer", "kind", "exponent", "shape")
    body = [(row.name, row.kind, str(row.exponent), "x".join(map(str, row.shape))) for row in view.layers.rows]
    yield from aligned([head, *body], right=frozenset({2}))
    if view.layers.not_homogeneous:
        yield f"no predicted curves: {view.layers.not_homogeneous}"


def notes(view: RunView) -> Iterator[str]:
    """Yield what the worker and the reader of its journal had to note."""
    yield from (f"note: {note}" for note in view.notes)


def ending(view: RunView, paths: RunPaths) -> Iterator[str]:
    """Yield what `run` says when a run has ended: status, plateau ends, the sentence, and where the tables are."""
    yield f"{status(view)} ({training(view)})"
    yield from plateaus(view)
    yield words.sentence(view)
    if view.use:
        yield f"used     {device_use.line(view)}"
    yield from notes(view)
    for name, path in tables(paths).items():
        yield f"{name:<8} {path}"
    if view.status != "done":
        go_on = "" if view.experiment.model.network == "own" else f"; to go on: {command('resume', paths)}"
        yield f"what is known: {command('show', paths)}{go_on}"


def command(verb: str, paths: RunPaths) -> str:
    """Return the command that does `verb` to a run, as it is to be typed here."""
    root = paths.folder.parent
    elsewhere = "" if root == runs_folder() else f" --runs-dir {shlex.quote(str(root))}"
    return f"mli-tui {verb} {paths.run_id}{elsewhere}"


def tables(paths: RunPaths) -> dict[str, str]:
    """Return the tables that the worker has written, by name."""
    files = {"curves": paths.curves, "biases": paths.biases, "device": paths.device, "summary": paths.summary}
    return {name: str(path) for name, path in files.items() if path.exists()}
