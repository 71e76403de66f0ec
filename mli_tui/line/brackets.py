"""What was typed and what was pasted, told apart in what a terminal sends. Pure: the clock is the caller's.

A terminal puts what is pasted between two sequences. What stands between them may hold anything, escapes and the very
sequences included, and may come in pieces of any size; whatever it is, it never counts as typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from backends.runs.text import safe_text

START, END = "\x1b[200~", "\x1b[201~"
_BRACKET = re.compile(f"{re.escape(START)}|{re.escape(END)}")
MOST = 1 << 20
"""Characters of a paste; a longer one is dropped."""
QUIET_SECONDS, LONGEST_SECONDS = 5.0, 60.0
"""A paste of which nothing more comes for so long, or which takes so long, is dropped."""
SETTLE_SECONDS = 0.3
"""What follows the end of a paste so soon may still be of it: an end within the pasted text looks as the end does."""
ESCAPE_SECONDS = 0.1
"""An escape that nothing follows for so long is the key."""


class Typed(NamedTuple):
    """What was typed. `whole`: nothing that belongs to it is still to come."""

    text: str
    whole: bool = False


class Pasted(NamedTuple):
    """What was pasted, harmless."""

    text: str


class Dropped(NamedTuple):
    """A paste that was too long, or had no end."""


Part = Typed | Pasted | Dropped


class Brackets:
    """Cuts a stream into parts. Every time is in seconds of one monotonic clock."""

    def __init__(self) -> None:
        """Begin with nothing typed."""
        self._mode: Callable[[float], Iterator[Part]] = self._typed
        self._held = ""
        self._gone = ""
        """What may be the beginning of START and was passed on already, as it seemed to be an escape key."""
        self._last = self._begun = 0.0

    def feed(self, text: str, now: float) -> Iterator[Part]:
        """Yield what can be told by now that `text` has come."""
        self._held += text
        if text:
            self._last = now
        mode = None
        while mode != self._mode:
            mode = self._mode
            yield from mode(now)

    def tick(self, now: float) -> Iterator[Part]:
        """Yield what the clock alone tells. To be called every now and then."""
        waited = now - self._last
        if self._mode == self._typed:
            begun = len(self._gone + self._held)
            if self._held and waited >= (ESCAPE_SECONDS if begun < len("\x1b[2") else QUIET_SECONDS):
                self._gone += self._held
                yield Typed(self._taken(len(self._held)), whole=True)
            elif not self._held and waited >= QUIET_SECONDS:
                self._gone = ""
        elif self._mode == self._settling:
            if waited >= SETTLE_SECONDS:
                self._mode = self._typed
                yield from self.feed("", now)
        elif waited >= QUIET_SECONDS or now - self._begun >= LONGEST_SECONDS:
            if self._mode == self._pasted:
                yield Dropped()
            self._held, self._mode = "", self._typed

    def _taken(self, count: int) -> str:
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    def _typed(self, now: float) -> Iterator[Part]:
        """Pass on what was typed, but for what may be the beginning of START."""
        gone, self._gone = self._gone, ""
        if gone and START.startswith((gone + self._held)[: len(START)]):
            self._held = gone + self._held
            if not self._held.startswith(START):
                self._gone = self._taken(len(gone))
                return
        at = self._held.find(START)
        typed = self._taken(at if at >= 0 else len(self._held) - _beginning(self._held))
        if typed:
            yield Typed(typed)
        if at >= 0:
            self._begin(now)

    def _begin(self, now: float) -> None:
        self._taken(len(START))
        self._mode, self._begun = self._pasted, now

    def _pasted(self, _now: float) -> Iterator[Part]:
        """Wait for END."""
        at = self._held.find(END)
        if at < 0 and len(self._held) <= MOST:
            return
        if 0 <= at <= MOST:
            yield Pasted(_clean(self._taken(at)))
            self._taken(len(END))
            self._mode = self._settling
        else:
            yield Dropped()
            self._mode = self._dropping

    def _dropping(self, _now: float) -> Iterator[Part]:
        """Wait for END, and keep nothing."""
        at = self._held.find(END)
        self._taken(at + len(END) if at >= 0 else max(0, len(self._held) - len(END)))
        if at >= 0:
            self._mode = self._settling
        yield from ()

    def _settling(self, now: float) -> Iterator[Part]:
        """Hold what follows a paste: another bracket shows that it was pasted, too."""
        while found := _BRACKET.search(self._held):
            if found.start():
                yield Pasted(_clean(self._taken(found.start())))
            if found[0] == START:
                self._begin(now)
                return
            self._taken(len(END))
        if len(self._held) > MOST:
            yield Dropped()
            self._mode = self._dropping


def _beginning(text: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of START."""
    return next((size for size in range(len(START) - 1, 0, -1) if text.endswith(START[:size])), 0)


def _clean(text: str) -> str:
    """Return a pasted text with its lines apart and all else that a terminal could obey made visible."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return safe_text(plain, MOST)
