"""The first line of the run screen: which run, what it does, how far it is."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from backends.runs.events import AFTER_TRAINING
from backends.runs.view import RunView
from mli_tui.format import decimals, duration, measured, number, stage, status_mark, time_left
from mli_tui.plotting.cells import cut
from presets.experiment import Experiment, Split

_LEAST_NEEDED = ("device", "preset", "seed", "loss", "split", "error", "splits")
"""What is left out first where the line is too narrow: of two errors last which is whose. Progress and time left always
stay."""

_LEAST_NAME = 12


def heading(view: RunView, splits: tuple[Split, ...], width: int = 0) -> Content:
    """Return the line: name or preset, seed, status, progress, loss and error of the last epoch on `splits`, time left.

    Parts that `width` has no room for are left out whole, the least needed first, and then the name is cut; 0 is room
    for all.
    """
    name, status = view.labels.name or view.experiment.preset, f"  {status_mark(view.status)} {_status(view)} "
    preset = {"preset": view.experiment.preset} if view.labels.name else {}
    parts = {**preset, "seed": origin(view.experiment), **_splits(splits), **_progress(view, splits)}
    if view.device:
        parts["device"] = f"{view.device}, {view.threads} threads"
    for part in _LEAST_NEEDED if width else ():
        if cell_len(name + status + _joined(parts)) <= width:
            break
        parts.pop(part, None)
    room = max(_LEAST_NAME, width - cell_len(status + _joined(parts))) if width else cell_len(name)
    return Content.assemble((cut(name, room), "bold"), (status, _STATUS_STYLES.get(view.status, "")), _joined(parts))


def origin(spec: Experiment) -> str:
    """Return where the numbers come from: a seed, or what of the user's own."""
    if spec.recorded:
        return "recorded"
    return "own checkpoints" if spec.own.model else f"seed {spec.train.seed}"


_STATUS_STYLES = {
    "running": "bold $accent",
    "done": "bold $success",
    "failed": "bold $error",
    "interrupted": "bold $error",
    "stopped": "bold $warning",
    "paused": "bold $warning",
}


def _joined(parts: dict[str, str]) -> str:
    return "  " + " · ".join(parts.values())


def _status(view: RunView) -> str:
    if view.status == "queued" and view.ahead:
        return f"queued, {view.ahead} ahead"
    return stage(view)


def _splits(splits: tuple[Split, ...]) -> dict[str, str]:
    return {"split" if len(splits) < 2 else "splits": f"{' / '.join(splits)} split"}


def _progress(view: RunView, splits: tuple[Split, ...]) -> dict[str, str]:
    if not view.epochs:
        return {}
    last = view.epochs[-1]
    known = {"train": (last.loss, last.error), "test": (last.test_loss, last.test_error)}
    loss = " / ".join(number(known[split][0], decimals() + 1) for split in splits)
    error = " / ".join(measured(known[split][1]) for split in splits)
    done = view.phase in AFTER_TRAINING
    most = view.experiment.most_epochs
    epochs = f"{last.epoch} epochs" if done else f"epoch {last.epoch}" + ("" if most is None else f"/{most}")
    parts = {"epochs": epochs, "loss": f"loss {loss}", "error": f"error {error}"}
    left = time_left(view)
    if left is not None and view.status == "running":
        parts["left"] = f"at most {duration(left)} left"
    return parts
