"""Every key of a specification as a person who fills in a form wants it: value allowed, unit, default, what it means.

All of it is read from `presets.experiment` itself: ranges and units from the types, meanings from the docstrings.
"""

from __future__ import annotations

import ast
import inspect as source
import json
from functools import cache
from itertools import pairwise

import msgspec
from msgspec import inspect

from presets import experiment
from presets.allowed import range_words, types, words
from presets.experiment import Experiment
from presets.loader import toml_value

SWEPT = ("data", "model", "train", "interpolation")
"""Sections whose keys decide numbers, so that several values of one make a sweep."""
NOT_IN_FORMS = ("own", "over")
"""What `mli-tui interpolate` alone fills in, and what a form asks for at each key: several values of it."""
ABOUT = "about"
"""Section of the keys that stand in none."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key. `choices` are its values where these are few and known, as they are written."""

    name: str
    about: str
    allowed: str
    brief: str
    """What is allowed, as short as it goes, with the unit."""
    unit: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        """The section it stands in; `about` for a key of the whole experiment."""
        return self.name.partition(".")[0] if "." in self.name else ABOUT

    @property
    def short(self) -> str:
        """Its name without the section."""
        return self.name.rpartition(".")[2]

    @property
    def swept(self) -> bool:
        """Whether several values of it make a sweep."""
        return self.section in SWEPT


@cache
def keys() -> tuple[Key, ...]:
    """Return every key that a form asks for, section by section; those of the whole experiment come last."""
    plain, meanings = Experiment(preset="x"), docs()
    found = [
        Key(
            name=name,
            about=meanings.get(name, ""),
            allowed=words(kind),
            brief=_brief(kind),
            unit=_unit(kind),
            default="" if name == "preset" else written(value_of(plain, name)),
            choices=_choices(kind),
        )
        for name, kind in types().items()
        if name.partition(".")[0] not in NOT_IN_FORMS
    ]
    return tuple(sorted(found, key=lambda key: key.section == ABOUT))


@cache
def by_name() -> dict[str, Key]:
    """Return the same, each by its name."""
    return {key.name: key for key in keys()}


@cache
def docs() -> dict[str, str]:
    """Return the docstring below each key, on one line."""
    tree = ast.parse(source.getsource(experiment))
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            prefix = "" if node.name == Experiment.__name__ else f"{node.name.lower()}."
            for field, below in pairwise(node.body):
                match field, below:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        found[prefix + name] = " ".join(text.split())
    return found


def value_of(spec: Experiment, name: str) -> object:
    """Return the value at a key."""
    section, _, last = name.rpartition(".")
    return getattr(getattr(spec, section) if section else spec, last)


def written(value: object) -> str:
    """Return a value as it is written after `KEY=` in a setting, so that `override` reads the same back."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            plain = toml_value(value) == value and value == value.strip()
            return value if plain and value else json.dumps(value, ensure_ascii=False) if value else ""
        case tuple() | list():
            return "[" + ", ".join(json.dumps(item, ensure_ascii=False) for item in value) + "]"
        case _:
            return str(value)


def _brief(kind: inspect.Type) -> str:
    unit = _unit(kind)
    match kind:
        case inspect.Metadata(extra={"words": str(own)}):
            return own.removeprefix("one of ")
        case inspect.Metadata(type=inner):
            return " ".join(filter(None, (_brief(inner), unit)))
        case inspect.UnionType(types=parts):
            return ", ".join(map(_brief, parts))
        case inspect.VarTupleType(item_type=item):
            return f"list: {_brief(item)}"
        case inspect.LiteralType(values=values):
            return ", ".join(map(str, values))
        case inspect.IntType() | inspect.FloatType():
            return range_words(kind).strip().removeprefix("from ").removeprefix("of ") or words(kind)
        case _:
            return words(kind)


def _unit(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata(extra={"unit": str(unit)}):
            return unit
        case inspect.Metadata(type=inner) | inspect.VarTupleType(item_type=inner):
            return _unit(inner)
        case inspect.UnionType(types=parts):
            return next(filter(None, map(_unit, parts)), "")
        case _:
            return ""


def _choices(kind: inspect.Type) -> tuple[str, ...]:
    match kind:
        case inspect.LiteralType(values=values):
            return tuple(map(str, values))
        case inspect.BoolType():
            return ("false", "true")
        case inspect.UnionType(types=parts):
            return tuple(choice for part in parts for choice in _choices(part))
        case _:
            return ()
