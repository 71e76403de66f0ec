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

_TELLING = ("seed", "preset")
"""What says which run it is: it stands wherever there is room."""

_LEAST_NAME, _LEAST_GAP = 12, "  "


def heading(view: RunView, splits: tuple[Split, ...], width: int = 0) -> Content:
    """Return the line: name or preset, seed, status, progress, loss and error of the last epoch on `splits`, time left.

    Parts that `width` has no room for are left out whole, the least needed first, and then the name is cut; 0 is room
    for all.
    """
    name, status = view.labels.name or view.experiment.preset, f"  {status_mark(view.status)} {_status(view)}"
    preset = {"preset": view.experiment.preset} if view.labels.name else {}
    parts = {**preset, "seed": origin(view.experiment), **_splits(splits), **_progress(view, splits)}
    if view.device:
        parts["device"] = f"{view.device}, {view.threads} threads"
    parts = _fitting(parts, width - cell_len(name + status + _LEAST_GAP)) if width else parts
    told = _LEAST_GAP + _joined(parts)
    room = max(_LEAST_NAME, width - cell_len(status + told)) if width else cell_len(name)
    gap = " " if not width or cell_len(name + status + told) < width else ""
    return Content.assemble((cut(name, room), "bold"), (status, _STATUS_STYLES.get(view.status, "")), gap, told)


def _fitting(parts: dict[str, str], room: int) -> dict[str, str]:
    """Return the parts that `room` has room for, and which run it is even where a wider part had none."""
    left = dict(parts)
    for part in _LEAST_NEEDED:
        if cell_len(_joined(left)) <= room:
            break
        left.pop(part, None)
    for part in _TELLING:
        more = {key: text for key, text in parts.items() if key in left or key == part}
        left = more if cell_len(_joined(more)) <= room else left
    return left


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
    return " · ".join(parts.values())


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
