"""The experiment specification: every choice that decides what a run computes.

All sections are frozen, keyword-only and strict: an unknown key, a wrong type or a value out of range is
refused by `presets.loader` with the key, the value and what is allowed.
"""

from __future__ import annotations

import hashlib
import math
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Scheme = Literal["linear", "homogeneous", "last_bias_linear", "fixed_bias", "equal_last_bias"]
Start = Annotated[
    str,
    Meta(
        pattern=r"^(init|zero|noise|epoch:[0-9]{1,6}|file:.+)$",
        max_length=1000,
        extra={"words": "one of init, zero, noise, epoch:N, file:PATH"},
    ),
]
End = Annotated[
    str,
    Meta(
        pattern=r"^(trained|epoch:[0-9]{1,6}|file:.+)$",
        max_length=1000,
        extra={"words": "one of trained, epoch:N, file:PATH"},
    ),
]
Split = Literal["train", "test"]
DataName = Annotated[
    str,
    Meta(
        pattern=r"^(mnist5k|mnist|fashion-mnist|cifar10|cifar100|orthogonal|npz:.+|imagefolder:.+|own)$",
        max_length=1000,
        extra={
            "words": "one of mnist5k, mnist, fashion-mnist, cifar10, cifar100, orthogonal, npz:FILE, imagefolder:DIR"
        },
    ),
]
Network = Annotated[
    str,
    Meta(
        pattern=r"^(fc|vgg11|vgg13|vgg16|resnet18|resnet20|theory|torchvision:[a-z0-9_]+|own)$",
        max_length=80,
        extra={"words": "one of fc, vgg11, vgg13, vgg16, resnet18, resnet20, theory, torchvision:NAME"},
    ),
]
Group = Literal["claim 1", "claim 2", "claim 3", "claim 4", "claim 5", "beyond the paper"]

Text = Annotated[str, Meta(max_length=300)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Epochs = Annotated[int, Meta(ge=1, extra={"unit": "epochs"})]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Factory = Annotated[
    str,
    Meta(
        pattern=r"^(|/.+\.py:[A-Za-z_][A-Za-z0-9_]*)$",
        max_length=1000,
        extra={"words": "the absolute path of FILE.py, a colon and the name of its factory"},
    ),
]
Checksum = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$", extra={"words": "a SHA-256 of 64 hex digits"})]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every section of the specification."""

    def chosen(self) -> dict[str, object]:
        """Return the keys whose values are not the defaults."""
        plain = type(self)()
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value != getattr(plain, name)}


class Data(Section, frozen=True, kw_only=True):
    """Which inputs the network is trained and measured on."""

    name: DataName = "mnist5k"
    """Data set. `mnist5k`: 5,000 real MNIST images, per class the first 400 for training, the last 100 test.
    `npz:FILE`, `imagefolder:DIR`: your own (docs/file-formats.md). `own`: what a `Recorder` was given, not kept."""
    classes: Annotated[int, Meta(ge=2, le=1000)] = 10
    """Classes of `orthogonal`, one basis vector each; every other data set has its own number."""
    per_class: Annotated[int, Meta(ge=0, le=1_000_000, extra={"unit": "inputs"})] = 0
    """Training inputs drawn of each class; 0 takes all. A larger draw holds every smaller one."""
    class_weights: tuple[Fraction, ...] = ()
    """Share of each class's training inputs (of those drawn) that is kept, one number a class; empty keeps all."""
    label_noise: Fraction = 0.0
    """Share of training inputs that get another class, drawn among all others."""
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    """Decides which inputs are drawn, and which labels are wrong."""
    pad: Annotated[int, Meta(ge=0, le=512, extra={"unit": "pixels"})] = 0
    """Height and width that images are padded to with their background (raw 0), evenly on all sides; 0 leaves them."""


