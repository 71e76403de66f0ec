"""Run directories as a worker leaves them, written through the contract's own Writer: finished, live, failed, stopped.

    paths = make_run.finished(tmp_path)
    paths = make_run.live(tmp_path, epochs=12)      # this process signs the lock, so the run counts as alive

Names, times and numbers are the same in every call, so pictures of them can be compared.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable
from pathlib import Path
from unittest import mock

import msgspec

from backends.runs import durable, events, export, listing, workers
from backends.runs.journal import Writer
from backends.runs.paths import RunPaths
from presets import Experiment, load
from presets.loader import to_toml
from tests.mli_tui import synthetic

STARTED = 1_790_000_000.0
"""When a run was made, if nothing else is said (seconds since 1970)."""
EPOCHS = 37
"""Epochs of a finished run."""
EPOCH_SECONDS = 0.4
MAX_EPOCHS = 150
DEVICE = "CPU (synthetic)"
SPLITS = ("train", "test")


def create(root: Path, run_id: str = "quick-20260921-120000-0001", *, experiment: Experiment | None = None) -> RunPaths:
    """Make a run directory with a specification and nothing else."""
    folder = root / run_id
    folder.mkdir(mode=0o700, parents=True)
    paths = RunPaths(folder)
    paths.checkpoints.mkdir()
    durable.write(paths.experiment, to_toml(experiment or load("quick")).encode())
    os.utime(paths.experiment, (STARTED, STARTED))
    return paths


def append(paths: RunPaths, some: Iterable[events.Event], start: float = STARTED, step: float = 0.0) -> None:
    """Append events, `step` seconds apart from `start` on."""
    with mock.patch("backends.runs.journal.time") as clock:
        writer = Writer(paths.events)
        for number, event in enumerate(some):
            clock.time.return_value = start + number * step
            writer.append(event)
    writer.close()


def older(paths: RunPaths, seconds: float) -> RunPaths:
    """Move all times of a run back by so many seconds."""
    written = paths.events.read_text() if paths.events.exists() else ""
    moved = re.sub(r'"time":([0-9.]+)', lambda found: f'"time":{float(found[1]) - seconds}', written)
    paths.events.write_text(moved)
    os.utime(paths.experiment, (STARTED - seconds, STARTED - seconds))
    return paths


def finished(
    root: Path, run_id: str = "quick-20260921-120000-0001", *, experiment: Experiment | None = None
) -> RunPaths:
    """Write a run that is done, with its three tables."""
    return finish(create(root, run_id, experiment=experiment))


def finish(paths: RunPaths) -> RunPaths:
    """Do at once what a worker does in minutes, in a directory that is there."""
    spec = listing.read_experiment(paths)
    append(paths, [*beginning(), *training(EPOCHS), *interpolation(spec), *ending()], step=EPOCH_SECONDS)
    view = listing.recorded_run(paths)
    durable.write(paths.curves, export.curves_csv([view]).encode())
    durable.write(paths.biases, export.biases_csv([view]).encode())
    durable.write(paths.summary, export.summary_json(view))
    return paths


def live(root: Path, run_id: str = "quick-20260921-120000-0002", *, epochs: int = 12) -> RunPaths:
    """Write a run in the middle of its training, whose worker is this very process."""
    paths = create(root, run_id)
    append(paths, [*beginning(), *training(epochs)], step=EPOCH_SECONDS)
    sign(paths)
    return paths


def interpolating(root: Path, run_id: str = "quick-20260921-120000-0003", *, points: int = 25) -> RunPaths:
    """Write a live run in the middle of its final curves: `points` of each, no plateau ends yet."""
    paths = create(root, run_id)
    spec = listing.read_experiment(paths)
    coarse = [events.PhaseBegan(phase="interpolating"), *_points(spec, synthetic.alphas(points))]
    append(paths, [*beginning(), *training(EPOCHS), *coarse], step=EPOCH_SECONDS)
    sign(paths)
    return paths


def stopped(root: Path, run_id: str = "quick-20260921-120000-0004", *, epochs: int = 12) -> RunPaths:
    """Write a run that was stopped while it trained."""
    paths = create(root, run_id)
    append(paths, [*beginning(), *training(epochs), events.Finished(status="stopped")], step=EPOCH_SECONDS)
    return paths


def failed(root: Path, run_id: str = "quick-20260921-120000-0005", *, epochs: int = 7) -> RunPaths:
    """Write a run that diverged after `epochs` epochs."""
    paths = create(root, run_id)
    advice = "training diverged at lr 0.03; try a smaller train.lr"
    message = f"the loss is not finite (nan) at epoch {epochs + 1}: {advice}"
    append(paths, [*beginning(), *training(epochs), events.Finished(status="failed", message=message)])
    return paths


def interrupted(root: Path, run_id: str = "quick-20260921-120000-0006", *, epochs: int = 5) -> RunPaths:
    """Write a run whose worker is gone without a word."""
    paths = create(root, run_id)
    append(paths, [*beginning(), *training(epochs)], step=EPOCH_SECONDS)
    return paths


def queued(root: Path, run_id: str = "quick-20260921-120000-0007", *, ahead: int = 2) -> RunPaths:
    """Write a live run that waits for its device."""
    paths = create(root, run_id)
    append(paths, [events.Queued(device="cpu", ahead=ahead)])
    sign(paths)
    return paths


def sign(paths: RunPaths) -> None:
    """Make this process the run's worker, so that it counts as alive (without holding its lock)."""
    paths.lock.write_bytes(msgspec.json.encode(workers.Identity.current()))


