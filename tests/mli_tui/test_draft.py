"""The form's one way of checking: each complaint is the command line's own line."""

import itertools
import shlex

import msgspec
import pytest

from backends.runs import sweeps
from mli_tui.draft import MOST_CHECKED, Draft, best, check, matching, next_choice
from presets import SpecError, load, override
from presets.experiment import Data
from presets.keys import by_name

BASE = load("quick")


def line_of(*settings):
    """Return what the command line says of these settings."""
    with pytest.raises(SpecError) as refused:
        override(BASE, list(settings))
    return str(refused.value)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("model.depth", "0"),
        ("model.depth", "ten"),
        ("model.depth", ""),
        ("model.depth", "1.5"),
        ("model.bias", "[9]"),
        ("model.dtype", "float16"),
        ("train.momentum", "1.0"),
        ("interpolation.start", "epoch:999"),
        ("interpolation.schemes", "[]"),
        ("data.name", "imagenet"),
        ("title", "x" * 301),
        ("preset", "-x"),
    ],
)
def test_a_refused_value_is_explained_as_the_command_line_does(key, text):
    checked = check(BASE, {key: text})
    assert checked.troubles == {key: line_of(f"{key}={text}")}
    assert checked.experiment is None
    assert checked.parts == ()


def test_every_refused_key_has_its_own_line():
    checked = check(BASE, {"model.depth": "0", "train.lr": "fast", "train.seed": "7"})
    assert checked.troubles == {"model.depth": line_of("model.depth=0"), "train.lr": line_of("train.lr=fast")}


def test_a_rule_between_two_keys_is_told_at_the_key_that_the_command_line_names():
    checked = check(BASE, {"model.network": "theory"})
    assert list(checked.troubles.values()) == [line_of("model.network=theory")]
    assert "model.network" not in checked.troubles


def test_sound_values_are_the_experiment_that_the_command_line_makes():
    checked = check(BASE, {"model.depth": "6", "model.bias": "all", "interpolation.schemes": '["linear"]'})
    settings = ["model.depth=6", "model.bias=all", 'interpolation.schemes=["linear"]']
    assert checked.experiment == override(BASE, settings)
    assert (checked.runs, checked.troubles) == (1, {})
    assert checked.parts == (checked.experiment,)


@pytest.mark.parametrize(
    ("texts", "runs"),
    [
        ({"model.depth": "4,6,8"}, 3),
        ({"train.seed": "0..4"}, 5),
        ({"train.seed": "0..4", "model.depth": "4, 6"}, 10),
        ({"interpolation.schemes": '["linear"], ["linear", "homogeneous"]'}, 2),
        ({"train.seed": "0..0"}, 1),
        ({"interpolation.schemes": '["linear", "homogeneous"]'}, 1),
        ({"title": "one, two", "shows": "1..3"}, 1),
    ],
)
def test_several_values_make_a_sweep(texts, runs):
    checked = check(BASE, texts)
    assert checked.troubles == {}
    assert checked.runs == runs
    assert len(checked.parts) == runs
    assert (checked.sweep is None) == (not checked.axes)


@pytest.mark.parametrize(
    ("key", "text", "line"),
    [
        ("model.depth", "4,200", "model.depth = 200: expected a whole number from 1 to 100"),
        ("model.depth", "4,", "model.depth = '': expected a whole number from 1 to 100"),
        ("model.depth", "4,4", "model.depth = '4': computes the same as 4; expected values that differ"),
        ("model.depth", "6..4", "--over = 'model.depth=6..4': expected a range A..B with A at most B"),
    ],
)
def test_a_refused_sweep_is_explained_at_its_key(key, text, line):
    checked = check(BASE, {key: text, "train.seed": "3"})
    assert checked.troubles == {key: line}
    assert checked.sweep is None


def test_combinations_that_are_refused_are_found_before_they_are_started():
    checked = check(BASE, {"train.optimiser": "sgd,flow", "train.seed": "0,1"})
    assert list(checked.troubles) == ["train.optimiser"]


def test_a_huge_sweep_is_counted_and_not_checked_with_every_character():
    checked = check(BASE, {"train.seed": f"0..{MOST_CHECKED}"})
    assert (checked.runs, checked.sweep, checked.troubles, checked.parts) == (MOST_CHECKED + 1, None, {}, ())


def test_the_first_text_is_no_change():
    draft = Draft(BASE).with_text("model.depth", "6")
    assert (draft.texts, draft.text("model.depth"), draft.original("model.depth")) == ({"model.depth": "6"}, "6", "8")
    assert draft.with_text("model.depth", " 8 ").texts == {}


