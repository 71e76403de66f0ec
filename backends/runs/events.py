"""The events of a run: one typed JSON object a line in events.jsonl, with a gapless `seq`.

A number that is not finite has no JSON form and is written as null, so every measured number may be None here.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from presets.experiment import Scheme, Split

Number = float | None
Whole = Annotated[int, Meta(ge=-1, le=2**53)]
"""A count, or an index with -1 for none. What is beyond it was not written by a worker, and no plot could bear it."""
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Amount = Annotated[float, Meta(ge=0, le=1e15)] | None
"""What a device reports; what is beyond it was not written by a worker."""
Phase = Literal["loading", "training", "interpolating", "writing"]
Ending = Literal["done", "stopped", "failed"]
AFTER_TRAINING = ("interpolating", "writing", "refining")
"""Phases of a run whose training is over."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of all events. `seq` counts from 0 without a gap; `time` is seconds since 1970, for display only."""

    seq: Whole = -1
    time: float = 0.0


class Queued(Event, frozen=True, kw_only=True, tag="queued"):
    """The worker waits for a device; `ahead` runs come first."""

    device: str
    ahead: Whole


class Started(Event, frozen=True, kw_only=True, tag="started"):
    """A worker has its device and begins, or goes on (attempt > 1)."""

    attempt: Whole
    device: str
    threads: Whole
    host: str
    pid: Whole


class Dataset(Event, frozen=True, kw_only=True, tag="dataset"):
    """The data as loaded."""

    class_names: tuple[str, ...]
    train: Whole
    test: Whole
    largest_class_share: dict[str, float]


class LayerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A layer with parameters: its name, what torch calls it, its exponent h, and the shape of its weight."""

    name: str
    kind: str
    exponent: Whole
    shape: tuple[Whole, ...]


class Layers(Event, frozen=True, kw_only=True, tag="layers"):
    """The layers of the network, the input side first, and why its signal is not homogeneous; None where it is."""

    rows: tuple[LayerRow, ...]
    not_homogeneous: str | None = None


class Resumed(Event, frozen=True, kw_only=True, tag="resumed"):
    """The run goes on from a checkpoint: what was recorded after `epoch` is superseded.

    `changed` names what differs from the machine of the earlier attempt; empty means bit for bit the same.
    """

    attempt: Whole
    epoch: Whole
    batch: Whole
    keeps_curves: bool
    changed: tuple[str, ...] = ()


class Recovered(Event, frozen=True, kw_only=True, tag="recovered"):
    """The journal ended in the middle of a line, and `dropped` bytes of it were cut off."""

    dropped: Whole


class PhaseBegan(Event, frozen=True, kw_only=True, tag="phase"):
    """What the worker does from now on."""

    phase: Phase


class Epoch(Event, frozen=True, kw_only=True, tag="epoch"):
    """Measures of the network after `epoch` epochs (0: the initialisation). `biases` are the last layer's.

    `diagonal` is W_ii of each class of the theory model, empty for any other network.
    Test measures are None without test inputs, `lr` where the training loop is the user's own.
    """

    epoch: Whole
    loss: Number
    error: Number
    test_loss: Number
    test_error: Number
    class_error: tuple[Number, ...]
    biases: tuple[Number, ...]
    lr: Number
    seconds: float
    diagonal: tuple[Number, ...] = ()


class CheckpointSaved(Event, frozen=True, kw_only=True, tag="checkpoint"):
    """A checkpoint is on the disk, to be kept."""

    name: str
    epoch: Whole


class LiveCurve(Event, frozen=True, kw_only=True, tag="live"):
    """A coarse curve from the start to the weights of `epoch`, on `inputs` training inputs."""

    epoch: Whole
    scheme: Scheme
    inputs: Whole
    alphas: tuple[float, ...]
    loss: tuple[Number, ...]
    error: tuple[Number, ...]


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """Everything measured at one alpha; `histogram` and `class_error` have one entry a class."""

    alpha: float
    loss: Number
    error: Number
    class_error: tuple[Number, ...]
    histogram: tuple[float, ...]
    top_class: Whole
    top_class_share: float
    signal_gap: Number
    bias_gap: Number
    predicted_loss: Number = None
    predicted_error: Number = None


class Points(Event, frozen=True, kw_only=True, tag="points"):
    """Points of a final curve, in the order they were evaluated."""

    scheme: Scheme
    split: Split
    points: tuple[CurvePoint, ...]


class Rise(msgspec.Struct, frozen=True, kw_only=True):
    """The largest rise of a curve, and the alphas between which it happens (0 where the curve never rises)."""

    rise: Number
    alpha_from: float
    alpha_to: float


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """Plateau ends and half falls of one curve; None where the curve has none."""

    error_plateau_end: Number
    loss_plateau_end: Number
    error_half_fall: Number
    loss_half_fall: Number
    max_rise_loss: Rise
    max_rise_error: Rise


class PlateausFound(Event, frozen=True, kw_only=True, tag="plateaus"):
    """Plateau ends of the measured curve, of the predicted one where there is one, else why there is none."""

    scheme: Scheme
    split: Split
    measured: Ends
    predicted: Ends | None
    predicted_missing: str | None = None


class EndsChecked(Event, frozen=True, kw_only=True, tag="ends"):
    """Whether the curve at alpha 0 and 1 equals the checkpoints' own loss and error, bit for bit.

    None where that end is no checkpoint's by its definition (a start of zeros, a last bias that was replaced).
    """

    scheme: Scheme
    split: Split
    start: bool | None
    end: bool | None


class LayerDistance(msgspec.Struct, frozen=True, kw_only=True):
    """How far one layer moved, relative to the norm of its start; None where that is zero."""

    layer: str
    distance: Number


class PathLengths(Event, frozen=True, kw_only=True, tag="lengths"):
    """Distance moved, whole and by layer, and the Gauss length of each scheme's logits' path, in radians."""

    distance: Number
    layers: tuple[LayerDistance, ...]
    gauss_length: dict[Scheme, Number]


class LayerEnds(Event, frozen=True, kw_only=True, tag="layer"):
    """Plateau ends of the linear path on which one layer moves and all others stay, on the training split."""

    layer: str
    measured: Ends


class BiasSummary(Event, frozen=True, kw_only=True, tag="biases"):
    """What of the bias table needs more than the table: Spearman's correlation of learning epoch and final bias.

    None where the network has no last bias, or where one of the two is the same for all classes. `biases` is the last
    bias at the path's end, and `start` that at its start, where no epoch has recorded them, as between two checkpoints
    of the user's own.
    """

    spearman_learning_order: Number
    biases: tuple[Number, ...] = ()
    start: tuple[Number, ...] = ()


class Paused(Event, frozen=True, kw_only=True, tag="paused"):
    """The worker waits, for `reason`, and goes on by itself."""

    reason: str


class Note(Event, frozen=True, kw_only=True, tag="note"):
    """One line that the user should see."""

    text: str


class DeviceUse(Event, frozen=True, kw_only=True, tag="device"):
    """What the worker had of its device in a stretch of `seconds`, which ends with this event.

    Stretches of one attempt follow each other without a gap, and none reaches from one phase into the next. `cores` are
    CPU seconds of the process a second, `memory` its resident bytes at the end of the stretch, `samples` the training
    inputs that it took a second, with all measures that lie between (None where it trained none). Of its GPU, where it
    has one, at the end of the stretch: `gpu_load` as a share of 1, `gpu_memory` of `gpu_total` bytes in use, by
    whomever, `gpu_temperature` in degrees Celsius, `gpu_power` in watts. What is not reported is None.
    """

    attempt: Whole
    phase: Phase
    epoch: Whole
    seconds: Seconds
    cores: Amount
    memory: Whole | None
    samples: Amount
    gpu_load: Amount = None
    gpu_memory: Whole | None = None
    gpu_total: Whole | None = None
    gpu_temperature: Amount = None
    gpu_power: Amount = None


class Refining(Event, frozen=True, kw_only=True, tag="refining"):
    """More points are measured of a run that is done: `done` of `points` are there; `ahead` runs come first."""

    points: Whole
    done: Whole = 0
    ahead: Whole = 0


class Finished(Event, frozen=True, kw_only=True, tag="finished"):
    """The last event of an attempt. `message` says in one line what happened, where it is not plain.

    `refused`: it failed because what was asked for can't be, such as a checkpoint of another network.
    `memory` is the most bytes of memory that its worker took, `gpu_memory` those of its GPU; None where that is not
    known, or there is no GPU.
    """

    status: Ending
    message: str = ""
    refused: bool = False
    memory: Whole | None = None
    gpu_memory: Whole | None = None


AnyEvent = (
    Queued | Started | Dataset | Layers | Resumed | Recovered | PhaseBegan | Epoch | CheckpointSaved | LiveCurve
    | Points | PlateausFound | EndsChecked | PathLengths | LayerEnds | BiasSummary | Paused | Note | DeviceUse
    | Refining | Finished
)  # fmt: skip
