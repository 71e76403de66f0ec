"""What the app remembers of its panes, for all screens, and keeps for the next time."""

from __future__ import annotations

from typing import Any

import msgspec
from textual.app import App

from mli_tui import errands, settings
from mli_tui.panes import Panes, panes_file


class Arrangement:
    """The panes of now. They are written in a thread, however fast they change no more than one write waits."""

    def __init__(self, app: App[Any], panes: Panes) -> None:
        """Begin with what was kept."""
        self.panes = panes
        """The panes of now."""
        self._app = app
        self._waiting = False

    def take(self, **changes: object) -> None:
        """Change some of the panes, without writing it."""
        self.panes = msgspec.structs.replace(self.panes, **changes)

    def keep(self, **changes: object) -> None:
        """Change some of the panes, and write all as they are when their turn comes."""
        self.take(**changes)
        if self._waiting:
            return
        self._waiting = True

        def write() -> str:
            self._waiting = False  # what changes from here on is written after this
            settings.save(panes_file(), lambda: self.panes)
            return ""

        errands.run_errand(self._app, write)
