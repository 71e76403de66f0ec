"""What /proc says of the machine and of one process. Each parser is pure and gives None for what it can't read."""

from __future__ import annotations

import os
import pwd
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from backends.runs.text import safe_line

PROC = Path("/proc")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
"""Of the clock that processes are counted with, in a second."""
_COMMAND_BYTES = 2048


class Times(NamedTuple):
    """Ticks of all cores since boot: at work, and in all."""

    busy: int
    total: int


class Memory(NamedTuple):
    """Bytes: what can still be had, and what there is."""

    available: int
    total: int


class Process(NamedTuple):
    """One process: ticks at work since its start, bytes of memory, and when it started (ticks since boot)."""

    ticks: int
    memory: int
    start: int


class Who(NamedTuple):
    """Whose a process is and what was called, both harmless; in brackets why that can't be told."""

    user: str
    command: str


def times(text: str) -> Times | None:
    """Return the first line of /proc/stat: waiting for a disk is no work."""
    found = re.match(r"cpu((?: +[0-9]+){8})", text)
    if not found:
        return None
    user, nice, system, idle, wait, hard, soft, stolen = map(int, found[1].split())
    busy = user + nice + system + hard + soft + stolen
    return Times(busy, busy + idle + wait)


def memory(text: str) -> Memory | None:
    """Return what /proc/meminfo says."""
    sizes = {name: int(value) * 1024 for name, value in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}
    if not {"MemAvailable", "MemTotal"} <= sizes.keys():
        return None
    return Memory(sizes["MemAvailable"], sizes["MemTotal"])


def process(stat: str) -> Process | None:
    """Return what /proc/PID/stat says; the name in it may hold anything, so it is read from the last parenthesis."""
    fields = stat.rpartition(")")[2].split()
    if len(fields) < 22 or fields[0] in ("Z", "X"):
        return None
    try:
        user, system, start, pages = (int(fields[place]) for place in (11, 12, 19, 21))
    except ValueError:
        return None
    return Process(user + system, pages * PAGE_BYTES, start)


def loads(text: str) -> tuple[float, ...] | None:
    """Return what /proc/loadavg says: tasks at work or waiting for it, over one, five and fifteen minutes."""
    found = re.match(r"(\d+\.\d+) (\d+\.\d+) (\d+\.\d+) ", text)
    return tuple(map(float, found.groups())) if found else None


def who(pid: int) -> Who:
    """Return whose a process is and its command. Not for the event loop: a user's name may come from far away."""
    folder, user = PROC / str(pid), "?"
    try:
        user = _user(folder.stat().st_uid)
        with (folder / "cmdline").open("rb") as file:
            words = file.read(_COMMAND_BYTES)
    except PermissionError:
        return Who(user, "(its command may not be read)")
    except OSError:  # it has ended, or it is hidden, or of another container: its pid is not ours to look up
        return Who(user, "(not seen from here)")
    program, _, rest = words.rstrip(b"\0").partition(b"\0")
    command = safe_line(b" ".join(filter(None, (program.rpartition(b"/")[2], rest.replace(b"\0", b" ")))))
    return Who(user, command or "(no command line)")


@lru_cache(maxsize=256)
def _user(uid: int) -> str:
    try:
        return safe_line(pwd.getpwuid(uid).pw_name, 32)
    except KeyError:  # a container knows few users
        return str(uid)


def read(name: str) -> str:
    """Return a file of /proc; "" where it can't be read or is no longer there."""
    try:
        return (PROC / name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
