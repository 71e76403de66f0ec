"""Columns of the list for keys: those in which the runs differ, or those that were asked for. Pure functions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from msgspec import inspect

from backends.runs.listing import RunRow
from mli_tui.filtering import full_key, values_at
from mli_tui.grouping import value_of, words
from presets.allowed import types
from presets.experiment import Experiment

CURVE = "curve"
"""What the small picture of a curve is called where a column is asked for."""
MOST = 4
"""Columns of keys that differ, at most."""
CANDIDATES = 12
"""Keys that differ among all runs, of which a part may be the same in those that are listed."""
IN_LIST = frozenset({"run", "name", "seed", "status", "epochs", "plateau"})
IN_LINES = frozenset({"run", "id", "status", "epochs", "plateau"})
"""Keys that have a column anyway: of the app's list, of `mli-tui runs`."""
_BLOCKS, _DIGITS = "▁▂▃▄▅▆▇█", "0123456789"
_SECTIONS = ("model", "data", "train", "interpolation")
_UNTOLD = frozenset({"train.seed", "train.threads"}) | {
    f"interpolation.{name}" for name in ("memory_limit", "live_every", "live_points", "live_inputs")
}
"""The seed has a column of its own; the others decide nothing that is compared."""


@dataclass(frozen=True)
class Column:
    """One column: its key (which sorting knows it by), its label, and its width in cells."""

    key: str
    label: str
    width: int


_OWN = {
    column.key: column
    for column in (
        Column(CURVE, "error(alpha)", 12), Column("gap", "bias gap", 9), Column("loss", "train loss", 10),
        Column("error", "train error", 11), Column("id", "id", 45), Column("preset", "preset", 20),
        Column("tag", "tags", 12), Column("note", "note", 24), Column("pinned", "pinned", 6),
        Column("seed", "seed", 4), Column("name", "name", 20),
    )
}  # fmt: skip


def wanted(line: str, telling: Sequence[str], rows: Collection[RunRow], grouped: Collection[str]) -> tuple[Column, ...]:
    """Return the columns that a line asks for; without one the curve, keys that differ, bias gap and loss.

    `telling` are the keys in which all runs differ. Those by which they are grouped stand in the headings.
    """
    if line:
        return columns_of(line)
    differ = (key for key in telling if key not in grouped and _varies(rows, key))
    measured = [key for key in (CURVE, "gap", "loss") if any(cell(row, key) for row in rows)]
    keys = (*measured[: CURVE in measured], *islice(differ, MOST), *measured[CURVE in measured :])
    return tuple(map(_column, keys))


def columns_of(line: str, there: Collection[str] = IN_LIST) -> tuple[Column, ...]:
    """Return the columns that a line names, each once, without those that are there; what is no key is left out."""
    keys = (word if word == CURVE else full_key(word)[0] for word in words(line))
    return tuple(_column(key) for key in dict.fromkeys(keys) if key and key not in there)


def complaint(line: str, there: Collection[str] = IN_LIST) -> str:
    """Return in one line why there can be no columns of what was typed, or ""; some are `there` anyway."""
    return next(filter(None, (_wrong(word, there) for word in words(line))), "")


def _wrong(word: str, there: Collection[str]) -> str:
    if full_key(word)[0] in there:
        return f"{word} has a column anyway"
    return "" if word == CURVE else full_key(word)[1]


def _column(key: str) -> Column:
    if key in _OWN:
        return _OWN[key]
    short = key.rpartition(".")[2]
    label = short if full_key(short)[0] == key else key
    return Column(key, label, max(len(label), _width(types()[key])))


def _width(kind: inspect.Type) -> int:
    """Return how many cells the values of a type take, in most cases."""
    match kind:
        case inspect.Metadata(type=inner):
            return _width(inner)
        case inspect.LiteralType(values=values):
            return max(len(str(value)) for value in values)
        case inspect.UnionType(types=kinds):
            return max(map(_width, kinds))
        case inspect.BoolType():
            return 5
        case inspect.IntType():
            return 6
        case inspect.FloatType():
            return 7
        case inspect.VarTupleType(item_type=inner):
            return _width(inner)
        case _:
            return 12


def cell(row: RunRow, key: str, ascii_only: bool = False) -> str:
    """Return what a run has in the column of a key, "" for nothing."""
    return sparkline(row.curve, ascii_only) if key == CURVE else value_of(row, key)


def sparkline(errors: Sequence[float | None], ascii_only: bool = False) -> str:
    """Return errors as blocks from 0 to 1, or as tenths in digits; a space where nothing was measured."""
    signs = _DIGITS if ascii_only else _BLOCKS
    return "".join(" " if error is None else signs[_level(error, ascii_only)] for error in errors)


def _level(error: float, tenths: bool) -> int:
    """Return which sign an error has: its tenth, cut; or of eight blocks the nearest, the highest for 1 alone."""
    held = max(0.0, min(1.0, error)) if math.isfinite(error) else 1.0
    return min(9, int(held * 10 + 1e-9)) if tenths else round(held * (len(_BLOCKS) - 1))


def sorted_by(row: RunRow, key: str) -> tuple[float, str] | None:
    """Return what the column of a key is sorted by: numbers before texts; None for what is not known."""
    first = next((value for value in values_at(row, key) if value not in (None, "")), None)
    if isinstance(first, int | float):
        return float(first), ""
    return None if first is None else (math.inf, first.lower())


def telling(rows: Iterable[RunRow]) -> tuple[str, ...]:
    """Return the keys in which specifications differ, those first that part most runs from the commonest value.

    A key that parts the runs in the same way as one before it tells nothing more, and is left out.
    """
    kinds: dict[str, RunRow] = {}
    counts: Counter[str] = Counter()
    for row in rows:
        name = row.identity or row.run_id
        kinds.setdefault(name, row)
        counts[name] += 1
    parted: dict[tuple[int, ...], tuple[int, str]] = {}
    for key in _differing([row for row in kinds.values() if row.experiment]):
        values = {name: value_of(row, key) for name, row in kinds.items()}
        parts = _parts(list(values.values()))
        parted.setdefault(parts, (_parted(values, counts), key))
    found = sorted((one for one in parted.values() if one[0]), key=lambda one: -one[0])
    return tuple(key for _, key in found[:CANDIDATES])


def _differing(rows: Sequence[RunRow]) -> Iterator[str]:
    """Yield the keys whose values are not the same in all these runs, looked for section by section: that is quick."""
    swept = {key for row in rows for key in row.swept}
    for section in _SECTIONS:
        found = {getattr(row.experiment, section) for row in rows}
        for field in getattr(Experiment(preset="any"), section).__struct_fields__:
            key = f"{section}.{field}"
            if key not in _UNTOLD and (key in swept or len({getattr(one, field) for one in found}) > 1):
                yield key


def _parts(values: Sequence[str]) -> tuple[int, ...]:
    """Return for each value the place of the first that is the same: equal for keys that part runs in the same way."""
    first: dict[str, int] = {}
    return tuple(first.setdefault(value, place) for place, value in enumerate(values))


def _parted(values: dict[str, str], counts: Counter[str]) -> int:
    """Return how many runs have another value than most; 0 where all that have one have the same."""
    known: Counter[str] = Counter()
    for name, value in values.items():
        if value:
            known[value] += counts[name]
    return known.total() - max(known.values(), default=0)


def _varies(rows: Iterable[RunRow], key: str) -> bool:
    """Return whether two of the runs have different values."""
    kinds = {row.identity or row.run_id: row for row in rows}
    first = ""
    for row in kinds.values():
        value = value_of(row, key)
        if first and value and value != first:
            return True
        first = first or value
    return False
