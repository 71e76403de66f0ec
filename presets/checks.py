"""Rules of a specification that look at more than one key."""

from __future__ import annotations

from collections.abc import Callable

from presets.experiment import Experiment, Model, Train

Check = tuple[str, Callable[[Experiment], bool], str]
"""A rule that looks at more than one key: (key, holds, what is allowed)."""


def _plain_where(key: str, where: str, applies: Callable[[Experiment], bool]) -> Check:
    """Return the rule that `key`, which means nothing where `applies`, has its default there."""
    section, name = key.split(".")
    plain = getattr({"model": Model(), "train": Train()}[section], name)
    shown = "[]" if plain == () else plain
    return key, lambda e: not applies(e) or getattr(getattr(e, section), name) == plain, f"{shown} where {where}"


def _epoch_named(place: str) -> int:
    """Return N of `epoch:N`, 0 of any other start or end."""
    return int(place.removeprefix("epoch:")) if place.startswith("epoch:") else 0


def says_nothing(network: str) -> tuple[str, ...]:
    """Return the keys of `model` that are no choice for this network, which has its own."""
    if network.startswith("torchvision:"):
        return "depth", "width"
    return () if network in ("fc", "theory", "own") else ("depth",)


_FLOWLESS = (
    "lr", "schedule", "warmup_epochs", "momentum", "weight_decay", "label_smoothing", "augment", "batch_size",
)  # fmt: skip
"""Keys of `train` that gradient flow has no use for."""

CHECKS: tuple[Check, ...] = (
    (
        "model.bias",
        lambda e: (
            isinstance(e.model.bias, str)
            or (len(set(e.model.bias)) == len(e.model.bias) and all(n <= e.model.depth for n in e.model.bias))
        ),
        "different layer numbers from 1 to model.depth",
    ),
    (
        "model.bias",
        lambda e: isinstance(e.model.bias, str) or e.model.network == "fc",
        "none, last or all for a network other than fc",
    ),
    (
        "model.batch_norm",
        lambda e: not e.model.batch_norm or e.model.network.startswith(("vgg", "resnet")),
        "false for a network other than a VGG or ResNet",
    ),
    (
        "model.pool",
        lambda e: e.model.pool == "max" or e.model.network.startswith("vgg"),
        "max for a network other than a VGG",
    ),
    (
        "model.activation",
        lambda e: e.model.activation == "relu" or not e.model.network.startswith("torchvision:"),
        "relu for torchvision's networks, which have their own",
    ),
    *(
        _plain_where(
            f"model.{name}",
            f"model.network has its own {name}",
            lambda e, name=name: name in says_nothing(e.model.network),  # type: ignore[misc]
        )
        for name in ("depth", "width")
    ),
    (
        "interpolation.batch_norm",
        lambda e: (
            e.interpolation.batch_norm == "interpolate"
            or e.model.batch_norm
            or e.model.network.startswith(("torchvision:", "own"))
        ),
        "interpolate for a network without batch norm",
    ),
    (
        "data.name",
        lambda e: e.model.network != "theory" or e.data.name == "orthogonal",
        "orthogonal for the network theory",
    ),
    (
        "data.classes",
        lambda e: e.data.classes == 10 or e.data.name == "orthogonal",
        "10 for a data set other than orthogonal, which has its own number",
    ),
    (
        "train.optimiser",
        lambda e: (e.train.optimiser == "flow") == (e.model.network == "theory"),
        "flow for the network theory, and for no other",
    ),
    *(
        _plain_where(f"train.{name}", "train.optimiser is flow", lambda e: e.train.optimiser == "flow")
        for name in _FLOWLESS
    ),
    *(
        _plain_where(f"model.{name}", "model.network is theory", lambda e: e.model.network == "theory")
        for name in ("bias", "width", "activation", "pool")
    ),
    (
        "model.dtype",
        lambda e: e.model.network != "theory" or e.model.dtype == "float64",
        "float64 for the network theory",
    ),
    _plain_where("train.flow_time", "train.optimiser is not flow", lambda e: e.train.optimiser != "flow"),
    _plain_where("train.batch_size", "train.optimiser is gd", lambda e: e.train.optimiser == "gd"),
    _plain_where("train.step_factor", "train.schedule is not step", lambda e: e.train.schedule != "step"),
    (
        "train.step_epochs",
        lambda e: bool(e.train.step_epochs) == (e.train.schedule == "step"),
        "at least one epoch where train.schedule is step, and [] elsewhere",
    ),
    (
        "train.step_epochs",
        lambda e: len(set(e.train.step_epochs)) == len(e.train.step_epochs),
        "each epoch once",
    ),
    (
        "train.augment",
        lambda e: len(set(e.train.augment)) == len(e.train.augment),
        "each of crop and flip once",
    ),
    (
        "train.augment",
        lambda e: not e.train.augment or e.data.name != "orthogonal",
        "[] for orthogonal, whose inputs are no images",
    ),
    (
        "interpolation.start",
        lambda e: _epoch_named(e.interpolation.start) <= e.train.max_epochs,
        "an epoch from 0 to train.max_epochs",
    ),
    (
        "interpolation.end",
        lambda e: _epoch_named(e.interpolation.end) <= e.train.max_epochs,
        "an epoch from 0 to train.max_epochs",
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
"""All rules that look at more than one key."""
