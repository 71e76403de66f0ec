"""A worker that takes one run after the other: `python -m backends.pool`, started and fed by `backends.sweep`.

Importing torch costs as much as a small run, so it is done once. Each line of stdin is a JSON task, each line of
stdout its answer. Every run keeps its own lock, journal, log and stop; where the driver is gone, stdin ends, and this
process ends with the run that it is at.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

import msgspec

from backends.placement import Placement
from backends.runs import launch
from backends.runs.errors import RunError
from backends.runs.paths import RunPaths
from backends.worker import StopFlag, run_attempt
from presets.loader import parse


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: a run to bring as far as it goes, or how fast an experiment trains with so many threads."""

    run: str = ""
    measure: str = ""
    """The experiment as TOML."""
    threads: int = 0
    seconds: float = 0.0
    backend: Literal["auto", "cpu", "cuda"] = "auto"
    shares: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it: the run's status, or steps a second; `error` is one line."""

    status: str = ""
    rate: float = 0.0
    error: str = ""


def main() -> int:
    """Take tasks until stdin ends; returns 0."""
    os.umask(0o077)
    stop = StopFlag()
    stop.install()
    answers = os.dup(1)
    for line in sys.stdin:
        answer = _do(msgspec.json.decode(line, type=Task), stop)
        try:
            os.write(answers, msgspec.json.encode(answer) + b"\n")
        except BrokenPipeError:  # the driver was killed; what it asked for is done
            break
    return 0


def _do(task: Task, stop: StopFlag) -> Answer:
    try:
        if task.measure:
            return Answer(rate=_measure(task))
        return _run(task, stop)
    except (RunError, OSError) as error:
        return Answer(error=str(error))


def _measure(task: Task) -> float:
    """Measure under the lock of the device, which the driver holds meanwhile; import torch as a run would."""
    Placement("cpu", []).claim("", task.threads)
    from backends.rehearsal import steps_per_second

    return steps_per_second(parse(task.measure.encode(), "sweep"), task.threads, task.seconds)


def _run(task: Task, stop: StopFlag) -> Answer:
    """Do one run. A stop is forgotten once its run has ended, and not before the next begins: none is lost."""
    paths = RunPaths(Path(task.run))
    paths.require_own()
    log = launch.open_log(paths)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
    status = run_attempt(paths, task.backend, stop, shares=task.shares)
    stop.forget()
    return Answer(status=status)


if __name__ == "__main__":
    sys.exit(main())
