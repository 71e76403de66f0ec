"""Runs beside each other: groups that differ in the seed alone, and what differs in specification and results. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from string import ascii_uppercase
from typing import NamedTuple

import msgspec

from backends.runs import export
from backends.runs.events import Ends
from backends.runs.text import safe_line
from backends.runs.view import RunView
from mli_tui import format
from mli_tui.labelling import common_tags
from presets.experiment import Experiment, Scheme, Split
from presets.idle import idle_keys

SECTIONS = ("data", "model", "train", "interpolation", "output", "own")
SEED = "train.seed"
THREADS = "train.threads"
"""Decides last bits only, and a sweep writes its own into its runs: it parts no groups, and names one last of all."""
MOST = 100
"""Runs that are compared at once: each is read whole."""
NAMED_BY = 3
"""Keys that tell groups of one name apart."""
LONGEST_VALUE = 24


@dataclass(frozen=True)
class Group:
    """One run, or several that differ in the seed alone; threads don't count."""

    letter: str
    name: str
    views: tuple[RunView, ...]
    telling: str = ""
    """The end of its name that tells it from groups of the same name; empty where there is none."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of its runs, each once."""
        return tuple(sorted({view.experiment.seed for view in self.views if view.experiment.seed is not None}))

    @property
    def counted(self) -> tuple[RunView, ...]:
        """The runs that its figures are of: of several those that are done, where any is."""
        return tuple(view for view in self.views if view.status == "done") or self.views

    def of_seed(self, seed: int) -> RunView | None:
        """Return its run with that seed."""
        return next((view for view in self.views if view.experiment.seed == seed), None)


@dataclass(frozen=True)
class Comparison:
    """What is compared: groups, and whether only seeds that all have count, run against run."""

    groups: tuple[Group, ...] = ()
    aligned: bool = False
    complaint: str = ""

    @property
    def views(self) -> tuple[RunView, ...]:
        """All runs."""
        return tuple(view for group in self.groups for view in group.views)

    @property
    def schemes(self) -> tuple[Scheme, ...]:
        """Every scheme that any of the runs has."""
        return tuple(dict.fromkeys(s for view in self.views for s in view.experiment.interpolation.schemes))


class Row(NamedTuple):
    """One line of the table: what it says, and a cell a group."""

    key: str
    label: str
    cells: tuple[str, ...]


def compare(views: Sequence[RunView], *, bands: bool = True, aligned: bool = False) -> Comparison:
    """Group runs in the order of their mention; `aligned` keeps of each group the seeds that all groups have."""
    grouped: dict[str, list[RunView]] = {}
    for view in views:
        grouped.setdefault(_kind(view) if bands or aligned else view.run_id, []).append(view)
    members = [tuple(found) for found in grouped.values()]
    names = _names(members)
    groups = tuple(Group(letter(i), "".join(names[i]), found, names[i][1]) for i, found in enumerate(members))
    if not aligned:
        return Comparison(groups)
    common = set.intersection(*(set(group.seeds) for group in groups)) if groups else set()
    if not common or len(groups) < 2:
        return Comparison(groups, complaint="no seed is in all of them: not aligned")
    kept = (tuple(v for seed in sorted(common) if (v := group.of_seed(seed))) for group in groups)
    return Comparison(tuple(replace(group, views=found) for group, found in zip(groups, kept, strict=True)), True)


def letter(index: int) -> str:
    """Return A to Z, then AA, AB and so on."""
    before, place = divmod(index, len(ascii_uppercase))
    return (letter(before - 1) if before else "") + ascii_uppercase[place]


def _kind(view: RunView) -> str:
    """Return what runs of one group share: all that decides the numbers, but for the seed and the last bits."""
    spec = view.experiment
    if spec.seed is None:
        return view.run_id
    return msgspec.structs.replace(spec, train=msgspec.structs.replace(spec.train, seed=0, threads=0)).identity()


def values(spec: Experiment) -> dict[str, str]:
    """Return every key of a specification that can differ, with its value as text; "-" where it decides nothing."""
    found = {"preset": spec.preset}
    for section in SECTIONS:
        for key, value in msgspec.structs.asdict(getattr(spec, section)).items():
            found[f"{section}.{key}"] = _text(value)
    return found | dict.fromkeys(idle_keys(spec), "-")


