"""Who holds the memory of the GPUs, process by process, whosever they are; runs of ours by their names. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from textual.content import Content

from backends.runs.gpus import Gpu
from mli_tui import gauges
from mli_tui.device_use import amount
from mli_tui.format import aligned
from mli_tui.gauges import GIB, NOT_REPORTED
from mli_tui.gpu_watch import GpuReading, Holder

MOST = 10
"""Processes that are shown, those with the most memory."""
UNSEEN = GIB
"""Bytes in use from which it is said that no process seen here holds them; the driver itself takes some less."""
_LEAST_COMMAND = 12
_HEAD = ("GPU", "pid", "memory", "user", "command")


class Row(NamedTuple):
    """A line of the table; `ours` is whether it is a run of ours."""

    gpu: int
    pid: str
    memory: str
    user: str
    command: str
    ours: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        """The texts of the columns."""
        return str(self.gpu), self.pid, self.memory, self.user, self.command


def lines(found: GpuReading, ours: Mapping[int, str], width: int) -> list[Content]:
    """Return a table of processes; `ours` has what to call the runs of ours, by the pids of their workers."""
    kept = sorted(found.holders, key=lambda one: -(one.memory or 0))[:MOST]
    rest = [one for one in found.holders if one not in kept]
    rows = [row for number, gpu in enumerate(found.gpus) for row in _rows(number, gpu, kept, ours)]
    if not rows:
        answered = any(not gpu.trouble for gpu in found.gpus)
        return [gauges.title("GPU processes", "none is seen")] if answered else []
    lines = [gauges.title("GPU processes", ""), *_table(rows, width)]
    if rest:
        known = [one.memory for one in rest if one.memory is not None]
        told = f" with {amount(sum(known))}" if len(known) == len(rest) else ""
        lines.append(Content.styled(f"  and {len(rest)} more{told}", "$foreground-muted"))
    return lines


def _rows(number: int, gpu: Gpu, kept: Sequence[Holder], ours: Mapping[int, str]) -> Iterator[Row]:
    if gpu.held is None:
        if not gpu.trouble:
            yield Row(number, "", "", "", f"(processes are {NOT_REPORTED})")
        return
    for one in kept:
        if one.gpu == number:
            memory = NOT_REPORTED if one.memory is None else amount(one.memory)
            yield Row(number, str(one.pid), memory, one.user, ours.get(one.pid, one.command), one.pid in ours)
    unseen = (gpu.used or 0) - sum(one.memory or 0 for one in gpu.held)
    if unseen >= UNSEEN and all(one.memory is not None for one in gpu.held):
        yield Row(number, "", amount(unseen), "", "(held by no process that is seen from here)")


def _table(rows: Sequence[Row], width: int) -> Iterator[Content]:
    """Yield a head and the rows. Where there is little room the user is left out: a command says more."""
    right = frozenset({1, 2})
    table = [_HEAD, *(row.cells for row in rows)]
    if max(map(len, aligned([one[:4] for one in table], right))) + 4 + _LEAST_COMMAND > width:
        table = [(*one[:3], one[4]) for one in table]
    head, *body = aligned(table, right)
    yield Content.styled(f"  {head}", "$foreground-muted")
    for row, text in zip(rows, body, strict=True):
        yield Content.styled(("▶ " if row.ours else "  ") + text, "bold" if row.ours else "")
