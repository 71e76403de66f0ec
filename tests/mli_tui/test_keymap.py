"""Keys of the user's own: which actions there are, what a file may say, and one line for what can't be fulfilled."""

import pytest

from mli_tui import app, keymap
from mli_tui.keymap import check


@pytest.fixture(scope="module")
def known():
    return keymap.actions()


def test_every_key_of_ours_has_an_id_in_a_place(known):
    """Also those of screens and widgets that others will add: one without an id could not be configured."""
    for owner in keymap._ours(app.MliApp.__mro__[-2]):
        for binding in owner.__dict__.get("BINDINGS", ()):
            assert binding.id, f"{owner.__name__}: {binding.key} has no id"
            assert binding.id.count(".") == 1
            assert known[binding.id].owner is owner, f"{binding.id} is there twice"


def test_no_two_actions_that_can_meet_have_the_same_key_unless_one_is_made_from_the_other(known):
    for one in known.values():
        for other in known.values():
            if one.id < other.id and keymap.meet(one.owner, other.owner) and set(one.keys) & set(other.keys):
                assert issubclass(one.owner, other.owner) or issubclass(other.owner, one.owner), (one.id, other.id)


def test_the_keys_as_they_come_are_no_conflict(known):
    said = {name: list(action.keys) for name, action in known.items()}
    keys, complaints = check(said, known)
    assert complaints == []
    assert keys["app.help"] == "question_mark"


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ({"run.stop": "Z"}, "Z"),
        ({"run.stop": "/"}, "slash"),
        ({"run.stop": ["_", "@"]}, "underscore,at"),
        ({"run.stop": "X"}, "X"),
        ({"run.stop": " Z "}, "Z"),
        ({"run.stop": "f5"}, "f5"),
        ({"run.stop": "ctrl+x"}, "ctrl+x"),
        ({"run.stop": ["Z", "f5"]}, "Z,f5"),
        ({"run.stop": "Z,f5"}, "Z,f5"),
        ({"run.stop": "!"}, "exclamation_mark"),
        ({"run.stop": "space"}, "space"),
        ({"sweep.stop": "-", "run.stop": "Z"}, "Z"),  # - is the run screen's
        ({"run.stop": "r", "run.resume": "s"}, "r"),  # changed for each other
        ({"confirm.yes": "q"}, None),  # a dialog hides the app's own q
        ({"run.stop": "u"}, "u"),  # u is the form's
    ],
)
def test_wishes_that_are_fulfilled(known, said, keys):
    found, complaints = check(said, known)
    assert complaints == []
    assert keys is None or found["run.stop"] == keys


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"run.stopp": "x"}, "run.stopp: no such action; did you mean run.stop? (`mli-tui keys` lists them)"),
        ({"\x1b]0;x": "x"}, "\\x1b]0;x: no such action (`mli-tui keys` lists them)"),
        ({"run.stop": 5}, "run.stop = 5: expected a key, such as 'x' or 'f5', or a list of keys"),
        ({"run.stop": []}, "run.stop = []: expected a key, such as 'x' or 'f5', or a list of keys"),
        ({"run.stop": ["x", 1]}, "run.stop = ['x', 1]: expected a key, such as 'x' or 'f5', or a list of keys"),
        (
            {"run.stop": "esc"},
            "run.stop = 'esc': no key is called 'esc'; the key is called 'escape'; "
            "expected a character, a name such as f5, or ctrl+x",
        ),
        (
            {"run.stop": "frob"},
            "run.stop = 'frob': no key is called 'frob'; expected a character, a name such as f5, or ctrl+x",
        ),
        (
            {"run.stop": "strg+x"},
            "run.stop = 'strg+x': no key is called 'strg+x'; expected a character, a name such as f5, or ctrl+x",
        ),
        ({"run.stop": "ctrl+q"}, "run.stop = 'ctrl+q': ctrl+q always quits"),
        ({"run.stop": "r"}, "run.stop = 'r': is the key of run.resume already; run.stop keeps 's'"),
        ({"run.stop": "?"}, "run.stop = 'question_mark': is the key of app.help already; run.stop keeps 's'"),
        ({"run.log": "Z", "run.stop": "Z"}, "run.stop = 'Z': is the key of run.log already; run.stop keeps 's'"),
        ({"runs.stop": "j"}, "runs.stop = 'j': is the key of table.down already; runs.stop keeps 's'"),
        ({"runs.filter": "tab"}, "runs.filter = 'tab': is the key of start.other already; runs.filter keeps 'slash'"),
    ],
)
def test_wishes_that_can_not_be_fulfilled_are_one_line_each(known, said, line):
    keys, complaints = check(said, known)
    assert complaints == [line]
    assert len(keys) == len(said) - 1


def test_a_wish_falls_with_the_one_it_rests_on(known):
    """stop may have r only while resume has another key; resume's is refused, so both stay as they come."""
    keys, complaints = check({"run.stop": "r", "run.resume": "q"}, known)
    assert keys == {}
    assert len(complaints) == 2


@pytest.mark.parametrize(
    "text", ['run.stop = "Z"', '[run]\nstop = "Z"', '"run.stop" = "Z"', '[run]\nstop = ["Z"]', "run.stop = 'Z' # why"]
)
def test_a_file_may_say_it_in_every_way_of_toml(tmp_path, text):
    file = tmp_path / "keys.toml"
    file.write_text(text)
    assert keymap.read(file) == ({"run.stop": "Z"}, [])


@pytest.mark.parametrize(("content", "begins"), [(b"run.stop = ", "keys.toml: "), (b'x = "\xff"', "keys.toml: ")])
def test_a_damaged_file_is_one_line(tmp_path, content, begins):
    file = tmp_path / "keys.toml"
    file.write_bytes(content)
    keys, complaints = keymap.read(file)
    assert keys == {}
    assert len(complaints) == 1
    assert complaints[0].startswith(begins)
    assert "\n" not in complaints[0]


def test_no_file_says_nothing(tmp_path):
    assert keymap.read(tmp_path / "keys.toml") == ({}, [])
