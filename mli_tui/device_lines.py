"""The device panel as lines: bars, figures and their units; what is missing is said. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content

from backends.runs.listing import RunRow
from backends.runs.view import RunView
from mli_tui.device import Reading
from mli_tui.format import RECENT_EPOCHS, age, status_mark
from mli_tui.gpus import Gpu
from mli_tui.tables import LIVE

GIB, MIB = 1 << 30, 1 << 20
NOT_REPORTED = "not reported"
MEASURING = "measuring ..."
LABEL = 12
MOST_BARS = 2
"""GPUs up to which each gets lines of its own; of more each is one line."""
_STEPS = ("▁▂▃▄▅▆▇█", "_.-:=+*#")


def processor(reading: Reading, past: Sequence[float], width: int, ascii_only: bool) -> list[Content]:
    """Return load and memory of the machine, and the load of the last readings."""
    cores = f"{reading.cores} cores" if reading.usable == reading.cores else f"{reading.usable} of {reading.cores}"
    load = MEASURING if reading.load is None else f"{reading.load:4.0%} of {reading.cores} cores"
    lines = [_title("CPU", f"{cores} usable" if reading.usable != reading.cores else cores)]
    lines.append(_bar_line("load", reading.load, load, width, ascii_only))
    if reading.memory is None:
        lines.append(_plain("memory", NOT_REPORTED))
    else:
        used, total = reading.memory.total - reading.memory.available, reading.memory.total
        lines.append(_bar_line("memory", _share(used, total), _of(used, total), width, ascii_only))
    return [*lines, _plain("history", history(past, min(60, width - LABEL - 2), ascii_only) or MEASURING)]


def gpus(reading: Reading, pasts: Sequence[Sequence[float]], width: int, ascii_only: bool) -> list[Content]:
    """Return what is known of each GPU, or why there is none."""
    if not reading.gpus:
        return [_title("GPU", f"none: {reading.no_gpu}")]
    if len(reading.gpus) > MOST_BARS:
        return [_title("GPUs", reading.gpus[0].name), *map(_one_line, range(len(reading.gpus)), reading.gpus)]
    lines: list[Content] = []
    for number, gpu in enumerate(reading.gpus):
        past = history(pasts[number], min(60, width - LABEL - 2), ascii_only) if number < len(pasts) else ""
        lines += [_title(f"GPU {number}", gpu.name), *_bars(gpu, width, ascii_only)]
        lines.append(_plain("history", past or NOT_REPORTED))
    return lines


def _bars(gpu: Gpu, width: int, ascii_only: bool) -> list[Content]:
    load = NOT_REPORTED if gpu.load is None else f"{gpu.load:4.0%}"
    used = NOT_REPORTED if gpu.used is None or gpu.total is None else _of(gpu.used, gpu.total)
    return [
        _bar_line("load", gpu.load, load, width, ascii_only),
        _bar_line("memory", _share(gpu.used, gpu.total), used, width, ascii_only),
        _plain("temperature", f"{_temperature(gpu, ascii_only)}, power {_power(gpu)}"),
    ]


def _one_line(number: int, gpu: Gpu) -> Content:
    load = f"load {NOT_REPORTED}" if gpu.load is None else f"load {gpu.load:4.0%}"
    used = f"memory {NOT_REPORTED}" if gpu.used is None or gpu.total is None else _of(gpu.used, gpu.total)
    heat = "" if gpu.temperature is None else f"  {gpu.temperature} C"
    power = "" if gpu.power is None else f"  {gpu.power:.0f} W"
    return _plain(str(number), f"{load}  {used}{heat}{power}")


def _temperature(gpu: Gpu, ascii_only: bool) -> str:
    return NOT_REPORTED if gpu.temperature is None else f"{gpu.temperature} {'' if ascii_only else '°'}C"


def _power(gpu: Gpu) -> str:
    if gpu.power is None:
        return NOT_REPORTED
    return f"{gpu.power:.0f} W" + ("" if gpu.limit is None else f" of {gpu.limit:.0f} W")


def worker(reading: Reading) -> list[Content]:
    """Return what the run's worker has of the machine, how fast it trains, and where it stands in the queue."""
    view, found = reading.view, reading.worker
    if view is None:
        return [_title("Worker", f"none: {reading.no_worker}")]
    stage = view.phase if view.status == "running" and view.phase else view.status
    lines = [
        _title("Worker", f"of {view.labels.name or view.run_id}"),
        _plain("run", f"{status_mark(view.status)} {stage}"),
    ]
    if found is None:
        return [*lines, _plain("process", reading.no_worker)]
    cores = MEASURING if found.cores is None else f"{found.cores:.2f} cores at work (process {found.pid})"
    memory = NOT_REPORTED if found.memory is None else f"{found.memory / MIB:,.0f} MiB"
    lines += [_plain("CPU", cores), _plain("memory", memory)]
    if reading.gpus:
        held = [f"{gpu.worker / MIB:,.0f} MiB of GPU {n}" for n, gpu in enumerate(reading.gpus) if gpu.worker]
        lines.append(_plain("GPU", ", ".join(held) or "none of its memory reported"))
    return [*lines, _plain("speed", speed(view)), _plain("position", position(view))]


