"""Reading, checking and writing specifications.

Every refusal is one `SpecError`: the key, the value found there, and what is allowed.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Container
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import msgspec
import tomli_w

from presets import own
from presets.allowed import allowed_at, known_keys
from presets.checks import CHECKS, says_nothing
from presets.experiment import Experiment, Group, Section
from presets.own_models import OWN_CHECKS

MAX_BYTES = 1 << 20
"""A specification is a few hundred bytes; what is larger is not one."""

_PLACE = re.compile(r" - at `\$\.?(?P<key>[^`]*)`$")
_UNKNOWN = re.compile(r"unknown field `(?P<name>.*?)`(?: - at `|$)", re.DOTALL)
_MISSING = re.compile(r"missing required field `(?P<name>[^`]*)`")


LONGEST_VALUE, LONGEST_PATH = 80, 400
"""Characters of a value, or of a file's path, that a refusal shows."""


class SpecError(ValueError):
    """A specification that can't be used: names the key, the value and what is allowed."""

    exit_code = 2

    def __init__(self, key: str, value: object, allowed: str) -> None:
        """Make the one line: `key = value: expected ...`."""
        self.key, self.value, self.allowed = key, value, allowed
        super().__init__(f"{key} = {_shown(value, LONGEST_PATH if key == 'file' else LONGEST_VALUE)}: {allowed}")


class Preset(msgspec.Struct, frozen=True):
    """A named experiment, and whether it is the user's own or built in."""

    name: str
    experiment: Experiment
    own: bool = False


def _shown(value: object, longest: int) -> str:
    """Return a value as TOML writes it, cut where it is long."""
    match value:
        case bool():
            text = str(value).lower()
        case tuple():
            text = str(list(value))
        case str():
            text = repr(value)
        case _:
            text = str(value)
    return text if len(text) <= longest else text[: longest - 3] + "..."


def catalog() -> list[Preset]:
    """Return the built-in presets and then the user's own; what is damaged of these, `damaged` tells."""
    return [*built_in(), *_own()[0]]


def built_in() -> list[Preset]:
    """Return the built-in presets: the default first, then claim by claim, each by name."""
    files = [f for f in resources.files("presets").joinpath("catalog").iterdir() if f.name.endswith(".toml")]
    found = [parse(f.read_bytes(), f.name) for f in files]
    groups = get_args(Group)
    found.sort(key=lambda e: (e.preset != DEFAULT, groups.index(e.group), e.preset))
    return [Preset(name=e.preset, experiment=e) for e in found]


DEFAULT = "fc10-mnist5k"
"""The preset that `make run` starts without a terminal."""


def damaged() -> list[str]:
    """Return a line for each file in the user's preset folder that can't be used."""
    return _own()[1]


def _own() -> tuple[list[Preset], list[str]]:
    taken = {preset.name for preset in built_in()}
    found, complaints = [], []
    for file in own.files():
        try:
            found.append(Preset(name=file.stem, experiment=_load_own(file, taken), own=True))
        except SpecError as error:
            complaints.append(f"preset file {file.name}: {error}")
    return found, complaints


def _load_own(file: Path, taken: Container[str]) -> Experiment:
    """Return the experiment in a file of the preset folder; raises `SpecError`, also where its name is not its own."""
    experiment = load_file(file)
    if experiment.preset != file.stem:
        raise SpecError("preset", experiment.preset, f"expected {file.stem!r}, the name of its file")
    if file.stem in taken:
        raise SpecError("preset", file.stem, "is the name of a built-in preset; give the file and its key another")
    return experiment


