"""One attempt at a run, from the data to the tables: the order of things, each done elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import torch
from torch import nn

from backends import data, environment, footprint, models, training
from backends.afterwards import Afterwards
from backends.biases import summarise
from backends.checkpoints import Checkpoints
from backends.data import Dataset
from backends.devices import indeterminate_told
from backends.devices.base import Device
from backends.ends import EndPoint, EndPoints, checkpoint_name, named_epochs
from backends.final import FinalCurves
from backends.interpolation.evaluate import measure
from backends.interpolation.measures import Measures
from backends.interpolation.moving import tensors_of
from backends.live import LiveCurves
from backends.meter import Meter
from backends.models.theory import Theory
from backends.patience import Patience
from backends.runs import durable, events, export, listing, manifests
from backends.runs.errors import BadRequest, RunError
from backends.runs.journal import Writer
from backends.runs.paths import RunPaths
from backends.runs.view import RunView
from backends.training import Diverged
from backends.workbench import Workbench
from presets.experiment import Experiment, Split


class Session:
    """Runs an experiment in its directory; the caller holds the run's lock and the device's slot."""

    def __init__(
        self, run: RunPaths, known: RunView, journal: Writer, device: Device, stop: Callable[[], bool]
    ) -> None:
        """Begin with what earlier attempts recorded, which is `known`. Nothing is written yet."""
        self._run, self._known, self._journal = run, known, journal
        self._spec = known.experiment
        self._attempt = known.attempt + 1
        self._device = device
        self._patience = Patience(run, journal, stop)
        self._tell = self._patience.tell
        self._meter = Meter(device, self._tell)
        self._asked = stop

    def _stop(self) -> bool:
        """Return whether to stop. It is asked before every step, so this is where the meter looks."""
        self._meter.beat()
        return self._asked()

    def run(self) -> events.Ending:
        """Go on from where the journal ends; return the status that this attempt ends with.

        Raises `RunError` where it fails for a reason that the user should read as one line.
        """
        try:
            with indeterminate_told(self._note):
                self._prepare()
                finished = self._train() and self._interpolate()
            return self._finish("done" if finished else "stopped", "")
        except Diverged as error:
            return self._finish("failed", str(error))
        except torch.OutOfMemoryError as error:
            raise RunError(f"GPU memory: {error}; a new run with a smaller model or batch needs less") from error

    def _prepare(self) -> None:
        """Say who works and on what, load data and network, and make all ready to train or to interpolate."""
        footprint.begin()
        self._meter.begin(self._attempt)
        changed = environment.record(self._run, self._attempt, self._device)
        self._tell(environment.started(self._attempt, self._device))
        self._phase("loading")
        dataset, network = self._load()
        self._tell(described(dataset))
        try:
            layers = models.describe(network)
        except ValueError as error:
            raise BadRequest(f"network: {error}") from None
        require_statistics(self._spec, layers)
        self._tell(_table(layers))
        self._set_up(dataset, network, layers, self._tell)
        self._ready(changed)

    def _set_up(
        self, dataset: Dataset, network: nn.Module, layers: models.Layers, tell: Callable[[events.Event], None]
    ) -> None:
        self._bench = Workbench(self._spec, self._device, dataset, network, layers, tell, self._stop)
        self._checkpoints = Checkpoints(self._run.checkpoints, self._device.torch_device)
        self._ends = EndPoints(self._bench, self._checkpoints)

    def _load(self) -> tuple[Dataset, nn.Module]:
        """Return the data and the network with its initialisation, both on the device."""
        dtype = torch.float64 if self._spec.model.dtype == "float64" else torch.float32
        dataset = data.load(self._spec.data, self._device, dtype)
        network = models.build(self._spec.model, dataset.input_shape, dataset.classes, self._spec.train.seed)
        return dataset, network.to(self._device.torch_device, dtype)

    def _ready(self, changed: tuple[str, ...]) -> None:
        """Make the trainer, and restore what was saved; `changed` is what differs from the last attempt's machine.

        What the curves will need and only the network can judge is looked at first: hours of training later is too
        late to hear that a file does not fit.
        """
        self._ends.require_files()
        tensors_of(self._bench.layers, self._spec.interpolation.only)
        self._trainer = training.begin(self._spec.train, self._bench.network, self._bench.dataset, self._device)
        self._restore(changed)
        self._meter.follow(self._progress)

    def _progress(self) -> tuple[int, float]:
        """Return the epoch, and the training inputs taken so far: NaN in gradient flow, which takes no samples."""
        trainer = self._trainer
        taken = math.nan if isinstance(self._bench.network, Theory) else trainer.epoch + trainer.batch / trainer.steps
        return trainer.epoch, taken * len(self._bench.dataset.train)

    def _restore(self, changed: tuple[str, ...]) -> None:
        """Go on from the newest good checkpoint, or begin; never start over without saying so."""
        initial, self._final = self._checkpoints.kept("initial"), self._checkpoints.kept("final")
        newest, complaints = manifests.newest_good(self._run.checkpoints)
        for complaint in complaints:
            self._note(complaint)
        if newest is None or initial is None:
            self._begin(changed)
            return
        self._initial = initial
        weights, optimiser = self._checkpoints.load(newest)
        self._bench.network.load_state_dict(weights)
        self._trainer.load_tensors(optimiser)
        self._trainer.epoch, self._trainer.batch = newest.epoch, newest.batch
        self._resumed(newest.epoch, newest.batch, changed)

    def _begin(self, changed: tuple[str, ...]) -> None:
        if self._known.epochs:
            self._note("no checkpoint of the earlier attempt is usable: it starts over")
            self._final = None
            self._resumed(-1, 0, changed)
        self._initial = self._bench.weights()
        self._record_epoch(0.0)
        self._keep("initial", self._trainer.epoch)
        self._save()

    def _resumed(self, epoch: int, batch: int, changed: tuple[str, ...]) -> None:
        keeps = self._final is not None
        self._tell(events.Resumed(attempt=self._attempt, epoch=epoch, batch=batch, keeps_curves=keeps, changed=changed))

    def _train(self) -> bool:
        """Train to the end that the specification sets; False where a stop came first (all is saved)."""
        if self._final is not None:
            return True
        self._phase("training")
        live = LiveCurves(self._bench, lambda: self._ends.live_start(self._initial))
        row = self._recorded().epochs[-1]
        saved = time.monotonic()
        while not self._trained(row):
            began = time.monotonic()
            if not self._trainer.run_epoch(self._stop):
                self._save()
                return False
            row = self._record_epoch(began)
            if self._wanted(row.epoch):
                self._keep(checkpoint_name(row.epoch), row.epoch)
            if time.monotonic() - saved >= self._spec.output.autosave_seconds:
                self._save()
                saved = time.monotonic()
            live.after_epoch(row.epoch, row.seconds)
        self._save()
        self._keep("final", row.epoch)
        return True

    def _trained(self, row: events.Epoch) -> bool:
        reached = row.loss is not None and row.loss < self._spec.train.stop_loss
        return reached or row.epoch >= self._spec.train.max_epochs

    def _interpolate(self) -> bool:
        """Evaluate the final curves, locate their plateau ends, check their ends; False where a stop came first.

        Both end points are read back from the disk, so what is compared is what anybody can load.
        """
        self._phase("interpolating")
        start, end = self._end_points()
        curves = FinalCurves(self._bench, start, end, self._recorded())
        if not curves.evaluate():
            return False
        curves.check_ends()
        afterwards = Afterwards(self._bench, start, end)
        afterwards.lengths()
        if not afterwards.by_layer():
            return False
        self._phase("writing")
        recorded, last = self._recorded(), self._bench.layers.last_bias
        told = summarise(recorded)
        if last and not recorded.epochs:
            biases, first = (tuple(one.state[last].tolist()) for one in (end, start))
            told = msgspec.structs.replace(told, biases=biases, start=first)
        self._tell(told)
        return True

    def _end_points(self) -> tuple[EndPoint, EndPoint]:
        """Return where the paths begin and end."""
        return self._ends.start(), self._ends.end()

    def _record_epoch(self, began: float) -> events.Epoch:
        """Record the epoch that the trainer has completed, which began at this monotonic time (0.0: not timed)."""
        seconds = time.monotonic() - began if began else 0.0
        return self._record(self._trainer.epoch, self._trainer.lr(), seconds)

    def _record(self, epoch: int, lr: float | None, seconds: float) -> events.Epoch:
        """Measure the network on its splits and record it; raises `Diverged` where the loss is not finite."""
        bench = self._bench
        train = self._measured("train")
        test = self._measured("test") if "test" in bench.dataset.splits else None
        row = events.Epoch(
            epoch=epoch,
            loss=train.loss,
            error=train.error,
            test_loss=test.loss if test else None,
            test_error=test.error if test else None,
            class_error=train.class_error,
            biases=self._last_bias(),
            diagonal=bench.network.diagonal() if isinstance(bench.network, Theory) else (),
            lr=lr,
            seconds=seconds,
        )
        if not math.isfinite(train.loss):
            raise self._diverged(epoch, lr)
        self._tell(row)
        self._meter.beat()
        return row

    def _measured(self, split: Split) -> Measures:
        bench = self._bench
        return measure(bench.network, bench.dataset.split(split), self._device, layers=bench.layers)

    def _diverged(self, epoch: int, lr: float | None) -> Diverged:
        """Return the error that says where the loss stopped being finite, to the step where the steps are ours."""
        if lr is None:
            return Diverged(f"the loss is not finite at epoch {epoch}")
        return Diverged.after(epoch, self._trainer.steps, lr)

    def _last_bias(self) -> tuple[float, ...]:
        name = self._bench.layers.last_bias
        return tuple(self._bench.network.state_dict()[name].tolist()) if name else ()

    def _wanted(self, epoch: int) -> bool:
        output = self._spec.output
        every = output.checkpoint_every
        asked = {*output.checkpoint_epochs, *named_epochs(self._spec)}
        return epoch in asked or bool(every and epoch % every == 0)

    def _keep(self, name: str, epoch: int) -> None:
        state = self._bench.network.state_dict()
        self._patience.insist(lambda: self._checkpoints.keep(name, state, epoch))
        self._tell(events.CheckpointSaved(name=name, epoch=epoch))

    def _save(self) -> None:
        """Write a point to resume from; the journal first, so that it never lacks an epoch that a point has."""
        trainer, state = self._trainer, self._bench.network.state_dict()
        self._patience.insist(self._journal.sync)
        self._patience.insist(
            lambda: self._checkpoints.save_resume(state, trainer.tensors(), trainer.epoch, trainer.batch)
        )

    def _note(self, text: str) -> None:
        self._tell(events.Note(text=text))

    def _phase(self, phase: events.Phase) -> None:
        self._meter.enter(phase)
        self._tell(events.PhaseBegan(phase=phase))

    def _recorded(self) -> RunView:
        return listing.recorded_run(self._run)

    def _finish(self, status: events.Ending, message: str) -> events.Ending:
        """Write the tables with the code that `export` uses, then the last event."""
        self._meter.close()
        view = msgspec.structs.replace(self._recorded(), status=status, message=message)
        self._write(self._run.curves, export.curves_csv([view]).encode())
        self._write(self._run.biases, export.biases_csv([view]).encode())
        self._write(self._run.device, export.device_csv([view]).encode())
        self._write(self._run.summary, export.summary_json(view))
        memory, gpu_memory = footprint.peak(), self._device.peak_memory()
        self._tell(events.Finished(status=status, message=message, memory=memory, gpu_memory=gpu_memory))
        self._patience.release()
        return status

    def _write(self, path: Path, content: bytes) -> None:
        self._patience.insist(lambda: durable.write(path, content))


def require_statistics(spec: Experiment, layers: models.Layers) -> None:
    """Raise `BadRequest` where running statistics are to be recalibrated and the network has none."""
    if spec.interpolation.batch_norm == "recalibrate" and not layers.statistics:
        wanted = "expected interpolate for a network without running statistics"
        raise BadRequest(f"interpolation.batch_norm = 'recalibrate': {wanted}")


def _table(layers: models.Layers) -> events.Layers:
    rows = tuple(
        events.LayerRow(name=row.name, kind=row.kind, exponent=row.exponent, shape=row.shape) for row in layers.table
    )
    return events.Layers(rows=rows, not_homogeneous=layers.not_homogeneous)


def described(dataset: Dataset) -> events.Dataset:
    """Return the event that says what was loaded."""
    return events.Dataset(
        class_names=dataset.class_names,
        train=len(dataset.train),
        test=len(dataset.test),
        largest_class_share={split: dataset.split(split).largest_class_share for split in dataset.splits},
    )
