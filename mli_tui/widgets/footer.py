"""The footer of a screen that has more keys than a narrow window has room for."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

ALWAYS = ("help", "quit")
"""Actions whose keys are always there: help tells all the others."""
_AIR = 3
"""Blanks of a key: around it, and behind its description."""


class Keys(Footer):
    """The keys that fit: of too many, the last ones before help and quit are left out."""

    def __init__(self) -> None:
        """Make a footer without the key of the palette."""
        super().__init__(show_command_palette=False)
        self._fitted = 0

    def compose(self) -> ComposeResult:
        """Yield the keys that there is room for."""
        self._fitted = self.app.size.width
        keys = list(super().compose())
        optional = [key for key in keys if not (isinstance(key, FooterKey) and key.action in ALWAYS)]
        while optional and sum(map(_width, keys)) > self._fitted:
            keys.remove(optional.pop())
        yield from keys

    def on_resize(self) -> None:
        """Choose anew for another width."""
        if self.app.size.width != self._fitted:
            self.call_after_refresh(self.recompose)


def _width(key: Widget) -> int:
    return cell_len(key.key_display) + cell_len(key.description) + _AIR if isinstance(key, FooterKey) else 0