class Model(Section, frozen=True, kw_only=True):
    """The network: `depth` fully-connected weight layers, or a convolutional network in its form for small images."""

    network: Network = "fc"
    """`fc`, `vgg11`, `vgg13`, `vgg16`, `resnet18`, `resnet20`, `torchvision:NAME`, or `theory` (claim 5's model).
    `own`: a network of the user's own, of which only `dtype` says something here, and `threads` of `train`."""
    depth: Annotated[int, Meta(ge=1, le=100, extra={"unit": "layers"})] = 10
    """Number of weight layers r of `fc`, the last one included; the power r of `theory`."""
    width: Annotated[int, Meta(ge=1, le=16384, extra={"unit": "units"})] = 256
    """Units in each hidden layer of `fc`; channels of the first stage of a VGG (usual: 64) or ResNet (64, 16)."""
    batch_norm: bool = False
    """Whether a VGG or ResNet has batch norm behind each convolution, which then has no bias of its own."""
    pool: Literal["max", "average"] = "max"
    """How a VGG halves its images."""
    activation: Literal["relu", "tanh", "linear"] = "relu"
    """What stands between two weight layers; torchvision's networks have their own."""
    bias: Literal["none", "last", "all"] | tuple[Annotated[int, Meta(ge=1)], ...] = "last"
    """Which layers have biases: none, the last, all, or a list of layer numbers from 1 (the input side). Batch norm's
    biases are those of a hidden layer: only `all` leaves them."""
    init_scale: Annotated[float, Meta(gt=0.0, le=100.0)] = 0.45
    """Factor on the He-normal initialisation of every weight (biases start at zero); of `theory`: W is this times
    (0.5 + uniform in [0, 1))."""
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
    """How the mean cross-entropy of the training split is minimised."""

    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    """Decides the initialisation and, with the epoch, the order of the data."""
    optimiser: Literal["sgd", "adam", "adamw", "gd", "flow"] = "sgd"
    """`gd` is gradient descent on the whole split at once; `flow` is gradient flow by an ODE solver (`theory`)."""
    flow_time: Annotated[float, Meta(gt=0.0, le=1e9)] = 100.0
    """Time that gradient flow runs for at the latest. max_epochs is the number of moments, evenly spaced, at which
    it is recorded on the way: an epoch of gradient flow is the time flow_time / max_epochs."""
    lr: Annotated[float, Meta(gt=0.0, le=1000.0)] = 0.02
    """Learning rate, before the schedule; gradient flow has none."""
    schedule: Literal["constant", "cosine", "step"] = "constant"
    """`cosine` takes the rate from lr down to 0 over max_epochs; `step` multiplies it after each of step_epochs."""
    step_epochs: tuple[Epochs, ...] = ()
    """Epochs after which `step` multiplies the rate by step_factor."""
    step_factor: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.1
    """What `step` multiplies the rate by."""
    warmup_epochs: Annotated[int, Meta(ge=0, le=1_000_000, extra={"unit": "epochs"})] = 0
    """Epochs over which the rate rises linearly with every step, from 0 before the first, up to its schedule."""
    momentum: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.9
    """Momentum of `sgd` and `gd` (heavy ball, as torch.optim.SGD defines it); beta_1 of `adam` and `adamw`."""
    weight_decay: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.0
    """L2 penalty on weights and biases; decoupled for `adamw`."""
    label_smoothing: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.0
    """Share of the target spread over all classes while training; curves are of the plain cross-entropy."""
    augment: tuple[Literal["crop", "flip"], ...] = ()
    """`crop`: a random shift of up to 4 pixels, padded with the background; `flip`: left to right, half of the time."""
    batch_size: Annotated[Count, Meta(extra={"unit": "inputs"})] = 100
    """Training inputs in one step; `gd` takes all of them."""
    stop_loss: Annotated[float, Meta(ge=0.0, le=1e6)] = 1e-3
    """Training ends after the first epoch whose loss on the whole training split is below this."""
    max_epochs: Annotated[Count, Meta(extra={"unit": "epochs"})] = 150
    """Training ends after this many epochs at the latest."""
    threads: Annotated[int, Meta(ge=0, le=1024, extra={"unit": "threads"})] = 0
    """CPU threads; 0 takes every core this process may use. The last bits of a result depend on it."""


