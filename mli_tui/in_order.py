"""Keys one after the other, however fast they come.

Textual passes a key to whatever has the focus when it arrives, not when its turn comes: of `/` and letters in one
burst, as a slow line delivers them, the letters go to the list that had the focus, where `d` deletes.
"""

from __future__ import annotations

import time
from collections import deque

from textual import events
from textual.app import App
from textual.message import Message

PATIENCE_SECONDS = 0.3
"""How long the next key waits for one whose widget has gone with it, such as a dialog that was closed."""


class KeyDone(Message):
    """Follows a key through the same queues, so that whoever gets it knows that the key has been dealt with."""

    def __init__(self, number: int) -> None:
        """Follow the key of this number."""
        super().__init__()
        self.number = number


class InOrder(App[None]):
    """An app that passes a key on when the one before it has done what it does, to the focus for example."""

    def __init__(self) -> None:
        """No key has come yet."""
        super().__init__()
        self._coming: deque[events.Key | events.Paste] = deque()
        self._number = 0
        self._under_way = False
        self._since = 0.0

    async def on_event(self, event: events.Event) -> None:
        """Let a key, or what was pasted, wait while another is under way."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._under_way and time.monotonic() - self._since < PATIENCE_SECONDS:
            if not self._coming:
                self.set_timer(PATIENCE_SECONDS, self._go_on)
            self._coming.append(event)
        else:
            self._coming.append(event)
            await self._pass_on()

    async def _pass_on(self) -> None:
        """Pass the next key on, and send a message after it."""
        event = self._coming.popleft()
        self._number, self._since = self._number + 1, time.monotonic()
        await super().on_event(event)
        target = self.focused or self.screen
        self._under_way = event.is_forwarded and target.post_message(KeyDone(self._number))
        if not self._under_way:
            self.call_later(self._go_on)

    def on_key_done(self, message: KeyDone) -> None:
        """Pass the next key on, after what this one has put off: a focus is set by the app itself, later."""
        if message.number == self._number:
            self._under_way = False
            self.call_later(self._go_on)

    async def _go_on(self) -> None:
        """Pass the next key on where one waits, and none is under way or it takes too long."""
        late = time.monotonic() - self._since >= PATIENCE_SECONDS
        if self._coming and (late or not self._under_way):
            await self._pass_on()
