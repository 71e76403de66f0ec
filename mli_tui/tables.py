"""The table of plateau ends as styled lines, and what tables share. Pure functions; foreign text stays data."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from backends.runs.listing import LIVE
from backends.runs.view import RunView
from mli_tui import format
from mli_tui.format import measured as written
from mli_tui.pictures import SHORT, SHORTEST
from mli_tui.plotting import palette
from mli_tui.plotting.palette import Look
from presets.experiment import Scheme, Split

Line = Content
_ASCII_BAR = str.maketrans("█▌▐│", "#::|")


def signed_bar(value: float, width: int, ascii_only: bool = False) -> str:
    """Return a bar for a value from -1 to 1 around a middle line, `width` cells wide in halves of a cell."""
    half = (width - 1) // 2
    if half < 1:
        return " " * width
    cells = round(abs(value) * half * 2) / 2
    whole, rest = int(cells), cells % 1 >= 0.5
    if value < 0:
        text = " " * (half - whole - rest) + ("▐" if rest else "") + "█" * whole + "│" + " " * half
    else:
        text = " " * half + "│" + "█" * whole + ("▌" if rest else "")
    text = text.ljust(width)[:width]
    return text.translate(_ASCII_BAR) if ascii_only else text


def share_bar(value: float, width: int, ascii_only: bool = False) -> str:
    """Return a bar for a share from 0 to 1, `width` cells wide, in halves of a cell."""
    halves = round(max(0.0, min(1.0, value)) * width * 2)
    text = ("█" * (halves // 2) + "▌" * (halves % 2)).ljust(width)
    return text.translate(_ASCII_BAR) if ascii_only else text


def ends_table(view: RunView, splits: Sequence[Split], look: Look, width: int, most: int = 5) -> list[Line]:
    """Return a line a scheme and split: plateau ends measured and predicted, half fall, largest rise, the ends' check.

    Below `ROOMY_ENDS` columns the half fall is left out, below `MEDIUM_ENDS` names are short, sooner where values have
    more decimals: no line is ever cut from 78 columns on, with up to five decimals. Of more than `most` lines, the last
    says how many are left out.
    """
    digits = 6 * max(0, format.decimals() - format.DECIMALS)  # so many are added to a line
    more = digits + _SPLIT * (len(splits) > 1)
    size = -(width < LEAST_ENDS + more) + (width >= MEDIUM_ENDS + more) + (width >= ROOMY_ENDS + more)
    keys = [(scheme, split) for scheme in view.experiment.interpolation.schemes for split in splits]
    shown = keys if len(keys) <= most else keys[: most - 1]
    lines = [Content.assemble(_name(*key, look, size, len(splits) > 1), _ends_line(view, *key, size)) for key in shown]
    if len(shown) < len(keys):
        lines.append(Content.styled(f"and {len(keys) - len(shown)} more: i shows all numbers", "$foreground-muted"))
    return lines


_SPLIT = 4
"""Columns that a line has more where it names its split."""
LEAST_ENDS, MEDIUM_ENDS, ROOMY_ENDS = 78, 114, 153


def _name(scheme: Scheme, split: Split, look: Look, size: int, both: bool) -> tuple[str, str]:
    short = SHORT.get(scheme, scheme)
    if both and size < 0:
        name = f"{SHORTEST.get(scheme, short):<6} {split:<6}"
    elif both:
        name = f"{short} {split}".ljust(12 + _SPLIT)
    else:
        name = f"{scheme if len(scheme) < 12 else short:<12}"
    return name, class_style(scheme, look)


def _ends_line(view: RunView, scheme: Scheme, split: Split, size: int) -> Line:
    found = view.plateaus.get((scheme, split))
    if found is None:
        return Content.styled(_pending(view, scheme, split), "$foreground-muted")
    own, theirs = found.measured, found.predicted
    return Content.assemble(
        ("error plateau to " if size > 0 else "error ", "$foreground-muted"),
        _value(own.error_plateau_end, theirs.error_plateau_end if theirs else None, size),
        ("  loss plateau to " if size > 0 else "  loss ", "$foreground-muted"),
        _value(own.loss_plateau_end, theirs.loss_plateau_end if theirs else None, size),
        (f"  half fall {written(own.error_half_fall)}" if size == 2 else ""),
        ("  rise ", "$foreground-muted"),
        written(own.max_rise_loss.rise),
        _check(view, scheme, split, size),
    )


def _value(measured: float | None, predicted: float | None, size: int) -> Content:
    value = Content.styled(written(measured), "bold")
    if predicted is None:
        return value
    foreseen = f" ({('pred. ', 'predicted ', 'predicted ', '')[size]}{written(predicted)})"
    return Content.assemble(value, (foreseen, "$foreground-muted"))


def class_style(colour: str, look: Look) -> str:
    """Return the style of a class or a scheme by the name of its colour."""
    return "bold" if look.no_colour else palette.hexadecimal(colour, look) or ""


def _pending(view: RunView, scheme: Scheme, split: Split) -> str:
    points = view.curves.get((scheme, split), ())
    if split not in view.splits:
        return f"no {split} inputs in this run"
    if points:
        return f"{len(points)} of {len(view.experiment.interpolation.grid())} alphas"
    return "plateau ends follow when training ends" if view.status in LIVE else "plateau ends: not measured"


def _check(view: RunView, scheme: Scheme, split: Split, size: int) -> tuple[str, str]:
    """Say whether the curve's ends equal the checkpoints' own loss and error, in a mark that needs no colour."""
    checked = view.ends.get((scheme, split))
    if checked is None or checked.start is checked.end is None:
        return "", ""
    good = checked.end is not False and checked.start is not False
    if good:
        return ("  ✓", "  ✓ ends", "  ✓ ends equal the checkpoints")[max(0, size)], "$success"
    return ("  ✗", "  ✗ ends", "  ✗ ends differ from the checkpoints")[max(0, size)], "bold $error"
