"""Keys of the user's own choice: which actions there are, what keys.toml says of them, and what of it can be done.

Only a file of the user's needs all this; it loads every screen, so it is imported where there is such a file.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from backends.runs.text import safe_line
from mli_tui.keys import character_of
from mli_tui.settings import read_toml

MODIFIERS = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})
RESERVED = frozenset({"ctrl+q", "ctrl+c"})
"""Textual's own way out, which must always work."""
_NAMES = frozenset(key.value for key in Keys) - {"return"}  # which no terminal ever sends by that name
_INSTEAD = {"esc": "escape", "return": "enter", "del": "delete", "ins": "insert", "pgup": "pageup", "pgdn": "pagedown"}


class Action(NamedTuple):
    """Something that a key does: its id, its keys as they come, what it is called, and the class that has it."""

    id: str
    keys: tuple[str, ...]
    description: str
    owner: type[DOMNode]


def actions() -> dict[str, Action]:
    """Return every action of the app by its id, in the order of places."""
    for package in ("mli_tui.screens", "mli_tui.widgets"):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            importlib.import_module(f"{package}.{module.name}")
    importlib.import_module("mli_tui.app")
    found: dict[str, Action] = {}
    for owner in _ours(DOMNode):
        for binding in owner.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id and binding.id not in found:
                keys = tuple(_normal(key) for key in binding.key.split(","))
                found[binding.id] = Action(binding.id, keys, binding.description, owner)
    return dict(sorted(found.items()))


def _ours(base: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for cls in base.__subclasses__():
        if cls.__module__.startswith("mli_tui."):
            yield cls
        yield from _ours(cls)


def read(path: Path) -> tuple[dict[str, str], list[str]]:
    """Return the keymap that a file asks for, and a line for each wish that can't be fulfilled."""
    said, complaint = read_toml(path)
    wishes, complaints = check(dict(_flat(said)), actions())
    return wishes, [f"{path.name}: {line}" for line in ([complaint] if complaint else []) + complaints]


def _flat(table: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield `run.stop` and its value, whether it stands as a dotted key, in quotes, or in a table [run]."""
    for key, value in table.items():
        name = f"{place}.{key}" if place else key
        if isinstance(value, dict):
            yield from _flat(value, name)
        else:
            yield name, value


def check(said: Mapping[str, Any], known: Mapping[str, Action]) -> tuple[dict[str, str], list[str]]:
    """Return the wishes that can be fulfilled together, as keys with commas between, and a line for each other one."""
    wishes: dict[str, tuple[str, ...]] = {}
    complaints = list[str]()
    for name, value in said.items():
        if name not in known:
            complaints.append(_unknown(name, known))
            continue
        keys, complaint = _keys(value)
        if complaint:
            complaints.append(f"{name} = {safe_line(repr(value))}: {complaint}")
        else:
            wishes[name] = keys
    while conflict := _conflict(wishes, known):
        complaints.append(conflict[1])
        del wishes[conflict[0]]
    return {name: ",".join(keys) for name, keys in wishes.items()}, complaints


def _unknown(name: str, known: Mapping[str, Action]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{safe_line(name)}: no such action{hint} (`mli-tui keys` lists them)"


def _keys(value: Any) -> tuple[tuple[str, ...], str]:
    """Return the keys that a value names, or a line that says why it names none."""
    parts = value.split(",") if isinstance(value, str) and value != "," else value
    parts = [parts] if isinstance(parts, str) else parts
    if not isinstance(parts, list) or not parts or not all(isinstance(part, str) for part in parts):
        return (), "expected a key, such as 'x' or 'f5', or a list of keys"
    keys = tuple(_normal(part) for part in parts)
    for part, key in zip(parts, keys, strict=True):
        if complaint := _unreadable(part.strip(), key):
            return (), complaint
    return keys, ""


def _unreadable(written: str, key: str) -> str:
    if key in RESERVED:
        return f"{key} always quits"
    *modifiers, base = key.split("+")
    if set(modifiers) <= MODIFIERS and base and (base in _NAMES or (character_of(base) or "\n").isprintable()):
        return ""
    instead = _INSTEAD.get(base.lower())
    hint = f"; the key is called {instead!r}" if instead else ""
    return f"no key is called {safe_line(written)!r}{hint}; expected a character, a name such as f5, or ctrl+x"


def _normal(key: str) -> str:
    """Return a key under its one name: `question_mark` for `?`."""
    name = key.strip() or "space"
    return "comma" if name == "," else next(iter(Binding.make_bindings([(name, "", "")]))).key


def _conflict(wishes: Mapping[str, tuple[str, ...]], known: Mapping[str, Action]) -> tuple[str, str] | None:
    """Return the first wish that takes a key of another action, and a line about it; of two wishes the later one."""
    order = {name: number for number, name in enumerate(wishes)}
    for name, keys in wishes.items():
        for other in known.values():
            if other.id == name or order.get(other.id, -1) > order[name]:
                continue
            meant = set(known[name].keys) & set(other.keys)  # a widget that answers in place of what it is made from
            taken = set(keys) & set(wishes.get(other.id, other.keys)) - meant
            if taken and meet(known[name].owner, other.owner):
                kept = ", ".join(known[name].keys)
                line = f"{name} = {min(taken)!r}: is the key of {other.id} already; {name} keeps {kept!r}"
                return name, line
    return None


def meet(one: type[DOMNode], other: type[DOMNode]) -> bool:
    """Return whether keys of two classes can be meant at the same time: those of a screen, of the app around it, and
    of the widgets that its module names, with those that theirs name. A dialog hides all that is below it."""
    if one is other or issubclass(one, other) or issubclass(other, one):
        return True
    if issubclass(one, ModalScreen) or issubclass(other, ModalScreen):
        return _holds(one, other) or _holds(other, one)
    if issubclass(one, App) or issubclass(other, App):
        return True
    return _holds(one, other) or _holds(other, one)


def _holds(holder: type[DOMNode], widget: type[DOMNode]) -> bool:
    if issubclass(holder, App) or issubclass(widget, Screen | App):
        return False
    return any(issubclass(one, widget) for one in _inside(holder, set()))


def _inside(holder: type[DOMNode], seen: set[type[DOMNode]]) -> set[type[DOMNode]]:
    """Return the widgets of ours that a class is made of: those that its module names, and what they are made of."""
    composed = [cls for cls in holder.__mro__ if cls.__module__.startswith("mli_tui.") and "compose" in vars(cls)]
    modules = {holder.__module__, *(cls.__module__ for cls in composed)} if composed else set()
    named = {value for module in modules for value in vars(sys.modules[module]).values() if isinstance(value, type)}
    own = {one for one in named if issubclass(one, Widget) and not issubclass(one, Screen | App)}
    new = {one for one in own - seen if not issubclass(holder, one)}
    seen |= new
    for one in new:
        _inside(one, seen)
    return seen
