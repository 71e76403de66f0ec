"""Where paths begin and end: the states that `interpolation.start` and `interpolation.end` name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backends import models
from backends.checkpoints import Checkpoints
from backends.checkpoints_in import Note, fit_state, load_state
from backends.interpolation.schemes import zero_start
from backends.runs.errors import RunError
from backends.workbench import Tensors, Workbench
from presets.experiment import Experiment

NOISE_SEED_STEP = 1_000_003
"""Added to train.seed for the `noise` start: far from the seeds that a user counts through."""


@dataclass(frozen=True)
class EndPoint:
    """One end of the paths: its tensors, and the kept checkpoint that holds the same; None where none does."""

    state: Tensors
    checkpoint: str | None


def checkpoint_name(epoch: int) -> str:
    """Return the name of the kept checkpoint of an epoch; epoch 0 is the initialisation."""
    return f"epoch-{epoch:04d}" if epoch else "initial"


def named_epochs(spec: Experiment) -> frozenset[int]:
    """Return the epochs that start or end name: their checkpoints are kept without being asked for."""
    places = (spec.interpolation.start, spec.interpolation.end)
    return frozenset(int(place.removeprefix("epoch:")) for place in places if place.startswith("epoch:"))


class EndPoints:
    """Finds both ends; what is on the disk is read back, so that what is compared is what anybody can load."""

    def __init__(self, bench: Workbench, checkpoints: Checkpoints) -> None:
        """Nothing is read yet."""
        self._bench, self._checkpoints = bench, checkpoints
        self._live: Tensors | None = None

    def require_files(self) -> None:
        """Raise `BadRequest`, one line, where a file that start or end names is no checkpoint of this network."""
        spec = self._bench.spec.interpolation
        for place in (spec.start, spec.end):
            if place.startswith("file:"):
                self._from_file(_file(place), lambda _text: None)

    def start(self) -> EndPoint:
        """Return where the paths begin; raises `RunError` where the run has no such state."""
        return self._find("start", self._bench.spec.interpolation.start)

    def end(self) -> EndPoint:
        """Return where the paths end; raises `RunError` where the run has no such state."""
        return self._find("end", self._bench.spec.interpolation.end)

    def live_start(self, initial: Tensors) -> Tensors | None:
        """Return where live curves begin, which may be before there is any checkpoint of an epoch; None: nowhere."""
        start = self._bench.spec.interpolation.start
        if start == "init":
            return initial
        if self._live is None:
            self._live = self._made(start) or self._checkpoints.kept(_checkpoint(start))
        return self._live

    def _find(self, key: str, place: str) -> EndPoint:
        if (made := self._made(place)) is not None:
            return EndPoint(made, None)
        name = _checkpoint(place)
        state = self._checkpoints.kept(name)
        if state is None and place.startswith("epoch:"):
            raise RunError(f"interpolation.{key} = '{place}': training ended before it; expected an epoch that was run")
        if state is None:
            raise RunError(f"checkpoint {name}: was written, but does not read back as it was written")
        return EndPoint(state, name)

    def _made(self, place: str) -> Tensors | None:
        """Return a state that is made and not loaded; None for one that a checkpoint holds."""
        if place.startswith("file:"):
            return self._from_file(_file(place), self._bench.note)
        makers: dict[str, Callable[[], Tensors]] = {"zero": self._zero, "noise": self._noise}
        return makers[place]() if place in makers else None

    def _from_file(self, path: Path, note: Note) -> Tensors:
        return fit_state(load_state(path, note), self._bench.network, f"checkpoint {path}", note)

    def _zero(self) -> Tensors:
        return zero_start(self._bench.weights())

    def _noise(self) -> Tensors:
        """Return a fresh initialisation with another seed (Tao et al., ICML 2024), in the network's own type."""
        bench = self._bench
        seed = (bench.spec.train.seed + NOISE_SEED_STEP) % 2**31
        network = models.build(bench.spec.model, bench.dataset.input_shape, bench.dataset.classes, seed)
        like = bench.network.state_dict()
        return {name: tensor.to(like[name]) for name, tensor in network.state_dict().items()}


def _file(place: str) -> Path:
    return Path(place.removeprefix("file:"))


def _checkpoint(place: str) -> str:
    named = {"init": "initial", "trained": "final"}
    return named.get(place) or checkpoint_name(int(place.removeprefix("epoch:")))
