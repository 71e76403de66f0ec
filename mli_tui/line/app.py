"""An app whose screen goes to the terminal by way of the line driver."""

from __future__ import annotations

import os
from typing import Any

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen
from textual.strip import Strip

from mli_tui.line.driver import LineDriver


class LineApp(App[None]):
    """Hands finished screens to the driver as cells. Overrides private names of Textual's, so they are here alone."""

    def get_driver_class(self) -> type[Driver]:
        """Return our driver, unless the environment names one (as textual-serve does)."""
        return super().get_driver_class() if "TEXTUAL_DRIVER" in os.environ else LineDriver

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        driver = self._driver
        if not isinstance(driver, LineDriver) or not isinstance(renderable, (ChopsUpdate, LayoutUpdate)):
            super()._display(screen, renderable)
            return
        if self._running and not self._closed and not self._batch_count:
            cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
            system = self.console._color_system or ColorSystem.TRUECOLOR
            driver.show(self.size, placed(renderable), cursor, system)
        self.post_display_hook()

    def on_resize(self, event: events.Resize) -> None:
        """Send all again: a terminal that changes its size moves what it shows."""
        self.action_redraw()

    def on_paste_dropped(self) -> None:
        """Say why nothing of it is there."""
        self.notify("a paste was dropped: it had no end, or was too long", severity="warning", markup=False)

    def action_redraw(self) -> None:
        """Send the whole screen again."""
        if isinstance(self._driver, LineDriver):
            self._driver.forget()


def placed(update: ChopsUpdate | LayoutUpdate) -> list[tuple[int, int, Strip]]:
    """Return the strips of an update, each with its column and row."""
    if isinstance(update, LayoutUpdate):
        left, top = update.region.offset
        return [(left, top + y, Strip.join(line)) for y, line in enumerate(update.strips)]
    # Beyond its spans an update holds whatever lies below.
    return [
        (left, y, strip.crop(left - x, right - x))
        for y, first, last in update.spans
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False)
        if strip is not None and (left := max(x, first)) < (right := min(end, last))
    ]
