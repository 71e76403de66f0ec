"""Which runs a line of words asks for: `preset:fc10 depth>3 seed:0,1 -tag:old text`. Pure; never raises.

Words between spaces (or in double quotes) all have to hold; one with `-` or `!` before it must not. A bare word stands
anywhere in name, id, preset, tags or note. `KEY:VALUE` holds where a text has VALUE in it or a number is VALUE; `=`
wants the whole text, `!=` any other; `>`, `<`, `>=` and `<=` compare numbers. Of several values between commas one has
to be there. A measured number is also what the list shows of it. KEY is one of the list's own (below), or a key of the
specification, whole (`model.depth`) or its last part (`depth`) where there is only one.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple

import msgspec
from msgspec import inspect

from backends.runs.listing import RunRow
from backends.runs.text import safe_line
from presets.allowed import known_keys, types
from presets.idle import idle_keys
from presets.loader import toml_value

LONGEST = 300
"""Characters of a filter that are read."""
Value = str | float | None
NOT = "-!"
"""What turns a word round that begins with it."""
COMMA = re.compile(r'(?:"[^"]*"?|[^,"])+')
"""Values between commas; one with a comma of its own stands in double quotes."""
_WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+')
_TERM = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)([:=<>!~]+)(.*)", re.DOTALL)
SIGNS = {sign: sign for sign in (":", "=", "!=", ">", "<", ">=", "<=")} | {
    ":>": ">", ":<": "<", ":>=": ">=", ":<=": "<=", "==": "=",
}  # fmt: skip
"""What can be typed between a key and a value, and what it means."""
SAID_SIGNS = ": = != > < >= <="
_SIGN = ":=<>"
"""Of which every sign has one, but for half of one (`seed!`)."""
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ":": operator.eq,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_ROW: dict[str, Callable[[RunRow], Iterable[Value]]] = {
    "run": lambda row: (row.run_id,),
    "id": lambda row: (row.run_id,),
    "name": lambda row: (row.labels.name or row.preset,),
    "preset": lambda row: (row.preset, *dict.fromkeys(run.preset for run in row.runs)),
    "tag": lambda row: row.labels.tags,
    "note": lambda row: (row.labels.note,),
    "pinned": lambda row: (_plain(row.labels.pinned),),
    "status": lambda row: (*_statuses(row), *(one for run in row.runs for one in _statuses(run))),
    "seed": lambda row: _swept(row, "train.seed") or (row.seed,),
    "epochs": lambda row: (row.epochs,),
    "plateau": lambda row: (row.error_plateau_end.get("linear"),),
    "gap": lambda row: (row.bias_gap,),
    "loss": lambda row: (row.loss,),
    "error": lambda row: (row.error,),
}
"""What the list knows of a run by itself; these come before keys of the specification.

Plateau, loss and error are of the train split, loss and error after the last epoch.
"""
OWN_KEYS = tuple(_ROW)
_MEASURED: dict[str, Callable[[float], str]] = {
    **dict.fromkeys(("plateau", "gap", "error"), lambda value: f"{value:.3f}"),
    "loss": lambda value: f"{value:#.4g}".rstrip("."),
}
"""How the list shows numbers that were measured, whose digits nobody types to the last one."""
_NUMBERS = frozenset({"seed", "epochs", *_MEASURED})


@dataclass(frozen=True)
class Term:
    """One word of a filter. It holds where one of `values` is there, or where `turned` none of them is."""

    key: str
    """"" for a bare word."""
    sign: str
    values: tuple[str, ...]
    turned: bool = False

    def holds(self, row: RunRow) -> bool:
        """Return whether a run is what the word asks for."""
        if self.key:
            found = any(self._agrees(value, wanted) for value in values_at(row, self.key) for wanted in self.values)
        else:
            found = any(wanted in text.lower() for text in _texts(row) for wanted in self.values)
        return found != self.turned

    def _agrees(self, value: Value, wanted: str) -> bool:
        if isinstance(value, int | float):
            number = _number(wanted)
            return number is not None and (_COMPARE[self.sign](value, number) or self._looks_like(value, number))
        if self.sign not in ":=":
            return False
        text = (value or "").lower()
        return wanted == text if self.sign == "=" else wanted in text

    def _looks_like(self, value: float, wanted: float) -> bool:
        """Return whether the list shows the value as that number, where the sign lets it be equal."""
        return self.sign not in "<>" and self.key in _MEASURED and _number(as_listed(self.key, value)) == wanted


class _Wrong(NamedTuple):
    """A word that can't be understood, or not yet: the whole key that it names, or "", and what is wrong with it."""

    key: str
    said: str


