"""What is looked at on the compare screen: scheme, split, the cursor on the alpha axis, whose curves stand out. Pure.

A `CompareReading` is a value; every key is a function from one to the next. Only measured points are ever read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mli_tui import alphas, compare_lines, format
from mli_tui.alphas import LOWEST, Alphas, Pointed
from mli_tui.axes import Metric, Window, toggled
from mli_tui.compare_lines import Curve
from mli_tui.comparing import Comparison, Group, Row, finer, spread
from presets.experiment import Scheme, Split

METRICS: tuple[Metric, ...] = ("loss", "error")


@dataclass(frozen=True)
class CompareReading(Pointed):
    """What is looked at, and how."""

    number: int = 0
    """Which of the schemes."""
    split: Split = "train"
    column: int = 0
    """Number of the group whose column the table's cursor is in."""
    single: bool | None = None
    """Whether that group's curves stand out; None until the cursor has gone to another column, which lets them."""
    hidden: frozenset[str] = frozenset()
    """Runs whose curves are hidden."""

    def scheme(self, comparison: Comparison) -> Scheme:
        """Return the scheme whose curves are drawn."""
        schemes = comparison.schemes or ("linear",)
        return schemes[self.number % len(schemes)]

    def chosen(self, comparison: Comparison) -> Group | None:
        """Return the group whose column the cursor is in."""
        return comparison.groups[self.column] if 0 <= self.column < len(comparison.groups) else None

    def hides(self, group: Group) -> bool:
        """Return whether a group's curves are hidden: those of all its runs."""
        return all(view.run_id in self.hidden for view in group.views)

    def shown(self, comparison: Comparison) -> tuple[Group, ...]:
        """Return the groups whose curves are not hidden."""
        return tuple(group for group in comparison.groups if not self.hides(group))

    def accent(self, comparison: Comparison) -> str:
        """Return the letter of the group that stands out; "" where none does, or nothing is beside it."""
        group = self.chosen(comparison) if self.single else None
        return group.letter if group and not self.hides(group) and len(self.shown(comparison)) > 1 else ""

    def drawn(self, comparison: Comparison) -> tuple[CompareReading, str]:
        """Return all that the pictures depend on, but for the cursor over them."""
        return replace(self, alpha=None, column=0, single=None), self.accent(comparison)

    def limits(self, comparison: Comparison) -> Window:
        """Return the stretch of alpha that is shown; on a log axis from the lowest one above 0 that was measured."""
        if not self.log_alpha:
            return self.window or whole(comparison)
        return alphas_of(comparison, self).limits(self)


def whole(comparison: Comparison) -> Window:
    """Return the stretch of alpha that the runs cover together."""
    covered = [view.experiment.interpolation for view in comparison.views]
    return min((a.alpha_from for a in covered), default=0.0), max((a.alpha_to for a in covered), default=1.0)


def alphas_of(comparison: Comparison, reading: CompareReading) -> Alphas:
    """Return where the curves that are drawn were measured."""
    scheme, chosen = reading.scheme(comparison), reading.chosen(comparison)
    groups = reading.shown(comparison) or comparison.groups
    curves = [compare_lines.shared(compare_lines.curves_of(one, scheme, reading.split, "loss")) for one in groups]
    return Alphas(
        whole=whole(comparison),
        curves=tuple(map(frozenset, curves)),
        lowest=min((a for curve in curves for a in curve if a > 0), default=LOWEST) if reading.log_alpha else LOWEST,
        end=compare_lines.plateau_end(chosen, scheme, reading.split, "error") if chosen else None,
    )


def summary(comparison: Comparison, reading: CompareReading) -> str:
    """Return in one line what is compared and how, the first things first: a narrow screen cuts it."""
    runs, groups = len(comparison.views), len(comparison.groups)
    told = format.counted(runs, "run")
    if runs != groups:
        told += f" in {format.counted(groups, 'group')}, {'bands' if groups > 1 else 'a band'} over seeds"
    if hidden := [group.letter for group in comparison.groups if reading.hides(group)]:
        told += f", {', '.join(hidden)} hidden"
    seeds = len(comparison.groups[0].views) if comparison.groups else 0
    aligned = f"aligned by {format.counted(seeds, 'seed')}, differences to A" if comparison.aligned else ""
    parts = (told, reading.scheme(comparison), f"{reading.split} split", aligned or comparison.complaint)
    return " · ".join(filter(None, parts))


