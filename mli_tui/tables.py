"""The bias table and the table of plateau ends, as styled lines. Pure functions; foreign text stays data."""

from __future__ import annotations

from textual.content import Content

from backends.runs.export import BiasRow, bias_rows
from backends.runs.view import RunView
from mli_tui.format import number
from mli_tui.pictures import SHORT
from mli_tui.plotting import palette
from mli_tui.plotting.palette import Look
from presets.experiment import Scheme, Split

Line = Content
LIVE = frozenset({"running", "queued", "paused"})
"""Statuses of a run that a worker is at."""


def bias_table(view: RunView, width: int, look: Look) -> list[Line]:
    """Return the bias table, largest first: class, bias, bar, gap, epoch learned, error, share in mid-plateau."""
    rows = bias_rows(view)
    if not rows:
        return [Content.styled(_no_biases(view), "$text-muted")]
    share = mid_plateau_shares(view)
    with_error = width >= ROOMY
    bar = max(0, min(41, width - (42 if with_error else 32)))
    head = (
        f"{'class':>5} {'bias':>7} {'':{bar}} {'gap':>6} {'learned' if with_error else 'ep.':>{7 if with_error else 4}}"
    )
    head += f" {'error':>6}" if with_error else ""
    largest = max(abs(row.bias) for row in rows) or 1.0
    lines = (_bias_line(row, signed_bar(row.bias / largest, bar), share, with_error, look) for row in rows)
    return [Content.styled(f"{head} {'share':>5}", "$text-muted"), *lines]


def _no_biases(view: RunView) -> str:
    if view.epochs:
        return "no bias in the last layer: nothing to compare"
    return "no training, no bias table" if view.experiment.own.model else "the bias table fills while it trains"


ROOMY = 50
"""Columns from which the bias table shows each class's error, too."""


def _bias_line(row: BiasRow, bar: str, share: tuple[float, ...], with_error: bool, look: Look) -> Line:
    colour = _style(palette.class_colour(row.index), look)
    learned = "-" if row.learned_epoch is None else str(row.learned_epoch)
    tail = f" {row.gap_to_largest:>6.3f} {learned:>{7 if with_error else 4}}"
    tail += f" {number(row.error, 3):>6}" if with_error else ""
    tail += f" {share[row.index]:>5.0%}" if row.index < len(share) else f" {'-':>5}"
    return Content.assemble((f"{row.name[:5]:>5}", colour), f" {row.bias:>+7.3f} ", (bar, colour), tail)


def signed_bar(value: float, width: int) -> str:
    """Return a bar for a value from -1 to 1 around a middle line, `width` cells wide in eighths of a cell."""
    half = (width - 1) // 2
    if half < 1:
        return " " * width
    cells = round(abs(value) * half * 2) / 2
    whole, rest = int(cells), cells % 1 >= 0.5
    if value < 0:
        text = " " * (half - whole - rest) + ("▐" if rest else "") + "█" * whole + "│" + " " * half
    else:
        text = " " * half + "│" + "█" * whole + ("▌" if rest else "")
    return text.ljust(width)[:width]


def mid_plateau_shares(view: RunView, split: Split = "train") -> tuple[float, ...]:
    """Return the share of inputs given to each class in the middle of the linear path's error plateau.

    Empty until the plateau end is known; read at the nearest alpha that was evaluated.
    """
    scheme = view.experiment.interpolation.schemes[0]
    found, points = view.plateaus.get((scheme, split)), view.curves.get((scheme, split))
    if found is None or not points or found.measured.error_plateau_end is None:
        return ()
    middle = found.measured.error_plateau_end / 2
    return min(points, key=lambda p: abs(p.alpha - middle)).histogram


def ends_table(view: RunView, split: Split, look: Look, width: int, most: int = 5) -> list[Line]:
    """Return a line a scheme: plateau ends measured and predicted, half fall, largest rise, the check of the ends.

    Below `ROOMY_ENDS` columns the half fall is left out, below `MEDIUM_ENDS` names are short: no line is ever cut
    from 78 columns on. Of more than `most` lines, the last says how many schemes are left out.
    """
    size = (width >= MEDIUM_ENDS) + (width >= ROOMY_ENDS)
    schemes = view.experiment.interpolation.schemes
    shown = schemes if len(schemes) <= most else schemes[: most - 1]
    lines = [_ends_line(view, scheme, split, look, size) for scheme in shown]
    if len(shown) < len(schemes):
        lines.append(
            Content.styled(f"and {len(schemes) - len(shown)} more schemes: i shows all numbers", "$text-muted")
        )
    return lines


MEDIUM_ENDS, ROOMY_ENDS = 114, 153


def _ends_line(view: RunView, scheme: Scheme, split: Split, look: Look, size: int) -> Line:
    found = view.plateaus.get((scheme, split))
    name = (f"{scheme if len(scheme) < 12 else SHORT[scheme]:<12}", _style(scheme, look))
    if found is None:
        return Content.assemble(name, (_pending(view, scheme, split), "$text-muted"))
    own, theirs = found.measured, found.predicted
    return Content.assemble(
        name,
        ("error plateau to " if size else "error ", "$text-muted"),
        _value(own.error_plateau_end, theirs.error_plateau_end if theirs else None, size),
        ("  loss plateau to " if size else "  loss ", "$text-muted"),
        _value(own.loss_plateau_end, theirs.loss_plateau_end if theirs else None, size),
        (f"  half fall {number(own.error_half_fall, 3)}" if size == 2 else ""),
        ("  rise ", "$text-muted"),
        number(own.max_rise_loss.rise, 3),
        _check(view, scheme, split, size),
    )


def _value(measured: float | None, predicted: float | None, size: int) -> Content:
    value = Content.styled(number(measured, 3), "bold")
    if predicted is None:
        return value
    return Content.assemble(value, (f" ({'predicted' if size else 'pred.'} {number(predicted, 3)})", "$text-muted"))


def _style(colour: str, look: Look) -> str:
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
        return ("  ✓", "  ✓ ends", "  ✓ ends equal the checkpoints")[size], "$success"
    return ("  ✗", "  ✗ ends", "  ✗ ends differ from the checkpoints")[size], "bold $error"
