"""From a `RunView` to what happens to each class along alpha: who gets which share, and the error of each. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from backends.runs.events import CurvePoint
from backends.runs.view import RunView
from mli_tui import classes
from mli_tui.fitting import limits
from mli_tui.pictures import SHORT, empty, marks_of, notes
from mli_tui.plotting import palette
from mli_tui.plotting.multiples import Multiples
from mli_tui.plotting.series import Band, Bands, Plot, Series, Shade
from mli_tui.reading import Reading, points
from presets.experiment import Scheme

OTHERS = "others"


def shares(view: RunView, reading: Reading, scheme: Scheme) -> Plot:
    """Return which share of all inputs is given to each class along alpha, stacked; largest bias at the bottom."""
    found = [p for p in points(view, scheme, reading.split) if len(p.histogram) == view.classes > 0]
    return Plot(
        title=f"share by class, {SHORT.get(scheme, scheme)}, {reading.split}",
        bands=_stacked(view, found) if found else None,
        marks=tuple(mark for mark in marks_of(view, reading.split, "error") if mark.colour == scheme),
        x_limits=reading.limits(view),
        log_x=reading.log_alpha,
        notes=notes(view, replace(reading, shared=False, log=False)),
        y_limits=(0.0, 1.0),
        x_label="alpha",
        empty=_empty(view, reading),
    )


def shown_schemes(view: RunView, reading: Reading) -> tuple[Scheme, ...]:
    """Return the schemes whose shares are shown side by side: the one that is read, and the one after it."""
    schemes = view.experiment.interpolation.schemes
    here = schemes.index(reading.scheme_of(view))
    return (schemes[here], schemes[(here + 1) % len(schemes)]) if len(schemes) > 1 else (schemes[here],)


def _stacked(view: RunView, found: Sequence[CurvePoint]) -> Bands:
    most = [max(p.histogram[i] for p in found) for i in range(view.classes)]
    shown = classes.foremost(view, most)
    letters = classes.letters(view, shown)
    layers = [
        Band(
            share=tuple(p.histogram[i] for p in found),
            colour=palette.class_colour(i),
            letter=letters[i],
            label=classes.name(view, i, 12),
        )
        for i in shown
    ]
    if len(shown) < view.classes:
        rest = set(range(view.classes)) - set(shown)
        share = tuple(math.fsum(p.histogram[i] for i in rest) for p in found)
        layers.append(Band(share=share, colour="neutral", letter="-", label=f"{len(rest)} {OTHERS}"))
    return Bands(tuple(p.alpha for p in found), tuple(layers))


def errors(view: RunView, reading: Reading) -> Multiples:
    """Return the error of each class along alpha, a small plot a class with a line a scheme; largest bias first."""
    shown = classes.foremost(view)
    panels = [_panel(view, reading, [i], classes.name(view, i, 12), palette.class_colour(i)) for i in shown]
    if len(shown) < view.classes:
        rest = [i for i in range(view.classes) if i not in set(shown)]
        panels.append(_panel(view, reading, rest, f"{len(rest)} {OTHERS}, mean", "neutral"))
    drawn = [series for panel in panels for series in panel.series]
    y_limits = reading.error or limits("error", view.classes, drawn, reading, reading.limits(view))
    return Multiples(
        title=", ".join(
            (f"{reading.named('error')} by class, {reading.split}", *notes(view, replace(reading, shared=True)))
        ),
        panels=tuple(replace(panel, y_limits=y_limits) for panel in panels),
        x_label="alpha",
        empty=_empty(view, reading),
    )


def _panel(view: RunView, reading: Reading, members: Sequence[int], title: str, colour: str) -> Plot:
    schemes = view.experiment.interpolation.schemes
    ends = [mark for mark in marks_of(view, reading.split, "error") if mark.colour == reading.scheme_of(view)]
    return Plot(
        title=title,
        title_colour=colour,
        series=tuple(_error(view, reading, scheme, members) for scheme in schemes),
        shades=tuple(Shade(0.0, mark.x, mark.colour) for mark in ends),
        x_limits=reading.limits(view),
        log=reading.log,
        log_x=reading.log_alpha,
    )


def _error(view: RunView, reading: Reading, scheme: Scheme, members: Sequence[int]) -> Series:
    found = [p for p in points(view, scheme, reading.split) if len(p.class_error) == view.classes]
    y = tuple(_mean([p.class_error[i] for i in members]) for p in found)
    return Series(tuple(p.alpha for p in found), y, scheme, SHORT.get(scheme, scheme))


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean; of one class its very value, and nothing where any is not known."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    return known[0] if len(known) == 1 else fmean(known)


def _empty(view: RunView, reading: Reading) -> str:
    if reading.split not in view.splits:
        return f"no {reading.split} inputs in this run"
    return "classes are measured on the final curves, when training has ended" if view.epochs else empty(view)
