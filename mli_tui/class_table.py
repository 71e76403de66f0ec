"""The table of classes: biases, and who gets which share of the inputs, in mid-plateau or under the cursor."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from backends.runs.events import CurvePoint
from backends.runs.export import BiasRow, bias_rows
from backends.runs.listing import LIVE
from backends.runs.view import RunView
from mli_tui import classes, format
from mli_tui.format import measured
from mli_tui.pictures import SHORT
from mli_tui.plotting import palette
from mli_tui.plotting.palette import Look
from mli_tui.reading import Reading, nearest, points
from mli_tui.tables import class_style, share_bar, signed_bar
from presets.experiment import Scheme, Split

ROOMY = 50
"""Columns from which gap and learning epoch stand beside error and share."""


@dataclass(frozen=True)
class Row:
    """What is known of one class; None for what is not."""

    index: int
    name: str
    bias: BiasRow | None
    error: float | None
    share: float | None


def lines(view: RunView, reading: Reading, width: int, height: int, look: Look) -> list[Content]:
    """Return title, head and a line a class, largest bias first; where not all have room, the last sums the others up.

    Without a cursor a bar shows the bias, with one the share of the inputs that the class gets there.
    """
    point = _under_cursor(view, reading)
    rows = table_rows(view, reading, point)
    if not any(row.bias or row.share is not None for row in rows):
        return [Content.styled(_nothing(view), "$foreground-muted")]
    shape = _Shape(width, max((abs(row.bias.bias) for row in rows if row.bias), default=1.0) or 1.0, point is not None)
    shown = fitting(rows, max(1, height - 2))
    body = [_line(row, shape, look) for row in shown]
    if len(shown) < len(rows):
        body.append(_others([row for row in rows if row not in shown]))
    return [_title(view, reading, point, width), Content.styled(_head(shape), "$foreground-muted"), *body]


def table_rows(view: RunView, reading: Reading, point: CurvePoint | None) -> list[Row]:
    """Return a row a class, largest bias first, with share and error at `point`; None: mid-plateau, and the newest."""
    biases = {row.index: row for row in bias_rows(view)}
    shares = point.histogram if point else mid_plateau_shares(view, reading.scheme_of(view), reading.split)
    errors = dict(enumerate(point.class_error)) if point else _newest_errors(view, reading.split, biases)
    return [
        Row(
            index=index,
            name=classes.name(view, index, 5),
            bias=biases.get(index),
            error=errors.get(index),
            share=shares[index] if index < len(shares) else None,
        )
        for index in classes.ranked(view)
    ]


def _newest_errors(view: RunView, split: Split, biases: dict[int, BiasRow]) -> dict[int, float | None]:
    """Return the error of each class at the weights last known.

    Epochs tell it of the training inputs alone. Of test inputs the end of a curve does that was found to equal the
    trained network, or without a training the end checkpoint, which not every scheme's end is.
    """
    if split == "test":
        if view.epochs and view.experiment.interpolation.end != "trained":
            return {}
        ends = (view.curves.get(key, ()) for key, found in view.ends.items() if key[1] == split and found.end)
        points = (point for curve in ends for point in curve if point.alpha == 1.0)
        return next((dict(enumerate(point.class_error)) for point in points), {})
    newest = view.epochs[-1].class_error if view.epochs else ()
    return dict(enumerate(newest)) or {index: row.error for index, row in biases.items()}


def fitting(rows: list[Row], room: int) -> list[Row]:
    """Return the rows that `room` lines hold, one of them kept for the others: the largest bias, then whose share is
    largest, then in the order given, which they keep."""
    if len(rows) <= room:
        return rows
    first, *rest = rows
    wanted = sorted(rest, key=lambda row: -(row.share or 0.0))  # stable: equal shares stay in the order of the biases
    kept = {first.index, *(row.index for row in wanted[: room - 2])} if room > 1 else set()
    return [row for row in rows if row.index in kept]


def mid_plateau_shares(view: RunView, scheme: Scheme, split: Split) -> tuple[float, ...]:
    """Return the share of the split's inputs given to each class in the middle of a scheme's error plateau.

    Empty until the plateau end is known; read at the nearest alpha that was evaluated.
    """
    found, curve = view.plateaus.get((scheme, split)), view.curves.get((scheme, split))
    if found is None or not curve or found.measured.error_plateau_end is None:
        return ()
    point = nearest(curve, found.measured.error_plateau_end / 2)
    return point.histogram if point else ()


def _under_cursor(view: RunView, reading: Reading) -> CurvePoint | None:
    """Return the measured point of the scheme that is read, nearest to the cursor; live curves know no classes."""
    if reading.alpha is None:
        return None
    point = nearest(points(view, reading.scheme_of(view), reading.split), reading.alpha)
    return point if point and point.histogram else None


def _nothing(view: RunView) -> str:
    if view.epochs:
        return "no bias in the last layer: nothing to compare"
    filling = view.status in LIVE and not view.experiment.own.model
    return "the bias table fills while it trains" if filling else "no training, no bias table"


def _title(view: RunView, reading: Reading, point: CurvePoint | None, width: int) -> Content:
    scheme = reading.scheme_of(view)
    if point is None:
        long = f"{reading.split}; share in mid-plateau, {scheme}"
        told = f" · {long if width >= ROOMY else f'{reading.split}, {SHORT.get(scheme, scheme)}; mid-plateau'}"
        return Content.assemble(("classes", "bold"), (told, "$foreground-muted"))
    where = f"at {format.alpha_read(point.alpha)}"
    of = f" · {SHORT.get(scheme, scheme)}, {reading.split} split"
    return Content.assemble(("classes ", "bold"), (where, "bold"), (of, "$foreground-muted"))


@dataclass(frozen=True)
class _Shape:
    """How a line is laid out."""

    width: int
    largest: float
    pointed: bool

    @property
    def roomy(self) -> bool:
        return self.width >= ROOMY

    @property
    def with_error(self) -> bool:
        return self.roomy or self.pointed

    @property
    def with_gap(self) -> bool:
        return self.roomy or (not self.pointed and self.width >= 19 + 2 * self.value)

    @property
    def value(self) -> int:
        """Columns of an error or a gap, with the blank before it."""
        return 4 + format.decimals()

    @property
    def bar(self) -> int:
        taken = 14 + self.value + self.value * self.with_error
        taken += (self.value + (8 if self.roomy else 5)) * self.with_gap
        return max(0, min(41, self.width - taken))


def _head(shape: _Shape) -> str:
    caption = ("share of inputs" if shape.bar > 14 else "share") if shape.pointed else ""
    size = shape.value - 1
    head = f"{'class':>5} {'bias':>{size + 1}} {caption[: shape.bar]:<{shape.bar}}"
    if shape.with_gap:
        head += f" {'gap':>{size}} {'learned':>7}" if shape.roomy else f" {'gap':>{size}} {'ep.':>4}"
    return head + (f" {'error':>{size}}" if shape.with_error else "") + f" {'share':>5}"


def _line(row: Row, shape: _Shape, look: Look) -> Content:
    colour = class_style(palette.class_colour(row.index), look)
    bias = row.bias.bias if row.bias else None
    if shape.pointed:
        bar = share_bar(row.share or 0.0, shape.bar, look.marker == "ascii")
    else:
        bar = signed_bar((bias or 0.0) / shape.largest, shape.bar, look.marker == "ascii")
    shown = ("-" if bias is None else f"{bias:+.{format.decimals()}f}").rjust(shape.value)
    return Content.assemble((f"{row.name:>5}", colour), f" {shown} ", (bar, colour), _tail(row, shape))


def _tail(row: Row, shape: _Shape) -> str:
    tail = ""
    if shape.with_gap:
        gap = measured(row.bias.gap_to_largest if row.bias else None)
        learned = "-" if row.bias is None or row.bias.learned_epoch is None else str(row.bias.learned_epoch)
        tail += f" {gap:>{shape.value - 1}} {learned:>{7 if shape.roomy else 4}}"
    if shape.with_error:
        tail += f" {measured(row.error):>{shape.value - 1}}"
    return tail + (f" {row.share:>5.0%}" if row.share is not None else f" {'-':>5}")


def _others(rows: list[Row]) -> Content:
    """Return one line for all classes that have none of their own."""
    biases = [row.bias.bias for row in rows if row.bias]
    between = f", bias {min(biases):+.2f} to {max(biases):+.2f}" if biases else ""
    shares = [row.share for row in rows if row.share is not None]
    together = f", share {sum(shares):.0%}" if shares else ""
    return Content.styled(f"{len(rows)} others{between}{together}", "$foreground-muted")
