"""Hypothesis strategies for any event that its type allows, made from the types themselves."""

import typing

from hypothesis import strategies as st
from msgspec import inspect

from backends.runs import events

SMALL = st.integers(-1, 12)
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 0.5, 1.0, 1.7e308, -1.7e308])
TEXT = st.text(max_size=30) | st.sampled_from(["\x1b]52;c;aGk=\x07", "[/oops]", "=1+1", "a\u202eb", "x" * 400])


def strategy(kind: inspect.Type) -> st.SearchStrategy:
    """Return a strategy for all values of a type."""
    match kind:
        case inspect.IntType():
            return SMALL | st.just(2**53)
        case inspect.FloatType(ge=low, le=high) if low is not None and high is not None:
            return st.floats(low, high) | st.sampled_from([low, high])
        case inspect.FloatType():
            return FLOATS
        case inspect.StrType():
            return TEXT
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.UnionType(types=types):
            return st.one_of(*map(strategy, types))
        case inspect.VarTupleType(item_type=item):
            return st.lists(strategy(item), max_size=5).map(tuple)
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(strategy(key), strategy(value), max_size=3)
        case inspect.StructType(cls=cls, fields=fields):
            return st.builds(cls, **{field.name: strategy(field.type) for field in fields})
    raise NotImplementedError(kind)


def any_event() -> st.SearchStrategy:
    """Return a strategy for one event of any kind."""
    return st.one_of(*(strategy(inspect.type_info(kind)) for kind in typing.get_args(events.AnyEvent)))


def any_journal() -> st.SearchStrategy:
    """Return a strategy for events in any order, more often with data and epochs than by chance."""
    kinds = (events.Dataset, events.Epoch, events.Points, events.Resumed, events.PlateausFound)
    likely = st.one_of(*(strategy(inspect.type_info(kind)) for kind in kinds))
    return st.lists(any_event() | likely, max_size=14)
