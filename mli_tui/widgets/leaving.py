"""Widgets that may be left before they are whole."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.messages import Prune
from textual.widget import Widget

_FAREWELL = (Prune, events.Unmount, events.Callback)
"""What a widget that is being removed takes still: the last is for whoever waits until all messages are through."""


class Leaving(Widget):
    """A widget that takes no more messages once it is being removed or the app ends, but those that say so.

    Textual mounts nothing of what a widget composes that is removed meanwhile, as by an escape or a quit in its first
    moments, and yet tells it that it is mounted. It also hands it what came before it was closed. Whoever looks for its
    children then finds none. Knows private names of Textual's. It stands behind the other base, which alone gives the
    style sheet's rules.
    """

    async def _dispatch_message(self, message: Message) -> None:
        if not (self._pruning or self.app._exit) or isinstance(message, _FAREWELL):
            await super()._dispatch_message(message)
