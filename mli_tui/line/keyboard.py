"""What comes from the terminal as events: Textual's parser, which sees what was typed and nothing that was pasted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

from mli_tui.line.brackets import Brackets, Part, Pasted, Typed


class PasteDropped(Message):
    """A paste was too long, or its end never came."""


class Keyboard(XTermParser):
    """Textual's own parser takes an escape within a paste for the end of it, and passes what follows on as keys."""

    def __init__(self, debug: bool = False) -> None:
        """Begin with nothing typed."""
        super().__init__(debug)
        self._brackets = Brackets()

    def feed(self, data: str) -> Iterator[Message]:
        """Yield the events of what has come. Of nothing, such as half a character, there is none."""
        for part in self._brackets.feed(data, time.monotonic()):
            yield from self._events(part)

    def tick(self) -> Iterator[Message]:
        """Yield the events that the clock makes, such as an escape that nothing follows."""
        for part in self._brackets.tick(time.monotonic()):
            yield from self._events(part)
        yield from super().tick()

    def _events(self, part: Part) -> Iterable[Message]:
        if isinstance(part, Pasted):
            yield events.Paste(part.text)
        elif isinstance(part, Typed):
            yield from super().feed(part.text)
            if part.whole:
                self._timeout_time = 0.0 if self._timeout_time is not None else None
                yield from super().tick()
        else:
            yield PasteDropped()
