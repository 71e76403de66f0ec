"""The pictures of the upper row of the run screen, view by view. Pure functions."""

from __future__ import annotations

from dataclasses import replace

from backends.runs.view import RunView
from mli_tui import class_pictures, device_pictures, panes
from mli_tui import pictures as curve_pictures
from mli_tui.plotting.multiples import Multiples
from mli_tui.plotting.series import Plot
from mli_tui.reading import Reading, final_splits


def pictures(view: RunView, reading: Reading) -> tuple[Plot | Multiples, ...]:
    """Return one picture or two, side by side: of two those that are shown."""
    return panes.of_two(every(view, reading), reading.shown)


def count(view: RunView, reading: Reading) -> int:
    """Return how many pictures a view has, whichever are shown, without building one."""
    match reading.picture:
        case "shares":
            return len(class_pictures.shown_schemes(view, reading))
        case "splits":
            return len(final_splits(view))
        case "curves":
            return 2
        case _:
            return 1


def every(view: RunView, reading: Reading) -> tuple[Plot | Multiples, ...]:
    """Return the pictures of a view, whichever are shown."""
    match reading.picture:
        case "shares":
            return tuple(
                class_pictures.shares(view, reading, scheme) for scheme in class_pictures.shown_schemes(view, reading)
            )
        case "classes":
            return (class_pictures.errors(view, reading),)
        case "splits":
            known = final_splits(view)
            return tuple(curve_pictures.curves(view, replace(reading, splits=(one,)), "loss") for one in known)
        case "device":
            return (device_pictures.history(view),)
        case "curves":
            return curve_pictures.curves(view, reading, "loss"), curve_pictures.curves(view, reading, "error")
