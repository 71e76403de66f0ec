"""What the keys do just now, told from the bindings themselves: for the help, and for the command palette."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from textual.app import App, SystemCommand
from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.keys import KEY_NAME_REPLACEMENTS, key_to_character
from textual.screen import Screen

_MOVES = ("cursor_", "scroll_", "page_")
"""How the actions begin that only move."""
_NO_COMMANDS = (*_MOVES, "command_palette")
_WIDTH = 14


_UNICODE = {name: unicode for unicode, name in KEY_NAME_REPLACEMENTS.items()}
"""Names that Textual gives to keys and then does not know itself: `slash`, `minus`, `plus` and some others."""


ARROWS = {"←": "left", "→": "right", "↑": "up", "↓": "down"}
"""What keys are called whose signs are no ASCII."""


def character_of(key: str) -> str | None:
    """Return the character that a key types, or None."""
    return key_to_character(_UNICODE.get(key, key))


def key_name(key: str) -> str:
    """Return a key as one types it: `?`, `f5`, `ctrl+x`."""
    character = character_of(key)
    return character if character and character.isprintable() and not character.isspace() else key


def lines(screen: Screen[Any]) -> list[str]:
    """Return what each key does that can be pressed now: what has the focus first, then the screen, then the app."""
    blocks = ([place, *map(_row, same)] for place, same in _by_place(screen.active_bindings.values()).items())
    return [line for block in blocks for line in ("", *block)][1:]


def short(screen: Screen[Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return by place the keys that can be pressed now and what each does, in few words; Textual's own left out."""
    told: dict[str, list[tuple[str, str]]] = {}
    for place, actions in _by_place(screen.active_bindings.values()).items():
        for same in actions:
            if _is_ours(same) and same[0].enabled:
                binding = min(same, key=lambda one: one.binding.id is None).binding
                told.setdefault(place, []).append((key_name(binding.key), binding.description.lower()))
    return list(told.items())


def _is_ours(same: list[ActiveBinding]) -> bool:
    return any(one.binding.show or one.binding.id for one in same)


def _by_place(active: Iterable[ActiveBinding]) -> dict[str, list[list[ActiveBinding]]]:
    """Return the bindings by where they are, those of one action together: what the footer shows comes first, then
    the app's hidden ones, then Textual's own, and last whatever only moves."""
    found: dict[str, dict[tuple[DOMNode, str], list[ActiveBinding]]] = {}
    for one in active:
        if one.binding.description and not one.binding.system:
            here = found.setdefault(_place(one.node), {})
            here.setdefault((one.node, one.binding.action), []).append(one)
    return {place: sorted(actions.values(), key=_rank) for place, actions in found.items()}


def _rank(same: list[ActiveBinding]) -> tuple[bool, int]:
    moves = same[0].binding.action.startswith(_MOVES)
    return moves, min(0 if one.binding.show else 1 if one.binding.id else 2 for one in same)


def _row(same: list[ActiveBinding]) -> str:
    """Return the line of one action: its keys, the app's own ones first."""
    named = sorted(same, key=lambda one: one.binding.id is None)
    first = named[0]
    keys = " ".join(dict.fromkeys(key_name(one.binding.key) for one in named))
    more = f": {first.binding.tooltip}" if first.binding.tooltip else ""
    now = "" if first.enabled else " (not now)"
    return f"  {keys:<{_WIDTH}} {first.binding.description.lower()}{more}{now}"


def _place(node: DOMNode) -> str:
    if isinstance(node, App):
        return "Everywhere"
    if isinstance(node, Screen):
        return "On this screen"
    title = getattr(node, "border_title", None)
    # A count may stand behind a title, after two spaces.
    return f"In the list {str(title).partition('  ')[0].lower()!r}" if title else "In what has the focus"


def commands(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Yield every action that a key could do now, those that the footer hides too; mere movement is none."""
    told = set[str]()
    for node, binding, enabled, _ in screen.active_bindings.values():
        own = binding.show or binding.id
        if not enabled or not own or not binding.description or binding.description in told:
            continue
        if binding.action.startswith(_NO_COMMANDS):
            continue
        told.add(binding.description)
        title = (
            f"{binding.tooltip} (key {key_name(binding.key)})" if binding.tooltip else f"key {key_name(binding.key)}"
        )
        yield SystemCommand(
            binding.description,
            title,
            lambda action=binding.action, node=node: app.call_later(app.run_action, action, node),
        )


def key_of(screen: Screen[Any], name: str, elsewhere: str = "") -> str:
    """Return the key of an action, by its id, as the user has it now.

    For an action that is not of this screen it is the user's own key, or else the one that it has `elsewhere`.
    """
    found = (one.binding.key for one in screen.active_bindings.values() if one.binding.id == name)
    chosen = getattr(screen.app, "keymap", {}).get(name, elsewhere).partition(",")[0]
    return key_name(next(found, chosen))
