"""Processor and memory of the machine as lines, and what is kept of the last seconds. Pure functions."""

from __future__ import annotations

from textual.content import Content

from mli_tui import gauges
from mli_tui.device import Reading
from mli_tui.gauges import CALM, NOT_REPORTED, WARN, Gauge, Page, amount_of, fitting, share_of
from mli_tui.gpu_watch import STALE_SECONDS, GpuReading

MEASURING = "measuring ..."


def shares(reading: Reading, found: GpuReading | None, now: float) -> dict[str, float | None]:
    """Return what goes into the last seconds; of a driver that has not answered since long nothing."""
    memory = reading.memory
    taken = share_of(memory.total - memory.available, memory.total) if memory else None
    kept = {"load": reading.load, "memory": taken}
    for number, gpu in enumerate(found.gpus if found and now - found.time <= STALE_SECONDS else ()):
        kept[f"{number} load"] = gpu.load
        kept[f"{number} memory"] = share_of(gpu.used, gpu.total)
        kept[f"{number} power"] = share_of(gpu.power, gpu.limit)
    return kept


def processor(reading: Reading, page: Page) -> list[Content]:
    """Return load and memory of the machine, and how many tasks want it."""
    cores = f"{reading.cores} cores"
    if reading.usable != reading.cores:
        cores = f"{reading.usable} of {reading.cores} usable"
    load = MEASURING if reading.load is None else f"{reading.load:.0%} of {reading.cores} cores"
    return [
        gauges.title_over_past("CPU", cores, page.shape),
        gauges.gauge(Gauge("load", reading.load, load, page.recent("load")), page),
        gauges.gauge(_memory(reading, page), page),
        _load_average(reading, page.room),
    ]


def _memory(reading: Reading, page: Page) -> Gauge:
    memory, past = reading.memory, page.recent("memory")
    if memory is None:
        return Gauge("memory", None, NOT_REPORTED, past)
    used = memory.total - memory.available
    share = share_of(used, memory.total)
    return Gauge("memory", share, amount_of(used, memory.total), past, gauges.level(share))


def _load_average(reading: Reading, room: int) -> Content:
    """Return how many tasks work or wait for a core, whoever's they are: of more than there are cores some wait."""
    if reading.loads is None:
        return gauges.plain("load avg.", NOT_REPORTED)
    one, five, fifteen = reading.loads
    shown = WARN if one > reading.cores else CALM
    parts = (f"{one:.2f} on {reading.cores} cores{shown.mark}", f"{five:.2f} over 5 min", f"{fifteen:.2f} over 15")
    return gauges.plain("load avg.", fitting(parts, room), shown.style if shown.mark else "")
