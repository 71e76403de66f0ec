"""The device panel as lines: bars, figures and their units; what is missing is said. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from textual.content import Content

from backends.runs.gpus import Gpu
from backends.runs.listing import RunRow
from backends.runs.view import RunView
from mli_tui import device_use
from mli_tui.device import Reading, RunNow
from mli_tui.format import RECENT_EPOCHS, age, duration, short_stage, stage, status_mark
from mli_tui.tables import LIVE

GIB, MIB = 1 << 30, 1 << 20
NOT_REPORTED = "not reported"
MEASURING = "measuring ..."
LABEL = 12
MOST_BARS = 2
"""GPUs up to which each gets lines of its own; of more each is one line."""
_UNDER = " " * 6
_MOST_NAME = 24
_LEAST_BAR = 5
_COLUMNS = 65
"""Cells that the figures of a GPU take in a line, without bars and name."""
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
        return _many(reading.gpus, pasts, width, ascii_only)
    lines: list[Content] = []
    for number, gpu in enumerate(reading.gpus):
        past = history(pasts[number], min(60, width - LABEL - 2), ascii_only) if number < len(pasts) else ""
        lines += [_title(f"GPU {number}", gpu.name), *_bars(gpu, width, ascii_only)]
        lines.append(_plain("history", past or NOT_REPORTED))
    return lines


def _many(found: Sequence[Gpu], pasts: Sequence[Sequence[float]], width: int, ascii_only: bool) -> list[Content]:
    """Return a line a GPU, in columns, with its load of the last readings; their name once where they have one."""
    names = [gpu.name.removeprefix("NVIDIA ") for gpu in found]
    alike = len({gpu.name for gpu in found}) == 1
    lines = [_title("GPUs", f"{len(found)} x {found[0].name}" if alike else f"{len(found)} of several kinds")]
    room = (width - _COLUMNS - (0 if alike else min(_MOST_NAME, max(map(len, names))))) // 2
    cells = 0 if room < _LEAST_BAR else min(20, room)
    for number, gpu in enumerate(found):
        past = history(pasts[number], cells, ascii_only) if cells and number < len(pasts) else ""
        figures = _figures(gpu, f"{past:<{cells}}", cells, ascii_only, brief=width < _COLUMNS)
        name = "" if alike else f"  {names[number]}"
        lines.append(Content.assemble((f"  {number:<3}", "$foreground-muted"), *figures, name))
    return lines


def _figures(gpu: Gpu, past: str, cells: int, ascii_only: bool, *, brief: bool) -> tuple[tuple[str, str] | str, ...]:
    """Return the columns of one GPU: each is as wide as any of its values."""
    busy = "-" if gpu.load is None else f"{gpu.load:.0%}"
    used = "-" if gpu.used is None or gpu.total is None else _of(gpu.used, gpu.total)
    heat = "-" if gpu.temperature is None else _temperature(gpu, ascii_only)
    watts = "-" if gpu.power is None else f"{gpu.power:.0f} W" if brief else _power(gpu).replace(" W of", " of")
    return (
        ("load ", "$foreground-muted"),
        f"{busy:>4} ",
        (past, "$text-accent"),
        ("  memory ", "$foreground-muted"),
        f"{used:>16} ",
        (bar(_share(gpu.used, gpu.total), cells, ascii_only), "$text-accent"),
        f"{heat:>7}  {watts:>{6 if brief else 12}}",
    )


def _bars(gpu: Gpu, width: int, ascii_only: bool) -> list[Content]:
    load = NOT_REPORTED if gpu.load is None else f"{gpu.load:4.0%}"
    used = NOT_REPORTED if gpu.used is None or gpu.total is None else _of(gpu.used, gpu.total)
    return [
        _bar_line("load", gpu.load, load, width, ascii_only),
        _bar_line("memory", _share(gpu.used, gpu.total), used, width, ascii_only),
        _plain("temperature", f"{_temperature(gpu, ascii_only)}, power {_power(gpu)}"),
    ]


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
    lines = [
        _title("Worker", f"of {view.labels.name or view.run_id}"),
        _plain("run", f"{status_mark(view.status)} {stage(view)}"),
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


def rate(view: RunView) -> float | None:
    """Return the training inputs a second of the last epochs; None where it does not train, or nobody can say."""
    rows = [row for row in view.epochs[-RECENT_EPOCHS:] if row.seconds > 0]
    trains = view.status == "running" and view.phase == "training"
    if not trains or view.dataset is None or not rows or view.experiment.train.optimiser == "flow":
        return None
    return view.dataset.train * len(rows) / sum(row.seconds for row in rows)


def speed(view: RunView) -> str:
    """Return the training inputs a second of the last epochs, or why there is no such figure."""
    found = rate(view)
    if found is not None:
        return f"{found:,.0f} samples/s"
    if view.status != "running" or view.phase != "training":
        return "does not train now"
    return "gradient flow takes no samples" if view.epochs and view.experiment.train.optimiser == "flow" else MEASURING


def recorded(view: RunView | None, width: int, ascii_only: bool) -> list[Content]:
    """Return what a run's workers had of the device over the whole of their work, a row of columns a figure."""
    if view is None:
        return []
    if not view.use:
        return [_title("Over the run", device_use.NOT_RECORDED)]
    lines = [_title("Over the run", f"{duration(device_use.work(view))} of work, of which each column is a part")]
    cells = max(10, min(60, width - LABEL - 24))
    for figure in device_use.figures(view):
        shares = [None if v is None else v / figure.top for v in device_use.columns(view, figure, cells)]
        text = f"  at most {figure.text(figure.most)}"
        lines.append(
            Content.assemble(
                (f"  {figure.name:<{LABEL}}", "$foreground-muted"),
                (steps(shares, ascii_only), "$text-accent"), text,
            )
        )  # fmt: skip
    return lines


