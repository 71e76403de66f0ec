"""What the launch form does with a finished draft: starting it, and keeping it as a preset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App

from backends.runs.paths import RunPaths
from mli_tui import actions, errands
from mli_tui.draft import Draft

if TYPE_CHECKING:
    from mli_tui.app import MliApp


def start(app: MliApp, root: Path, draft: Draft, leave: Callable[[], object]) -> None:
    """Start the run or the sweep in a thread; then leave the form, and open what was started."""
    checked = draft.checked
    experiment = checked.experiment
    assert experiment is not None, "a refused draft is not started"
    made: list[RunPaths] = []

    def work() -> str:
        paths, said = actions.launch_draft(root, experiment, checked.axes)
        made.append(paths)
        return said

    def opened() -> None:
        leave()
        app.open_run(made[0])

    errands.run_errand(app, work, opened)


def keep(app: App[Any], draft: Draft, name: str) -> None:
    """Keep a draft as a preset of the user's in a thread, and tell where."""
    experiment = draft.preset
    assert experiment is not None, "a refused draft is not kept"
    errands.run_errand(app, lambda: f"preset {name} is kept in {actions.keep_preset(experiment, name)}")
