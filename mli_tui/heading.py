"""The first line of the run screen: which run, what it does, how far it is."""

from __future__ import annotations

from textual.content import Content

from backends.runs.events import AFTER_TRAINING
from backends.runs.view import RunView
from mli_tui.format import decimals, duration, measured, number, stage, status_mark, time_left
from presets.experiment import Experiment, Split

_LEAST_NEEDED = ("device", "preset", "seed", "loss", "split", "error")
"""What is left out first where the line is too narrow. Progress and time left always stay."""


def heading(view: RunView, split: Split, width: int = 0) -> Content:
    """Return the line: name or preset, seed, status, progress, loss and error of the last epoch on `split`, time left.

    Parts that `width` has no room for are left out whole, the least needed first; 0 is room for all.
    """
    name, status = f"{view.labels.name or view.experiment.preset} ", f" {status_mark(view.status)} {_status(view)} "
    preset = {"preset": view.experiment.preset} if view.labels.name else {}
    parts = {**preset, "seed": origin(view.experiment), "split": f"{split} split", **_progress(view, split)}
    if view.device:
        parts["device"] = f"{view.device}, {view.threads} threads"
    for part in _LEAST_NEEDED if width else ():
        if len(name + status + _joined(parts)) <= width:
            break
        parts.pop(part, None)
    return Content.assemble((name, "bold"), (status, _STATUS_STYLES.get(view.status, "")), _joined(parts))


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


def _progress(view: RunView, split: Split) -> dict[str, str]:
    if not view.epochs:
        return {}
    last = view.epochs[-1]
    loss, error = (last.loss, last.error) if split == "train" else (last.test_loss, last.test_error)
    done = view.phase in AFTER_TRAINING
    most = view.experiment.most_epochs
    epochs = f"{last.epoch} epochs" if done else f"epoch {last.epoch}" + ("" if most is None else f"/{most}")
    parts = {"epochs": epochs, "loss": f"loss {number(loss, decimals() + 1)}", "error": f"error {measured(error)}"}
    left = time_left(view)
    if left is not None and view.status == "running":
        parts["left"] = f"at most {duration(left)} left"
    return parts
