"""Which runs a line of words asks for: `preset:fc10 depth>3 status:done tag:paper text`. Pure; never raises.

Words between spaces (or in double quotes) all have to hold. A bare word stands anywhere in name, id, preset, tags or
note. `KEY:VALUE` holds where a text has VALUE in it or a number is VALUE; `=` wants the whole text; `>`, `<`, `>=` and
`<=` compare numbers. KEY is one of the list's own (below), or a key of the specification, whole (`model.depth`) or its
last part (`depth`) where there is only one.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

import msgspec

from backends.runs.listing import RunRow
from backends.runs.text import safe_line
from presets.allowed import known_keys
from presets.experiment import Experiment
from presets.idle import idle_keys
from presets.loader import toml_value

LONGEST = 300
"""Characters of a filter that are read."""
Value = str | float | None
_WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+')
_TERM = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)(?::(?=[<>]))?(>=|<=|[:=<>])(.*)", re.DOTALL)
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_ROW: dict[str, Callable[[RunRow], Iterable[Value]]] = {
    "run": lambda row: (row.run_id,),
    "id": lambda row: (row.run_id,),
    "name": lambda row: (row.labels.name or row.preset,),
    "preset": lambda row: (row.preset,),
    "tag": lambda row: row.labels.tags,
    "note": lambda row: (row.labels.note,),
    "pinned": lambda row: (_plain(row.labels.pinned),),
    "status": lambda row: (row.status, row.phase) if row.status == "running" else (row.status,),
    "seed": lambda row: _swept(row, "train.seed") or (row.seed,),
    "epochs": lambda row: (row.epochs,),
    "plateau": lambda row: (row.error_plateau_end.get("linear"),),
    "gap": lambda row: (row.bias_gap,),
}
"""What the list knows of a run by itself; these come before keys of the specification."""
OWN_KEYS = tuple(_ROW)
_NUMBERS = frozenset({"seed", "epochs", "plateau", "gap"})


@dataclass(frozen=True)
class Term:
    """One word of a filter."""

    key: str
    """"" for a bare word."""
    sign: str
    value: str

    def holds(self, row: RunRow) -> bool:
        """Return whether a run is what the word asks for."""
        if not self.key:
            return any(self.value in text.lower() for text in _texts(row))
        return any(self._agrees(value) for value in values_at(row, self.key))

    def _agrees(self, value: Value) -> bool:
        wanted = _number(self.value)
        if self.sign in _COMPARE:
            return isinstance(value, int | float) and wanted is not None and _COMPARE[self.sign](value, wanted)
        if isinstance(value, int | float):
            return wanted is not None and value == wanted
        text = (value or "").lower()
        return self.value == text if self.sign == "=" else self.value in text


@dataclass(frozen=True)
class Filter:
    """What a line asks for, and in one line what is wrong with it, or "". Words that are wrong ask for nothing."""

    terms: tuple[Term, ...] = ()
    mistake: str = ""

    def holds(self, row: RunRow) -> bool:
        """Return whether a run is asked for."""
        return all(term.holds(row) for term in self.terms)


def parse(text: str) -> Filter:
    """Read a line as it is typed."""
    terms: list[Term] = []
    mistake = ""
    for word in _WORD.findall(text[:LONGEST]):
        found = _term(word)
        if isinstance(found, Term):
            terms.append(found)
        else:
            mistake = mistake or found
    return Filter(tuple(terms), safe_line(mistake))


def _term(word: str) -> Term | str:
    """Return what a word asks for, or what is wrong with it."""
    parts = None if word.startswith('"') else _TERM.fullmatch(word)
    if parts is None:
        return Term("", "", word.replace('"', "").lower())
    key, sign, value = parts[1].lower(), parts[2], parts[3].replace('"', "").lower()
    full = full_key(key)
    if not full[0]:
        return full[1]
    if not value:
        return f"{key}{sign} needs a value"
    if sign in _COMPARE and not _is_numeric(full[0]):
        return f"{key} is no number: write {key}:{value}"
    if sign in _COMPARE and _number(value) is None:
        return f"{key}{sign}{value}: expected a number"
    return Term(full[0], sign, value)


def full_key(key: str) -> tuple[str, str]:
    """Return the whole name of a key, or "" and in one line what is wrong with it."""
    keys = known_keys()
    if key in _ROW or key in keys:
        return key, ""
    found = [one for one in keys if one.rpartition(".")[2] == key]
    if len(found) == 1:
        return found[0], ""
    if found:
        return "", f"{key} is one of {', '.join(found)}: write it whole"
    short = {one.rpartition(".")[2] for one in keys}
    near = get_close_matches(key, [*_ROW, *keys, *short], 1)
    return "", f"{key} is no key" + (f"; {near[0]}?" if near else ": status, seed, tag, or one of a specification")


def values_at(row: RunRow, key: str) -> Iterable[Value]:
    """Return what a run has at a whole key: one value, or each of a list or of a sweep; none that decides nothing."""
    if key in _ROW:
        return _ROW[key](row)
    if key in row.swept:
        return _swept(row, key)
    if row.experiment is None or key in idle_keys(row.experiment):
        return ()
    found: object = row.experiment
    for part in key.split("."):
        found = getattr(found, part)
    return tuple(map(_plain, found)) if isinstance(found, tuple) else (_plain(found),)


def _swept(row: RunRow, key: str) -> tuple[Value, ...]:
    """Return the values of a key that a sweep changes; none of one that it does not."""
    return tuple(_plain(toml_value(value)) for value in row.swept.get(key, ()))


def _plain(value: object) -> Value:
    """Return a value of a specification as it is typed: numbers are numbers, all else is text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _is_numeric(key: str) -> bool:
    if key in _ROW:
        return key in _NUMBERS
    return _kinds()[key]


@cache
def _kinds() -> dict[str, bool]:
    """Return of each key of a specification whether it is a number, or a list."""
    plain = Experiment(preset="any")
    found: dict[str, bool] = {}
    for key in known_keys():
        value: object = plain
        for part in key.split("."):
            value = getattr(value, part)
        found[key] = isinstance(value, int | float | tuple) and not isinstance(value, bool)
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _texts(row: RunRow) -> tuple[str, ...]:
    return row.labels.name, row.run_id, row.preset, row.labels.note, *row.labels.tags