def _text(value: object) -> str:
    return safe_line(value if isinstance(value, str) else msgspec.json.encode(value).decode())


def differing(specs: Iterable[Experiment]) -> list[str]:
    """Return the keys in which specifications differ."""
    found = [values(spec) for spec in specs]
    return [key for key in found[0] if any(one[key] != found[0][key] for one in found)] if found else []


def _names(members: Sequence[tuple[RunView, ...]]) -> list[tuple[str, str]]:
    """Return a name a group: the user's, else the preset's, and of equal ones what differs, to stand behind it."""
    names = [_name(views) for views in members]
    twins: dict[str, list[tuple[RunView, ...]]] = {}
    for name, views in zip(names, members, strict=True):
        twins.setdefault(name, []).append(views)
    telling = {name: _telling(same) for name, same in twins.items()}
    told: list[tuple[str, str]] = []
    for name, views in zip(names, members, strict=True):
        own = values(views[0].experiment)
        told.append((name, "".join(f" {key.rpartition('.')[2]}={own[key]}" for key in telling[name])))
    ids = (views[0].run_id.rpartition("-")[2] for views in members)
    return [
        (name, end) if told.count((name, end)) == 1 else (name, f"{end} {one}")
        for (name, end), one in zip(told, ids, strict=True)
    ]


def _telling(twins: Sequence[tuple[RunView, ...]]) -> list[str]:
    """Return the first few keys that tell groups apart, each of which tells more of them apart than those before."""
    found = [values(views[0].experiment) for views in twins]
    alone = all(len(views) == 1 for views in twins)
    chosen: list[str] = []
    for key in sorted(differing(views[0].experiment for views in twins), key=lambda key: key == THREADS):
        if key != SEED or alone:
            before, after = ({tuple(one[k] for k in keys) for one in found} for keys in (chosen, [*chosen, key]))
            chosen += [key] if len(after) > len(before) else []
    return chosen[:NAMED_BY]


def _name(views: tuple[RunView, ...]) -> str:
    names = {view.labels.name for view in views}
    return names.pop() if len(names) == 1 and "" not in names else views[0].experiment.preset


def spec_rows(comparison: Comparison) -> list[Row]:
    """Return the keys of the specification that differ, and no others."""
    found = [[values(view.experiment) for view in group.views] for group in comparison.groups]
    rows = []
    for key in differing(view.experiment for view in comparison.views):
        if key == SEED:
            rows.append(Row(key, key, tuple(seeds_text(group.seeds) for group in comparison.groups)))
        else:
            rows.append(
                Row(key, key, tuple(_short(", ".join(dict.fromkeys(v[key] for v in views))) for views in found))
            )
    return rows


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def labels_text(group: Group) -> str:
    """Return the tags that all runs of a group have, and their note where it is one for all."""
    notes = {view.labels.note for view in group.views}
    tags = common_tags([view.labels for view in group.views])
    return "  ".join(filter(None, (" ".join(f"#{tag}" for tag in tags), notes.pop() if len(notes) == 1 else "")))


def seeds_text(seeds: Sequence[int]) -> str:
    """Return `1`, `0..4` or `1, 7, 9`; of very many, how many."""
    if len(seeds) > 2 and all(b - a == 1 for a, b in pairwise(seeds)):
        return f"{seeds[0]}..{seeds[-1]}"
    listed = ", ".join(map(str, seeds))
    return listed if len(listed) <= LONGEST_VALUE else f"{len(seeds)} seeds"


class Figure(NamedTuple):
    """One number of a run, and how it is written."""

    key: str
    label: str
    of: Callable[[RunView], float | None]
    write: Callable[[float | None], str]


def finer(value: float | None) -> str:
    """Return a measured value with one decimal more than others: an error near 0 is told apart from 0."""
    return format.number(value, format.decimals() + 1)


