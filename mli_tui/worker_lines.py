"""Workers as lines: what that of the run has and had, how a sweep is driven, who is in the queue. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec
from textual.content import Content

from backends.runs.events import DeviceUse
from backends.runs.listing import LIVE, RunRow
from backends.runs.view import RunView
from mli_tui import demo, device_use, gauges
from mli_tui.device import Reading, RunNow, Worker
from mli_tui.device_lines import MEASURING
from mli_tui.device_use import amount
from mli_tui.format import age, duration, short_stage, stage, status_mark
from mli_tui.gauges import CALM, NOT_REPORTED, WARN, Level, fitting
from mli_tui.gpu_watch import GpuReading

LATE_SECONDS = 3.0
"""A worker that tells nothing for so much longer than it did before was stopped, or is held up."""
_FEW = 4
"""Stretches that are looked at for how long the next one may take."""
_UNDER = " " * 6
_AXIS, _MOST = 19, 18
"""Cells of what a row over the run shows and up to what, and of its largest value."""
_LEAST_COLUMNS = 8


def worker(reading: Reading, found: GpuReading | None) -> list[Content]:
    """Return what the run's worker has of the machine, how fast it trains, and where it stands in the queue."""
    view, at_it = reading.view, reading.worker
    if view is None:
        return [gauges.title("Worker", f"none: {reading.no_worker}")]
    lines = [
        gauges.title("Worker", f"of {view.title}"),
        gauges.plain("run", f"{status_mark(view.status)} {stage(view)}"),
    ]
    if demo.is_recording(view.run_id):
        return _recording(view)
    if at_it is None:
        return [*lines, gauges.plain("process", reading.no_worker)]
    cores = MEASURING if at_it.cores is None else f"{at_it.cores:.2f} cores at work (process {at_it.pid})"
    memory = NOT_REPORTED if at_it.memory is None else amount(at_it.memory)
    told, level = speed(view, reading.time)
    return [
        *lines,
        *_device(view, at_it, found),
        gauges.plain("CPU", cores),
        gauges.plain("memory", memory),
        gauges.plain("speed", told, level.style if level.mark else ""),
        gauges.plain("position", position(view)),
    ]


def _recording(view: RunView) -> list[Content]:
    """Return what is known of the device of a run that is played: where it was recorded, and how fast it trained."""
    last = _newest(view)
    trained = f"{last.samples:,.0f} samples/s when it was recorded" if last and last.samples else ""
    return [
        gauges.title("Recording", f"of {view.experiment.preset}, which is played: nothing works at it here"),
        gauges.plain("run", f"{status_mark(view.status)} {stage(view)}"),
        gauges.plain("device", f"{view.device or 'not known yet'}, {view.threads} threads, where it was recorded"),
        *([gauges.plain("speed", trained)] if trained else []),
    ]


def _device(view: RunView, at_it: Worker, found: GpuReading | None) -> list[Content]:
    """Return what it runs on, once that is known, and what it holds of the GPUs where it is one of them."""
    lines = [gauges.plain("device", view.device)] if view.device and view.status != "queued" else []
    if lines and found and found.gpus and not view.device.startswith("CPU"):
        held = [one for one in found.holders if one.pid == at_it.pid]
        parts = (f"{amount(one.memory) if one.memory is not None else NOT_REPORTED} of GPU {one.gpu}" for one in held)
        lines.append(gauges.plain("GPU memory", ", ".join(parts) or NOT_REPORTED))
    return lines


def rate(view: RunView, now: float) -> float | None:
    """Return the training inputs a second of the last stretch; None where it does not train, or nobody can say."""
    last = _newest(view)
    return None if last is None or _late(view, now) else last.samples


def _stretches(view: RunView) -> tuple[DeviceUse, ...]:
    """Return the last few stretches of a run that trains now."""
    if view.status != "running" or view.phase != "training":
        return ()
    return tuple(one for one in view.use[-_FEW:] if (one.attempt, one.phase) == (view.attempt, "training"))


def _newest(view: RunView) -> DeviceUse | None:
    """Return the last stretch in which inputs were counted: one that a measurement ends may have none."""
    return next((one for one in reversed(_stretches(view)) if one.samples is not None), None)


def _late(view: RunView, now: float) -> bool:
    """Return whether the next stretch should have been told long ago, as long as the last few took."""
    found = _stretches(view)
    return now - found[-1].time > max(one.seconds for one in found) + LATE_SECONDS


def speed(view: RunView, now: float) -> tuple[str, Level]:
    """Return the training inputs a second of the last stretch and how that is shown, or why there is no such figure."""
    if view.status != "running" or view.phase != "training":
        return "does not train now", CALM
    if view.experiment.train.optimiser == "flow":
        return "gradient flow takes no samples", CALM
    last = _newest(view)
    if last is None:
        return MEASURING, CALM
    told = f"{last.samples:,.0f} samples/s"
    if _late(view, now):
        return f"nothing told for {age(now - view.use[-1].time)}, before that {told}{WARN.mark}", WARN
    return f"{told} over {last.seconds:.0f} s, measures included", CALM


