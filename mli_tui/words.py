"""What is seen in a run, in one sentence: true to the numbers, and claiming no more.

A height that error is said to stay above is cut, never rounded up, so that the sentence holds for every alpha it
speaks of; shares are cut too, so that "all" and "100 %" mean all.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from itertools import groupby, takewhile

from backends.runs.events import CurvePoint, LiveCurve, PlateausFound
from backends.runs.view import RunView
from presets.experiment import Scheme, Split

NO_PLATEAU = 0.05
"""A plateau that ends before this alpha is none to speak of."""
ALL = 0.9995
"""Share of the inputs from which on it is all of them."""
_BEFORE_CURVES = {
    "loading": "loading the data",
    "interpolating": "the final curves are being measured",
    "writing": "the tables are being written",
}


def sentence(view: RunView, split: Split = "train", both: bool = False) -> str:
    """Return what is seen on `split`: the final plateaus where they are known, else what the newest live curve shows.

    Where `both` splits are shown it names the one that it is of.
    """
    if view.status == "failed":
        return f"failed: {view.message}" if view.message else "failed"
    schemes = [s for s in view.experiment.interpolation.schemes if (s, split) in view.plateaus]
    if schemes:
        return f"{split}: " * both + _final(view, schemes, split)
    curve = _newest_live(view)
    if curve is not None and (seen := _live(view, curve)):
        where = " (train inputs)" if both or split == "test" else ""
        return f"{_standing(view)}on the way to epoch {curve.epoch}'s weights{where}, {seen}"
    return _stage(view)


def fitted(text: str, width: int) -> str:
    """Return a sentence without the last of its clauses where two lines of `width` have no room for them."""
    while ";" in text and len(textwrap.wrap(text, max(1, width), break_on_hyphens=False)) > 2:
        text = text.rpartition(";")[0]
    return text


def _final(view: RunView, schemes: list[Scheme], split: Split) -> str:
    first, *others = schemes
    label = "" if first == "linear" else f"{first}: "
    clauses = [label + _plateau(view, first, split)]
    # Of more than two schemes the table says the rest: the sentence has two lines.
    clauses += [f"{scheme}: {_second(view.plateaus[scheme, split])}" for scheme in others[:1]]
    return "; ".join([*clauses, *_not_predicted(view.plateaus[first, split])])


def _not_predicted(found: PlateausFound) -> list[str]:
    """Return why there is no predicted curve: the first reason of several, for the sentence has two lines."""
    if found.predicted is not None or not found.predicted_missing:
        return []
    return [f"not predicted: {re.split('[;:]', found.predicted_missing)[0]}"]


def _plateau(view: RunView, scheme: Scheme, split: Split) -> str:
    """Return the whole clause of one scheme: how high, how far, and where the inputs go meanwhile."""
    end = view.plateaus[scheme, split].measured.error_plateau_end
    if end is None:
        return "where error starts to fall is not known"
    points = view.curves.get((scheme, split), ())
    one_class, last = _one_class_error(view, split), _error_at_end(view, points, split)
    if one_class is not None and last is not None and last >= one_class:
        return f"error does not fall: at alpha = 1 it is {_cut(last)}"
    foreseen = _foreseen(view.plateaus[scheme, split])
    if end < NO_PLATEAU:
        return f"no error plateau: error starts to fall at alpha = {end:.2f}{foreseen}"
    height = _height(view, one_class, last)
    stays = "error stays on its plateau" if height is None else f"error stays above {_cut(height)}"
    goes = _where_inputs_go(view, [p for p in points if 0.0 <= p.alpha <= end + 1e-9], end, split)
    return f"{stays} until alpha = {end:.2f}{foreseen}" + (f": {goes}" if goes else "")


def _second(found: PlateausFound) -> str:
    end = found.measured.error_plateau_end
    return "not known" if end is None else f"until {end:.2f}{_foreseen(found)}"


def _foreseen(found: PlateausFound) -> str:
    """Return the predicted end in parentheses, where there is one."""
    measured = found.measured.error_plateau_end
    predicted = found.predicted.error_plateau_end if found.predicted else None
    if measured is None or predicted is None:
        return ""
    return " (as predicted)" if f"{measured:.2f}" == f"{predicted:.2f}" else f" (predicted {predicted:.2f})"


def _one_class_error(view: RunView, split: Split) -> float | None:
    """Return the error of giving every input to the largest class."""
    largest = view.dataset.largest_class_share.get(split) if view.dataset else None
    return None if largest is None else 1.0 - largest


def _error_at_end(view: RunView, points: Sequence[CurvePoint], split: Split) -> float | None:
    if (at_end := next((p for p in reversed(points) if p.alpha == 1.0), None)) is not None:
        return at_end.error
    if not view.epochs:
        return None
    return view.epochs[-1].error if split == "train" else view.epochs[-1].test_error


def _height(view: RunView, one_class: float | None, last: float | None) -> float | None:
    """Return the error that a plateau must not fall below, by the definition of its end."""
    if one_class is None or last is None:
        return None
    return one_class - view.experiment.interpolation.tau * (one_class - last)


def _where_inputs_go(view: RunView, points: Sequence[CurvePoint], end: float, split: Split) -> str:
    """Return which class the inputs are given to on a plateau that ends at `end`; "" where nothing is known."""
    if not points:
        return ""
    inputs = "test inputs" if split == "test" else "inputs"
    if stretch := _all_to_one(points, end):
        low, high = stretch[0], stretch[-1]
        name = _class_name(view, low.top_class)
        if len(stretch) == len(points):
            return f"all {inputs} go to class {name}"
        return f"from {low.alpha:.2f} to {high.alpha:.2f} all {inputs} go to class {name}"
    middle = min(points, key=lambda p: abs(p.alpha - end / 2))
    share = middle.top_class_share
    if not share > 0.5:
        return f"{inputs} go to several classes"
    where = "" if all(p.top_class == middle.top_class for p in points) else "in its middle "
    return f"{where}most {inputs} ({_percent(share)}) go to class {_class_name(view, middle.top_class)}"


def _all_to_one(points: Sequence[CurvePoint], end: float) -> list[CurvePoint]:
    """Return the longest stretch in which all inputs go to one class; empty if it is under half of the plateau."""
    runs = [list(run) for _, run in groupby(points, key=lambda p: (p.top_class, p.top_class_share >= ALL))]
    whole = [run for run in runs if run[0].top_class_share >= ALL]
    longest = max(whole, key=lambda run: run[-1].alpha - run[0].alpha, default=[])
    if longest and (len(longest) == len(points) or longest[-1].alpha - longest[0].alpha >= end / 2):
        return longest
    return []


def _newest_live(view: RunView) -> LiveCurve | None:
    for scheme in view.experiment.interpolation.schemes:
        if curves := view.live.get(scheme):
            return curves[-1]
    return None


def _live(view: RunView, curve: LiveCurve) -> str:
    """Return what a coarse curve shows, between two of its alphas; "" where it shows nothing."""
    measured = [(a, e) for a, e in zip(curve.alphas, curve.error, strict=False) if e is not None]
    if len(measured) < 2 or len(measured) < len(curve.alphas) or view.classes < 2:
        return ""
    one_class = 1.0 - 1.0 / view.classes  # live inputs are the same number of each class
    last = measured[-1][1]
    if last >= one_class:
        return f"error does not fall yet: at alpha = 1 it is {_cut(last)}"
    height = one_class - view.experiment.interpolation.tau * (one_class - last)
    above = list(takewhile(lambda point: point[1] >= height, measured))
    if not above:
        return f"error is already below {_cut_up(height)} at alpha = {measured[0][0]:.2f}"
    below = next((alpha for alpha, _ in measured[len(above) :]), 1.0)
    if len(above) == 1:
        return f"error falls below {_cut_up(height)} before alpha = {below:.2f}"
    label = "" if curve.scheme == "linear" else f" ({curve.scheme})"
    return f"error stays above {_cut(height)} until alpha = {above[-1][0]:.2f}{label} and is below it at {below:.2f}"


def _standing(view: RunView) -> str:
    """Return what comes before the words on a live curve, where that curve is not the newest news."""
    if view.status in ("stopped", "interrupted", "ending"):
        return f"{view.status} after epoch {view.epoch}; "
    return f"{_BEFORE_CURVES[view.phase]}; " if view.phase == "interpolating" else ""


def _stage(view: RunView) -> str:
    match view.status:
        case "queued" if view.ahead:
            return f"waiting for a device, {view.ahead} {'run' if view.ahead == 1 else 'runs'} ahead"
        case "queued":
            return "waiting to start"
        case "paused":
            return f"paused: {view.message}" if view.message else "paused"
        case "stopped" | "interrupted" | "ending":
            return f"{view.status} after epoch {view.epoch}: no curve yet"
        case "done":
            return "done: no curve was measured"
    if view.phase in _BEFORE_CURVES:
        return _BEFORE_CURVES[view.phase]
    return f"training: epoch {epochs(view)}, no curve yet"


def epochs(view: RunView) -> str:
    """Return `12 of at most 150`, or `12` alone where the user's own loop decides when it ends."""
    most = view.experiment.most_epochs
    return f"{view.epoch}" if most is None else f"{view.epoch} of at most {most}"


def _class_name(view: RunView, index: int) -> str:
    names = view.dataset.class_names if view.dataset else ()
    return names[index] if 0 <= index < len(names) else str(index)


def _cut(value: float) -> str:
    return f"{math.floor(100 * _bounded(value) + 1e-9) / 100:.2f}"


def _cut_up(value: float) -> str:
    return f"{math.ceil(100 * _bounded(value) - 1e-9) / 100:.2f}"


def _percent(share: float) -> str:
    return f"{math.floor(100 * _bounded(share) + 1e-9)} %"


def _bounded(value: float) -> float:
    """Return a share or an error within what it can be: a damaged file may hold any number."""
    return min(1.0, max(0.0, value))
