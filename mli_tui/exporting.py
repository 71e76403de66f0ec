"""What leaves the app: tables, figures, a picture of the screen, copies. Files go into the current folder."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import Any, NamedTuple

from textual.app import App

from backends.runs import durable
from backends.runs.errors import RunError
from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepPaths
from backends.runs.text import safe_line
from backends.runs.view import RunView
from mli_tui import actions, clipboard, compare_curves, comparing, errands, links, views
from mli_tui.axes import Axes, as_line
from mli_tui.cli import report
from mli_tui.compare_reading import CompareReading
from mli_tui.comparing import Comparison
from mli_tui.grouping import Entry
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
            metric, drawn = _drawn(view, reading)
            what = reading.picture if metric == "both" else metric
            stem = f"{paths.run_id}-{what}-{'-'.join(drawn.shown_splits(view))}"
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


class Compared(NamedTuple):
    """What of a comparison is drawn, and how."""

    comparison: Comparison
    reading: CompareReading
    bands: bool

    @property
    def stem(self) -> str:
        """How its files' names begin."""
        return f"compare-{self.reading.scheme(self.comparison)}-{self.reading.split}"

    @property
    def hidden(self) -> list[str]:
        """The letters of the groups that are left out."""
        return [group.letter for group in self.comparison.groups if self.reading.hides(group)]

    @property
    def options(self) -> list[str]:
        """The options of `mli-tui compare` that draw it."""
        reading, left_out = self.reading, (("--hide", letter) for letter in self.hidden)
        switches = {"--no-bands": not self.bands, "--align": self.comparison.aligned}
        switched = [name for name, on in switches.items() if on]
        of = ["--split", reading.split, "--scheme", reading.scheme(self.comparison)]
        return [*of, *chain(*left_out), *switched, *_of_axes(reading)]

    def told(self, written: Note) -> Note:
        """Return the note of what was written, with what was left out."""
        return written.and_said(f"without {', '.join(self.hidden)}, hidden" if self.hidden else "")


def export_comparison(app: App[Any], runs: Sequence[RunPaths], shown: Compared, kind: str) -> None:
    """Do what is offered for a comparison of these runs: what is drawn as a table or a figure, the screen, a copy."""
    here = Path.cwd()
    match kind:
        case "tables":
            errands.run_errand(app, lambda: _write_comparison(shown, here))
        case "table":
            clipboard.copy(app, "compare", "\n".join(comparing.as_text(shown.comparison, shown.reading.split)))
        case "screen":
            export_runs(app, runs, kind)
        case _:
            command = ["compare", *(paths.run_id for paths in runs), *shown.options]
            _figure(app, runs[0].folder.parent, command, f"{shown.stem}.{kind}", shown.told)


def _write_comparison(shown: Compared, folder: Path) -> Note:
    """Write what is drawn as a table, with the specifications in a file beside it."""
    table = free(folder / f"{shown.stem}.csv", ".toml")
    beside = table.with_suffix(".toml")
    durable.write(table, compare_curves.curves_csv(shown.comparison, shown.reading).encode())
    durable.write(beside, compare_curves.specs_toml(shown.comparison, shown.reading).encode())
    return shown.told(links.written(table, beside))


def copy_list(app: App[Any], rows: Sequence[Entry], level: int) -> None:
    """Copy the list of these runs as `mli-tui runs` prints it, with its headings; of thousands it is made in a thread.

    `level` is how many headings stand above each run.
    """
    made: list[str] = []

    def work() -> str:
        made.append("\n".join(run_lines(rows, time.time(), None, level)))
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


def free(path: Path, *beside: str) -> Path:
    """Return the path, or with a number behind its name where there is such a file: no figure replaces another.

    `beside` are the suffixes of what will stand beside it.
    """
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    suffixes = (path.suffix, *beside)
    return next(one for one in chain((path,), numbered) if not any(one.with_suffix(s).exists() for s in suffixes))


def as_options(view: RunView, reading: Reading) -> list[str]:
    """Return the options of `mli-tui plot` that draw what is shown."""
    metric, drawn = _drawn(view, reading)
    split = "both" if len(drawn.shown_splits(view)) > 1 else drawn.split
    alone = ["--one-scheme"] if metric == "shares" and drawn.shown != "both" else []
    return ["--metric", metric, "--split", split, "--scheme", drawn.scheme_of(view), *alone, *_of_axes(drawn)]


def _of_axes(axes: Axes) -> list[str]:
    switches = {"--log": axes.log, "--log-alpha": axes.log_alpha, "--shared": axes.shared}
    limits = as_line(axes, repr)
    return [*(name for name, on in switches.items() if on), *(["--limits", limits] if limits else [])]


def _drawn(view: RunView, reading: Reading) -> tuple[str, Reading]:
    """Return what a figure is to be of, as the command line has it, with the reading that then draws what is shown."""
    if reading.shown == "both" or views.count(view, reading) < 2:
        return "both" if reading.picture == "curves" else reading.picture, replace(reading, shown="both")
    number = 0 if reading.shown == "first" else 1
    match reading.picture:
        case "splits":
            return "loss", replace(reading, picture="curves", splits=reading.shown_splits(view), shown="first")
        case "shares":
            return "shares", replace(reading, scheme=reading.scheme + number)
        case _:
            return ("loss", "error")[number], reading


def _figure(
    app: App[Any], root: Path, command: list[str], name: str, told: Callable[[Note], Note] = lambda note: note
) -> None:
    target, grid = Path.cwd() / name, ["--grid"] if getattr(app, "grid", False) else []
    errands.tell(app, "drawing the figure ...")
    errands.run_errand(app, lambda: told(draw(root, [*command, *grid], free(target))))


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
