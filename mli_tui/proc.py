"""What /proc says of the machine and of one process. Each parser is pure and gives None for what it can't read."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
"""Of the clock that processes are counted with, in a second."""


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


def read(name: str) -> str:
    """Return a file of /proc; "" where it can't be read or is no longer there."""
    try:
        return (PROC / name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
