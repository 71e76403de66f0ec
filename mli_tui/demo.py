"""A recorded real run, played into a runs folder of its own that is gone when the demonstration ends."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from types import TracebackType

from backends.runs import labels, workers
from backends.runs.errors import BadRequest
from backends.runs.labels import Labels
from backends.runs.paths import RunPaths

RUN_ID = "fc10-mnist5k-recorded"
MARK = ".demonstration"
"""A file that says of a runs folder that nothing is to be started in it."""
SPEED = 4.0
"""How much faster than it was recorded a run is played."""
_REMOVE = "import shutil, sys; sys.stdin.read(); shutil.rmtree(sys.argv[1], ignore_errors=True)"


STARTS_NOTHING = "this is a recording, which starts nothing: `mli-tui` is for your own runs"


def is_recording(run_id: str) -> bool:
    """Return whether a run is the recorded one, at which no worker ever is."""
    return run_id == RUN_ID


def require_real(root: Path) -> None:
    """Raise `BadRequest` where a run would be started in the folder of a demonstration."""
    if (root / MARK).exists():
        raise BadRequest(STARTS_NOTHING)


class Lines:
    """What the worker of the recorded run said, line by line, each with the seconds since its start."""

    def __init__(self) -> None:
        """Unpack the recording."""
        packed = resources.files("mli_tui").joinpath("recorded", "events.jsonl.gz").read_bytes()
        self.lines = gzip.decompress(packed).splitlines(keepends=True)
        times = [json.loads(line)["time"] for line in self.lines]
        self.seconds = [time - times[0] for time in times]


class Player(threading.Thread):
    """Appends the events at the pace at which they came, times `speed`."""

    def __init__(self, paths: RunPaths, speed: float) -> None:
        """Play into the run in `paths`; this process signs as its worker, without a lock that could be signalled."""
        super().__init__(daemon=True, name="demonstration")
        self._paths, self._speed = paths, speed
        self._ending = threading.Event()
        self._lock = workers.Lock(paths.lock)
        self._lock.sign()

    def run(self) -> None:
        """Append line by line."""
        recorded = Lines()
        before = 0.0
        with self._paths.events.open("ab", buffering=0) as journal:
            for line, seconds in zip(recorded.lines, recorded.seconds, strict=True):
                if self._ending.wait((seconds - before) / self._speed):
                    return
                before = seconds
                journal.write(line)
        self._lock.resign()

    def __enter__(self) -> Player:
        self.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._ending.set()
        self.join()


@contextmanager
def playing(speed: float = SPEED) -> Iterator[RunPaths]:
    """Play the recording while the block runs; nothing is left afterwards, however this process ends."""
    root = Path(tempfile.mkdtemp(prefix="mli-tui-demo-"))
    # Whoever reads the end of this pipe outlives a hang-up or a kill, and clears away.
    command = [sys.executable, "-I", "-S", "-c", _REMOVE, str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True):
        try:
            (root / MARK).touch()
            paths = RunPaths(root / RUN_ID)
            paths.folder.mkdir(mode=0o700)
            paths.checkpoints.mkdir()
            paths.experiment.write_bytes(_specification())
            paths.events.touch()
            labels.change(paths, lambda _: Labels(name="recording", note=f"played {speed:g} times as fast as it ran"))
            with Player(paths, speed):
                yield paths
        finally:
            shutil.rmtree(root, ignore_errors=True)


def _specification() -> bytes:
    return resources.files("mli_tui").joinpath("recorded", "experiment.toml").read_bytes()
