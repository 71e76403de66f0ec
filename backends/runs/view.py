"""What is known of a run: one frozen `RunView`, folded from its events by the one `Fold` that all readers use."""

from __future__ import annotations

import msgspec

from backends.runs import events, use
from backends.runs.events import CurvePoint, LiveCurve
from backends.runs.labels import NONE, Labels
from backends.runs.text import safe_line
from presets.experiment import Experiment, Scheme, Split

Key = tuple[Scheme, Split]
LIVE_KEPT = 6
"""How many live curves of a scheme a view carries: the newest, for a picture in which older ones fade."""
NOTES_KEPT = 100
LAYER_NAME = 100
"""Characters of a layer's name that are shown."""


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot of a run. `status` is what the journal says; whether a worker lives is `listing`'s to add."""

    run_id: str
    experiment: Experiment
    status: str = "queued"
    message: str = ""
    phase: str = ""
    attempt: int = 0
    device: str = ""
    refused: bool = False
    """Whether it failed because what was asked for can't be; `message` says what and why."""
    threads: int = 0
    host: str = ""
    ahead: int = 0
    dataset: events.Dataset | None = None
    layers: events.Layers | None = None
    epochs: tuple[events.Epoch, ...] = ()
    live: dict[Scheme, tuple[LiveCurve, ...]] = {}
    curves: dict[Key, tuple[CurvePoint, ...]] = {}
    plateaus: dict[Key, events.PlateausFound] = {}
    ends: dict[Key, events.EndsChecked] = {}
    lengths: events.PathLengths | None = None
    layer_ends: tuple[events.LayerEnds, ...] = ()
    bias: events.BiasSummary | None = None
    notes: tuple[str, ...] = ()
    use: tuple[events.DeviceUse, ...] = ()
    """What its workers had of the device, attempt after attempt; empty where that was not recorded."""
    more: events.Refining | None = None
    """The more points that are, or were last, measured of it."""
    version: int = 0
    """Grows with whatever changes: a picture of the same version is the same picture."""
    updated: float = 0.0
    began: float = 0.0
    """Time of its first event, in seconds since 1970; 0 until there is one."""
    labels: Labels = NONE
    """What people wrote on it: no event says so, `listing` adds it."""

    @property
    def title(self) -> str:
        """What people call it: its name, else its id."""
        return self.labels.name or self.run_id

    @property
    def classes(self) -> int:
        """Number of classes; 0 until the data is loaded."""
        return len(self.dataset.class_names) if self.dataset else 0

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits that have inputs; both until the data is loaded."""
        return ("train",) if self.dataset and not self.dataset.test else ("train", "test")

    @property
    def epoch(self) -> int:
        """Epochs completed."""
        return self.epochs[-1].epoch if self.epochs else 0

    def learned_epochs(self) -> tuple[int | None, ...]:
        """Return for each class the first epoch with more than half of its training inputs right."""
        learned: list[int | None] = [None] * self.classes
        for row in self.epochs:
            for index, error in enumerate(row.class_error[: len(learned)]):  # a damaged file may hold more
                if learned[index] is None and error is not None and error < 0.5 and row.epoch > 0:
                    learned[index] = row.epoch
        return tuple(learned)


class Fold:
    """Folds events into a `RunView`. Foreign text is cleaned here, on its way in."""

    def __init__(self, run_id: str, experiment: Experiment) -> None:
        """Begin with a run of which nothing is known but its specification."""
        self._run_id, self._experiment = run_id, experiment
        self._state: dict[str, object] = {}
        self._epochs: dict[int, events.Epoch] = {}
        self._live: dict[Scheme, tuple[LiveCurve, ...]] = {}
        self._curves: dict[Key, dict[float, CurvePoint]] = {}
        self._plateaus: dict[Key, events.PlateausFound] = {}
        self._ends: dict[Key, events.EndsChecked] = {}
        self._layer_ends: dict[str, events.LayerEnds] = {}
        self._notes: list[str] = []
        self._use: list[events.DeviceUse] = []
        self._version = 0
        self._updated = 0.0
        self._began = 0.0

    def apply(self, event: events.AnyEvent) -> None:
        """Take one event in, in the order of the journal."""
        self._version += 1
        self._updated = event.time
        self._began = self._began or event.time
        self._unpause(event)
        match event:
            case events.Epoch():
                self._epochs[event.epoch] = event
            case events.Points():
                curve = self._curves.setdefault((event.scheme, event.split), {})
                curve.update((point.alpha, point) for point in event.points)
            case events.LiveCurve():
                self._live[event.scheme] = (*self._live.get(event.scheme, ()), event)[-LIVE_KEPT:]
            case events.PlateausFound():
                missing = event.predicted_missing and safe_line(event.predicted_missing)
                found = msgspec.structs.replace(event, predicted_missing=missing)
                self._plateaus[event.scheme, event.split] = found
            case events.EndsChecked():
                self._ends[event.scheme, event.split] = event
            case events.Layers() | events.LayerEnds() | events.PathLengths() | events.BiasSummary():
                self._apply_summary(event)
            case events.Resumed():
                self._rewind(event)
            case events.DeviceUse():
                self._use.append(event)
                self._use = use.thinned(self._use) if len(self._use) > use.KEPT else self._use
            case _:
                self._apply_state(event)

    def _apply_summary(self, event: events.Layers | events.LayerEnds | events.PathLengths | events.BiasSummary) -> None:
        match event:
            case events.Layers():
                self._state["layers"] = _clean(event)
            case events.LayerEnds(layer=layer):
                name = safe_line(layer, LAYER_NAME)
                self._layer_ends[name] = msgspec.structs.replace(event, layer=name)
            case events.PathLengths(layers=layers):
                named = tuple(msgspec.structs.replace(one, layer=safe_line(one.layer, LAYER_NAME)) for one in layers)
                self._state["lengths"] = msgspec.structs.replace(event, layers=named)
            case events.BiasSummary():
                self._state["bias"] = event

    def _unpause(self, event: events.AnyEvent) -> None:
        """A worker that has waited says nothing more about it: its next result does."""
        if self._state.get("status") == "paused" and not isinstance(event, events.Note | events.Recovered):
            self._state |= {"status": "running", "message": ""}

    def _apply_state(self, event: events.AnyEvent) -> None:
        match event:
            case events.Queued(ahead=ahead):
                self._state |= {"status": "queued", "ahead": ahead, "phase": "", "message": ""}
            case events.Started(attempt=attempt, device=device, threads=threads, host=host):
                self._state |= {"status": "running", "attempt": attempt, "threads": threads, "phase": "", "message": ""}
                self._state |= {"ahead": 0, "refused": False, "device": safe_line(device), "host": safe_line(host)}
            case events.Dataset():
                names = tuple(safe_line(name, 20) for name in event.class_names)
                share = {safe_line(split, 20): value for split, value in event.largest_class_share.items()}
                dataset = msgspec.structs.replace(event, class_names=names, largest_class_share=share)
                self._state["dataset"] = dataset
            case events.PhaseBegan(phase=phase):
                self._state |= {"status": "running", "phase": phase, "message": ""}
            case events.Refining(ahead=ahead):
                self._state |= {"phase": "refining", "more": event, "ahead": ahead}
            case events.Paused(reason=reason):
                self._state |= {"status": "paused", "message": safe_line(reason)}
            case events.Recovered(dropped=dropped):
                self._note(f"the journal ended in the middle of a line; {dropped} bytes of it were dropped")
            case events.Note(text=text):
                self._note(safe_line(text))
            case events.Finished(status=status, message=message, refused=refused):
                self._state |= {"status": status, "message": safe_line(message, 1_000), "refused": refused}
            case _:
                return

    def _rewind(self, event: events.Resumed) -> None:
        """Drop what an earlier attempt recorded after the point that this one goes on from."""
        self._epochs = {n: row for n, row in self._epochs.items() if n <= event.epoch}
        self._live = {
            scheme: tuple(curve for curve in curves if curve.epoch <= event.epoch)
            for scheme, curves in self._live.items()
        }
        if not event.keeps_curves:
            self._curves, self._plateaus, self._ends, self._layer_ends = {}, {}, {}, {}
            for name in ("bias", "lengths"):
                self._state.pop(name, None)
        if event.changed:
            self._note("not bit-identical to an unbroken run: " + safe_line("; ".join(event.changed)))

    def _note(self, text: str) -> None:
        self._notes = [*self._notes, text][-NOTES_KEPT:]

    def view(self) -> RunView:
        """Return what is known now."""
        return msgspec.convert(
            {
                "run_id": self._run_id,
                "experiment": self._experiment,
                "epochs": tuple(self._epochs[n] for n in sorted(self._epochs)),
                "live": dict(self._live),
                "curves": {key: tuple(c[a] for a in sorted(c)) for key, c in self._curves.items()},
                "plateaus": dict(self._plateaus),
                "ends": dict(self._ends),
                "layer_ends": tuple(self._layer_ends.values()),
                "notes": tuple(self._notes),
                "use": tuple(self._use),
                "version": self._version,
                "updated": self._updated,
                "began": self._began,
                **self._state,
            },
            RunView,
        )


def _clean(event: events.Layers) -> events.Layers:
    rows = tuple(
        msgspec.structs.replace(row, name=safe_line(row.name), kind=safe_line(row.kind, 40)) for row in event.rows
    )
    reason = event.not_homogeneous and safe_line(event.not_homogeneous)
    return msgspec.structs.replace(event, rows=rows, not_homogeneous=reason)
