"""What a run's workers had of their device, as figures over the time of their work, and in a line. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backends.runs import use
from backends.runs.events import DeviceUse
from backends.runs.view import RunView
from mli_tui import format
from mli_tui.plotting.series import round_up

NOT_RECORDED = "not recorded"
MIB, GIB = 1 << 20, 1 << 30
_UNITS = ((2 * 3_600.0, 3_600.0, "hours"), (120.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))


@dataclass(frozen=True)
class Figure:
    """One figure, stretch by stretch: None where it was not reported. `top` is where its axis ends, `most` as text."""

    name: str
    values: tuple[float | None, ...]
    top: float
    text: Callable[[float], str]
    unit: float = 1.0
    """What one of the unit is that `text` tells its top in: of memory so many bytes."""

    @property
    def most(self) -> float:
        """The largest value."""
        return max((value for value in self.values if value is not None), default=0.0)


def count(value: float) -> str:
    """Return a number in four digits or fewer, as `812`, `12.3k` or `4.1M`."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{unit}" if value < 1e12 else f"{value:.0e}"
    return f"{value:.3g}"


def _whole(value: float) -> str:
    """Return a whole number in five digits or fewer, whatever a damaged journal holds."""
    return f"{value:.0f}" if abs(value) < 1e5 else f"{value:.0e}"


def amount(size: float) -> str:
    """Return bytes as `812 MiB` or `1.2 GiB`."""
    if size < GIB:
        return f"{size / MIB:.0f} MiB"
    return f"{size / GIB:,.3g} GiB" if size < 1e13 else f"{size:.0e} B"


def amount_unit(size: float) -> float:
    """Return the bytes of the unit that `amount` tells a size in."""
    return float(MIB if size < GIB else GIB if size < 1e13 else 1)


_KINDS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("cores", "cores", count),
    ("samples", "samples/s", count),
    ("memory", "memory", amount),
    ("gpu_load", "GPU load", lambda share: f"{_whole(100 * share)} %"),
    ("gpu_memory", "VRAM", amount),
    ("gpu_power", "power", lambda watts: f"{_whole(watts)} W"),
    ("gpu_temperature", "GPU temp.", lambda degrees: f"{_whole(degrees)} C"),
)


def figures(view: RunView) -> tuple[Figure, ...]:
    """Return the figures that were reported at least once."""
    found = []
    for field, name, text in _KINDS:
        values = tuple(getattr(one, field) for one in view.use)
        known = [value for value in values if value is not None]
        if known:
            top = _top(view, field, max(known))
            found.append(Figure(name, values, top, text, _unit(field, top)))
    return tuple(found)


def _top(view: RunView, field: str, most: float) -> float:
    """Return what there is of it, where that is known; else a round number that is not passed."""
    if field == "gpu_load":
        return max(1.0, most)
    if field == "gpu_memory":
        return max(most, *(float(one.gpu_total or 0) for one in view.use)) or 1.0
    if field == "memory":  # round in the unit that it is told in
        unit = GIB if most >= GIB else MIB
        return (round_up(most / unit) or 1.0) * unit
    return max(round_up(most), float(view.threads) if field == "cores" else 0.0) or 1.0


def _unit(field: str, top: float) -> float:
    if field == "gpu_load":
        return 0.01
    return amount_unit(top) if field in ("memory", "gpu_memory") else 1.0


def work(view: RunView) -> float:
    """Return the seconds of work that are recorded."""
    return sum(one.seconds for one in view.use)


def unit(view: RunView) -> tuple[float, str]:
    """Return in what the time of the work is counted: the seconds of it, and its name."""
    whole = work(view)
    return next((seconds, name) for least, seconds, name in _UNITS if whole >= least)


def line(view: RunView) -> str:
    """Return what was used in one line: means of the training where there was one, and the peaks of all."""
    if not view.use:
        return NOT_RECORDED
    trained = [one for one in view.use if one.phase == "training"] or list(view.use)
    means = {field: mean(trained, field) for field in ("cores", "samples", "gpu_load", "gpu_power")}
    peaks = {f.name: f.text(f.most) for f in figures(view)}
    parts = [
        "" if means["cores"] is None else f"{means['cores']:.2f} cores",
        "" if means["samples"] is None else f"{count(means['samples'])} samples/s",
        f"at most {peaks['memory']}" if "memory" in peaks else "",
        "" if means["gpu_load"] is None else f"GPU load {means['gpu_load']:.0%}",
        f"GPU memory at most {peaks['VRAM']}" if "VRAM" in peaks else "",
        "" if means["gpu_power"] is None else f"{means['gpu_power']:.0f} W",
        f"at most {peaks['GPU temp.']}" if "GPU temp." in peaks else "",
    ]
    told = ", ".join(filter(None, parts)) or "nothing was reported"
    return f"{told}; over {format.duration(work(view))} of work"


def mean(stretches: Sequence[DeviceUse], field: str) -> float | None:
    """Return the mean of a figure over the time in which it is known."""
    pairs = [(value, one.seconds) for one in stretches if (value := getattr(one, field)) is not None]
    whole = sum(seconds for _, seconds in pairs)
    return sum(value * seconds for value, seconds in pairs) / whole if whole else None


def columns(view: RunView, figure: Figure, width: int) -> list[float | None]:
    """Return the mean of a figure in each of `width` equal parts of the whole time; None where it is not known."""
    ends = use.moments(view.use)
    step = ends[-1] / width if ends and width > 0 else 0.0
    if step <= 0:
        return []
    sums, weights = [0.0] * width, [0.0] * width
    for end, one, value in zip(ends, view.use, figure.values, strict=True):
        start = end - one.seconds
        for place in range(min(width - 1, int(start / step)), min(width - 1, int(end / step)) + 1):
            shared = min(end, (place + 1) * step) - max(start, place * step)
            if value is not None and shared > 0:
                sums[place] += value * shared
                weights[place] += shared
    return [total / weight if weight else None for total, weight in zip(sums, weights, strict=True)]
