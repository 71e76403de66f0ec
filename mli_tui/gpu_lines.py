"""GPUs as lines: a block each of one or two, of more a table. What is missing, late or lost is said. Pure functions."""

from __future__ import annotations

from textual.content import Content

from backends.runs.gpus import Gpu
from mli_tui import gauges, gpu_table
from mli_tui.format import age
from mli_tui.gauges import ALARM, NOT_REPORTED, WARN, Gauge, Level, Page, fitting, share_of
from mli_tui.gpu_watch import STALE_SECONDS, GpuReading

MOST_BLOCKS = 2
"""GPUs up to which each gets lines of its own; of more each is one line."""
_MOST_NAME = 24


def lines(found: GpuReading | None, since: float, page: Page) -> list[Content]:
    """Return what is known of each GPU, or why there is none; the driver was asked `since` seconds ago."""
    late = since > STALE_SECONDS
    if found is None:
        return [gauges.title("GPU", f"the driver has not answered for {age(since)}" if late else "reading ...")]
    if not found.gpus:
        return [gauges.title("GPU", f"none: {found.missing}")]
    told = f"read {age(since)} ago{WARN.mark}" if late else ""
    if len(found.gpus) > MOST_BLOCKS:
        return _table(found, told, page)
    blocks = (_block(number, found, told, page) for number in range(len(found.gpus)))
    return [line for block in blocks for line in block]


def _block(number: int, found: GpuReading, told: str, page: Page) -> list[Content]:
    gpu, name = found.gpus[number], f"GPU {number}"
    if gpu.trouble:
        return [_titled(name, gpu.name, gpu.trouble + ALARM.mark, ALARM)]
    title = _titled(name, gpu.name, told, WARN) if told else gauges.title_over_past(name, gpu.name, page.shape)
    rows = (one._replace(past=page.recent(f"{number} {one.label}")) for one in _gauges(gpu))
    heat = gpu_table.temperature(gpu, page.ascii_only) or NOT_REPORTED
    clock = "" if gpu.clock is None else f"SM clock {gpu.clock:,} MHz"
    more = fitting((heat, clock, "" if number else found.driver), page.room)
    return [title, *(gauges.gauge(one, page) for one in rows), gauges.plain("temperature", more)]


def _gauges(gpu: Gpu) -> tuple[Gauge, ...]:
    busy = NOT_REPORTED if gpu.load is None else f"{gpu.load:.0%}"
    memory, power = share_of(gpu.used, gpu.total), share_of(gpu.power, gpu.limit)
    return (
        Gauge("load", gpu.load, busy),
        Gauge("memory", memory, gpu_table.used(gpu) or NOT_REPORTED, level=gauges.level(memory)),
        Gauge("power", power, gpu_table.power(gpu) or NOT_REPORTED, level=gpu_table.strain(gpu)),
    )


def _table(found: GpuReading, told: str, page: Page) -> list[Content]:
    """Return a table below a title; the name stands once where all have the same."""
    names = [gpu.name.removeprefix("NVIDIA ")[:_MOST_NAME] for gpu in found.gpus]
    alike = len(set(names)) == 1
    what = f"{len(names)} x {found.gpus[0].name}" if alike else f"{len(names)} of several kinds"
    title = (
        _titled("GPUs", what, told, WARN) if told else gauges.title("GPUs", fitting((what, found.driver), page.room))
    )
    return [title, *gpu_table.rows(found.gpus, () if alike else names, page)]


def _titled(name: str, text: str, told: str, level: Level) -> Content:
    """Return a title that begins with what is to be told: on a narrow terminal the name is cut, and not that."""
    return Content.assemble((name, "bold"), "  ", (told, level.style), f"  {text}")
