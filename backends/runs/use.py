"""What a run's workers had of their device: stretch after stretch, bounded in number, on one axis of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, groupby
from typing import TypeVar

import msgspec

from backends.runs.events import DeviceUse

_T = TypeVar("_T")
KEPT = 4_096
"""Stretches that a view carries at most: those of half a day as they were recorded, of longer runs joined by twos."""
FIGURES = (
    "cores", "memory", "samples", "gpu_load", "gpu_memory", "gpu_total", "gpu_temperature", "gpu_power",
)  # fmt: skip
"""The fields of a stretch that were measured."""
_PEAKS = frozenset({"memory", "gpu_memory", "gpu_total", "gpu_temperature"})
"""Of these two stretches together have the larger, of the others the mean over their time."""


def thinned(stretches: Sequence[DeviceUse]) -> list[DeviceUse]:
    """Return the stretches with neighbours joined by twos, where they are of one attempt and one phase."""
    found: list[DeviceUse] = []
    waiting: DeviceUse | None = None
    for one in stretches:
        if waiting is None:
            waiting = one
        elif (waiting.attempt, waiting.phase) == (one.attempt, one.phase):
            found.append(joined(waiting, one))
            waiting = None
        else:
            found.append(waiting)
            waiting = one
    return found if waiting is None else [*found, waiting]


def joined(first: DeviceUse, second: DeviceUse) -> DeviceUse:
    """Return two stretches that follow each other as one."""
    seconds = first.seconds + second.seconds
    figures = {name: _of_both(name, first, second) for name in FIGURES}
    return msgspec.structs.replace(second, seconds=seconds, **figures)


def _of_both(name: str, first: DeviceUse, second: DeviceUse) -> float | None:
    pairs = [(value, one.seconds) for one in (first, second) if (value := getattr(one, name)) is not None]
    if name in _PEAKS or not pairs:
        return max((value for value, _ in pairs), default=None)
    # A stretch without training is a share of the time in which no input was taken.
    whole = first.seconds + second.seconds if name == "samples" else sum(seconds for _, seconds in pairs)
    return sum(value * seconds for value, seconds in pairs) / whole if whole else None


def moments(stretches: Sequence[DeviceUse]) -> tuple[float, ...]:
    """Return where each stretch ends, in seconds of work: what lies between two attempts is not counted."""
    return tuple(accumulate(one.seconds for one in stretches))


def spells(stretches: Sequence[DeviceUse], of: Callable[[DeviceUse], _T]) -> list[tuple[float, float, _T]]:
    """Return from when to when, in seconds of work, `of` stays the same, each time with its value."""
    found, at = list[tuple[float, float, _T]](), 0.0
    for value, group in groupby(stretches, of):
        end = at + sum(one.seconds for one in group)
        found.append((at, end, value))
        at = end
    return found
