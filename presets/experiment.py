"""The experiment specification: every choice that decides what a run computes.

All sections are frozen, keyword-only and strict: an unknown key, a wrong type or a value out of range is
refused by `presets.loader` with the key, the value and what is allowed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Scheme = Literal["linear", "homogeneous"]
Start = Literal["init", "zero"]
Split = Literal["train", "test"]

Text = Annotated[str, Meta(max_length=300)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every section of the specification."""

    def chosen(self) -> dict[str, object]:
        """Return the keys whose values are not the defaults."""
        plain = type(self)()
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value != getattr(plain, name)}


class Data(Section, frozen=True, kw_only=True):
    """Which inputs the network is trained and measured on."""

    name: Literal["mnist5k"] = "mnist5k"
    """Data set. `mnist5k`: 5,000 real MNIST images, per class the first 400 for training, the last 100 test."""


class Model(Section, frozen=True, kw_only=True):
    """The fully-connected network: `depth` weight layers, `width` units in each hidden one."""

    depth: Annotated[int, Meta(ge=1, le=100)] = 10
    """Number of weight layers r, the last one included."""
    width: Annotated[int, Meta(ge=1, le=16384)] = 256
    """Units in each hidden layer."""
    activation: Literal["relu", "tanh", "linear"] = "relu"
    """What stands between two weight layers."""
    bias: Literal["none", "last", "all"] | tuple[Annotated[int, Meta(ge=1)], ...] = "last"
    """Which layers have biases: none, the last, all, or a list of layer numbers from 1 (the input side)."""
    init_scale: Annotated[float, Meta(gt=0.0, le=100.0)] = 0.45
    """Factor on the He-normal initialisation of every weight (biases start at zero)."""
    dtype: Literal["float32", "float64"] = "float32"
    """Floating-point type of weights, inputs and curves."""

    def bias_layers(self) -> tuple[int, ...]:
        """Return the numbers (from 1) of the layers that have biases."""
        match self.bias:
            case "none":
                return ()
            case "last":
                return (self.depth,)
            case "all":
                return tuple(range(1, self.depth + 1))
            case layers:
                return tuple(sorted(layers))


class Train(Section, frozen=True, kw_only=True):
    """Stochastic gradient descent on the mean cross-entropy of the training split."""

    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    """Decides the initialisation and, with the epoch, the order of the data."""
    lr: Annotated[float, Meta(gt=0.0, le=1000.0)] = 0.02
    """Learning rate at the first step."""
    schedule: Literal["constant", "cosine"] = "constant"
    """`cosine` takes the rate from lr down to 0 over max_epochs."""
    momentum: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.9
    """Momentum of SGD (heavy ball, as torch.optim.SGD defines it)."""
    weight_decay: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.0
    """L2 penalty, on weights and biases."""
    batch_size: Count = 100
    """Training inputs in one step."""
    stop_loss: Annotated[float, Meta(ge=0.0, le=1e6)] = 1e-3
    """Training ends after the first epoch whose loss on the whole training split is below this."""
    max_epochs: Count = 150
    """Training ends after this many epochs at the latest."""
    threads: Annotated[int, Meta(ge=0, le=1024)] = 0
    """CPU threads; 0 takes every core this process may use. The last bits of a result depend on it."""


class Interpolation(Section, frozen=True, kw_only=True):
    """What is measured on the way from the start to the trained network."""

    schemes: Annotated[tuple[Scheme, ...], Meta(min_length=1)] = ("linear", "homogeneous")
    """How each tensor moves with alpha."""
    start: Start = "init"
    """Where the line begins: the run's own initialisation, or all zeros."""
    points: Annotated[int, Meta(ge=5, le=10_001)] = 101
    """Evenly spaced alphas from 0 to 1 in the final curves."""
    tau: Annotated[float, Meta(gt=0.0, lt=1.0)] = 0.1
    """A plateau ends where this share of the fall from the plateau's height to the end value is exceeded."""
    resolution: Annotated[float, Meta(ge=1e-6, le=0.1)] = 0.001
    """Plateau ends and half falls are located to within this alpha by bisection."""
    live_every: Literal["auto"] | Annotated[int, Meta(ge=0)] = "auto"
    """Epochs between live curves while training; auto keeps them under 5 % of the training time, 0 is never."""
    live_points: Annotated[int, Meta(ge=2, le=1001)] = 11
    """Alphas in a live curve."""
    live_inputs: Count = 500
    """Training inputs, the same number of each class, on which live curves are evaluated."""


class Output(Section, frozen=True, kw_only=True):
    """What a run leaves on the disk beside its curves."""

    checkpoint_every: Annotated[int, Meta(ge=0)] = 0
    """Epochs between checkpoints that are kept; 0 keeps the initial and the final one."""
    checkpoint_epochs: tuple[Annotated[int, Meta(ge=1)], ...] = ()
    """Further epochs whose checkpoints are kept."""
    autosave_seconds: Annotated[float, Meta(ge=0.0, le=86_400.0)] = 10.0
    """Least time between the saves that a killed run resumes from; 0 saves after every epoch."""


class Experiment(Section, frozen=True, kw_only=True):
    """One experiment, completely specified. `identity()` names it."""

    preset: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
    """Name of the preset that it was made from."""
    title: Text = ""
    """One line for the list of presets."""
    shows: Text = ""
    """Which claim of the paper it shows."""
    expected_time: Text = ""
    """How long it takes on two cores of a small CPU."""
    data: Data = Data()
    model: Model = Model()
    train: Train = Train()
    interpolation: Interpolation = Interpolation()
    output: Output = Output()

    def identity(self) -> str:
        """Return the hash (12 hex digits) of all that decides the numbers.

        Names, titles and what is kept on disk do not count. Defaults are left out before hashing, so a key
        that is added later with a default keeps the identity of older experiments.
        """
        sections: tuple[Section, ...] = (self.data, self.model, self.train, self.interpolation)
        parts = {type(section).__name__: section.chosen() for section in sections}
        return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:12]


CHECKS: tuple[tuple[str, Callable[[Experiment], bool], str], ...] = (
    (
        "model.bias",
        lambda e: (
            isinstance(e.model.bias, str)
            or (len(set(e.model.bias)) == len(e.model.bias) and all(n <= e.model.depth for n in e.model.bias))
        ),
        "different layer numbers from 1 to model.depth",
    ),
    (
        "interpolation.schemes",
        lambda e: len(set(e.interpolation.schemes)) == len(e.interpolation.schemes),
        "each scheme once",
    ),
    (
        "output.checkpoint_epochs",
        lambda e: all(n <= e.train.max_epochs for n in e.output.checkpoint_epochs),
        "epochs from 1 to train.max_epochs",
    ),
)
"""Rules that look at more than one key: (key, holds, what is allowed)."""