def figures(schemes: Iterable[Scheme], split: Split) -> list[Figure]:
    """Return what is compared of the results: training, bias gap, and plateau ends of each scheme."""
    found = [
        Figure("epochs", "epochs", lambda view: view.epoch, lambda v: f"{v:g}"),
        Figure("loss", "loss", lambda view: _last(view, "loss", split), format.loss),
        Figure(
            "error",
            "error",
            lambda view: _last(view, "error", split),
            finer,
        ),
        Figure("bias_gap", "bias gap", lambda view: export.bias_gap(view), format.measured),
    ]
    for scheme in schemes:
        found += [_end(scheme, split, what, predicted) for what in ("error", "loss") for predicted in (False, True)]
        rise = _reader(scheme, split, False, lambda ends: ends.max_rise_loss.rise)
        found.append(
            Figure(f"{scheme}.max_rise_loss", f"{scheme} max rise", rise, lambda v: "0" if v == 0 else format.loss(v))
        )
    return found


def _end(scheme: Scheme, split: Split, what: str, predicted: bool) -> Figure:
    of = _reader(scheme, split, predicted, lambda ends: getattr(ends, f"{what}_plateau_end"))
    key = f"{scheme}.{what}_plateau_end"
    if predicted:
        return Figure(f"{key}.predicted", "  predicted", of, format.alpha)
    return Figure(key, f"{scheme} {what} plateau", of, format.alpha)


def _reader(
    scheme: Scheme, split: Split, predicted: bool, read: Callable[[Ends], float | None]
) -> Callable[[RunView], float | None]:
    def of(view: RunView) -> float | None:
        found = view.plateaus.get((scheme, split))
        ends = found and (found.predicted if predicted else found.measured)
        return read(ends) if ends else None

    return of


def _last(view: RunView, what: str, split: Split) -> float | None:
    if not view.epochs:
        return None
    value: float | None = getattr(view.epochs[-1], what if split == "train" else f"test_{what}")
    return value


def result_rows(comparison: Comparison, split: Split) -> list[Row]:
    """Return the results: status, then each figure that any run has; over several runs median, smallest, largest.

    Aligned, the first group has its figures, and every other its differences to it, seed by seed.
    """
    rows = [Row("status", "status", tuple(_status(group) for group in comparison.groups))]
    for figure in figures(comparison.schemes, split):
        found = [_numbers(comparison, index, figure) for index in range(len(comparison.groups))]
        if any(found):
            signs = [comparison.aligned and index > 0 for index in range(len(found))]
            rows.append(Row(figure.key, figure.label, tuple(map(spread, found, [figure.write] * len(found), signs))))
    return rows


def _numbers(comparison: Comparison, index: int, figure: Figure) -> list[float]:
    """Return a figure of each run of a group, or aligned its difference to the first group's run of that seed."""
    group, first = comparison.groups[index], comparison.groups[0]
    found: list[float | None] = []
    for view in group.counted:
        value = figure.of(view)
        if comparison.aligned and index:
            other = first.of_seed(view.experiment.seed or 0)
            base = figure.of(other) if other else None
            value = value - base if value is not None and base is not None else None
        found.append(value)
    return [value for value in found if value is not None and math.isfinite(value)]


def spread(found: Sequence[float], write: Callable[[float | None], str], signed: bool) -> str:
    """Return `0.531`, over runs that differ `0.531 (0.450..0.602)`, and a difference with its sign."""
    if not found:
        return format.UNKNOWN

    def text(value: float) -> str:
        written = write(value).strip()
        return "0" if signed and value == 0 else f"+{written}" if signed and value > 0 else written

    middle, low, high = (text(of(found)) for of in (statistics.median, min, max))
    return middle if low == high else f"{middle} ({low}..{high})"


def _status(group: Group) -> str:
    counts: dict[str, int] = {}
    for view in group.views:
        counts[view.status] = counts.get(view.status, 0) + 1
    if len(group.views) == 1:
        return group.views[0].status
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def as_text(comparison: Comparison, split: Split) -> list[str]:
    """Return who is compared, and the whole table, as lines."""
    who = [f"{g.letter}  {g.name}: {', '.join(view.run_id for view in g.views)}" for g in comparison.groups]
    aligned = ["aligned by seed: differences to A"] if comparison.aligned else []
    return [*who, *aligned, "", *format.aligned(text_lines(comparison, split))]


def text_lines(comparison: Comparison, split: Split) -> list[tuple[str, ...]]:
    """Return the whole table for the command line: a head and a line each, first the keys, then the results."""
    head = ("", *(group.letter for group in comparison.groups))
    rows = (*spec_rows(comparison), *result_rows(comparison, split))
    return [head, *((row.label, *row.cells) for row in rows)]