@dataclass(frozen=True)
class Filter:
    """What a line asks for, and in one line what is wrong with it, or ""."""

    terms: tuple[Term, ...] = ()
    mistake: str = ""

    def holds(self, row: RunRow) -> bool:
        """Return whether a run is asked for."""
        return all(term.holds(row) for term in self.terms)


def parse(text: str, before: Filter = Filter()) -> Filter:
    """Read a line as it is typed.

    A word that is wrong asks for what the line `before` asked of the same key: `depth>3` on its way to `depth>8`.
    """
    terms: list[Term] = []
    mistake = ""
    for word in _WORD.findall(text[:LONGEST]):
        found = _term(word)
        if isinstance(found, Term):
            terms.append(found)
        else:
            mistake = mistake or found.said
            terms += (term for term in before.terms if found.key and term.key == found.key and term not in terms)
    return Filter(tuple(terms), safe_line(mistake))


def _term(word: str) -> Term | _Wrong:
    """Return what a word asks for, or what is wrong with it."""
    turned = word[0] in NOT
    rest = word[turned:]
    if not rest:
        return _Wrong("", f"{word} turns the word round that follows it, such as {word}tag:old")
    if rest[0] in _SIGN:
        return _Wrong("", f"{word}: {SAID_SIGNS} stand between a key and a value, without spaces: depth>3")
    parts = _TERM.fullmatch(rest)
    key, said = full_key(parts[1].lower()) if parts else ("", "")
    if parts is None or (not key and not set(parts[2]) & set(_SIGN)):  # such as wow!
        return Term("", "", (rest.replace('"', "").lower(),), turned)
    return _key_term(key, parts[1].lower(), parts[2], parts[3], turned) if key else _Wrong("", said)


def _key_term(key: str, called: str, typed: str, value: str, turned: bool) -> Term | _Wrong:
    sign = SIGNS.get(typed)
    values = tuple(filter(None, (one.replace('"', "").lower() for one in COMMA.findall(value))))
    wrong = next((one for one in values if _number(one) is None), "")
    if sign is None:
        return _Wrong(key, f"{called}{typed}: after a key stands one of {SAID_SIGNS}")
    if not values:
        return _Wrong(key, f"{called}{typed} needs a value")
    if sign[0] in "<>" and _numbers_at(key) == "none":
        return _Wrong(key, f"{called} is no number: write {called}:{value}")
    if sign[0] in "<>" and (wrong or len(values) > 1):
        return _Wrong(key, f"{called}{typed}{value}: expected a number")
    if wrong and _numbers_at(key) == "only":
        return _Wrong(key, f"{called}{typed}{wrong}: expected a number")
    return Term(key, "=", values, not turned) if sign == "!=" else Term(key, sign, values, turned)


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
    every = [*_ROW, *(one.rpartition(".")[2] for one in keys), *keys]
    near = [one for one in every if one.startswith(key)] or get_close_matches(key, every, 1)
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


def _statuses(row: RunRow) -> tuple[Value, ...]:
    return (row.status, row.phase) if row.status == "running" else (row.status,)


def _swept(row: RunRow, key: str) -> tuple[Value, ...]:
    """Return the values of a key that a sweep changes; none of one that it does not."""
    return tuple(_plain(toml_value(value)) for value in row.swept.get(key, ()))


def _plain(value: object) -> Value:
    """Return a value of a specification as it is typed: numbers are numbers, all else is text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def as_listed(key: str, value: Value) -> str:
    """Return a value at a whole key as the list shows it, which the line takes, too; "" for none."""
    if isinstance(value, float) and key in _MEASURED:
        return _MEASURED[key](value)
    return "" if value is None else safe_line(str(value))


@cache
def _numbers_at(key: str) -> str:
    """Return whether the values at a whole key are numbers: "only", "also" or "none"."""
    if key in _ROW:
        return "only" if key in _NUMBERS else "none"
    return _numbers_of(types()[key])


def _numbers_of(kind: inspect.Type) -> str:
    match kind:
        case inspect.IntType() | inspect.FloatType():
            return "only"
        case inspect.Metadata(type=inner):
            return _numbers_of(inner)
        case inspect.VarTupleType(item_type=inner):
            return _numbers_of(inner)
        case inspect.UnionType(types=kinds):
            return "none" if all(_numbers_of(one) == "none" for one in kinds) else "also"
        case _:
            return "none"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _texts(row: RunRow) -> tuple[str, ...]:
    return row.labels.name, row.run_id, row.preset, row.labels.note, *row.labels.tags
