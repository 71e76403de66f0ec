"""Where things are: the runs folder, the files of one run, the local folder of slot locks."""

from __future__ import annotations

import os
import re
import stat
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from backends.runs.errors import BadRequest
from backends.runs.text import safe_line

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
STAMP = "%Y%m%d-%H%M%S"
"""The local time at which a run is made, as its id has it before the last four characters."""
_STAMPED = re.compile(r"-([0-9]{8}-[0-9]{6})-[0-9a-f]{4}\Z")
ENVIRONMENT_NAME = "MLI_TUI_RUNS"


class RunPaths:
    """The files of one run, by their names in the contract."""

    def __init__(self, folder: Path) -> None:
        """Name the files of the run in `folder`; nothing is touched."""
        self.folder = folder
        self.run_id = folder.name
        self.experiment = folder / "experiment.toml"
        self.environment = folder / "environment.json"
        self.events = folder / "events.jsonl"
        self.checkpoints = folder / "checkpoints"
        self.curves = folder / "curves.csv"
        self.biases = folder / "biases.csv"
        self.device = folder / "device.csv"
        self.summary = folder / "summary.json"
        self.lock = folder / "worker.lock"
        self.log = folder / "worker.log"
        self.reserve = folder / ".reserve"

    def require_own(self) -> None:
        """Raise `BadRequest` unless this is a real folder of ours: nothing is written into another's run."""
        try:
            found = os.lstat(self.folder)
        except OSError as error:
            raise BadRequest(f"run {safe_line(self.run_id)}: {error.strerror}") from None
        if not stat.S_ISDIR(found.st_mode):
            raise BadRequest(f"run {safe_line(self.run_id)}: not a folder of its own (a link?), so it is only shown")
        if found.st_uid != os.geteuid():
            raise BadRequest(f"run {safe_line(self.run_id)}: belongs to another user, so it is only shown")


def runs_folder(chosen: str | None = None) -> Path:
    """Return the runs folder: `chosen`, else MLI_TUI_RUNS, else the user's data folder. Not created here."""
    named = chosen or os.environ.get(ENVIRONMENT_NAME)
    if not named:
        return platformdirs.user_data_path("mli-tui") / "runs"
    try:
        return Path(named).expanduser().absolute()
    except RuntimeError:
        raise BadRequest(f"runs folder {safe_line(named)}: there is no such user's home") from None


def make_private(folder: Path) -> Path:
    """Create `folder` (mode 0700) where it is missing, and return it; raises `BadRequest`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadRequest(f"folder {safe_line(str(folder))}: can't be made: {error.strerror}") from None
    return folder


def runs_in(root: Path) -> Iterator[RunPaths]:
    """Yield the runs in `root`: folders with an experiment.toml and a usable name, in no order.

    One that can't be looked into (another user's) is yielded, too: who opens it is told why it can't be read.
    """
    try:
        entries = list(os.scandir(root))
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadRequest(f"runs folder {safe_line(str(root))}: {error.strerror}") from None
    for entry in entries:
        if RUN_ID.fullmatch(entry.name) and _is_run(entry.path):
            yield RunPaths(Path(entry.path))


def _is_run(folder: str) -> bool:
    try:
        os.lstat(f"{folder}/experiment.toml")
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def newest_first(root: Path) -> list[RunPaths]:
    """Return the runs in `root`, the newest first: by the time in their ids, which is theirs in a copy, too.

    The time of the specification file decides between runs of one second, and for an id without a time. Where every
    id has a second of its own no file is looked at: of thousands of runs that would take longer than to sort them.
    """
    runs = list(runs_in(root))
    stamps = [_stamp(run.run_id) for run in runs]
    often = Counter(stamps)

    def when(pair: tuple[str, RunPaths]) -> tuple[str, float, str]:
        stamp, run = pair
        written = 0.0 if stamp and often[stamp] == 1 else spec_written(run)
        return stamp or time.strftime(STAMP, time.localtime(written)), written, run.run_id

    return [run for _, run in sorted(zip(stamps, runs, strict=True), key=when, reverse=True)]


def _stamp(run_id: str) -> str:
    """Return the local time in a run's id, as `STAMP` writes it, or ""."""
    found = _STAMPED.search(run_id)
    return found[1] if found else ""


def made(paths: RunPaths) -> float:
    """Return when the run was made (seconds since 1970) by its id, else by the time of its specification file."""
    try:
        return time.mktime(time.strptime(_stamp(paths.run_id), STAMP))
    except (ValueError, OverflowError):  # no time, or none that there is
        return spec_written(paths)


def spec_written(paths: RunPaths) -> float:
    """Return when the run's specification file was written (seconds since 1970), or copied; 0 for none."""
    try:
        return paths.experiment.stat().st_mtime
    except OSError:
        return 0.0


def slots_folder() -> Path:
    """Return the folder of device-slot locks: for this host since it started, and for nobody else.

    The same for every session of a user, so that a run started from cron and one from SSH meet; therefore not the
    XDG runtime folder, which goes away with the user's last logout, under the feet of whoever waits in it.
    """
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return platformdirs.user_state_path("mli-tui") / "slots" / f"{os.uname().nodename}-{boot}"
