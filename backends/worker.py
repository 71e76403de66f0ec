"""The worker: `python -m backends.worker RUN_DIR`, one process a run, in a session of its own.

It takes the run's lock, waits for a device slot in order of submission, and imports torch only then. On the CPU the
slot is all of its cores, so that runs come one after the other; the runs of a sweep that was measured to be faster so
(`backends.sweep`) take one core a thread instead, and run beside each other.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType

from backends.placement import Backend, Kind
from backends.runs import events, launch, listing, paths, workers
from backends.runs.errors import BadRequest, RunError
from backends.runs.journal import Writer
from backends.runs.view import RunView
from backends.turns import Turn, Wish, turn

STOPPED = 143


class StopFlag:
    """SIGTERM asks to stop at the next batch; a second one ends the process at once."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.asked = False

    def forget(self) -> None:
        """Begin anew: what was asked for has been done."""
        self.asked = False

    def __call__(self) -> bool:
        """Return whether the worker was asked to stop."""
        return self.asked

    def install(self) -> None:
        """Listen to SIGTERM; SIGHUP is ignored: a terminal that closes does not end a run."""
        signal.signal(signal.SIGTERM, self._terminate)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _terminate(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            os._exit(STOPPED)
        self.asked = True


class Attempt:
    """One attempt at a run: whatever ends it, the journal says so, in one line where it was an error."""

    def __init__(self, journal: Writer) -> None:
        """Begin an attempt that is recorded in `journal`."""
        self.journal = journal

    def __enter__(self) -> Attempt:
        """Enter the attempt."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> bool:
        """Record the failure; an error that is the user's to know is not raised on, others go to the log."""
        expected = isinstance(error, RunError)
        if kind is not None:
            text = str(error) if expected else f"{kind.__name__}: {error}; worker.log has the whole of it"
            refused = isinstance(error, RunError) and error.exit_code == BadRequest.exit_code
            with suppress(OSError):  # a full disk may be the very reason; the viewer then says `interrupted`
                self.journal.append(events.Finished(status="failed", message=_one_line(text), refused=refused))
        self.journal.close()
        return expected


def _one_line(text: str) -> str:
    return " ".join(text.split())[:1_000]


def main(arguments: list[str] | None = None) -> int:
    """Work on the run named on the command line; returns 0 done, 1 failed, 75 already running, 143 stopped."""
    parser = argparse.ArgumentParser(prog="backends.worker")
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--backend", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--own-code", action="store_true", help="run the code that the specification names")
    options = parser.parse_args(arguments)
    os.umask(0o077)
    stop = StopFlag()
    stop.install()
    try:
        run = paths.RunPaths(options.run_dir.absolute())
        ending = run_attempt(run, options.backend, stop, own_code=options.own_code)
    except RunError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return {"done": 0, "stopped": STOPPED}.get(ending, 1)


def run_attempt(
    run: paths.RunPaths, backend: Backend, stop: StopFlag, *, shares: bool = False, own_code: bool = False
) -> str:
    """Work on the run under its lock and return its status; raises `RunError` where the lock can't be had.

    With `shares` it takes as many cores of the CPU as it has threads, else all of them. A specification that names code
    of the user's own is refused, unless `own_code` says that the user named that code.
    """
    run.require_own()
    if not own_code:
        launch.require_startable(listing.read_experiment(run), f"run {run.run_id}")
    lock = workers.lock_run(run)
    try:
        return work(run, backend, stop, shares)
    finally:
        lock.resign()


def work(run: paths.RunPaths, backend: Backend, stop: StopFlag, shares: bool) -> str:
    """Bring the run as far as it goes and return its status; the caller holds its lock."""
    journal = Writer(run.events)
    known = listing.recorded_run(run)
    wish = Wish(known, backend, stop, _announce(journal), journal.append, shares)
    with Attempt(journal) as attempt, turn(wish) as ours:
        if ours is None:
            return attempt.journal.append(events.Finished(status="stopped", message="while queued")).status
        return _compute(run, known, journal, ours, stop)
    return "failed"


def _announce(journal: Writer) -> Callable[[Kind, int], object]:
    return lambda kind, ahead: journal.append(events.Queued(device=kind, ahead=ahead))


def _compute(run: paths.RunPaths, known: RunView, journal: Writer, ours: Turn, stop: StopFlag) -> str:
    """Import torch, now that the device is ours, and run the experiment."""
    from backends import devices
    from backends.own_session import OwnSession
    from backends.session import Session

    devices.prepare(ours.threads)
    kind_of_session = OwnSession if known.experiment.own.model else Session
    return kind_of_session(run, known, journal, devices.select(ours.kind), stop).run()


if __name__ == "__main__":
    sys.exit(main())
