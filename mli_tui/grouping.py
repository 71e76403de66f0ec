"""Runs under headings, by what they have at some keys: pure functions, which a table only shows."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from backends.runs.errors import BadRequest
from backends.runs.listing import LIVE, RunRow
from mli_tui.filtering import as_listed, full_key, parse, values_at

_ONE_VALUE = {"status": lambda row: (row.status,), "preset": lambda row: (row.preset,)}
"""The filter finds a run that trains by its phase, too, and a sweep by what its runs have; each stands in one group."""
_BETWEEN = "\n"
"""Between the parts of a path: no value has it, so no two paths are the same text."""


@dataclass(frozen=True)
class Group:
    """A heading: what its runs have at each of `keys` ("" for nothing there), the last of them its own."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    rows: tuple[RunRow, ...]
    folded: bool = False

    @property
    def id(self) -> str:
        """Its path, by which the table knows it: no id of a run, and no folder of a sweep, has a colon."""
        return _path(self.keys, self.values)

    @property
    def level(self) -> int:
        """How many headings stand above it."""
        return len(self.keys) - 1

    @property
    def members(self) -> tuple[str, ...]:
        """What stands below it, by its ids."""
        return tuple(row.run_id for row in self.rows)

    @property
    def title(self) -> str:
        """Its own value, with the key where one says nothing by itself: `done`, but `depth 10`."""
        return _title(self.keys[-1], self.values[-1])

    @property
    def path(self) -> str:
        """The titles from the outermost heading to this one."""
        return ", ".join(map(_title, self.keys, self.values))

    @property
    def newest(self) -> float:
        """When the newest of its rows was made, in seconds since 1970."""
        return max(row.created for row in self.rows)

    @cached_property
    def runs(self) -> tuple[RunRow, ...]:
        """Its runs, those of its sweeps one by one, and one that several sweeps have once."""
        found = (run for row in self.rows for run in (row.runs if row.swept else (row,)))
        return tuple({run.run_id: run for run in found}.values())

    @property
    def count(self) -> str:
        """How many runs it has, in words."""
        return f"{len(self.runs):,} run{'s' * (len(self.runs) != 1)}"

    @property
    def at_work(self) -> int:
        """How many of them a worker is at, or will be."""
        return sum(run.status in LIVE for run in self.runs)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(run.status == "failed" for run in self.runs)

    @property
    def statuses(self) -> Mapping[str, int]:
        """How many of them have each status, the most frequent first."""
        return dict(Counter(run.status for run in self.runs).most_common())

    @cached_property
    def ends(self) -> Mapping[str, float]:
        """The median of the error plateau ends of each scheme, over its runs that are done and have one."""
        return {scheme: statistics.median(found) for scheme, found in self._known.items()}

    @property
    def measured(self) -> Mapping[str, int]:
        """Of how many runs each of those medians is."""
        return {scheme: len(found) for scheme, found in self._known.items()}

    @property
    def statistic(self) -> str:
        """What its plateau ends are of its runs', in a word; of one run they are its own."""
        return "median" if max(self.measured.values(), default=0) > 1 else ""

    @cached_property
    def _known(self) -> Mapping[str, Sequence[float]]:
        known: dict[str, list[float]] = {}
        for run in self.runs:
            for scheme, end in run.error_plateau_end.items() if run.status == "done" else ():
                if end is not None and math.isfinite(end):
                    known.setdefault(scheme, []).append(end)
        return known


Entry = RunRow | Group


def grouped(rows: Iterable[RunRow], keys: tuple[str, ...], folded: Collection[str] = ()) -> list[Entry]:
    """Return the runs under the headings of whole keys, those of the first key the outermost; of a folded one it alone.

    Runs keep their order. Of values numbers ascend, words follow by the alphabet, and what has none comes last.
    """
    return list(_below((), keys, list(rows), folded))


def _below(
    values: tuple[str, ...], keys: tuple[str, ...], rows: Sequence[RunRow], folded: Collection[str]
) -> Iterator[Entry]:
    """Yield the headings and the runs of those that have `values` at the first of the keys."""
    level = len(values)
    if level == len(keys):
        yield from rows
        return
    inside: dict[str, list[RunRow]] = {}
    for row in rows:
        inside.setdefault(value_of(row, keys[level]), []).append(row)
    for value in sorted(inside, key=_rank):
        path, above = (*values, value), keys[: level + 1]
        is_folded = bool(folded) and _path(above, path) in folded
        yield Group(above, path, tuple(inside[value]), is_folded)
        if not is_folded:
            yield from _below(path, keys, inside[value], folded)


def _path(keys: Sequence[str], values: Sequence[str]) -> str:
    return _BETWEEN.join(f"{key}:{value}" for key, value in zip(keys, values, strict=True))


def value_of(row: RunRow, key: str) -> str:
    """Return what a run has at a whole key, in one line; several values one after the other, "" for none."""
    values = _ONE_VALUE.get(key, lambda row: values_at(row, key))(row)
    return " ".join(filter(None, (as_listed(key, value) for value in values)))


def keys_of(line: str) -> tuple[str, ...]:
    """Return the whole keys that a line names, each once."""
    return tuple(dict.fromkeys(full_key(word)[0] for word in words(line)))


def complaint(line: str) -> str:
    """Return in one line why runs can't be grouped by what was typed, or ""."""
    return next(filter(None, (full_key(word)[1] for word in words(line))), "")


def require(asked: str, keys: str) -> None:
    """Raise `BadRequest` where options of the command line can't be understood: a filter, and keys to group by."""
    for option, wrong in (("--filter", parse(asked).mistake), ("--group", complaint(keys))):
        if wrong:
            raise BadRequest(f"{option}: {wrong}")


def words(line: str) -> list[str]:
    """Return the words of a line of keys, between blanks or commas."""
    return line.replace(",", " ").lower().split()


def _title(key: str, value: str) -> str:
    short = key.rpartition(".")[2]
    if not value:
        return f"no {short}"
    return value if _is_word(value) else f"{short} {value}"


def _rank(value: str) -> tuple[int, float, str]:
    try:
        return 0, float(value), ""
    except ValueError:
        return (1 if value else 2), 0.0, value.lower()


def _is_word(value: str) -> bool:
    return _rank(value)[0] == 1 and value not in ("true", "false", "null") and value[0].isalpha()
