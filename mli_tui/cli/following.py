"""Following a run to its end without a terminal: plain lines, or one JSON object a line.

Whoever follows only looks: the end of this process, however it comes, is not the end of the run.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterator

from backends.runs import export
from backends.runs.errors import BadRequest
from backends.runs.listing import RunFollower
from backends.runs.paths import RunPaths
from backends.runs.view import RunView
from mli_tui import format
from mli_tui.cli import report
from mli_tui.cli.output import emit, say, say_all

OVER = frozenset({"done", "stopped", "failed", "interrupted", "ending"})
POLL_SECONDS = 0.2
PACE_SECONDS = 1.0
"""At most one line of progress in this time; a new phase is told at once."""


class Reporter:
    """Tells what happens in a run."""

    def __init__(self, paths: RunPaths) -> None:
        """Tell of the run in `paths`."""
        self.paths = paths

    @abstractmethod
    def began(self) -> None:
        """Tell which run it is, before anything else is known."""

    @abstractmethod
    def progress(self, view: RunView) -> None:
        """Tell how far the run is."""

    @abstractmethod
    def ended(self, view: RunView) -> None:
        """Tell how the run ended and where its tables are."""


class PlainReporter(Reporter):
    """Lines for people and log files."""

    _said = ""

    def began(self) -> None:
        """Print the run's id."""
        say(f"run {self.paths.run_id}")

    def progress(self, view: RunView) -> None:
        """Print one line: what the run does and how far it is; nothing where that is what was said before."""
        line = progress_line(view)
        if line != self._said:
            say(line)
        self._said = line

    def ended(self, view: RunView) -> None:
        """Print status, plateau ends, the sentence and the paths of the tables."""
        say_all(report.ending(view, self.paths))


class JsonReporter(Reporter):
    """One JSON object a line, told apart by `event`: run, progress, ended."""

    def began(self) -> None:
        """Print the run's id and folder."""
        emit({"event": "run", "run_id": self.paths.run_id, "folder": str(self.paths.folder)})

    def progress(self, view: RunView) -> None:
        """Print status, phase and the numbers that belong to them."""
        emit({"event": "progress", **progress_values(view)})

    def ended(self, view: RunView) -> None:
        """Print the summary and the paths of the tables."""
        emit({"event": "ended", "summary": export.summary(view), "tables": report.tables(self.paths)})


def progress_line(view: RunView) -> str:
    """Return what a run does and how far it is, in one line."""
    if view.status == "running" and view.phase == "training" and view.epochs:
        return _training_line(view)
    if view.status == "running" and view.phase == "interpolating":
        done, total = points_done(view)
        return f"interpolating  {done} of {total} points"
    return format.stage(view) if view.phase == "refining" else report.status(view)


def _training_line(view: RunView) -> str:
    last, most = view.epochs[-1], view.experiment.most_epochs
    gap = export.bias_gap(view)
    left = format.time_left(view)
    numbers = f"loss {format.loss(last.loss, 9)}  error {format.number(last.error, 4)}  bias gap {format.loss(gap, 9)}"
    until = f"  at most {format.duration(left)} left" if left is not None else ""
    epoch = f"{last.epoch}" if most is None else f"{last.epoch:>{len(str(most))}}/{most}"
    return f"epoch {epoch}  {numbers}{until}"


def progress_values(view: RunView) -> dict[str, object]:
    """Return what a run does and how far it is, as plain values."""
    last = view.epochs[-1] if view.epochs else None
    done, total = points_done(view)
    return {
        "run_id": view.run_id,
        "status": view.status,
        "phase": view.phase,
        "message": view.message,
        "epoch": last.epoch if last else None,
        "max_epochs": view.experiment.most_epochs,
        "loss": last.loss if last else None,
        "error": last.error if last else None,
        "bias_gap": export.bias_gap(view),
        "seconds_left_at_most": format.time_left(view),
        "points": done,
        "points_total": total,
        "more_points": view.more.done if view.more else None,
        "more_points_total": view.more.points if view.more else None,
    }


def points_done(view: RunView) -> tuple[int, int]:
    """Return how many points of the final curves are there, and how many there are to be.

    Bisection adds points beyond the grid; they don't count.
    """
    spec = view.experiment.interpolation
    keys = [(scheme, split) for scheme in spec.schemes for split in view.splits]
    done = sum(min(len(spec.grid()), len(view.curves.get(key, ()))) for key in keys)
    return done, len(spec.grid()) * len(keys)


def follow(
    paths: RunPaths,
    reporter: Reporter,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Tell of the run until it ends; return 0 where it is done, else 1.

    Raises `BadRequest` with the worker's line where the run was refused.
    """
    reporter.began()
    view = None
    for view in _views(paths, clock, sleep):
        if view.status in OVER:
            break
        reporter.progress(view)
    assert view is not None
    if view.refused:
        raise BadRequest(view.message)
    reporter.ended(view)
    return 0 if view.status == "done" else 1


def require_accepted(paths: RunPaths, sleep: Callable[[float], None] = time.sleep) -> None:
    """Return once the run's worker has read what it was given, or waits for a device, or has ended.

    Raises `BadRequest` with the worker's line where it refuses the run.
    """
    follower = RunFollower(paths)
    view = None
    while view is None or _is_reading(view):
        sleep(POLL_SECONDS)
        view = follower.poll() or view
    if view.refused:
        raise BadRequest(view.message)


def _is_reading(view: RunView) -> bool:
    """Return whether a worker that waits for nobody has yet to say what it makes of its input."""
    silent = not view.updated and view.status not in OVER
    return silent or (view.status == "running" and view.phase in ("", "loading"))


def _views(paths: RunPaths, clock: Callable[[], float], sleep: Callable[[float], None]) -> Iterator[RunView]:
    """Yield the run whenever it has news worth a line: a new phase or the end at once, numbers at the set pace."""
    follower = RunFollower(paths)
    told: tuple[str, int, str, str] | None = None
    news: RunView | None = None
    due = 0.0
    while True:
        news = follower.poll() or news
        if news is not None:
            stage = news.status, news.ahead, news.phase, news.message
            if stage != told or clock() >= due:
                yield news
                told, due, news = stage, clock() + PACE_SECONDS, None
        sleep(POLL_SECONDS)
