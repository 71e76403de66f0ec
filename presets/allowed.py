"""What each key of a specification allows, in words, read from the types themselves."""

from __future__ import annotations

from functools import cache

from msgspec import inspect

from presets.experiment import Experiment


@cache
def known_keys() -> tuple[str, ...]:
    """Return every key of a specification as `section.key`, top-level keys as they are."""
    return tuple(types())


@cache
def types() -> dict[str, inspect.Type]:
    """Return the type of every key of `known_keys`."""
    found: dict[str, inspect.Type] = {}
    for field in _fields(inspect.type_info(Experiment)):
        if isinstance(field.type, inspect.StructType):
            found |= {f"{field.name}.{inner.name}": inner.type for inner in _fields(field.type)}
        else:
            found[field.name] = field.type
    return found


def _fields(kind: inspect.Type) -> tuple[inspect.Field, ...]:
    assert isinstance(kind, inspect.StructType)
    return kind.fields


def allowed_at(key: str) -> str:
    """Return in words what `key` allows; for a section, that it is a table."""
    kind = types().get(key)
    if kind is None:
        return "a table of keys" if key else "a table with the sections of an experiment"
    return words(kind)


def words(kind: inspect.Type) -> str:
    """Return in words what a type allows, such as `a whole number from 1 to 100`."""
    match kind:
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(str(v) for v in values) if len(values) > 1 else f"{values[0]}"
        case inspect.UnionType(types=types):
            return ", or ".join(words(t) for t in types)
        case inspect.IntType():
            return "a whole number" + range_words(kind)
        case inspect.FloatType():
            return "a number" + range_words(kind)
        case inspect.VarTupleType(item_type=item):
            return f"a list of: {words(item)}"
        case inspect.Metadata(extra={"words": str(own)}):
            return own
        case inspect.Metadata(type=inner):
            return words(inner)
        case inspect.StrType(max_length=length):
            return "text" + (f" of at most {length} characters" if length else "")
        case inspect.BoolType():
            return "true or false"
        case _:
            return type(kind).__name__.removesuffix("Type").lower()


def range_words(kind: inspect.IntType | inspect.FloatType) -> str:
    """Return the range of a number with a space before it, such as ` from 1 to 100`; "" where there is none."""
    low = f"{kind.ge}" if kind.ge is not None else f"above {kind.gt}" if kind.gt is not None else None
    high = f"{kind.le}" if kind.le is not None else f"below {kind.lt}" if kind.lt is not None else None
    match (low, high):
        case (None, None):
            return ""
        case (None, _):
            return f" of at most {high}"
        case (_, None):
            return f" {low}" if low and low.startswith("above") else f" of at least {low}"
        case _:
            return f" {low} to {high}" if low and low.startswith("above") else f" from {low} to {high}"


__all__ = ["allowed_at", "known_keys", "range_words", "types", "words"]