def recorded(view: RunView | None, width: int, ascii_only: bool) -> list[Content]:
    """Return what a run's workers had of the device over the whole of their work, a row of columns a figure."""
    if view is None:
        return []
    if not view.use:
        return [gauges.title("Over the run", device_use.NOT_RECORDED)]
    cells = width - _AXIS - _MOST - 4
    cells = cells if cells >= _LEAST_COLUMNS else 0
    told = (f"{duration(device_use.work(view))} of work", "each column a part of it" if cells else "")
    title = gauges.title("Over the run", fitting(told, width - 14))
    return [title, *(_over_the_run(view, figure, cells, ascii_only) for figure in device_use.figures(view))]


def _over_the_run(view: RunView, figure: device_use.Figure, cells: int, ascii_only: bool) -> Content:
    """Return the row of a figure, its columns from 0 to what stands before them; without room for those its peak."""
    axis, most = f"  {figure.name} to {figure.text(figure.top)}", figure.text(figure.most)
    shares = [None if v is None else v / figure.top for v in device_use.columns(view, figure, cells)]
    return Content.assemble(
        (f"{axis:<{_AXIS + 2}}", "$foreground-muted"),
        (gauges.steps(shares, ascii_only), "$text-accent"),
        f"  at most {most}" if cells else f"  {most}",
    )


def position(view: RunView) -> str:
    """Return where the run stands in the queue for its device."""
    if view.status != "queued":
        return "has its device" if view.status in LIVE else "not in the queue"
    return f"{view.ahead} ahead" if view.ahead else "next"


def sweep(row: RunRow | None, reading: Reading) -> list[Content]:
    """Return how far a sweep is, what drives it, and how fast its runs train together."""
    if row is None:
        return [gauges.title("Sweep", "is not in the list of runs any more")]
    views = (now.view for one in row.live if (now := reading.runs.get(one.run_id)) is not None)
    rates = [found for view in views if view and (found := rate(view, reading.time)) is not None]
    no_driver = reading.no_worker.replace("worker", "driver")
    many = f"{len(rates)} {'run' if len(rates) == 1 else 'runs'}"
    together = f"{sum(rates):,.0f} samples/s in {many}" if rates else "no run of it trains now"
    return [
        gauges.title("Sweep", f"of {row.title.removeprefix('sweeps/')}"),
        gauges.plain("runs", row.message),
        gauges.plain("driver", no_driver if reading.worker is None else f"process {reading.worker.pid}"),
        gauges.plain("speed", together),
    ]


def live(rows: Iterable[RunRow], views: Mapping[str, RunView] | None = None) -> list[RunRow]:
    """Return the live runs, those of sweeps one by one: those at work, then those that wait, the longest first.

    A recording is none of them. What `views` know of a run is newer than its row, and counts.
    """
    views = views or {}
    listed = {one.run_id: one for row in rows for one in (row.live or (row,))}
    unlisted = [_row(view) for run_id, view in views.items() if run_id not in listed]
    found = [*(_updated(row, views.get(run_id)) for run_id, row in listed.items()), *unlisted]
    found = [row for row in found if row.status in LIVE and not demo.is_recording(row.run_id)]
    return sorted(found, key=lambda row: (row.status == "queued", row.created))


def _row(view: RunView) -> RunRow:
    spec = view.experiment
    bare = RunRow(run_id=view.run_id, preset=spec.preset, seed=spec.seed, status="", created=view.began)
    return _updated(msgspec.structs.replace(bare, labels=view.labels), view)


def _updated(row: RunRow, view: RunView | None) -> RunRow:
    if view is None:
        return row
    return msgspec.structs.replace(row, status=view.status, phase=view.phase, more=view.more)


def queue(rows: Iterable[RunRow], reading: Reading, now: float, shown: Collection[str] = ()) -> list[Content]:
    """Return the live runs, each at work with what its worker does where that is read; those `shown` are marked."""
    found = live(rows, reading.views)
    if not found:
        return [gauges.title("Queue", "no run is at work, none waits")]
    waiting = sum(row.status == "queued" for row in found)
    lines = [gauges.title("Queue", f"{len(found) - waiting} at work, {waiting} waiting")]
    for place, row in enumerate(found, 1):
        text = f"{status_mark(row.status)} {short_stage(row):<14} {age(now - row.created):>6}  {row.title}"
        lines.append(gauges.plain(str(place), text, "bold" if row.run_id in shown else ""))
        told = ", ".join(filter(None, _at_work(reading.runs.get(row.run_id), reading.time)))
        if about := ": ".join(filter(None, (row.message, told))):
            lines.append(Content.styled(_UNDER + about, "$foreground-muted"))
    return lines


def _at_work(now: RunNow | None, time: float) -> list[str]:
    """Return what a worker does, in a few words each."""
    if now is None or now.worker is None:
        return [now.no_worker] if now else []
    found = now.worker
    training = rate(now.view, time) if now.view else None
    return [
        "" if training is None else f"{training:,.0f} samples/s",
        f"process {found.pid}",
        "" if found.cores is None else f"{found.cores:.2f} cores",
        "" if found.memory is None else amount(found.memory),
    ]
