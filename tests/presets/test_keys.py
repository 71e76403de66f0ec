"""What a form is told of each key: all of it read from the specification's own types and docstrings."""

import pytest

from presets import Experiment, catalog, override
from presets.allowed import known_keys
from presets.keys import by_name, docs, keys, value_of, written


def test_every_key_but_those_of_own_code_is_there_with_its_meaning():
    expected = {name for name in known_keys() if not name.startswith("own.")} - {"over"}
    assert {key.name for key in keys()} == expected
    assert [key.name for key in keys() if not (key.about and key.allowed and key.brief)] == []


def test_sections_stand_together_and_the_whole_experiment_last():
    sections = list(dict.fromkeys(key.section for key in keys()))
    assert sections == ["data", "model", "train", "interpolation", "output", "about"]
    assert [key.section for key in keys()] == sorted((key.section for key in keys()), key=sections.index)


def test_a_docstring_is_that_of_its_own_key():
    assert docs()["train.seed"].startswith("Decides the initialisation")
    assert docs()["data.seed"].startswith("Decides which inputs are drawn")
    assert docs()["title"] == "One line for the list of presets."
    assert "\n" not in "".join(docs().values())


@pytest.mark.parametrize(
    ("name", "brief", "unit", "default", "choices"),
    [
        ("model.depth", "1 to 100 layers", "layers", "10", ()),
        ("model.init_scale", "above 0.0 to 100.0", "", "0.45", ()),
        ("train.momentum", "0.0 to below 1.0", "", "0.9", ()),
        ("train.batch_size", "1 to 1000000 inputs", "inputs", "100", ()),
        ("model.batch_norm", "true or false", "", "false", ("false", "true")),
        ("model.dtype", "float32, float64", "", "float32", ("float32", "float64")),
        ("model.bias", "all, last, none, list: at least 1", "", "last", ("all", "last", "none")),
        ("interpolation.memory_limit", "auto, 1 to 1000000 MiB", "MiB", "auto", ("auto",)),
        ("interpolation.start", "init, zero, noise, epoch:N, file:PATH", "", "init", ()),
        ("interpolation.only", "list: text of at most 200 characters", "", "[]", ()),
        ("output.autosave_seconds", "0.0 to 86400.0 s", "s", "10.0", ()),
        ("title", "text of at most 300 characters", "", "", ()),
        ("preset", "letters, digits, '.', '_' and '-', at most 40, a letter or digit first", "", "", ()),
    ],
)
def test_range_unit_default_and_choices(name, brief, unit, default, choices):
    key = by_name()[name]
    assert (key.brief, key.unit, key.default, key.choices) == (brief, unit, default, choices)


def test_a_unit_changes_no_refusal():
    assert by_name()["model.depth"].allowed == "a whole number from 1 to 100"
    assert by_name()["train.step_epochs"].allowed == "a list of: a whole number of at least 1"


@pytest.mark.parametrize("preset", catalog(), ids=lambda preset: preset.name)
def test_what_is_written_reads_back_the_same(preset):
    settings = [f"{key.name}={written(value_of(preset.experiment, key.name))}" for key in keys()]
    assert override(Experiment(preset="x", over=preset.experiment.over), settings) == preset.experiment


@pytest.mark.parametrize("text", ["", "true", "1", "1.5", "[1]", '"quoted"', " spaced ", "a = b", "a, b", "1979-05-27"])
def test_text_that_looks_like_something_else_stays_text(text):
    assert override(Experiment(preset="x"), [f"title={written(text)}"]).title == text


def test_only_keys_that_decide_numbers_are_swept():
    assert {key.section for key in keys() if key.swept} == {"data", "model", "train", "interpolation"}
