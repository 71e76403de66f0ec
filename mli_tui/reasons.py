"""Keys that can do nothing now: the footer has no place for them, and they say why where they are pressed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from textual.app import App
from textual.dom import DOMNode
from textual.widget import Widget

from mli_tui import errands

REPEATED_AFTER_SECONDS = 3.0


class Reasoned(Widget):
    """A screen or widget that knows why an action of its can't be done now. It stands behind the other base."""

    def why_not(self, _action: str, _parameters: tuple[object, ...]) -> str:
        """Return in one line why an action would do nothing now, or ""."""
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take what can't be done now out of the footer; the help has it, as not now."""
        return None if self.why_not(action, parameters) else True


class Reasoning(App[None]):
    """An app that tells the reason in place of doing nothing. Knows a private name of Textual's."""

    _told = ("", 0.0)

    async def run_action(
        self, action: Any, default_namespace: DOMNode | None = None, namespaces: Mapping[str, DOMNode] | None = None
    ) -> bool:
        """Run an action, or say why not."""
        target, name, parameters = self._parse_action(action, default_namespace or self, namespaces)
        why = target.why_not(name, parameters) if isinstance(target, Reasoned) else ""
        if why:
            self.say_why(why)
        return bool(why) or await super().run_action(action, default_namespace, namespaces)

    def say_why(self, line: str) -> None:
        """Say why a key does nothing; not again while that is still to be read, for a key may be held down."""
        now, (told, when) = time.monotonic(), self._told
        if told != line or now - when > REPEATED_AFTER_SECONDS:
            self._told = (line, now)
            errands.tell(self, line)
