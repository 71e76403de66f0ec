"""The keys of the focused place, in a panel that stays: at the right of a wide terminal, at the foot of a high one."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.content import Content
from textual.screen import Screen

from mli_tui import keys
from mli_tui.widgets.lines import Lines

WIDTH, LEAST_BESIDE = 34, 110
"""Columns of the panel at the right, and those that must stay beside it."""
HEIGHT, LEAST_ABOVE = 8, 26
"""Rows of the panel at the foot, and those that must stay above it."""
_COLUMN = 27


def place(width: int, height: int) -> str:
    """Return where the panel has room on a terminal of this size: `right`, `foot`, or "" for nowhere."""
    if width >= WIDTH + LEAST_BESIDE:
        return "right"
    return "foot" if height >= HEIGHT + LEAST_ABOVE else ""


def no_room(width: int, height: int) -> str:
    """Return one line that says why there is no panel on a terminal of this size."""
    needed = f"{WIDTH + LEAST_BESIDE} columns or {HEIGHT + LEAST_ABOVE} rows"
    return f"the keys panel needs {needed}; this terminal has {width}x{height}"


def free_width(screen: Screen[Any]) -> int:
    """Return the columns that a panel leaves of a screen."""
    beside = screen.query(KeysPanel) and place(*screen.size) == "right"
    return screen.size.width - (WIDTH if beside else 0)


def lines(blocks: list[tuple[str, list[tuple[str, str]]]], where: str) -> list[Content]:
    """Return places and their keys as finished lines, which the foot has in columns; the rest is in the help."""
    found: list[Content] = []
    for title, rows in blocks:
        found.append(Content.styled(title, "bold"))
        found += [Content.assemble((f" {key:<9} ", "$text-accent"), text) for key, text in rows]
    return found


def beside_each_other(found: list[Content], width: int, height: int) -> list[Content]:
    """Return lines in as many columns as there are; the last one says where more is."""
    columns = max(1, width // _COLUMN)
    shown = found[: columns * height]
    if len(shown) < len(found):
        shown[-1] = Content.styled(" more in the help", "$foreground-muted")
    cells = [line.truncate(_COLUMN - 1, ellipsis=True).pad_right(max(0, _COLUMN - line.cell_length)) for line in shown]
    return [Content("").join(cells[row::height]) for row in range(min(height, len(cells)))]


class KeysPanel(Lines):
    """Follows the focus and the screen on top."""

    def on_mount(self) -> None:
        """Show the keys of now."""
        self.app.screen_change_signal.subscribe(self, self._follow)
        self._follow(self.app.screen)

    def _follow(self, screen: Screen[Any]) -> None:
        screen.bindings_updated_signal.subscribe(self, lambda _screen: self._tell())
        self._tell()

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the columns."""
        self._tell()

    def _tell(self) -> None:
        if not self.is_attached:
            return
        where = place(*self.screen.size)
        self.display = bool(where)
        self.screen.set_class(where == "foot", "keys-below")
        found = lines(keys.short(self.app.screen), where)
        width, height = self.content_size
        self.show(beside_each_other(found, width, HEIGHT - 1) if where == "foot" else found[: max(1, height)])
