"""Why something can't be done to a run or a sweep that is at this status. Pure."""

from __future__ import annotations

from backends.runs import launch
from backends.runs.errors import BadRequest
from backends.runs.listing import LIVE
from backends.runs.view import RunView
from mli_tui import demo

RESUMABLE = frozenset({"stopped", "interrupted", "failed"})
"""Statuses of a run that can go on."""


_OF_A_RECORDING = {
    "stop": "this is a recording: it has no worker to stop",
    "resume": "this is a recording: it has no checkpoint to go on from",
    "refine": "this is a recording: it has no checkpoints to measure more points from",
    "launch": demo.STARTS_NOTHING,
}


def not_startable(action: str, view: RunView | None) -> str:
    """Return in one line why what starts a run's specification again is not for this one, or ""."""
    if view is None or action not in ("launch", "form", "refine"):
        return ""
    try:
        launch.require_startable(view.experiment, f"run {view.run_id}")
    except BadRequest as error:
        return str(error)
    return ""


def why_not(action: str, status: str, run_id: str = "", who: str = "this run") -> str:
    """Return in one line why an action is not for a run at this status, or ""."""
    if demo.is_recording(run_id) and action in _OF_A_RECORDING:
        return _OF_A_RECORDING[action]
    match action:
        case "stop" if status not in LIVE:
            return f"{who} is {status}: there is nothing to stop"
        case "resume" if status not in RESUMABLE:
            return f"{who} is {status}: there is nothing to resume"
        case "refine" if status != "done":
            return f"{who} is {status}: more points are measured when it is done"
        case "delete" if status in LIVE:
            return f"{who} is {status}: stop it first, then delete it"
        case "export" if status == "damaged":
            return f"{who} is damaged: there is nothing to export"
        case _:
            return ""
