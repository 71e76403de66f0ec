"""The first line of the run screen: which run, what it does, how far it is."""

from __future__ import annotations

from textual.content import Content

from backends.runs.view import RunView
from mli_tui.format import duration, number, status_mark, time_left
from presets.experiment import Experiment, Split


def heading(view: RunView, split: Split) -> Content:
    """Return the line: preset, seed, status, progress, loss and error of the last epoch, time left."""
    parts: list[str] = [origin(view.experiment), f"{split} split", *_progress(view)]
    if view.device:
        parts.append(f"{view.device}, {view.threads} threads")
    return Content.assemble(
        (f"{view.experiment.preset} ", "bold"),
        (f" {status_mark(view.status)} {_status(view)} ", _STATUS_STYLES.get(view.status, "")),
        "  " + " · ".join(parts),
    )


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


def _status(view: RunView) -> str:
    if view.status == "running" and view.phase:
        return view.phase
    if view.status == "queued" and view.ahead:
        return f"queued, {view.ahead} ahead"
    return view.status


def _progress(view: RunView) -> list[str]:
    if not view.epochs:
        return []
    last = view.epochs[-1]
    done = view.phase in ("interpolating", "writing")
    most = view.experiment.most_epochs
    epochs = f"{last.epoch} epochs" if done else f"epoch {last.epoch}" + ("" if most is None else f"/{most}")
    parts = [epochs, f"loss {number(last.loss, 4)}", f"error {number(last.error, 3)}"]
    left = time_left(view)
    if left is not None and view.status == "running":
        parts.append(f"at most {duration(left)} left")
    return parts
