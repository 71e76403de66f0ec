"""How a filter goes on: the keys that begin as the word that is typed, then the values which runs have there. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from backends.runs.listing import RunRow
from mli_tui.filtering import COMMA, LONGEST, NOT, OWN_KEYS, SIGNS, as_listed, full_key, values_at
from presets.allowed import known_keys

LONGEST_VALUE = 60
"""Characters of a value that is offered; a longer one is typed in part."""
_LAST_WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+\Z')
_BEGUN = re.compile(rf"[{NOT}]?([A-Za-z_][A-Za-z0-9_.]*)(?:([:=<>!]+)(.*))?", re.DOTALL)
_LAST_VALUE = re.compile(r'(?:"[^"]*"?|[^,"])*\Z')
_BREAK = re.compile("[ ,]")
"""Where a value has one of these and was begun without quotes, its first part alone is offered."""
_QUOTED = re.compile("[ ,]|^[:=<>!~]")
"""What stands in quotes else: it would be read as several, or as a sign."""


class Completer:
    """Completes lines for the runs in `rows`. What a key's values are is found at the first need of them.

    That takes milliseconds for thousands of runs, so it is called from a thread.
    """

    def __init__(self, rows: Sequence[RunRow] = ()) -> None:
        """Offer what these runs have."""
        self._rows = rows
        self._values: dict[str, tuple[str, ...]] = {}

    def line(self, typed: str) -> str | None:
        """Return a line of a filter with its last word completed; None where nothing is known to follow."""
        found = _LAST_WORD.search(typed)
        begun = _BEGUN.fullmatch(found[0]) if found and len(typed) <= LONGEST else None
        if begun is None:
            return None
        key, sign, values = begun[1], begun[2], begun[3]
        if sign is None:
            rest = _rest(key, offered())
            return None if rest is None else f"{typed}{rest}:"
        whole = full_key(key.lower())[0]
        rest = self._rest_of_values(whole, values) if whole and sign in SIGNS else None
        return typed + rest if rest else None

    def _rest_of_values(self, key: str, typed: str) -> str | None:
        """Return what follows in a list of values between commas, of which none is offered a second time."""
        last = _LAST_VALUE.search(typed)
        begun = last[0] if last else ""
        before = {one.strip('"').lower() for one in COMMA.findall(typed.removesuffix(begun))}
        return _rest_of_value(begun, [value for value in self.values(key) if value.lower() not in before])

    def values(self, key: str) -> tuple[str, ...]:
        """Return the values that runs have at a whole key, as the list shows them, the most frequent first.

        What can't be typed is left out: a quote, and what is very long.
        """
        if key not in self._values:
            self._values[key] = _values(self._rows, key)
        return self._values[key]


@cache
def offered() -> tuple[str, ...]:
    """Return the keys of a filter in the order in which they are offered: the list's own, short ones, whole ones."""
    known = known_keys()
    short = (one.rpartition(".")[2] for one in known)
    return tuple(dict.fromkeys((*OWN_KEYS, *(one for one in short if full_key(one)[0]), *known)))


def key(typed: str, others: Iterable[str] = ()) -> str | None:
    """Return the key that begins so, of these others first, or None."""
    rest = _rest(typed, (*others, *offered())) if typed else None
    return None if rest is None else typed + rest


def _rest_of_value(typed: str, known: Sequence[str]) -> str | None:
    """Return what follows a value; one with spaces stands in quotes, or where it has begun without goes by word."""
    if typed.startswith('"'):
        rest = _rest(typed[1:], known)
        return None if rest is None else rest + '"'
    if typed:
        return _rest(typed, (_BREAK.split(value)[0] for value in known))
    return next((f'"{value}"' if _QUOTED.search(value) else value for value in known), None)


def _values(rows: Iterable[RunRow], key: str) -> tuple[str, ...]:
    listed = (as_listed(key, value) for row in rows for value in values_at(row, key))
    found = Counter(text for text in listed if text and '"' not in text and len(text) <= LONGEST_VALUE)
    return tuple(sorted(found, key=lambda text: (-found[text], len(text), text)))


def _rest(typed: str, known: Iterable[str]) -> str | None:
    """Return what follows `typed` in the first that begins so, whatever the case; None where none does, or it is it."""
    begun = typed.lower()
    return next((one[len(typed) :] for one in known if len(one) > len(typed) and one.lower().startswith(begun)), None)
