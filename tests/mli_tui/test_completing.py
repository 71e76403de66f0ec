"""How a filter goes on while it is typed, and that foreign text in it is harmless."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from backends.runs.text import safe_line
from mli_tui import completing, filtering
from tests.mli_tui.test_filtering import DEEP, LIVE, LOST

ROWS = (DEEP, LIVE, msgspec.structs.replace(LIVE, run_id="quick-2"), LOST)


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("pre", "preset:"),
        ("PRE", "PREset:"),
        ("model.d", "model.depth:"),
        ("preset:fc10 st", "preset:fc10 status:"),
        ("preset:", "preset:quick"),  # two runs have it, one has the other
        ("preset:f", "preset:fc10-mnist5k"),
        ("preset:F", "preset:Fc10-mnist5k"),
        ("depth>", "depth>8"),
        ("depth>1", "depth>10"),
        ("name:", "name:quick"),
        ('name:"de', 'name:"deep one"'),
        ("name:de", "name:deep"),  # without quotes the second word would be one of its own
        ("status=d", "status=done"),
        ("tag:p", "tag:paper"),
        ("pinned:", "pinned:false"),
        ("-ta", "-tag:"),
        ("!ta", "!tag:"),
        ("-tag:", "-tag:v2"),
        ("-tag:p", "-tag:paper"),
        ("preset!=", "preset!=quick"),
        ("preset=quick,", "preset=quick,?"),  # of those that one run has the shortest
        ("preset=QUICK,f", "preset=QUICK,fc10-mnist5k"),
        ("preset=quick,fc10-mnist5k,", "preset=quick,fc10-mnist5k,?"),
        ('name:quick,"d', 'name:quick,"deep one"'),
        ("seed!", None),
        ("depth=>", None),
        ("gap>", "gap>1.600"),
        ("gap:1", "gap:1.600"),
        ("loss<0.", "loss<0.0006238"),
        ("error:", "error:0.372"),
        ("preset:quick", None),
        ("preset:zz", None),
        ("zz", None),
        ("zz:", None),
        ('"pre', None),
        ("", None),
        ("pre ", None),
        ("x" * 400 + " pre", None),
    ],
)
def test_what_follows(typed, line):
    assert completing.Completer(ROWS).line(typed) == line


def test_every_key_of_the_filter_is_offered_and_taken():
    for key in completing.offered():
        assert filtering.full_key(key)[0], key
    assert set(filtering.OWN_KEYS) <= set(completing.offered())


def test_a_value_that_is_offered_finds_its_run():
    completer = completing.Completer(ROWS)
    for key in filtering.OWN_KEYS:
        for value in completer.values(key):
            wanted = filtering.parse(f'{key}="{value}"')
            assert not wanted.mistake
            assert any(wanted.holds(row) for row in ROWS), (key, value)


MEASURED = st.none() | st.floats(0, 1e6, allow_nan=False)
LETTERS = st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs"))
NAMES = st.text(LETTERS, min_size=1, max_size=20).map(safe_line)  # as they are read


@given(st.lists(st.tuples(MEASURED, MEASURED, NAMES), min_size=1, max_size=4), st.sampled_from([":", "=", "<=", ">="]))
def test_what_is_suggested_finds_what_it_names_and_has_no_more_digits_than_the_list(found, sign):
    rows = [
        RunRow(run_id=str(n), preset="p", seed=0, status="done", bias_gap=gap, loss=loss, labels=Labels(name=name))
        for n, (gap, loss, name) in enumerate(found)
    ]
    completer = completing.Completer(rows)
    for key in ("gap", "loss", "name"):
        line = completer.line(f"{key}{sign if key != 'name' else ':'}")
        if line is not None:
            asked = filtering.parse(line)
            assert not asked.mistake, line
            assert any(asked.holds(row) for row in rows), line
            assert key == "name" or len(line) <= len("loss>=") + len("1.234e-321"), line


@given(st.text(max_size=40), st.text(max_size=80))
def test_whatever_a_run_is_called_what_is_offered_is_printable_and_goes_on_from_what_was_typed(name, typed):
    row = RunRow(run_id="a", preset="p", seed=0, status="done", labels=Labels(name=name, tags=(name,)))
    for begun in (typed, "name:", "tag:", f"name:{name[:1]}"):
        line = completing.Completer((row,)).line(begun)
        assert line is None or (line.startswith(begun) and len(line) > len(begun))
        assert line is None or line[len(begun) :].isprintable()


def test_the_values_of_a_key_are_looked_for_once(monkeypatch):
    asked = []
    monkeypatch.setattr(completing, "values_at", lambda row, key: asked.append(key) or (row.status,))
    completer = completing.Completer(ROWS)
    for typed in ("status:", "status:d", "status:do"):
        completer.line(typed)
    assert asked == ["status"] * len(ROWS)
