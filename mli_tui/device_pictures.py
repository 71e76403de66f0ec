"""What a run's workers had of their device, drawn over the time of their work, a small plot a figure."""

from __future__ import annotations

from backends.runs import use
from backends.runs.events import AFTER_TRAINING
from backends.runs.listing import LIVE
from backends.runs.view import RunView
from mli_tui import device_use
from mli_tui.device_use import Figure
from mli_tui.plotting.multiples import Multiples
from mli_tui.plotting.series import Plot, Series, Shade

_LEAST_WIDTH = 19
_TINT = "linear"


def history(view: RunView) -> Multiples:
    """Return a panel a figure. Time is that of the work: a resumed run has a gap in its lines, and none in time."""
    unit, name = device_use.unit(view)
    curves = _curves(view, unit)
    return Multiples(
        title=f"device use by {name} of work" + (f"; final curves from {curves[0].start:.3g} on" if curves else ""),
        panels=tuple(_panel(view, figure, unit, curves) for figure in device_use.figures(view)),
        empty=_empty(view),
        own_y=True,
        steady=True,
        least_width=_LEAST_WIDTH,
    )


def _empty(view: RunView) -> str:
    if view.status in LIVE:
        return "what it uses of the device is recorded soon"
    return f"what it used of the device was {device_use.NOT_RECORDED}"


def _panel(view: RunView, figure: Figure, unit: float, curves: list[Shade]) -> Plot:
    # In the unit of its title, which the axis of a figure in a file has, too.
    return Plot(
        title=f"{figure.name} to {figure.text(figure.top)}",
        series=(_steps(view, figure, unit),),
        shades=tuple(curves),
        x_limits=(0.0, device_use.work(view) / unit or 1.0),
        y_limits=(0.0, figure.top / figure.unit),
    )


def _steps(view: RunView, figure: Figure, unit: float) -> Series:
    """Return a level line a stretch; it breaks where another attempt begins."""
    x: list[float] = []
    y: list[float | None] = []
    attempt = view.use[0].attempt
    for end, one, value in zip(use.moments(view.use), view.use, figure.values, strict=True):
        if one.attempt != attempt:
            attempt = one.attempt
            x.append(x[-1])
            y.append(None)
        x += [(end - one.seconds) / unit, end / unit]
        y += [None if value is None else value / figure.unit] * 2
    return Series(tuple(x), tuple(y))


def _curves(view: RunView, unit: float) -> list[Shade]:
    """Return the stretches of time after the training."""
    spells = use.spells(view.use, lambda one: one.phase in AFTER_TRAINING)
    return [Shade(start / unit, end / unit, _TINT) for start, end, after in spells if after]
