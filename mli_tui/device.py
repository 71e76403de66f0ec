"""What the machine does now, and what the workers of runs have of it: read in a thread, and only while it is shown.

The GPUs are read by another one (`gpu_watch`): a driver that takes its time holds nothing else up.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from textual.message import Message

from backends.runs import workers
from backends.runs.errors import RunError
from backends.runs.listing import RunFollower
from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepPaths
from backends.runs.text import safe_line
from backends.runs.view import RunView
from backends.runs.workers import Liveness
from mli_tui import demo, proc
from mli_tui.proc import Memory, Process, Times
from mli_tui.watch import SLOW_SECONDS, Watcher

_NOT_SHOWN = ("points", "live")


@dataclass(frozen=True)
class Worker:
    """The process that works on a run: how many cores it keeps at work, and its bytes of memory."""

    pid: int
    cores: float | None
    memory: int | None


@dataclass(frozen=True)
class RunNow:
    """One run at one moment: its worker, why none is seen where none is, and what is known of it."""

    worker: Worker | None
    no_worker: str
    view: RunView | None


@dataclass(frozen=True)
class Reading:
    """Everything but the GPUs at one moment. What is not known is None.

    `load` is a share of all cores since the last reading; `time` is seconds since 1970, as in a run's journal.
    """

    cores: int
    usable: int
    load: float | None
    memory: Memory | None
    worker: Worker | None
    no_worker: str
    """Why no worker is seen, where none is."""
    view: RunView | None = None
    runs: Mapping[str, RunNow] = field(default_factory=dict)
    """The runs at work that are followed, by their ids."""
    loads: tuple[float, ...] | None = None
    """Tasks at work or waiting for it, whoever's they are: over one, five and fifteen minutes."""
    time: float = 0.0

    @property
    def views(self) -> dict[str, RunView]:
        """What is known of runs now, by their ids: of the one that is chosen, and of those that are followed."""
        chosen = [self.view] if self.view else []
        return {view.run_id: view for view in (*chosen, *(now.view for now in self.runs.values())) if view}


@dataclass
class DeviceRead(Message):
    """The machine was read again."""

    reading: Reading


class RunReader:
    """Reads one run and its worker again and again. Cores at work are those since the reading before."""

    def __init__(self, paths: RunPaths, clock: Callable[[], float]) -> None:
        """Read the run in `paths`, or of a sweep its driver; `clock` gives seconds."""
        self._paths, self._clock = paths, clock
        self._process: tuple[float, int, Process] | None = None
        self._follower: RunFollower | None = None
        self._view: RunView | None = None

    def read(self) -> RunNow:
        """Return the run as it is now."""
        pid, why = self._worker_pid()
        return RunNow(None if pid is None else self._worker(pid), why, self._run())

    def _worker_pid(self) -> tuple[int | None, str]:
        if demo.is_recording(self._paths.run_id):
            return None, "a recording is played: nothing works at it"
        who, state = workers.worker_of(self._paths), workers.liveness(self._paths)
        if who is None or state is Liveness.DEAD:
            return None, "no worker is at it"
        if state is Liveness.ELSEWHERE:
            return None, f"its worker is on host {safe_line(who.host)}, which can't be seen from here"
        return who.pid, ""

    def _worker(self, pid: int) -> Worker:
        found, now = proc.process(proc.read(f"{pid}/stat")), self._clock()
        before, self._process = self._process, None if found is None else (now, pid, found)
        if found is None:
            return Worker(pid, None, None)
        if before is None or before[1] != pid or before[2].start != found.start or now <= before[0]:
            return Worker(pid, None, found.memory)
        return Worker(pid, max(0.0, (found.ticks - before[2].ticks) / proc.TICKS / (now - before[0])), found.memory)

    def _run(self) -> RunView | None:
        if isinstance(self._paths, SweepPaths):
            return None
        try:
            if self._follower is None:
                self._follower = RunFollower(self._paths, _NOT_SHOWN)
            self._view = self._follower.poll() or self._view
        except (RunError, OSError):  # damaged or deleted: the run screen says which, the machine is shown all the same
            self._follower = None
        return self._view


class DeviceReader:
    """Reads the machine. Shares of the processors are over the time between two readings, so the first has none."""

    def __init__(self, paths: RunPaths | None, clock: Callable[[], float]) -> None:
        """Read for the run or the sweep in `paths`, or for none; `clock` gives seconds."""
        self._clock = clock
        self._chosen = None if paths is None else RunReader(paths, clock)
        self._others: dict[str, RunReader] = {}
        self.followed: tuple[RunPaths, ...] = ()
        """The other runs at work. A whole tuple is set, from any thread."""
        self._times: Times | None = None

    def read(self) -> Reading:
        """Return the machine as it is now."""
        chosen = RunNow(None, "no run is chosen", None) if self._chosen is None else self._chosen.read()
        self._others = {one.run_id: self._others.get(one.run_id) or self._reader(one) for one in self.followed}
        return Reading(
            cores=os.cpu_count() or 1,
            usable=len(os.sched_getaffinity(0)),
            load=self._load(),
            memory=proc.memory(proc.read("meminfo")),
            worker=chosen.worker,
            no_worker=chosen.no_worker,
            view=chosen.view,
            runs={run_id: reader.read() for run_id, reader in self._others.items()},
            loads=proc.loads(proc.read("loadavg")),
            time=time.time(),
        )

    def _reader(self, paths: RunPaths) -> RunReader:
        return RunReader(paths, self._clock)

    def _load(self) -> float | None:
        before, self._times = self._times, proc.times(proc.read("stat"))
        if before is None or self._times is None or self._times.total <= before.total:
            return None
        return min(1.0, max(0.0, (self._times.busy - before.busy) / (self._times.total - before.total)))


class DeviceWatcher(Watcher):
    """Reads the machine once a second."""

    def __init__(self, paths: RunPaths | None, post: Callable[[Message], object], clock: Callable[[], float]) -> None:
        """Read for the run or the sweep in `paths`, or for none."""
        super().__init__(post)
        self._reader = DeviceReader(paths, clock)

    def follow(self, runs: tuple[RunPaths, ...]) -> None:
        """Read these runs, too, from the next reading on."""
        self._reader.followed = runs

    def poll(self) -> float:
        """Read once."""
        self.tell(DeviceRead(self._reader.read()))
        return SLOW_SECONDS