class Interpolation(Section, frozen=True, kw_only=True):
    """What is measured on the way from the start to the trained network."""

    schemes: Annotated[tuple[Scheme, ...], Meta(min_length=1)] = ("linear", "homogeneous")
    """How each tensor moves with alpha."""
    start: Start = "init"
    """Where the line begins: `init`, `zero`, `noise` (a fresh initialisation), `epoch:N` or `file:PATH`."""
    end: End = "trained"
    """Where the line ends: `trained`, `epoch:N` or `file:PATH`."""
    points: Annotated[int, Meta(ge=5, le=10_001, extra={"unit": "alphas"})] = 101
    """Evenly spaced alphas from 0 to 1 in the final curves."""
    alpha_from: Annotated[float, Meta(ge=-2.0, le=0.0)] = 0.0
    """The grid goes on below 0 down to this alpha, with the same spacing."""
    alpha_to: Annotated[float, Meta(ge=1.0, le=3.0)] = 1.0
    """The grid goes on above 1 up to this alpha, with the same spacing."""
    only: tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...] = ()
    """Layers that move, by name or number; empty: all."""
    others: Literal["end", "start"] = "end"
    """Where layers stay that do not move."""
    by_layer: bool = False
    """Also moves each layer alone, and tables the plateau ends by layer."""
    batch_norm: Literal["interpolate", "recalibrate"] = "interpolate"
    """Running statistics of batch norm: interpolated, or measured anew at every alpha on the training inputs (a live
    curve's on its own inputs)."""
    memory_limit: Literal["auto"] | Annotated[int, Meta(ge=1, le=1_000_000, extra={"unit": "MiB"})] = "auto"
    """MiB that a block of alphas may take on the device; auto takes half of what is free. One alpha is taken in any
    case. The CPU takes one alpha at a time."""
    tau: Annotated[float, Meta(gt=0.0, lt=1.0)] = 0.1
    """A plateau ends where this share of the fall from the plateau's height to the end value is exceeded."""
    resolution: Annotated[float, Meta(ge=1e-6, le=0.1)] = 0.001
    """Plateau ends and half falls are located to within this alpha by bisection."""
    live_every: Literal["auto"] | Annotated[int, Meta(ge=0, extra={"unit": "epochs"})] = "auto"
    """Epochs between live curves while training; auto keeps them under 5 % of the training time, 0 is never."""
    live_points: Annotated[int, Meta(ge=2, le=1001, extra={"unit": "alphas"})] = 11
    """Alphas in a live curve."""
    live_inputs: Annotated[Count, Meta(extra={"unit": "inputs"})] = 500
    """Training inputs, the same number of each class, on which live curves are evaluated."""

    def grid(self) -> range:
        """Return the indices of the final curves' grid: alpha is index / (points - 1), 0 and 1 always among them."""
        last = self.points - 1
        # A hair of slack: -0.3 * 10 is not -3.
        return range(math.ceil(self.alpha_from * last - 1e-9), math.floor(self.alpha_to * last + 1e-9) + 1)


class Output(Section, frozen=True, kw_only=True):
    """What a run leaves on the disk beside its curves."""

    checkpoint_every: Annotated[int, Meta(ge=0, extra={"unit": "epochs"})] = 0
    """Epochs between checkpoints that are kept; 0 keeps the initial and the final one."""
    checkpoint_epochs: tuple[Epochs, ...] = ()
    """Further epochs whose checkpoints are kept."""
    autosave_seconds: Annotated[float, Meta(ge=0.0, le=86_400.0, extra={"unit": "s"})] = 10.0
    """Least time between the saves that a killed run resumes from; 0 saves after every epoch."""


class Own(Section, frozen=True, kw_only=True):
    """Which code and which checkpoints `mli-tui interpolate` was given; all empty for every other run."""

    model: Factory = ""
    """FILE.py:FACTORY, the user's own code; empty for a network `own` that a `Recorder` watched."""
    model_sha256: Checksum = ""
    """Of FILE.py."""
    start_sha256: Checksum = ""
    """Of the checkpoint that the line begins at; empty for `zero`."""
    end_sha256: Checksum = ""
    """Of the checkpoint that the line ends at."""


class Experiment(Section, frozen=True, kw_only=True):
    """One experiment, completely specified. `identity()` names it."""

    preset: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$",
            extra={"words": "letters, digits, '.', '_' and '-', at most 40, a letter or digit first"},
        ),
    ]
    """Name of the preset that it was made from."""
    title: Text = ""
    """One line for the list of presets."""
    shows: Text = ""
    """Which claim of the paper it shows."""
    expected_time: Text = ""
    """How long it takes on two cores of a small CPU."""
    group: Group = "beyond the paper"
    """Under which of the paper's claims it is listed."""
    over: tuple[Annotated[str, Meta(min_length=1, max_length=300)], ...] = ()
    """Keys that are swept when the preset is launched, each as `KEY=V1,V2` or `KEY=A..B`; empty for a single run."""
    needs_gpu: bool = False
    """Whether it is refused where there is no CUDA device, because it would take days without."""
    data: Data = Data()
    model: Model = Model()
    train: Train = Train()
    interpolation: Interpolation = Interpolation()
    output: Output = Output()
    own: Own = Own()

    @property
    def recorded(self) -> bool:
        """Whether a `Recorder` made it: the loop, the network and the data are the user's, and not described here."""
        return self.model.network == "own" and not self.own.model

    @property
    def seed(self) -> int | None:
        """The seed of its initialisation and data order; None where these are the user's own."""
        return None if self.model.network == "own" else self.train.seed

    @property
    def most_epochs(self) -> int | None:
        """After how many epochs it ends at the latest; None where that is up to the user's own loop."""
        return None if self.model.network == "own" else self.train.max_epochs

    def identity(self) -> str:
        """Return the hash (12 hex digits) of all that decides the numbers.

        Names, titles and what is kept on disk do not count. Defaults are left out before hashing, so a key
        that is added later with a default keeps the identity of older experiments.
        """
        sections: tuple[Section, ...] = (self.data, self.model, self.train, self.interpolation)
        parts = {type(section).__name__: section.chosen() for section in sections}
        if own := self.own.chosen():
            parts["Own"] = own
        return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:12]