def rows(comparison: Comparison, reading: CompareReading) -> list[Row]:
    """Return loss and error of every group under the cursor, as in the table: over several runs median and range.

    Where a group was not measured at that alpha, the nearest one that it was measured at is said, too; where its
    curves end before it, nothing is. Aligned, they are differences to the first group, seed by seed.
    """
    if reading.alpha is None:
        return []
    at = format.alpha_read(reading.alpha)
    cells = {
        metric: [_cell(comparison, i, reading, metric) for i in range(len(comparison.groups))] for metric in METRICS
    }
    return [Row(f"cursor.{metric}", f"{metric} at {at}", tuple(found)) for metric, found in cells.items()]


def _cell(comparison: Comparison, index: int, reading: CompareReading, metric: Metric) -> str:
    curves, signed = _curves(comparison, index, reading, metric), comparison.aligned and index > 0
    measured, alpha = compare_lines.shared(curves), reading.alpha or 0.0
    if not measured or not min(measured) <= alpha <= max(measured):
        return format.UNKNOWN
    nearest = min(measured, key=lambda a: abs(a - alpha))
    values = compare_lines.known([curve[nearest] for curve in curves])
    text = spread(values or (), format.loss if metric == "loss" else finer, signed)
    return text if nearest == alpha else f"{text} at {format.alpha_read(nearest)}"


def _curves(comparison: Comparison, index: int, reading: CompareReading, metric: Metric) -> list[Curve]:
    """Return the curves of a group, or aligned their differences to those of the first group, seed by seed."""
    of = reading.scheme(comparison), reading.split, metric
    group, first = comparison.groups[index], comparison.groups[0]
    if not comparison.aligned or not index:
        return compare_lines.curves_of(group, *of)
    found = []
    for view in group.views:
        other = first.of_seed(view.experiment.seed or 0)
        theirs = compare_lines.curve_of(other, *of) if other else {}
        found.append(compare_lines.difference(compare_lines.curve_of(view, *of), theirs))
    return [curve for curve in found if curve]


def in_column(reading: CompareReading, column: int) -> CompareReading:
    """Return what is looked at with the table's cursor in this column, the first group's being 0."""
    moved = column >= 0 and reading.column not in (-1, column)
    single = True if moved and reading.single is None else reading.single
    return replace(reading, column=column, single=single)


def _hide(comparison: Comparison, reading: CompareReading) -> CompareReading:
    group = reading.chosen(comparison)
    if group is None:
        return reading
    runs = {view.run_id for view in group.views}
    hidden = reading.hidden - runs if reading.hides(group) else reading.hidden | runs
    return settled(comparison, replace(reading, hidden=hidden))


def settled(comparison: Comparison, reading: CompareReading) -> CompareReading:
    """Put a cursor back on an alpha that was measured."""
    return alphas_of(comparison, reading).settled(reading)


def _along(move: str) -> Callable[[Comparison, CompareReading], CompareReading]:
    return lambda comparison, reading: alphas.MOVES[move](alphas_of(comparison, reading), reading)


MOVES: dict[str, Callable[[Comparison, CompareReading], CompareReading]] = {
    **{move: _along(move) for move in alphas.MOVES},
    "scheme": lambda comparison, reading: settled(comparison, replace(reading, number=reading.number + 1)),
    "split": lambda comparison, reading: settled(
        comparison, replace(reading, split="test" if reading.split == "train" else "train")
    ),
    "log": lambda _comparison, reading: toggled(reading, "log"),
    "log-alpha": lambda comparison, reading: settled(comparison, toggled(reading, "log-alpha")),
    "shared": lambda _comparison, reading: toggled(reading, "shared"),
    "single": lambda _comparison, reading: replace(reading, single=not reading.single),
    "hide": _hide,
}
"""What a key does to a reading, by name."""


def moved(comparison: Comparison, reading: CompareReading, move: str) -> CompareReading:
    """Return the reading after a move; see `MOVES`."""
    return MOVES[move](comparison, reading)


def why_still(comparison: Comparison, reading: CompareReading, move: str) -> str:
    """Return why a move that changed nothing never does here, or ""."""
    return alphas_of(comparison, reading).why_still(reading, move)