def beginning(attempt: int = 1) -> list[events.Event]:
    """Return what a worker says before it trains."""
    names = tuple(str(i) for i in range(synthetic.CLASSES))
    share = dict.fromkeys(SPLITS, 1 / synthetic.CLASSES)
    return [
        events.Started(attempt=attempt, device=DEVICE, threads=2, host="host", pid=4242),
        events.PhaseBegan(phase="loading"),
        events.Dataset(class_names=names, train=4000, test=1000, largest_class_share=share),
        network(),
        events.CheckpointSaved(name="initial", epoch=0),
        events.PhaseBegan(phase="training"),
    ]


def network() -> events.Layers:
    """Return two layers of what a worker says of its network."""
    rows = (
        events.LayerRow(name="layer1", kind="Linear", exponent=1, shape=(128, 784)),
        events.LayerRow(name="layer10", kind="Linear", exponent=10, shape=(10, 128)),
    )
    return events.Layers(rows=rows, not_homogeneous="tanh is not homogeneous")


def training(epochs: int, live_every: int = 5) -> list[events.Event]:
    """Return a row an epoch from 0 on, and live curves of both schemes on the way."""
    said: list[events.Event] = []
    for epoch in range(epochs + 1):
        said.append(_epoch(epoch))
        if epoch and epoch % live_every == 0:
            said += [_live(scheme, epoch) for scheme in ("linear", "homogeneous")]
    return said


def _epoch(epoch: int) -> events.Epoch:
    here = {split: synthetic.point("linear", split, 1.0, _grown(epoch)) for split in SPLITS}
    return events.Epoch(
        epoch=epoch,
        loss=here["train"].loss,
        error=here["train"].error,
        test_loss=here["test"].loss,
        test_error=here["test"].error,
        class_error=here["train"].class_error,
        biases=tuple(b * _grown(epoch) ** 2 for b in synthetic.BIASES),
        lr=0.03,
        seconds=EPOCH_SECONDS if epoch else 0.0,
    )


def _grown(epoch: int) -> float:
    """Return how far the network has come: 0 at the start, 1 at the last epoch."""
    return (1 - math.exp(-epoch / 12)) / (1 - math.exp(-EPOCHS / 12))


def _live(scheme: events.Scheme, epoch: int) -> events.LiveCurve:
    grid = synthetic.alphas(11)
    found = [synthetic.point(scheme, "train", a, _grown(epoch)) for a in grid]
    loss, error = tuple(p.loss for p in found), tuple(p.error for p in found)
    return events.LiveCurve(epoch=epoch, scheme=scheme, inputs=500, alphas=grid, loss=loss, error=error)


def used(phase: events.Phase = "training", count: int = 10, attempt: int = 1, **figures: object) -> list[events.Event]:
    """Return what a worker had of its device in `count` stretches of two seconds, slower from one to the next."""
    known = {"cores": 1.9, "memory": 700 << 20, "samples": None} | figures
    rates = [10_000.0 - 500 * n for n in range(count)] if phase == "training" else [known["samples"]] * count
    return [
        events.DeviceUse(attempt=attempt, phase=phase, epoch=n, seconds=2.0, **known | {"samples": rate})
        for n, rate in enumerate(rates)
    ]


def interpolation(spec: Experiment) -> list[events.Event]:
    """Return the final curves, coarse to fine, and what is found on them."""
    coarse, fine = synthetic.alphas(5), synthetic.alphas(spec.interpolation.points)
    said: list[events.Event] = [events.CheckpointSaved(name="final", epoch=EPOCHS)]
    said += [events.PhaseBegan(phase="interpolating"), *_points(spec, coarse), *_points(spec, fine)]
    for scheme in spec.interpolation.schemes:
        for split in SPLITS:
            measured, predicted = synthetic.ends(scheme, split), synthetic.ends(scheme, split, predicted=True)
            said.append(events.PlateausFound(scheme=scheme, split=split, measured=measured, predicted=predicted))
            said.append(events.EndsChecked(scheme=scheme, split=split, start=True, end=True))
    return said


def _points(spec: Experiment, grid: tuple[float, ...]) -> list[events.Event]:
    return [
        events.Points(scheme=scheme, split=split, points=tuple(_point(scheme, split, a) for a in grid))
        for scheme in spec.interpolation.schemes
        for split in SPLITS
    ]


def _point(scheme: str, split: str, alpha: float) -> events.CurvePoint:
    foreseen = synthetic.point(scheme, split, alpha, predicted=True)
    measured = synthetic.point(scheme, split, alpha)
    return msgspec.structs.replace(measured, predicted_loss=foreseen.loss, predicted_error=foreseen.error)


def ending() -> list[events.Event]:
    """Return the last words of a run that is done."""
    return [
        events.PhaseBegan(phase="writing"),
        events.BiasSummary(spearman_learning_order=0.25),
        events.Finished(status="done"),
    ]
