"""Runs under headings, by what they have at a key: pure functions, which a table only shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from backends.runs.listing import RunRow
from backends.runs.text import safe_line
from mli_tui.filtering import full_key, values_at

_ONE_VALUE = {"status": lambda row: (row.status,)}
"""The filter finds a run that trains by its phase, too; it stands in one group all the same."""


@dataclass(frozen=True)
class Group:
    """A heading: what its runs have at each of `keys` ("" for nothing there), and which they are."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    members: tuple[str, ...]
    folded: bool = False

    @property
    def id(self) -> str:
        """What the table knows it by: no id of a run, and no folder of a sweep, has a colon."""
        return " ".join(f"{key}:{value}" for key, value in zip(self.keys, self.values, strict=True))

    @property
    def title(self) -> str:
        """The values, with the key where one says nothing by itself: `done`, but `depth 10`."""
        return ", ".join(map(_title, self.keys, self.values))

    @property
    def count(self) -> str:
        """How many runs it has, in words."""
        return f"{len(self.members):,} run{'s' * (len(self.members) != 1)}"


Entry = RunRow | Group


def grouped(rows: Iterable[RunRow], keys: tuple[str, ...], folded: Collection[str] = ()) -> list[Entry]:
    """Return the runs under the headings of whole keys, in the order that they have; of a folded one its heading.

    Numbers ascend, words follow by the alphabet, and what has no value comes last. Without keys nothing is grouped.
    """
    if not keys:
        return list(rows)
    by_values: dict[tuple[str, ...], list[RunRow]] = {}
    for row in rows:
        by_values.setdefault(tuple(value_of(row, key) for key in keys), []).append(row)
    found: list[Entry] = []
    for values in sorted(by_values, key=lambda values: tuple(map(_rank, values))):
        inside = by_values[values]
        group = Group(keys, values, tuple(row.run_id for row in inside))
        group = replace(group, folded=group.id in folded)
        found += [group] if group.folded else [group, *inside]
    return found


def value_of(row: RunRow, key: str) -> str:
    """Return what a run has at a whole key, in one line; several values one after the other, "" for none."""
    values = _ONE_VALUE.get(key, lambda row: values_at(row, key))(row)
    return safe_line(" ".join(str(value) for value in values if value not in (None, "")))


def keys_of(line: str) -> tuple[str, ...]:
    """Return the whole keys that a line names, each once."""
    return tuple(dict.fromkeys(full_key(word)[0] for word in _words(line)))


def complaint(line: str) -> str:
    """Return in one line why runs can't be grouped by what was typed, or ""."""
    return next(filter(None, (full_key(word)[1] for word in _words(line))), "")


def _words(line: str) -> list[str]:
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
