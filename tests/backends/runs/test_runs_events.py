import json
import typing

import msgspec
from hypothesis import given, settings

from backends.runs import events
from tests.backends.runs.anything import any_event

KINDS = typing.get_args(events.AnyEvent)


def test_every_event_has_a_name_of_its_own():
    tags = [kind.__struct_config__.tag for kind in KINDS]
    assert len(set(tags)) == len(tags) == 21
    every = {kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, events.Event)}
    assert set(KINDS) == every - {events.Event}, "an event that is not in AnyEvent is damage to every reader"


@settings(max_examples=200, deadline=None)
@given(any_event())
def test_every_event_reads_back_as_it_was(event):
    line = msgspec.json.encode(event)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=events.AnyEvent) == event
    assert list(json.loads(line))[:2] == ["type", "seq"], "readers that skip a type look at the beginning of a line"


def test_fields_of_a_newer_version_are_passed_over():
    line = b'{"type":"note","seq":3,"time":1.5,"text":"x","colour":"red"}'
    assert msgspec.json.decode(line, type=events.AnyEvent) == events.Note(seq=3, time=1.5, text="x")