def load(name: str) -> Experiment:
    """Return the experiment of a preset, built-in or the user's, or of a TOML file where `name` ends in .toml.

    Raises `SpecError` where there is no such preset, the file can't be read, or its content is refused.
    """
    if name.endswith(".toml"):
        return load_file(Path(name))
    presets = {p.name: p.experiment for p in catalog()}
    if name in presets:
        return presets[name]
    for file in own.files():
        if file.stem == name:
            return _load_own(file, presets)
    near = difflib.get_close_matches(name, presets, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise SpecError("preset", name, f"no such preset; {hint}known: {', '.join(presets)}, or a path ending in .toml")


def preset_of(experiment: Experiment) -> str:
    """Return the name of the preset that asks for just this, whatever the lists say of it; "" where none does."""
    told = {name: getattr(experiment, name) for name in _TOLD}
    return next((p.name for p in catalog() if msgspec.structs.replace(p.experiment, **told) == experiment), "")


_TOLD = ("title", "shows", "expected_time", "group")
"""What lists say of a preset: another version may say it in other words, and nothing is computed from it."""


def renamed(experiment: Experiment, name: str) -> Experiment:
    """Return the experiment under another name, its time not measured yet; raises `SpecError` for a refused name."""
    return from_tree({**tomllib.loads(to_toml(experiment)), "preset": name, "expected_time": ""})


class Taken(msgspec.Struct, frozen=True):
    """The names that there are: of built-in presets, and of the user's own files, damaged ones too."""

    built_in: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()


def taken() -> Taken:
    """Return the names of all presets."""
    return Taken(frozenset(preset.name for preset in built_in()), frozenset(file.stem for file in own.files()))


def require_own(name: str, built_in_names: Container[str]) -> None:
    """Raise `SpecError` for a name that no preset of the user's can have."""
    if name.endswith(".toml"):
        raise SpecError("NAME", name, "expected a name that does not end in .toml: that is how a file is named")
    if name in built_in_names:
        raise SpecError("NAME", name, "is the name of a built-in preset; expected another")


def place_for(name: str, replace: bool = False) -> Path:
    """Return the file that a preset of the user's goes to; raises `SpecError` where the name is taken.

    With `replace` a preset of the user's own may have it.
    """
    require_own(name, {preset.name for preset in built_in()})
    path = own.folder() / f"{name}.toml"
    if os.path.lexists(path) and not replace:
        raise SpecError("NAME", name, f"{path} is there already; expected another name")
    return path


def load_file(path: Path) -> Experiment:
    """Return the experiment in a TOML file; raises `SpecError`."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError("file", str(path), f"can't be read: {error.strerror}") from None
    return parse(raw, str(path))


def parse(raw: bytes, origin: str) -> Experiment:
    """Return the experiment in TOML bytes; `origin` names them where they are refused by `SpecError`."""
    if len(raw) > MAX_BYTES:
        raise SpecError("file", origin, f"a specification has at most {MAX_BYTES} bytes")
    try:
        tree = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SpecError("file", origin, f"not valid TOML: {error}") from None
    return from_tree(tree)


def from_tree(tree: dict[str, Any]) -> Experiment:
    """Return the experiment in a tree of plain values; raises `SpecError` with the offending key."""
    try:
        experiment = msgspec.convert(tree, Experiment)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), tree) from None
    for key, holds, allowed in (*OWN_CHECKS, *CHECKS):
        if not holds(experiment):
            raise SpecError(key, _value_at(msgspec.to_builtins(experiment), key), f"expected {allowed}")
    return experiment


def to_toml(experiment: Experiment) -> str:
    """Return the experiment as TOML with every key written out, so that it can be run again as it is.

    Of a network of the user's own nothing is written that decides nothing: of `model` its name and type, of `train`
    the threads.
    """
    tree = {
        name: msgspec.structs.asdict(part) if isinstance(part, msgspec.Struct) else part
        for name, part in msgspec.structs.asdict(experiment).items()
    }
    if experiment.model.network == "own":
        tree["train"] = {"threads": experiment.train.threads}
        tree["model"] = {"network": "own", "dtype": experiment.model.dtype}
    return tomli_w.dumps(msgspec.to_builtins(tree))


def to_short_toml(experiment: Experiment) -> str:
    """Return the experiment as TOML with those keys alone that differ from their defaults, for a person to edit."""
    tree: dict[str, object] = {}
    for name, part in msgspec.structs.asdict(experiment).items():
        if isinstance(part, Section):
            tree |= {name: changed} if (changed := part.chosen()) else {}
        else:
            tree[name] = part
    return tomli_w.dumps(msgspec.to_builtins(tree))


def override(experiment: Experiment, settings: list[str]) -> Experiment:
    """Return the experiment with `section.key=value` settings applied, values read as TOML.

    A value that is no TOML is taken as a string, so that `model.activation=tanh` needs no quotes.
    Where `model.network` is set to one that has its own depth or width, that of the former network is dropped.
    Raises `SpecError` for a setting of another form, an unknown key or a refused value.
    """
    tree: dict[str, Any] = msgspec.to_builtins(experiment)
    given = set[str]()
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip()
        if not equals or not key:
            raise SpecError("--set", setting, "expected section.key=value, such as train.seed=1")
        _put(tree, key, toml_value(text.strip()))
        given.add(key)
    if "model.network" in given:
        for name in says_nothing(str(tree["model"]["network"])):
            if f"model.{name}" not in given:
                del tree["model"][name]
    return from_tree(tree)


def toml_value(text: str) -> object:
    """Return the value that a text stands for after `KEY=`: as TOML reads it, else the text itself.

    A text that goes on with keys of its own after a value is no value.
    """
    try:
        match tomllib.loads(f"value = {text}"):
            case {"value": value, **more} if not more:
                return value
    except (tomllib.TOMLDecodeError, RecursionError):
        pass
    return text


def _put(tree: dict[str, Any], key: str, value: object) -> None:
    if key not in known_keys():
        raise SpecError(key, value, _unknown(key))
    *sections, last = key.split(".")
    for section in sections:
        tree = tree.setdefault(section, {})
    tree[last] = value


def _unknown(key: str) -> str:
    section = key.split(".")[0]
    inside = [k for k in known_keys() if k.startswith(section + ".")]
    if key == section and inside:
        return f"a section, not a key; its keys: {', '.join(inside)}"
    sections = {k.split(".")[0] for k in known_keys()}
    possible = inside or [*known_keys(), *sections]
    near = difflib.get_close_matches(key, possible, n=1, cutoff=0.8 if inside else 0.5)
    if near:
        return f"unknown key; did you mean {near[0]}?"
    return f"unknown key; known: {', '.join(inside or known_keys())}"


def _refusal(message: str, tree: dict[str, Any]) -> SpecError:
    """Turn msgspec's message, which names place and expectation, into ours, which adds value and range."""
    place = _PLACE.search(message)
    key = re.sub(r"\[.*?\]", "", place.group("key")) if place else ""
    if unknown := _UNKNOWN.search(message):
        full = f"{key}.{unknown.group('name')}".lstrip(".")
        return SpecError(full, _value_at(tree, full), _unknown(full))
    if missing := _MISSING.search(message):
        full = f"{key}.{missing.group('name')}".lstrip(".")
        return SpecError(full, "", f"is missing; expected {allowed_at(full)}")
    return SpecError(key or "file", _value_at(tree, key), f"expected {allowed_at(key)}")


def _value_at(tree: object, key: str) -> object:
    for name in filter(None, key.split(".")):
        if not isinstance(tree, dict) or name not in tree:
            return ""
        tree = tree[name]
    return tree
