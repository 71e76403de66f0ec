"""What leaves the app: tables, figures, a picture of the screen, copies. Files go into the current folder."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from textual.app import App

from backends.runs import durable
from backends.runs.errors import RunError
from backends.runs.paths import RunPaths
from backends.runs.text import safe_line
from backends.runs.view import RunView
from mli_tui import actions, clipboard, errands, links
from mli_tui.axes import as_line
from mli_tui.cli import report
from mli_tui.links import Note
from mli_tui.reading import Reading

FIGURES = ("png", "svg", "pdf")
PATIENCE_SECONDS = 120.0


def export_run(app: App[Any], paths: RunPaths, view: RunView, kind: str, reading: Reading) -> None:
    """Do what the export menu offers: `tables`, `png`, `svg`, `pdf`, `screen`, `numbers` or `biases`.

    A figure is of what is shown: the view, the splits, the scheme, the scale, the stretch of alpha.
    """
    here = Path.cwd()
    match kind:
        case "tables":
            errands.run_errand(app, lambda: actions.export_tables(paths, here))
        case "screen":
            app.call_after_refresh(save_screen, app)  # when the menu is gone
        case "numbers":
            clipboard.copy(app, view.run_id, "\n".join(report.whole(view)))
        case "biases":
            clipboard.copy(app, f"{view.run_id}-biases", "\n".join(report.biases(view)))
        case _:
            errands.tell(app, "drawing the figure ...")
            target = here / f"{paths.run_id}-{reading.picture}-{'-'.join(reading.splits)}.{kind}"
            errands.run_errand(app, lambda: draw(paths, target, as_options(view, reading)))


def save_screen(app: App[Any]) -> None:
    """Write a picture of the screen."""
    target = Path.cwd() / f"mli-tui-{time.strftime('%Y%m%d-%H%M%S')}.svg"
    picture = app.export_screenshot(title="mli-tui")

    def write() -> Note:
        durable.write(target, picture.encode())
        return links.written(target)

    errands.run_errand(app, write)


def as_options(view: RunView, reading: Reading) -> list[str]:
    """Return the options of `mli-tui plot` that draw what is shown."""
    metric = "both" if reading.picture == "curves" else reading.picture
    split = reading.split if len(reading.splits) == 1 else "both"
    options = ["--metric", metric, "--split", split, "--scheme", reading.scheme_of(view)]
    switches = {"--log": reading.log, "--log-alpha": reading.log_alpha, "--shared": reading.shared}
    options += [name for name, on in switches.items() if on]
    if limits := as_line(reading, repr):
        options += ["--limits", limits]
    return options


def draw(paths: RunPaths, target: Path, options: list[str]) -> Note:
    """Draw a run as `mli-tui plot --save` does, and return what was written; raises `RunError`.

    In a process of its own: matplotlib takes a second of the interpreter to load, and the keys must answer meanwhile.
    """
    command = [sys.executable, "-P", "-m", "mli_tui", "--runs-dir", str(paths.folder.parent), "plot", paths.run_id]
    command += [*options, "--save", str(target)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise RunError(f"{target.name}: matplotlib took more than {PATIENCE_SECONDS:.0f} s") from None
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise RunError(safe_line(last.removeprefix("mli-tui: ")) or f"{target.name}: no figure was made")
    return links.written(target)
