"""What leaves the app: tables, figures, a picture of the screen, copies. Files go into the current folder."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any

from textual.app import App

from backends.runs import durable
from backends.runs.errors import RunError
from backends.runs.listing import RunRow
from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepPaths
from backends.runs.text import safe_line
from backends.runs.view import RunView
from mli_tui import actions, clipboard, errands, links
from mli_tui.axes import as_line
from mli_tui.cli import report
from mli_tui.links import Note
from mli_tui.reading import Reading
from mli_tui.run_lines import run_lines

FIGURES = ("png", "svg", "pdf")
OF_A_RUN = ("tables", *FIGURES, "screen", "numbers", "biases", "folder")
PATIENCE_SECONDS = 120.0


def export_run(app: App[Any], paths: RunPaths, view: RunView, kind: str, reading: Reading) -> None:
    """Do what the export menu of a run offers, one of `OF_A_RUN`.

    A figure is of what is shown: the view, the splits, the scheme, the scale, the stretch of alpha.
    """
    match kind:
        case "numbers":
            clipboard.copy(app, view.run_id, "\n".join(report.whole(view)))
        case "biases":
            clipboard.copy(app, f"{view.run_id}-biases", "\n".join(report.biases(view)))
        case _ if kind in FIGURES:
            stem = f"{paths.run_id}-{reading.picture}-{'-'.join(_splits(reading))}"
            _figure(app, paths.folder.parent, ["plot", paths.run_id, *as_options(view, reading)], f"{stem}.{kind}")
        case _:
            export_runs(app, [paths], kind)


def export_runs(app: App[Any], runs: Sequence[RunPaths], kind: str) -> None:
    """Do what the list offers for runs: their tables together, a figure of their errors, the screen, their folders."""
    here = Path.cwd()
    match kind:
        case "tables":
            errands.run_errand(app, lambda: actions.export_tables(runs, here))
        case "screen":
            app.call_after_refresh(save_screen, app)  # when the menu is gone
        case "folder":
            clipboard.copy(app, f"{actions.stem_of(runs)}-folder", "\n".join(str(paths.folder) for paths in runs))
        case _:
            metric = "both" if len(runs) == 1 else "error"
            command = ["plot", *(paths.run_id for paths in runs), "--metric", metric]
            _figure(app, runs[0].folder.parent, command, f"{actions.stem_of(runs)}-curves.{kind}")


def export_sweep(app: App[Any], paths: SweepPaths, kind: str, figure: str = "") -> None:
    """Do what is offered for a sweep; the picture is of `figure`, of its first one where that is ""."""
    here = Path.cwd()
    if kind == "tables":
        errands.run_errand(app, lambda: actions.export_sweep(paths, here))
    elif kind in FIGURES:
        command = ["sweep-show", paths.run_id, *(["--figure", figure] if figure else [])]
        _figure(app, paths.root, command, f"{paths.run_id}.{kind}")
    else:
        export_runs(app, [paths], kind)


def copy_list(app: App[Any], rows: Sequence[RunRow]) -> None:
    """Copy the list of these runs as `mli-tui runs` prints it; of thousands it is made in a thread."""
    made: list[str] = []

    def work() -> str:
        made.append("\n".join(run_lines(rows, time.time(), None)))
        return ""

    errands.run_errand(app, work, lambda: clipboard.copy(app, "runs", made[0]))


def save_screen(app: App[Any]) -> None:
    """Write a picture of the screen, without the notices that cover it for now."""
    app.clear_notifications()
    app.call_after_refresh(_write_screen, app)


def _write_screen(app: App[Any]) -> None:
    target = Path.cwd() / f"mli-tui-{time.strftime('%Y%m%d-%H%M%S')}.svg"
    picture = app.export_screenshot(title="mli-tui")

    def write() -> Note:
        durable.write(target, picture.encode())
        return links.written(target)

    errands.run_errand(app, write)


def _splits(reading: Reading) -> tuple[str, ...]:
    """Return the splits that the picture is of: what is told class by class is of one."""
    return (reading.split,) if reading.picture in ("shares", "classes") else reading.splits


def free(path: Path) -> Path:
    """Return the path, or with a number behind its name where there is such a file: no figure replaces another."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(one for one in chain((path,), numbered) if not one.exists())


def as_options(view: RunView, reading: Reading) -> list[str]:
    """Return the options of `mli-tui plot` that draw what is shown."""
    metric = "both" if reading.picture == "curves" else reading.picture
    split = "both" if len(_splits(reading)) > 1 else reading.split
    options = ["--metric", metric, "--split", split, "--scheme", reading.scheme_of(view)]
    switches = {"--log": reading.log, "--log-alpha": reading.log_alpha, "--shared": reading.shared}
    options += [name for name, on in switches.items() if on]
    if limits := as_line(reading, repr):
        options += ["--limits", limits]
    return options


def _figure(app: App[Any], root: Path, command: list[str], name: str) -> None:
    target = Path.cwd() / name
    errands.tell(app, "drawing the figure ...")
    errands.run_errand(app, lambda: draw(root, command, free(target)))


def draw(root: Path, command: list[str], target: Path) -> Note:
    """Draw as the command line does with `--save`, and return what was written; raises `RunError`.

    In a process of its own: matplotlib takes a second of the interpreter to load, and the keys must answer meanwhile.
    """
    whole = [sys.executable, "-P", "-m", "mli_tui", "--runs-dir", str(root), *command, "--save", str(target)]
    try:
        done = subprocess.run(
            whole, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise RunError(f"{target.name}: matplotlib took more than {PATIENCE_SECONDS:.0f} s") from None
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise RunError(safe_line(last.removeprefix("mli-tui: ")) or f"{target.name}: no figure was made")
    return links.written(target)
