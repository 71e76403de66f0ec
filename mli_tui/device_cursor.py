"""The cursor over what was recorded of a device: it stands on a stretch of work, and tells what was measured there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from textual.content import Content

from backends.runs import use
from backends.runs.view import RunView
from mli_tui import device_use
from mli_tui.alphas import CURSOR, LEAP
from mli_tui.format import duration
from mli_tui.gauges import NOT_REPORTED

STEPS = {"left": -1, "right": 1, "far-left": -LEAP, "far-right": LEAP}
ENDS = {"first": 0.0, "last": 1.0, "end": 1.0, **{f"to-{tenth}": tenth / 10 for tenth in range(10)}}
"""Where moves lead to, as a share of the work."""
MOVES = CURSOR | {"no-cursor"}
_STOPS = 100
"""As many stops has a long run: each of its thousands would not be seen to be another."""


def moved(view: RunView, moment: float | None, move: str) -> float | None:
    """Return where the cursor stands after a move, in seconds of work; the first step puts it into the middle.

    Time has no stretches that could be zoomed: those moves leave it where it is.
    """
    if move not in MOVES:
        return moment
    if move == "no-cursor" or not view.use:
        return None
    whole = device_use.work(view)
    if move in ENDS:
        return at(view, ENDS[move] * whole)
    if moment is None:
        return at(view, whole / 2)
    step = STEPS[move] * max(1, len(view.use) // _STOPS)
    return _middle(view, max(0, min(len(view.use) - 1, _stretch(view, moment) + step)))


def at(view: RunView, seconds: float) -> float | None:
    """Return the middle of the stretch in which that moment of work lies; None where nothing is recorded."""
    return _middle(view, _stretch(view, seconds)) if view.use else None


def _stretch(view: RunView, seconds: float) -> int:
    return min(len(view.use) - 1, bisect_left(use.moments(view.use), seconds))


def _middle(view: RunView, number: int) -> float:
    return use.moments(view.use)[number] - view.use[number].seconds / 2


def lines(view: RunView, moment: float, width: int, most: int) -> list[Content]:
    """Return what was measured in the stretch under the cursor, in as many lines as it takes, up to `most`."""
    if not view.use:
        return [Content.styled(device_use.NOT_RECORDED, "$foreground-muted")]
    number = _stretch(view, moment)
    here, end = view.use[number], use.moments(view.use)[number]
    attempt = f", attempt {here.attempt}" if view.attempt > 1 else ""
    parts = [
        Content.assemble(
            (f"{duration(end - here.seconds)} to {duration(end)}", "bold"),
            (f" of work: {here.phase}, epoch {here.epoch}{attempt}", "$foreground-muted"),
        )
    ]
    for figure in device_use.figures(view):
        value = figure.values[number]
        text = NOT_REPORTED if value is None else figure.text(value)
        parts.append(Content.assemble((f"{figure.name} ", "$foreground-muted"), (text, "bold")))
    return _filled(parts, width)[:most]


def _filled(parts: Iterable[Content], width: int) -> list[Content]:
    """Return the parts in lines, in each as many as there is room for."""
    found: list[Content] = []
    for part in parts:
        if found and found[-1].cell_length + 2 + part.cell_length <= width:
            found[-1] = Content.assemble(found[-1], "  ", part)
        else:
            found.append(part)
    return found
