"""The first line of the run screen: which run, what it does, how far it is."""

from __future__ import annotations

from textual.content import Content

from backends.runs.view import RunView
from mli_tui.format import duration, number, status_mark, time_left
from presets.experiment import Split


def heading(view: RunView, split: Split) -> Content:
    """Return the line: preset, seed, status, progress, loss and error of the last epoch, time left."""
    parts: list[str] = [f"seed {view.experiment.train.seed}", f"{split} split", *_progress(view)]
    if view.device:
        parts.append(f"{view.device}, {view.threads} threads")
    return Content.assemble(
        (f"{view.experiment.preset} ", "bold"),
        (f" {status_mark(view.status)} {_status(view)} ", _STATUS_STYLES.get(view.status, "")),
        "  " + " · ".join(parts),
    )


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
    epochs = f"{last.epoch} epochs" if done else f"epoch {last.epoch}/{view.experiment.train.max_epochs}"
    parts = [epochs, f"loss {number(last.loss, 4)}", f"error {number(last.error, 3)}"]
    left = time_left(view)
    if left is not None and view.status == "running":
        parts.append(f"at most {duration(left)} left")
    return parts
