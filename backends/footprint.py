"""How much memory a run took: the kernel's own high-water mark of this process."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

_SELF = Path("/proc/self")


def begin() -> None:
    """Begin anew: a process that does one run after the other must not count an earlier one's memory."""
    with suppress(OSError):  # refused in some sandboxes: then the mark is that of all its runs
        (_SELF / "clear_refs").write_text("5")


def peak() -> int | None:
    """Return the most bytes of memory that this process took since `begin`; None where that can't be read."""
    try:
        status = (_SELF / "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+([0-9]+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else None
