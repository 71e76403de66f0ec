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
    loss=0.00062381,
    error=0.0,
    experiment=override(load("fc10-mnist5k"), ["train.seed=7"]),
    labels=Labels(name="Deep one", tags=("paper", "v2"), note="For figure 3", pinned=True),
)
LIVE = RunRow(
    run_id="quick-1", preset="quick", seed=0, status="running", phase="training", experiment=load("quick"),
    loss=1.40310694, error=0.372,
)  # fmt: skip
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
        ("preset!=quick", "deep lost"),
        ("preset=quick,fc10-mnist5k", "deep live"),
        ("seed:0,7", "deep live"),
        ("seed=0,7", "deep live"),
        ("seed!=0", "deep lost"),
        ("seed!=0,7", "lost"),
        ("seed:0,", "live"),
        ("depth==10", "deep"),
        ("tag:old,v2", "deep"),
        ("tag!=paper", "live lost"),
        ("-tag:paper", "live lost"),
        ("!tag:old", "deep live lost"),
        ("-paper", "live lost"),
        ('-"deep one"', "live lost"),
        ('"-paper"', ""),
        ("-depth>8", "live lost"),
        ("-depth!=8", "live"),
        ("-status:done,damaged", "live"),
        ('note:"for figure 3",x', "deep"),
        ("wow!", ""),
        ("loss<0.001", "deep"),
        ("loss>1", "live"),
        ("loss=0.0006238", "deep"),
        ("loss!=0.0006238", "live lost"),
        ("error>0.3", "live"),
        ("error=0", "deep"),
        ("live_every>3", ""),
        ("live_every:auto", "deep live"),
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
        ("seed!", "seed!: after a key stands one of : = != > < >= <="),
        ("seed!0", "seed!: after a key stands one of : = != > < >= <="),
        ("depth=>3", "depth=>: after a key stands one of : = != > < >= <="),
        ("depth~3", "depth~: after a key stands one of : = != > < >= <="),
        ("preset!=", "preset!= needs a value"),
        ("tag:,", "tag: needs a value"),
        ("-depth>", "depth> needs a value"),
        ("!=", "!=: : = != > < >= <= stand between a key and a value, without spaces: depth>3"),
        ("-", "- turns the word round that follows it, such as -tag:old"),
        ("depth>3,5", "depth>3,5: expected a number"),
        ("depth:8,x", "depth:x: expected a number"),
        ("seed:one", "seed:one: expected a number"),
        ("loss:small", "loss:small: expected a number"),
        ("schemes>3", "schemes is no number: write schemes:3"),
        ("batch_norm:true", "batch_norm is one of model.batch_norm, interpolation.batch_norm: write it whole"),
    ],
)
def test_a_mistake_is_one_line_and_asks_for_nothing(text, said):
    asked = filtering.parse(f"fc10 {text}")
    assert asked.mistake == said
    assert [name for name, row in ROWS.items() if asked.holds(row)] == ["deep"]


@pytest.mark.parametrize("typed", ["depth>", "DEPTH>", "depth>x", "model.depth=", "depth!", "depth=>3"])
def test_a_word_on_its_way_to_another_keeps_what_was_asked_for(typed):
    before = filtering.parse("depth>9 fc10")
    asked = filtering.parse(f"{typed} fc10", before)
    assert asked.mistake
    assert asked.terms == before.terms
    again = filtering.parse(f"{typed} ", asked)
    assert [name for name, row in ROWS.items() if again.holds(row)] == ["deep"]
    assert [name for name, row in ROWS.items() if filtering.parse("depht>3", before).holds(row)] == list(ROWS)
    assert filtering.parse("status>3", before).terms == ()
    assert filtering.parse("", asked).terms == ()


SIGNS = st.sampled_from([":", "=", "!=", ">", "<", ">=", "<=", "=="])
PLAIN = st.text("abcqu1k", min_size=1, max_size=5)


@given(st.sampled_from(["preset", "name", "tag", "status", "network", "activation"]), st.lists(PLAIN, min_size=1))
def test_not_equal_is_the_contrary_of_equal_and_minus_of_what_follows(key, values):
    word = f"{key}={','.join(values)}"
    asked, other = filtering.parse(word), filtering.parse(word.replace("=", "!="))
    turned = [filtering.parse(f"{sign}{word}") for sign in "-!"]
    for row in ROWS.values():
        assert [one.holds(row) for one in (other, *turned)] == [not asked.holds(row)] * 3


@given(st.sampled_from(["preset", "tag", "seed", "depth", "gap", "schemes"]), st.lists(st.sampled_from("0178qplx")))
def test_any_of_several_values_is_any_of_one_word_each(key, values):
    for sign in ":=":
        words = [filtering.parse(f"{key}{sign}{value}") for value in values]
        whole = filtering.parse(f"{key}{sign}{','.join(values)}")
        assert bool(whole.mistake) == (not values or any(word.mistake for word in words))
        if not whole.mistake:
            for row in ROWS.values():
                assert whole.holds(row) == any(word.holds(row) for word in words)


FINITE = st.floats(0, 1e6, allow_nan=False)


@given(st.sampled_from(["gap", "loss", "error", "plateau"]), FINITE, FINITE)
def test_a_measured_number_is_compared_as_it_is_and_found_by_what_the_list_shows(key, value, other):
    row = RunRow(
        run_id="a", preset="p", seed=0, status="done",
        bias_gap=value, loss=value, error=value, error_plateau_end={"linear": value},
    )  # fmt: skip
    listed = filtering.as_listed(key, value)
    for sign in (":", "=", ">=", "<="):
        assert filtering.parse(f"{key}{sign}{listed}").holds(row)
        assert filtering.parse(f"{key}{sign}{value!r}").holds(row)
    assert not filtering.parse(f"{key}!={listed}").holds(row)
    assert filtering.parse(f"{key}>{other!r}").holds(row) == (value > other)
    assert filtering.parse(f"{key}<{other!r}").holds(row) == (value < other)
    same = float(listed) == other or value == other
    assert filtering.parse(f"{key}={other!r}").holds(row) == same
    assert filtering.parse(f"{key}>={other!r}").holds(row) == (value > other or same)


@given(st.text())
def test_no_line_raises(text):
    asked = filtering.parse(text)
    assert asked.mistake.isprintable()
    for row in ROWS.values():
        assert asked.holds(row) in (True, False)


WORDS = st.sampled_from(["preset", "depth", "seed", "tag", "bias", "schemes", "own.model", "x", *known_keys()])
VALUES = st.text(max_size=4) | st.sampled_from(["nan", "inf", "-1e999", "1_0", '"', '"a b"'])


@given(
    st.lists(st.tuples(st.sampled_from(["", "-", "!"]), WORDS, SIGNS | st.sampled_from(["", "!", "~", "<>"]), VALUES))
)
def test_no_line_of_keys_and_values_raises(parts):
    asked = filtering.parse(" ".join("".join(part) for part in parts))
    assert asked.mistake.isprintable()
    assert [asked.holds(row) in (True, False) for row in ROWS.values()] == [True] * len(ROWS)


@pytest.mark.parametrize("key", [*known_keys(), *filtering._ROW])
def test_every_key_has_values_or_none(key):
    for row in ROWS.values():
        tuple(filtering.values_at(row, key))
    assert filtering.full_key(key) == (key, "")
