"""The driver of a sweep: `python -m backends.sweep SWEEP_DIR`, a process of its own like a worker.

It keeps as many pool workers at work as runs go beside each other, and gives them the cells that are missing. It
holds the sweep's lock; SIGTERM stops it and the runs that its workers are at. Killed, it leaves workers that end with
the run that they are at; the next driver goes on from what the runs themselves say.
"""

from __future__ import annotations

import argparse
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

import msgspec

from backends.placement import Backend, place, usable_cores
from backends.pool import Answer, Task
from backends.runs import launch, listing, paths, sweeps, workers
from backends.runs.errors import RunError
from backends.runs.paths import RunPaths
from backends.runs.slots import SlotQueue
from backends.runs.sweeps import Cell, SweepPaths
from backends.worker import STOPPED, StopFlag
from presets.loader import SpecError, to_toml

MEASURE_SECONDS = 0.5
MOST_BESIDE = 8
"""Each process holds torch and the data set in memory: more are not started where the CPU has more cores."""
POLL_SECONDS = 0.2
MISSING = frozenset({"waiting", "stopped", "interrupted"})
"""What a cell's run is brought on from. One that failed is not repeated: it would fail in the same way."""


class Pool:
    """One pool worker, seen from the driver."""

    def __init__(self) -> None:
        """Start it; it says nothing until it is asked."""
        command = [sys.executable, "-P", "-m", "backends.pool"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/")
        self.busy = False
        self.threads: int | None = None
        """Threads of the runs that it takes: a process computes with one number of threads only."""

    def fileno(self) -> int:
        """Return the descriptor that its answers come from."""
        assert self._process.stdout
        return self._process.stdout.fileno()

    def give(self, task: Task) -> None:
        """Give it a task; where it is gone already, its answer says so."""
        assert self._process.stdin
        self.busy = True
        try:
            self._process.stdin.write(msgspec.json.encode(task) + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return

    def answer(self) -> Answer | None:
        """Return its answer, waiting for it; None where the process is gone."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        self.busy = False
        return msgspec.json.decode(line, type=Answer) if line.endswith(b"\n") else None

    def stop(self) -> None:
        """Let the run that it is at stop at its next batch."""
        self._process.send_signal(signal.SIGTERM)

    def close(self) -> None:
        """Give it no more tasks, and wait until it has ended."""
        assert self._process.stdin and self._process.stdout
        with suppress(BrokenPipeError):  # it is gone, with a task unread
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Driver:
    """Brings a sweep as far as it goes; the caller holds its lock."""

    def __init__(self, folder: SweepPaths, backend: Backend, stop: StopFlag) -> None:
        """Read the sweep; raises `Damaged`."""
        self._paths, self._backend, self._stop = folder, backend, stop
        self._sweep = sweeps.read(folder)
        self._pools: list[Pool] = []
        self._todo: deque[tuple[Cell, RunPaths | None]] = deque()

    def run(self) -> None:
        """Arrange the device, do all that is missing, and wait for what others do; raises `RunError`, OSError."""
        try:
            if not self._sweep.beside:
                self._arrange()
            rows = self._rows()
            for cell, row in zip(self._sweep.cells, rows, strict=True):
                if row.status in MISSING:
                    known = RunPaths(self._paths.root / row.run.run_id) if row.run else None
                    self._todo.append((cell, known))
            while not self._stop() and (self._todo or any(pool.busy for pool in self._pools)):
                self._feed()
                self._listen()
        finally:
            self._close()
        while not self._stop() and any(row.status in listing.LIVE for row in self._rows()):
            time.sleep(POLL_SECONDS * 5)

    def _rows(self) -> tuple[sweeps.SweepRow, ...]:
        return sweeps.fold(self._paths, self._sweep, listing.list_runs(self._paths.root)).rows

    def _feed(self) -> None:
        """Give runs to workers that have none, as many beside each other as was found to be best."""
        idle = [pool for pool in self._pools if not pool.busy]
        while self._todo and sum(pool.busy for pool in self._pools) < self._sweep.beside:
            cell, known = self._todo.popleft()
            threads = cell.experiment.train.threads
            run = known or launch.create(self._paths.root, cell.experiment)
            pool = idle.pop() if idle else self._new()
            if pool.threads not in (None, threads):
                self._retire(pool)
                pool = self._new()
            pool.threads = threads
            pool.give(Task(run=str(run.folder), backend=self._backend, shares=self._sweep.beside > 1))

    def _listen(self) -> None:
        """Take the answers that come within the poll's time; a worker that is gone makes place for another."""
        for pool in self._answering(POLL_SECONDS):
            answer = pool.answer()
            if answer is None:
                self._retire(pool)
            elif answer.error:
                print(answer.error, file=sys.stderr)

    def _answering(self, seconds: float) -> list[Pool]:
        with selectors.DefaultSelector() as selector:
            for pool in self._pools:
                selector.register(pool, selectors.EVENT_READ, pool)
            return [key.data for key, _ in selector.select(seconds)]

    def _new(self) -> Pool:
        self._pools.append(Pool())
        return self._pools[-1]

    def _retire(self, pool: Pool) -> None:
        self._pools.remove(pool)
        pool.close()

    def _close(self) -> None:
        for pool in self._pools:
            if self._stop() and pool.busy:
                pool.stop()
        for pool in tuple(self._pools):
            self._retire(pool)

    def _arrange(self) -> None:
        """Find how the runs share the device, and write it down, before the first run is made."""
        placement, cores = place(self._backend), usable_cores()
        beside, threads, measured = 1, cores, dict[str, float]()
        if placement.kind == "cuda":
            beside, threads = len(placement.units), 0
        elif self._sweep.names_threads:
            most = max(cell.experiment.train.threads or cores for cell in self._sweep.cells)
            beside, threads = max(1, cores // most), 0
        elif cores > 1 and self._sweep.size > 1:
            slot = SlotQueue(paths.slots_folder(), "cpu", placement.units, cores).wait(self._stop, lambda _: None)
            if slot is None:
                return
            beside, threads, measured = self._measure(cores)
            slot[1].release()
        self._sweep = msgspec.structs.replace(self._sweep, beside=beside, threads=threads, measured=measured)
        sweeps.write(self._paths, self._sweep)

    def _measure(self, cores: int) -> tuple[int, int, dict[str, float]]:
        """Return runs beside each other, threads of each, and what was measured: one with all cores, or several."""
        beside = min(cores, self._sweep.size, MOST_BESIDE)
        threads = cores // beside
        pools = [self._new() for _ in range(beside)]
        self._rates(pools, threads, 0.0)  # imports torch and reads the data: not measured
        alone, together = self._rates(pools[:1], cores, MEASURE_SECONDS), self._rates(pools, threads, MEASURE_SECONDS)
        measured = {f"1x{cores}": round(alone, 1), f"{beside}x{threads}": round(together, 1)}
        return (beside, threads, measured) if together > alone else (1, cores, measured)

    def _rates(self, pools: list[Pool], threads: int, seconds: float) -> float:
        spec = to_toml(self._sweep.cells[0].experiment)
        for pool in pools:
            pool.give(Task(measure=spec, threads=threads, seconds=seconds))
        answers = [pool.answer() for pool in pools]
        for answer in answers:
            if answer is None or answer.error:
                why = answer.error if answer else "a worker ended while training was measured"
                raise RunError(f"sweep {self._sweep.name}: {why}")
        return sum(answer.rate for answer in answers if answer)


def main(arguments: list[str] | None = None) -> int:
    """Drive the sweep named on the command line; returns 0 ended, 1 an error, 75 already driven, 143 stopped."""
    parser = argparse.ArgumentParser(prog="backends.sweep")
    parser.add_argument("sweep_dir", type=Path)
    parser.add_argument("--backend", choices=("auto", "cpu", "cuda"), default="auto")
    options = parser.parse_args(arguments)
    os.umask(0o077)
    stop = StopFlag()
    stop.install()
    folder = SweepPaths(options.sweep_dir.absolute())
    try:
        folder.require_own()
        lock = workers.lock_run(folder)
        Driver(folder, options.backend, stop).run()
        lock.release()
    except (RunError, SpecError) as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return STOPPED if stop() else 0


if __name__ == "__main__":
    sys.exit(main())
