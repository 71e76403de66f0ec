"""The public interface for programs of your own: `interpolate` between two states of a module, `Recorder` for a loop.

    from backends.api import Recorder, interpolate

Everything here refuses what it can't do by a `RunError`, or a `presets.SpecError`, with one line. docs/own-models.md
shows both with examples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
import torch
from torch import Tensor, nn

from backends import models, own_code
from backends.checkpoints_in import fit_state, load_state
from backends.data import Dataset
from backends.data.tensors import Pair, from_tensors, in_type, input_shape
from backends.devices.base import Device
from backends.ends import EndPoint
from backends.final import FinalCurves
from backends.recorder import Recorder, device_at, specification
from backends.runs import events, export
from backends.runs.errors import BadRequest, RunError
from backends.runs.events import AnyEvent
from backends.runs.view import Fold, RunView
from backends.session import described, require_statistics
from backends.workbench import Workbench
from presets.experiment import Scheme

if TYPE_CHECKING:
    import pandas

__all__ = ["Recorder", "Result", "RunError", "interpolate", "load_state"]

State = Mapping[str, Tensor] | str | Path
"""Tensors by their state_dict names, or the file of a checkpoint."""
Data = Dataset | Pair | Mapping[str, Pair]
"""A data set of the tool's own, inputs and classes to measure on, or such pairs by the names train and test."""


@dataclass(frozen=True)
class Result:
    """The curves between two states. Of each scheme and split: `loss[scheme][split]`, one number for each of `alphas`.

    `loss` is the mean cross-entropy in nats, `error` the share of inputs given to a wrong class; NaN where the network
    gave NaN. `plateaus` are `backends.runs.events.Ends`: plateau ends, half falls and largest rises. `view` is all that
    was measured, as every reader of a run sees it, and `notes` what is to be known of it.
    """

    view: RunView

    @property
    def alphas(self) -> tuple[float, ...]:
        """The alphas of every curve, ascending; 0 is the start and 1 the end."""
        return tuple(point.alpha for point in next(iter(self.view.curves.values())))

    @property
    def loss(self) -> dict[str, dict[str, tuple[float, ...]]]:
        """Losses by scheme and split."""
        return self._of("loss")

    @property
    def error(self) -> dict[str, dict[str, tuple[float, ...]]]:
        """Errors by scheme and split."""
        return self._of("error")

    @property
    def plateaus(self) -> dict[str, dict[str, events.Ends]]:
        """Plateau ends, half falls and rises of the measured curves by scheme and split."""
        found: dict[str, dict[str, events.Ends]] = {}
        for (scheme, split), told in self.view.plateaus.items():
            found.setdefault(scheme, {})[split] = told.measured
        return found

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the states on their way in, such as a prefix dropped from every name."""
        return self.view.notes

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the curves as the columns of curves.csv (docs/file-formats.md); with `path`, write them there, too."""
        text = export.curves_csv([self.view])
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def to_dataframe(self) -> pandas.DataFrame:
        """Return the same table as a pandas DataFrame; raises ImportError where pandas is not installed."""
        try:
            import pandas
        except ImportError:
            raise ImportError("to_dataframe needs pandas, which is not installed: pip install pandas") from None
        return pandas.DataFrame(export.curve_rows(self.view), columns=list(export.CURVES_HEADER))

    def _of(self, metric: Literal["loss", "error"]) -> dict[str, dict[str, tuple[float, ...]]]:
        found: dict[str, dict[str, tuple[float, ...]]] = {}
        for (scheme, split), points in self.view.curves.items():
            values = (getattr(point, metric) for point in points)
            found.setdefault(scheme, {})[split] = tuple(math.nan if v is None else v for v in values)
        return found


def interpolate(
    model: nn.Module,
    start_state: State,
    end_state: State,
    data: Data,
    *,
    schemes: Sequence[Scheme] = ("linear", "homogeneous"),
    points: int = 101,
    device: Literal["cpu", "cuda"] | None = None,
    batch_norm: Literal["interpolate", "recalibrate"] = "interpolate",
    only: Sequence[str] = (),
    settings: Sequence[str] = (),
) -> Result:
    """Return the curves of `model` from `start_state` (alpha 0) to `end_state` (alpha 1), measured on `data`.

    `model` gives logits (N, K) for inputs (N, ...) and lends its architecture alone: it, both states and the data are
    left as they are, and torch's settings, too. The network is measured in evaluation mode, in the type that its
    parameters have. `data` is a `backends.data.Dataset`, a pair of inputs and classes (the train split), or a mapping
    of such pairs, {"train": (x, y), "test": (x, y)}. `device` is the model's own where it is None. `settings` are those
    of --set, such as "interpolation.tau=0.2". Raises `RunError` or `presets.SpecError`, one line.
    """
    network = own_code.private_copy(model)
    dtype = own_code.dtype_of(network)
    place = device_at(torch.device(device) if device else next(network.parameters()).device)
    network.to(place.torch_device)
    ends = {"start": _place(start_state, "start_state"), "end": _place(end_state, "end_state")}
    given = {**ends, "points": points, "batch_norm": batch_norm, "only": tuple(only)}
    spec = specification("own", type(model).__name__, dtype, schemes, [*_as_settings(given), *settings])
    dataset = _dataset(data, network, place, dtype)
    own_code.require_known_layers(network)
    fold = Fold("own", spec)

    def tell(event: events.Event) -> None:
        """Fold what a reader of the run's journal would fold: numbers that are not finite are none there."""
        fold.apply(_DECODER.decode(msgspec.json.encode(event)))

    tell(described(dataset))
    note = _noting(tell)
    start = fit_state(_tensors(start_state, note), network, "start_state", note)
    end = fit_state(_tensors(end_state, note), network, "end_state", note)
    layers = models.describe(network)
    require_statistics(spec, layers)
    bench = Workbench(spec, place, dataset, network, layers, tell, lambda: False)
    FinalCurves(bench, EndPoint(start, None), EndPoint(end, None), fold.view()).evaluate()
    tell(events.Finished(status="done"))
    return Result(fold.view())


_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def _as_settings(given: Mapping[str, object]) -> list[str]:
    return [f"interpolation.{key}={msgspec.json.encode(value).decode()}" for key, value in given.items()]


def _noting(tell: Callable[[events.Event], None]) -> Callable[[str], None]:
    return lambda text: tell(events.Note(text=text))


def _place(state: State, name: str) -> str:
    return f"file:{name if isinstance(state, Mapping) else state}"


def _tensors(state: State, note: Callable[[str], object]) -> Mapping[str, Tensor]:
    return state if isinstance(state, Mapping) else load_state(state, note)


def _dataset(data: Data, network: nn.Module, device: Device, dtype: torch.dtype) -> Dataset:
    if isinstance(data, Dataset):
        found = own_code.outputs(network, data.input_shape)
        if found != data.classes:
            raise BadRequest(f"model: gives {found} outputs; expected {data.classes}, the classes of the data")
        if data.train.labels_N.device != device.torch_device:
            raise BadRequest(f"data: lies on {data.train.labels_N.device}; expected {device.torch_device}")
        return in_type(data, dtype)
    pairs = data if isinstance(data, Mapping) else {"train": data}
    if "train" not in pairs or not pairs.keys() <= {"train", "test"}:
        raise BadRequest(f"data: has {', '.join(map(str, pairs)) or 'nothing'}; expected train, and maybe test")
    classes = own_code.outputs(network, input_shape(pairs["train"], "train"))
    return from_tensors(pairs["train"], pairs.get("test"), classes, (), device, dtype)
