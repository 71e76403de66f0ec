"""The keys at the bottom of a screen. Whatever has no room on a narrow terminal, the help and the way out do."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

ALWAYS = frozenset({"help", "quit"})
"""Actions of the app whose keys are always shown: the first one tells of all that have no room."""
_AROUND = 3
"""Blanks around a key and behind what it does."""


class KeysFooter(Footer):
    """Textual's footer without labels cut in the middle: keys that have no room are left out, the last ones first."""

    def __init__(self) -> None:
        """Show no key for the palette: it has one of ours."""
        super().__init__(show_command_palette=False)
        self._width = 0

    def compose(self) -> ComposeResult:
        """Make the keys that there is room for, and behind them those that are always shown."""
        made = list(super().compose())
        kept = [one for one in made if isinstance(one, FooterKey) and one.action in ALWAYS]
        self._width = self.app.size.width
        room = self._width - sum(map(_width, kept))
        for one in made:
            if one in kept:
                continue
            room -= _width(one)
            if room < 0:
                break
            yield one
        yield from kept

    async def on_resize(self, event: events.Resize) -> None:
        """Show the keys that there is room for now."""
        if event.size.width != self._width:
            await self.recompose()


def _width(one: Widget) -> int:
    """Return the cells of a key with what it does."""
    assert isinstance(one, FooterKey)  # bindings of ours stand in no groups
    return cell_len(one.key_display) + cell_len(one.description) + _AROUND
