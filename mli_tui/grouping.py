"""Runs under headings, by what they have at a key: pure functions, which a table only shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from backends.runs.listing import RunRow
from backends.runs.text import safe_line
from mli_tui.filtering import full_key, values_at

_ONE_VALUE = {"status": lambda row: (row.status,)}
"""The filter finds a run that trains by its phase, too; it stands in one group all the same."""


@dataclass(frozen=True)
class Group:
    """A heading: what its runs have at `key` ("" for those that have nothing there), and which they are."""

    key: str
    value: str
    members: tuple[str, ...]
    folded: bool = False

    @property
    def id(self) -> str:
        """What the table knows it by: no id of a run, and no folder of a sweep, has a colon."""
        return f"{self.key}:{self.value}"

    @property
    def title(self) -> str:
        """The value, with the key where that says nothing by itself: `done`, but `depth 10`."""
        short = self.key.rpartition(".")[2]
        if not self.value:
            return f"no {short}"
        return self.value if _is_word(self.value) else f"{short} {self.value}"

    @property
    def count(self) -> str:
        """How many runs it has, in words."""
        return f"{len(self.members):,} run{'s' * (len(self.members) != 1)}"


Entry = RunRow | Group


def grouped(rows: Iterable[RunRow], key: str, folded: Collection[str] = ()) -> list[Entry]:
    """Return the runs under the headings of a whole key, in the order that they have; of a folded one its heading.

    Numbers ascend, words follow by the alphabet, and what has no value comes last. "" groups nothing.
    """
    if not key:
        return list(rows)
    by_value: dict[str, list[RunRow]] = {}
    for row in rows:
        by_value.setdefault(value_of(row, key), []).append(row)
    found: list[Entry] = []
    for value in sorted(by_value, key=_rank):
        inside = by_value[value]
        group = Group(key, value, tuple(row.run_id for row in inside))
        group = Group(key, value, group.members, group.id in folded)
        found += [group] if group.folded else [group, *inside]
    return found


def value_of(row: RunRow, key: str) -> str:
    """Return what a run has at a whole key, in one line; several values one after the other, "" for none."""
    values = _ONE_VALUE.get(key, lambda row: values_at(row, key))(row)
    return safe_line(" ".join(str(value) for value in values if value not in (None, "")))


def complaint(line: str) -> str:
    """Return in one line why runs can't be grouped by what was typed, or ""."""
    typed = line.strip()
    return full_key(typed.lower())[1] if typed else ""


def _rank(value: str) -> tuple[int, float, str]:
    try:
        return 0, float(value), ""
    except ValueError:
        return (1 if value else 2), 0.0, value.lower()


def _is_word(value: str) -> bool:
    return _rank(value)[0] == 1 and value not in ("true", "false", "null") and value[0].isalpha()
