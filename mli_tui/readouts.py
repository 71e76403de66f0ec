"""What stands under the cursor: a line for each curve, in place of the plateau ends. Pure functions."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from backends.runs.events import CurvePoint
from backends.runs.view import RunView
from mli_tui import classes, device_cursor, format
from mli_tui.pictures import SHORT
from mli_tui.plotting import palette
from mli_tui.plotting.palette import Look
from mli_tui.reading import Reading, nearest, points
from mli_tui.tables import class_style
from presets.experiment import Scheme, Split

_PREDICTED = ("predicted ", "pred. ", "")
"""What stands in brackets before a predicted value, from where there is room to where there is little."""
_TERSE = 2


def lines(view: RunView, reading: Reading, look: Look, width: int, most: int) -> list[Content]:
    """Return a line for each scheme and split: where the nearest measured point is, and all that was measured there.
    In the pictures of the device it is what was measured in a stretch of work.

    The wordiest form is chosen in which no line is longer than `width`. Of more than `most` lines the last says how
    many are left out.
    """
    if reading.picture == "device":
        found = device_cursor.lines(view, reading.moment or 0.0, width, most)
        usual = min(most, len(view.experiment.interpolation.schemes) * len(reading.splits))
        return [*found, *[Content("")] * (usual - len(found))]  # as many as without a cursor: nothing is moved
    keys = [(scheme, split) for scheme in view.experiment.interpolation.schemes for split in reading.shown_splits(view)]
    shown = keys if len(keys) <= most else keys[: most - 1]
    found = []
    for brevity, loss in (*((brevity, format.loss) for brevity in range(_TERSE + 1)), (_TERSE, format.short_loss)):
        found = [_line(view, reading, scheme, split, look, brevity, loss) for scheme, split in shown]
        if all(line.cell_length <= width for line in found):
            break
    if len(shown) < len(keys):
        found.append(Content.styled(f"and {len(keys) - len(shown)} more curves", "$foreground-muted"))
    return found


def _line(
    view: RunView,
    reading: Reading,
    scheme: Scheme,
    split: Split,
    look: Look,
    brevity: int,
    loss: Callable[[float | None], str],
) -> Content:
    title = (f"{_name(view, reading, scheme, split, brevity)} ", class_style(scheme, look))
    point = nearest(points(view, scheme, split), reading.alpha or 0.0)
    if point is None:
        return Content.assemble(title, ("nothing measured yet", "$foreground-muted"))
    at = format.alpha_read(point.alpha)
    return Content.assemble(
        title,
        ("" if brevity else "at alpha ", "$foreground-muted"),
        (f"{at:<6}", "bold"),
        *_metric("loss", loss(point.loss), _known(point.predicted_loss, loss), brevity),
        *_metric("error", format.alpha(point.error), _known(point.predicted_error, format.alpha), brevity),
        *_top(view, point, look, brevity),
    )


def _name(view: RunView, reading: Reading, scheme: Scheme, split: Split, brevity: int) -> str:
    """Return the name of a curve, as wide as that of any other."""
    names = {one: SHORT.get(one, one) if brevity else one for one in view.experiment.interpolation.schemes}
    if len(reading.shown_splits(view)) < 2:
        return f"{names[scheme]:<{9 if brevity else 16}}"
    return f"{names[scheme]:<{max(map(len, names.values()))}} {split:<5}"


def _known(value: float | None, text: Callable[[float | None], str]) -> str:
    return "" if value is None else text(value)


def _metric(name: str, measured: str, predicted: str, brevity: int) -> tuple[tuple[str, str], ...]:
    foreseen = f" ({_PREDICTED[brevity]}{predicted})" if predicted else ""
    return (f" {name} ", "$foreground-muted"), (measured, "bold"), (foreseen, "$text-muted")


def _top(view: RunView, point: CurvePoint, look: Look, brevity: int) -> tuple[tuple[str, str] | str, ...]:
    """Say which class gets the most inputs, and how many of them."""
    if not point.histogram or point.top_class >= len(point.histogram):
        return ()
    name = classes.name(view, point.top_class, 4 if brevity else 20)
    style = class_style(palette.class_colour(point.top_class), look)
    share = f"{point.top_class_share:.0%}"
    if brevity:
        return "  ", (name, style), f": {share}"
    return ("  class ", "$foreground-muted"), (name, style), f" gets {share}"
