"""A user's own training loop as a run: a directory that the app shows live, with its curves at the end.

with Recorder(model, train=(x, y), test=(x_test, y_test), name="my-run") as record:
    for epoch in range(20):
        ...  # the user's own steps
        record.epoch()
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from backends import devices, own_code
from backends.blame import reason
from backends.data import Dataset
from backends.data.tensors import Pair, from_tensors, input_shape
from backends.devices.base import Device
from backends.ends import checkpoint_name
from backends.live import LiveCurves
from backends.runs import events, launch, listing, workers
from backends.runs.errors import BadRequest, RunError
from backends.runs.journal import Writer
from backends.runs.paths import RunPaths, runs_folder
from backends.runs.view import RunView
from backends.session import Session
from presets import Data, Experiment, Interpolation, Model, override
from presets.experiment import Scheme

STOPPED = 143
"""Exit code of a process that `mli-tui stop` ended, as of any that SIGTERM ends."""


class Recorder:
    """A context in which each call of `epoch()` records the model as it is then, and whose end measures the curves.

    What it records is in `folder`, an ordinary run directory, and its id is `run_id`. The model, its mode and torch's
    random numbers are left alone: measures are taken on a copy. Ends as `done`; as `failed` where an error leaves the
    context, which goes on; as `stopped` by KeyboardInterrupt, and by SIGTERM, which is what the app's stop sends.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        train: Pair,
        test: Pair | None = None,
        name: str = "recorded",
        schemes: Sequence[Scheme] = ("linear", "homogeneous"),
        class_names: Sequence[str] = (),
        settings: Sequence[str] = (),
        runs_dir: str | Path | None = None,
    ) -> None:
        """Look at everything, write nothing yet.

        `train` and `test` are inputs (N, ...) of floats and their classes (N,); `name` stands where runs of presets
        have the preset's; `settings` are as those of --set, such as "interpolation.points=201" or
        "output.checkpoint_every=5". Raises `RunError` or `presets.SpecError`, one line, for what can't be recorded.
        """
        self._model = model
        network = own_code.private_copy(model)
        dtype = own_code.dtype_of(network)
        where = next(network.parameters()).device
        self._device = device_at(where)
        classes = own_code.outputs(network, input_shape(train, "train"))
        dataset = from_tensors(train, test, classes, class_names, self._device, dtype)
        own_code.require_known_layers(network)
        self._spec = specification(name, type(model).__name__, dtype, schemes, settings)
        self._given = dataset, network
        self._root = runs_folder(str(runs_dir) if runs_dir else None)
        self._finishing = self._asked = False

    @property
    def folder(self) -> Path:
        """The run's directory; there from the beginning of the context on."""
        return self._run.folder

    @property
    def run_id(self) -> str:
        """The run's id, for `mli-tui show`."""
        return self._run.run_id

    def __enter__(self) -> Recorder:
        """Make the run, and record the model as it is now as epoch 0."""
        self._run = launch.create(self._root, self._spec)
        self._lock = workers.lock_run(self._run)
        self._journal = Writer(self._run.events)
        self._session = _Recording(
            self._run, listing.recorded_run(self._run), self._journal, self._device, lambda: self._asked, self._given
        )
        self._listen()
        try:
            self._session.begin()
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def epoch(self, *, lr: float | None = None) -> None:
        """Record that an epoch is over: loss and error of the model, biases, and a live curve where one is due.

        `lr` is the rate to be noted with it. Raises `RunError` where the loss is not finite any more.
        """
        self._session.epoch(self._model, lr)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        """Measure the final curves, or say why there are none; then the run is no longer live."""
        self._finishing = True
        try:
            if error is None:
                self._session.complete(self._model)
            else:
                with suppress(OSError, RunError):  # the error that leaves the context is the news, not a full disk
                    self._session.break_off(error)
        finally:
            self._deafen()
            self._journal.close()
            self._lock.resign()
        if self._asked and error is None:
            raise SystemExit(STOPPED)

    def _listen(self) -> None:
        """Let SIGTERM end the program as an exception does, so that the run is closed; only where nobody else does."""
        self._heard = (
            threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        )
        self._pid = os.getpid()
        if self._heard:
            signal.signal(signal.SIGTERM, self._terminate)

    def _deafen(self) -> None:
        if self._heard:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _terminate(self, _number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._pid:
            os._exit(STOPPED)  # a child that the program forked: the run is not its own
        if self._finishing:
            self._asked = True  # the curves end at the next point
        else:
            raise SystemExit(STOPPED)


class _Recording(Session):
    """A session whose network is trained by somebody else."""

    def __init__(
        self,
        run: RunPaths,
        known: RunView,
        journal: Writer,
        device: Device,
        stop: Any,
        given: tuple[Dataset, nn.Module],
    ) -> None:
        super().__init__(run, known, journal, device, stop)
        self._given = given
        self._epoch = 0
        self._since = 0.0
        self._live: LiveCurves | None = None

    def begin(self) -> None:
        """Record the network as it is given, as epoch 0."""
        self._prepare()

    def epoch(self, model: nn.Module, lr: float | None) -> None:
        """Record the model after one more epoch."""
        seconds = time.monotonic() - self._since
        self._follow(model)
        self._epoch += 1
        self._record(self._epoch, lr, seconds)
        if self._wanted(self._epoch):
            self._keep(checkpoint_name(self._epoch), self._epoch)
        if self._live is not None:
            self._live.after_epoch(self._epoch, seconds)
        self._since = time.monotonic()

    def complete(self, model: nn.Module) -> None:
        """Keep the model as the trained one, and measure the curves."""
        self._follow(model)
        self._keep("final", self._epoch)
        try:
            whole = self._interpolate()
        except BaseException as error:
            self.break_off(error)
            raise
        self._finish("done" if whole else "stopped", "")

    def break_off(self, error: BaseException) -> None:
        """End with what is there, and say why."""
        stopped = isinstance(error, KeyboardInterrupt) or (isinstance(error, SystemExit) and error.code == STOPPED)
        line = str(error) if isinstance(error, RunError) else reason(error)
        self._finish("stopped" if stopped else "failed", "" if stopped else line)

    def _load(self) -> tuple[Dataset, nn.Module]:
        return self._given

    def _ready(self, changed: tuple[str, ...]) -> None:
        """Record epoch 0; `changed` is empty, as such a run has one attempt alone."""
        self._initial = self._bench.weights()
        self._record(0, None, 0.0)
        self._keep("initial", 0)
        self._phase("training")
        absent = [k for k, count in enumerate(self._bench.dataset.train.class_counts_K.tolist()) if not count]
        if absent:
            name = self._bench.dataset.class_names[absent[0]]
            self._tell(
                events.Note(text=f"no live curves: they need every class, and class {name} has no training input")
            )
        else:
            self._live = LiveCurves(self._bench, lambda: self._ends.live_start(self._initial))
        inputs = len(self._bench.dataset.train)
        self._meter.follow(lambda: (self._epoch, float(self._epoch * inputs)))
        self._since = time.monotonic()

    def _follow(self, model: nn.Module) -> None:
        state: Mapping[str, Tensor] = getattr(model, "_orig_mod", model).state_dict()
        self._bench.network.load_state_dict(state)


def device_at(place: torch.device) -> Device:
    """Return the device for this place of torch's; raises `BadRequest` where curves can't be measured there."""
    if place.type not in ("cpu", "cuda") or place.index not in (0, None):
        raise BadRequest(f"model: lies on {place}; expected cpu or cuda:0")
    return devices.select("cuda" if place.type == "cuda" else "cpu")


def specification(
    name: str, architecture: str, dtype: torch.dtype, schemes: Sequence[Scheme], settings: Sequence[str]
) -> Experiment:
    """Return the specification of what a user's own program does, as far as it can be known; raises `SpecError`."""
    plain = Experiment(
        preset="own",
        title=f"recorded: {architecture}"[:300],
        data=Data(name="own"),
        model=Model(network="own", dtype="float64" if dtype == torch.float64 else "float32"),
        interpolation=Interpolation(schemes=tuple(schemes)),
    )
    return override(msgspec.structs.replace(plain, preset=name), list(settings))