def test_a_value_that_would_read_as_several_is_quoted():
    own = msgspec.structs.replace(BASE, data=Data(name="npz:/a,b.npz"))
    draft = Draft(own)
    assert draft.original("data.name") == '"npz:/a,b.npz"'
    assert check(own, {"data.name": draft.original("data.name")}).experiment == own


def test_text_of_a_strangers_run_is_harmless():
    own = msgspec.structs.replace(BASE, data=Data(name="npz:/\x1b]52;c;aGk=\x07"))
    assert "\x1b" not in Draft(own).text("data.name")


def test_the_command_that_does_the_same():
    draft = Draft(BASE).with_text("model.depth", "4,6").with_text("interpolation.schemes", '["linear"]')
    assert draft.command("quick") == (
        """mli-tui sweep quick --over model.depth=4,6 --set 'interpolation.schemes=["linear"]'"""
    )
    assert Draft(BASE).command("my file.toml") == "mli-tui run 'my file.toml'"


SWEPT = load("quick-starts")  # over = ["interpolation.start=init,zero,noise,epoch:1"]


def test_a_preset_that_is_a_sweep_begins_with_its_several_values():
    draft = Draft(SWEPT)
    assert draft.text("interpolation.start") == "init,zero,noise,epoch:1"
    assert (draft.texts, draft.checked.runs, draft.checked.troubles) == ({}, 4, {})
    assert draft.checked.sweep is None, "a key does not wait for it"
    assert draft.planned().checked.sweep.cells == sweeps.plan(SWEPT, []).cells
    assert draft.planned() == draft
    assert draft.command("quick-starts") == "mli-tui sweep quick-starts"
    assert draft.preset == SWEPT


def test_what_a_preset_sweeps_can_be_changed_and_taken_back():
    fewer = Draft(SWEPT).with_text("interpolation.start", "init,zero")
    assert (fewer.checked.runs, fewer.preset.over) == (2, ("interpolation.start=init,zero",))
    assert fewer.command("s") == """mli-tui sweep s --set 'over=["interpolation.start=init,zero"]'"""
    one = Draft(SWEPT).with_text("interpolation.start", "zero")
    assert (one.checked.runs, one.checked.experiment.interpolation.start, one.preset.over) == (1, "zero", ())
    assert one.command("s") == "mli-tui run s --set 'over=[]' --set interpolation.start=zero"
    assert fewer.with_text("interpolation.start", "init,zero,noise,epoch:1").texts == {}


@pytest.mark.parametrize("text", ["init,zero", "zero"])
def test_the_command_of_a_changed_sweep_means_the_same(text):
    draft = Draft(SWEPT).with_text("interpolation.start", text).with_text("train.seed", "3")
    words = shlex.split(draft.command("quick-starts"))
    given = override(SWEPT, [value for option, value in itertools.pairwise(words) if option == "--set"])
    assert given == draft.preset


def test_a_swept_key_that_does_not_exist_is_said():
    damaged = msgspec.structs.replace(SWEPT, over=("model.dept=1,2",))
    assert "did you mean model.depth?" in Draft(damaged).checked.troubles["model.dept"]


@pytest.mark.parametrize(
    ("query", "some"),
    [
        ("depth", "model.depth"),
        ("LEARNING rate", "train.lr"),
        ("train.lr", "train.lr"),
        ("bisection", "interpolation.resolution"),
    ],
)
def test_a_search_finds_names_and_meanings(query, some):
    found = [key.name for key in matching(query)]
    assert some in found
    assert len(found) < 20


@pytest.mark.parametrize(
    ("query", "name"), [("max_ep", "train.max_epochs"), ("TRAIN seed", "train.seed"), ("bisection", ""), ("", "")]
)
def test_a_key_that_is_called_so_comes_before_those_that_speak_of_it(query, name):
    assert best(matching(query), query) == name


def test_every_word_of_a_search_counts():
    assert matching("depth nonsense") == ()
    assert len(matching("")) == len(by_name())


@pytest.mark.parametrize(
    ("key", "text", "step", "answer"),
    [
        ("model.dtype", "float32", 1, "float64"),
        ("model.dtype", "float64", 1, "float32"),
        ("model.dtype", "float32", -1, "float64"),
        ("model.batch_norm", "false", 1, "true"),
        ("model.bias", "[1, 2]", 1, "all"),
        ("model.bias", "[1, 2]", -1, "none"),
        ("model.depth", "8", 1, "8"),
    ],
)
def test_next_choice(key, text, step, answer):
    assert next_choice(by_name()[key], text, step) == answer