def position(view: RunView) -> str:
    """Return where the run stands in the queue for its device."""
    if view.status != "queued":
        return "has its device" if view.status in LIVE else "not in the queue"
    return f"{view.ahead} ahead" if view.ahead else "next"


def sweep(row: RunRow | None, reading: Reading) -> list[Content]:
    """Return how far a sweep is, what drives it, and how fast its runs train together."""
    if row is None:
        return [_title("Sweep", "is not in the list of runs any more")]
    rates = [found for one in row.live if (found := _rate_of(reading, one.run_id)) is not None]
    driver = (
        reading.no_worker.replace("worker", "driver") if reading.worker is None else f"process {reading.worker.pid}"
    )
    many = f"{len(rates)} {'run' if len(rates) == 1 else 'runs'}"
    together = f"{sum(rates):,.0f} samples/s in {many}" if rates else "no run of it trains now"
    return [
        _title("Sweep", f"of {row.title.removeprefix('sweeps/')}"),
        _plain("runs", row.message),
        _plain("driver", driver),
        _plain("speed", together),
    ]


def _rate_of(reading: Reading, run_id: str) -> float | None:
    now = reading.runs.get(run_id)
    return None if now is None or now.view is None else rate(now.view)


def live(rows: Iterable[RunRow]) -> list[RunRow]:
    """Return the live runs, those of sweeps one by one: those at work, then those that wait, the longest first."""
    found = [one for row in rows for one in (row.live or (row,)) if one.status in LIVE]
    return sorted(found, key=lambda row: (row.status == "queued", row.created))


def queue(
    rows: Iterable[RunRow], now: float, shown: Collection[str] = (), runs: Mapping[str, RunNow] | None = None
) -> list[Content]:
    """Return the live runs, each at work with what its worker does where `runs` knows it; those `shown` are marked."""
    found = live(rows)
    if not found:
        return [_title("Queue", "no run is at work, none waits")]
    waiting = sum(row.status == "queued" for row in found)
    lines = [_title("Queue", f"{len(found) - waiting} at work, {waiting} waiting")]
    for place, row in enumerate(found, 1):
        text = f"{status_mark(row.status)} {short_stage(row):<14} {age(now - row.created):>6}  {row.title}"
        lines.append(_plain(str(place), text, "bold" if row.run_id in shown else ""))
        told = ", ".join(filter(None, _at_work((runs or {}).get(row.run_id))))
        if about := ": ".join(filter(None, (row.message, told))):
            lines.append(Content.styled(_UNDER + about, "$foreground-muted"))
    return lines


def _at_work(now: RunNow | None) -> list[str]:
    """Return what a worker does, in a few words each."""
    if now is None or now.worker is None:
        return [now.no_worker] if now else []
    found = now.worker
    training = rate(now.view) if now.view else None
    return [
        "" if training is None else f"{training:,.0f} samples/s",
        f"process {found.pid}",
        "" if found.cores is None else f"{found.cores:.2f} cores",
        "" if found.memory is None else f"{found.memory / MIB:,.0f} MiB",
    ]


def bar(share: float | None, width: int, ascii_only: bool) -> str:
    """Return a bar of `width` cells for a share of 1; blank where it is not known, so that it never looks like 0."""
    if share is None or width < 1:
        return " " * max(0, width)
    full, empty = ("#", ".") if ascii_only else ("█", "░")
    cells = min(width, max(0, round(share * width)))
    return full * cells + empty * (width - cells)


def history(past: Sequence[float], width: int, ascii_only: bool) -> str:
    """Return the newest shares as a row of columns, a reading each."""
    return steps(past[-max(1, width) :], ascii_only)


def steps(shares: Iterable[float | None], ascii_only: bool) -> str:
    """Return a column a share of 1; blank where it is not known."""
    heights = _STEPS[ascii_only]
    return "".join(
        " " if share is None else heights[max(0, min(len(heights) - 1, int(share * len(heights))))] for share in shares
    )


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