def speed(view: RunView) -> str:
    """Return the training inputs a second of the last epochs, while it trains."""
    rows = [row for row in view.epochs[-RECENT_EPOCHS:] if row.seconds > 0]
    if view.status != "running" or view.phase != "training":
        return "does not train now"
    if view.dataset is None or not rows:
        return MEASURING
    if view.experiment.train.optimiser == "flow":
        return "gradient flow takes no samples"
    rate = view.dataset.train * len(rows) / sum(row.seconds for row in rows)
    return f"{rate:,.0f} samples/s"


def position(view: RunView) -> str:
    """Return where the run stands in the queue for its device."""
    if view.status != "queued":
        return "has its device" if view.status in LIVE else "not in the queue"
    return f"{view.ahead} ahead" if view.ahead else "next"


def queue(rows: Iterable[RunRow], now: float, shown: str = "") -> list[Content]:
    """Return the live runs: those at work, then those that wait, the longest first; `shown` is marked."""
    live = [row for row in rows if row.status in LIVE]
    live.sort(key=lambda row: (row.status == "queued", row.created))
    if not live:
        return [_title("Queue", "no run is at work, none waits")]
    waiting = sum(row.status == "queued" for row in live)
    lines = [_title("Queue", f"{len(live) - waiting} at work, {waiting} waiting")]
    for place, row in enumerate(live, 1):
        phase = row.phase if row.status == "running" and row.phase else row.status
        text = f"{status_mark(row.status)} {phase:<14} {age(now - row.created):>6}  {row.title}"
        lines.append(_plain(str(place), text, "bold" if row.run_id == shown else ""))
    return lines


def bar(share: float | None, width: int, ascii_only: bool) -> str:
    """Return a bar of `width` cells for a share of 1; blank where it is not known, so that it never looks like 0."""
    if share is None or width < 1:
        return " " * max(0, width)
    full, empty = ("#", ".") if ascii_only else ("█", "░")
    cells = min(width, max(0, round(share * width)))
    return full * cells + empty * (width - cells)


def history(past: Sequence[float], width: int, ascii_only: bool) -> str:
    """Return the newest shares as a row of columns, a reading each."""
    steps = _STEPS[ascii_only]
    return "".join(steps[min(len(steps) - 1, int(share * len(steps)))] for share in past[-max(1, width) :])


def _bar_line(label: str, share: float | None, text: str, width: int, ascii_only: bool) -> Content:
    cells = max(0, min(40, width - LABEL - 26))
    return Content.assemble(
        (f"  {label:<{LABEL}}", "$foreground-muted"), (bar(share, cells, ascii_only), "$text-accent"), f"  {text}"
    )


def _plain(label: str, text: str, style: str = "") -> Content:
    return Content.assemble((f"  {label:<{LABEL}}", "$foreground-muted"), (text, style))


def _title(name: str, text: str) -> Content:
    return Content.assemble((name, "bold"), (f"  {text}" if text else "", ""))


def _share(used: int | None, total: int | None) -> float | None:
    return None if used is None or not total else used / total


def _of(used: int, total: int) -> str:
    return f"{used / GIB:.1f} of {total / GIB:.1f} GiB"
