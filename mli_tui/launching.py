"""Launching in a thread, from wherever it is asked for; and what the launch form does with a finished draft."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App

from backends.runs.paths import RunPaths
from mli_tui import actions, errands
from mli_tui.draft import Draft
from mli_tui.screens.confirm import ConfirmScreen
from mli_tui.screens.prompt import PromptScreen
from presets import loader
from presets.loader import Taken

if TYPE_CHECKING:
    from mli_tui.app import MliApp


def begin(app: App[Any], launch: Callable[[], tuple[RunPaths, str]], then: Callable[[RunPaths], object]) -> None:
    """Launch a run or a sweep in a thread, tell what is to be said of it, and hand what was started to `then`."""
    made: list[RunPaths] = []

    def work() -> str:
        paths, said = launch()
        made.append(paths)
        return said

    errands.run_errand(app, work, lambda: then(made[0]))


def start(app: MliApp, root: Path, draft: Draft, leave: Callable[[], object]) -> None:
    """Start the run or the sweep of a draft; then leave the form, and open what was started."""
    checked = draft.checked
    experiment = checked.experiment
    assert experiment is not None, "a refused draft is not started"

    def opened(paths: RunPaths) -> None:
        leave()
        app.open_run(paths)

    begin(app, lambda: actions.launch_draft(root, experiment, checked.axes), opened)


NAME_HINT = "letters, digits, '.', '_' and '-'; enter keeps it, escape does not"


def ask_name(app: App[Any], draft: Draft, text: str = "") -> None:
    """Ask for the name of a preset, beginning with `text`, and keep the draft as that; ask before one is replaced.

    The question is there at once, so that what is typed goes into it; which names are taken is read in a thread.
    """
    read: list[Taken] = [Taken()]
    app.run_worker(lambda: read.append(loader.taken()), thread=True, group="presets")

    def answered(line: str | None) -> None:
        name = (line or "").strip()
        if name in read[-1].own:
            app.push_screen(ConfirmScreen(f"Replace your preset {name}?"), lambda yes: replaced(name, bool(yes)))
        elif name:
            _keep(app, draft, name)

    def replaced(name: str, yes: bool) -> None:
        if yes:
            _keep(app, draft, name, replace=True)
        else:
            ask_name(app, draft, name)

    def complaint(line: str) -> str:
        return draft.name_complaint(line, read[-1].built_in)

    app.push_screen(PromptScreen("Name of the preset", text, NAME_HINT, complaint), answered)


def _keep(app: App[Any], draft: Draft, name: str, replace: bool = False) -> None:
    """Keep a draft as a preset of the user's in a thread, and tell where."""
    experiment = draft.preset
    assert experiment is not None, "a refused draft is not kept"
    errands.run_errand(app, lambda: f"preset {name} is kept in {actions.keep_preset(experiment, name, replace)}")
