"""A line to type into."""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import Reactive
from textual.suggester import Suggester
from textual.widgets import Input

from backends.runs.text import safe_line
from mli_tui.keys import character_of


class Entry(Input):
    """An input of one line. What is pasted is made harmless before it is shown, as all foreign text is."""

    virtual_size = Reactive(Size(0, 0))
    """Without a layout of the whole screen for every character, which Textual's has: this one never grows."""

    def __init__(
        self, text: str = "", *, id: str | None = None, placeholder: str = "", suggester: Suggester | None = None
    ) -> None:
        """Begin with `text`; a suggester says how it could go on."""
        super().__init__(text, id=id, placeholder=placeholder, suggester=suggester, compact=True, select_on_focus=False)

    def validate_value(self, value: str) -> str:
        """Return the value without anything that a terminal could obey."""
        return value if value.isprintable() else safe_line(value, 2_000)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Return whether a key writes something here; those too whose names Textual does not know, such as `slash`."""
        return super().check_consume_key(key, character or character_of(key))

    def take_suggestion(self) -> bool:
        """Take what is suggested at the end of the line; return whether there was something."""
        offered = self.cursor_at_end and len(self._suggestion) > len(self.value)
        if offered:
            self.action_cursor_right()
        return offered
