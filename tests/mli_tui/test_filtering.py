"""What a filter asks for, and what it says of a line that asks for nothing."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from mli_tui import filtering
from presets import load, override
from presets.allowed import known_keys

DEEP = RunRow(
    run_id="fc10-mnist5k-20260921-120000-0001",
    preset="fc10-mnist5k",
    seed=7,
    status="done",
    epochs=48,
    error_plateau_end={"linear": 0.491},
    bias_gap=1.6,
    experiment=override(load("fc10-mnist5k"), ["train.seed=7"]),
    labels=Labels(name="Deep one", tags=("paper", "v2"), note="For figure 3", pinned=True),
)
LIVE = RunRow(run_id="quick-1", preset="quick", seed=0, status="running", phase="training", experiment=load("quick"))
LOST = RunRow(run_id="lost-1", preset="?", seed=None, status="damaged")
ROWS = {"deep": DEEP, "live": LIVE, "lost": LOST}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "deep live lost"),
        ("   ", "deep live lost"),
        ("fc10", "deep"),
        ("FIGURE", "deep"),
        ('"deep one"', "deep"),
        ("paper", "deep"),
        ("one deep", "deep"),
        ("one quick", ""),
        ("preset:fc10", "deep"),
        ("preset=fc10", ""),
        ("preset=quick", "live"),
        ("name:one", "deep"),
        ("name=quick", "live"),
        ('name="deep one"', "deep"),
        ("tag:pap", "deep"),
        ("tag=pap", ""),
        ("tag=v2", "deep"),
        ('note:"figure 3"', "deep"),
        ("pinned:true", "deep"),
        ("status:done", "deep"),
        ("status:running", "live"),
        ("status:training", "live"),
        ("status:damaged", "lost"),
        ("depth>8", "deep"),
        ("depth>=8", "deep live"),
        ("depth<10", "live"),
        ("depth<=8", "live"),
        ("model.depth=10", "deep"),
        ("depth:1", ""),
        ("depth:10", "deep"),
        ("depth:>8", "deep"),
        ("depth:<=8", "live"),
        ("seed:7", "deep"),
        ("seed>=0", "deep live"),
        ("train.seed=7", "deep"),
        ("epochs>40", "deep"),
        ("plateau>0.4", "deep"),
        ("plateau<0.4", ""),
        ("gap>1", "deep"),
        ("schemes:homogeneous", "deep live"),
        ("bias:last", "deep live"),
        ("model.batch_norm:false", "deep live"),
        ("DEPTH>8 Status:DONE", "deep"),
        ("preset:fc10 depth>3 status:done tag:paper figure", "deep"),
    ],
)
def test_a_line_asks_for_runs(text, found):
    asked = filtering.parse(text)
    assert asked.mistake == ""
    assert [name for name, row in ROWS.items() if asked.holds(row)] == found.split()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("depth=10", ""),
        ("lr=0.03", "sweep"),
        ("network=own", "own"),
        ("depth=6", "sweep"),
        ("depth>6", ""),
        ("depth<6", "sweep"),
        ("init_scale=0.45", "sweep"),
        ("train.seed=3", "sweep"),
        ("seed>2", "sweep"),
        ("activation=tanh", "sweep"),
    ],
)
def test_a_default_that_decides_nothing_is_no_value_and_a_sweep_has_all_of_its_own(text, found):
    own = msgspec.structs.replace(load("quick").model, network="own", depth=10)
    swept = {"model.depth": ("4", "6"), "train.seed": ("0", "3"), "model.activation": ("relu", "tanh")}
    spec = override(load("quick"), ["model.init_scale=0.45"])
    rows = {
        "own": RunRow(
            run_id="o", preset="o", seed=None, status="done",
            experiment=msgspec.structs.replace(load("quick"), model=own),
        ),
        "sweep": RunRow(run_id="sweeps/s", preset="s", seed=0, status="done", experiment=spec, swept=swept),
    }  # fmt: skip
    asked = filtering.parse(text)
    assert asked.mistake == ""
    assert [name for name, row in rows.items() if asked.holds(row)] == found.split()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("depht>3", "depht is no key; depth?"),
        ("zzz:1", "zzz is no key: status, seed, tag, or one of a specification"),
        ("depth>", "depth> needs a value"),
        ("depth>x", "depth>x: expected a number"),
        ("preset>3", "preset is no number: write preset:3"),
        ("network>3", "network is no number: write network:3"),
        ("batch_norm:true", "batch_norm is one of model.batch_norm, interpolation.batch_norm: write it whole"),
    ],
)
def test_a_mistake_is_one_line_and_asks_for_nothing(text, said):
    asked = filtering.parse(f"fc10 {text}")
    assert asked.mistake == said
    assert [name for name, row in ROWS.items() if asked.holds(row)] == ["deep"]


@given(st.text())
def test_no_line_raises(text):
    asked = filtering.parse(text)
    assert asked.mistake.isprintable()
    for row in ROWS.values():
        assert asked.holds(row) in (True, False)


WORDS = st.sampled_from(["preset", "depth", "seed", "tag", "bias", "schemes", "own.model", "x", *known_keys()])
VALUES = st.text(max_size=4) | st.sampled_from(["nan", "inf", "-1e999", "1_0", '"', '"a b"'])


@given(st.lists(st.tuples(WORDS, st.sampled_from([":", "=", ">", "<", ">=", "<=", ""]), VALUES)))
def test_no_line_of_keys_and_values_raises(parts):
    asked = filtering.parse(" ".join("".join(part) for part in parts))
    assert asked.mistake.isprintable()
    assert [asked.holds(row) in (True, False) for row in ROWS.values()] == [True] * len(ROWS)


@pytest.mark.parametrize("key", [*known_keys(), *filtering._ROW])
def test_every_key_has_values_or_none(key):
    for row in ROWS.values():
        tuple(filtering.values_at(row, key))
    assert filtering.full_key(key) == (key, "")
