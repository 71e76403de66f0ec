"""The keys at the bottom of a screen. Whatever has no room on a narrow terminal, the help and the way out do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.screen import Screen

from mli_tui.widgets.lines import Lines

ALWAYS = frozenset({"help", "quit"})
"""Actions of the app whose keys are always shown: the first one tells of all that have no room."""


@dataclass(frozen=True)
class Shown:
    """A key with what it does."""

    key: str
    display: str
    description: str
    action: str

    @property
    def text(self) -> str:
        """What stands there, without what is around it."""
        return f"{self.display} {self.description}"

    @property
    def width(self) -> int:
        """Cells that it takes, with a blank around the key and one behind all."""
        return cell_len(self.text) + 2


def fitting(keys: Iterable[Shown], width: int) -> tuple[Shown, ...]:
    """Return the keys that there is room for, and behind them those that are always shown. None is cut."""
    found = list(keys)
    kept = [one for one in found if one.action in ALWAYS]
    room = width - sum(one.width for one in kept)
    shown: list[Shown] = []
    for one in found:
        if one in kept:
            continue
        room -= one.width
        if room < 0:
            break
        shown.append(one)
    return (*shown, *kept)


def line(keys: Sequence[Shown]) -> Content:
    """Return the keys as one line."""
    parts: list[str | tuple[str, str]] = []
    for one in keys:
        parts += [(f" {one.display} ", "bold $footer-key-foreground"), f"{one.description} "]
    return Content.assemble(*parts)


class KeysFooter(Lines):
    """One widget for all keys: Textual's has one a key, and makes them anew whenever a key may do something else."""

    def __init__(self) -> None:
        """Begin empty: the screen knows its keys when it is there."""
        super().__init__()
        self.keys: tuple[Shown, ...] = ()
        """What is shown, from left to right."""
        self._due = False

    def on_mount(self) -> None:
        """Follow what can be pressed."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._tell())  # another marker has other names

    def on_resize(self, _event: events.Resize) -> None:
        """Show the keys that there is room for now."""
        self._tell()

    def _follow(self, _screen: Screen[Any]) -> None:
        if not self._due:
            self._due = True
            self.call_after_refresh(self._tell)

    def _tell(self) -> None:
        self._due = False
        if self.is_attached:
            self.keys = fitting(self._possible(), self.size.width)
            self.show([line(self.keys)])

    def _possible(self) -> Iterable[Shown]:
        """Yield each action that can be done now once, with the first of its keys."""
        told = set[str]()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if active.enabled and binding.show and binding.action not in told:
                told.add(binding.action)
                display = self.app.get_key_display(binding)
                yield Shown(binding.key, display, binding.description, binding.action)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press the key under the mouse."""
        right = 0
        for one in self.keys:
            right += one.width
            if event.x < right:
                self.app.simulate_key(one.key)
                return
