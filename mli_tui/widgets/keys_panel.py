"""The keys of the focused place, in a panel that stays: at the right of a wide terminal, at the foot of a high one."""

from __future__ import annotations

import textwrap
from itertools import zip_longest
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
_LINE = WIDTH - 3
"""Columns of a line of it, wherever it is."""
_LONGEST_KEY, _LEAST_TEXT = 11, 8
_MORE = " more in the help"


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


def lines(blocks: list[tuple[str, list[tuple[str, str]]]]) -> list[Content]:
    """Return places and their keys as finished lines; what is too long for one goes on in the next."""
    keys_width = min(_LONGEST_KEY, max((len(key) for _, rows in blocks for key, _ in rows), default=0))
    found: list[Content] = []
    for title, rows in blocks:
        found += [Content.styled(part, "bold") for part in textwrap.wrap(title, _LINE)]
        found += [line for key, text in rows for line in _row(key, text, keys_width)]
    return found


def _row(key: str, text: str, keys_width: int) -> list[Content]:
    size = max(keys_width, len(key))
    if size + 2 + _LEAST_TEXT > _LINE:
        return [Content.styled(f" {key}", "$text-accent"), *_row("", text, keys_width)]
    first, *rest = textwrap.wrap(text, _LINE - size - 2) or [""]
    here = Content.assemble((f" {key:<{size}} ", "$text-accent"), first)
    return [here, *(Content(f" {'':<{size}} {part}") for part in rest)]


def in_columns(found: list[Content], width: int, height: int) -> list[Content]:
    """Return lines in as many columns as `width` has room for, each as wide as what it holds; none is cut.

    Where not all have room, the last one says where the others are.
    """
    height = max(1, height)
    columns = [found[start : start + height] for start in range(0, len(found), height)]
    sizes = [max(len(_MORE), *(line.cell_length for line in column)) + 1 for column in columns]
    fitting = max(1, sum(1 for end in range(1, len(sizes) + 1) if sum(sizes[:end]) <= width + 1))
    shown = columns[:fitting]
    if fitting < len(columns):
        shown[-1] = [*shown[-1][:-1], Content.styled(_MORE, "$foreground-muted")]
    rows = zip_longest(*shown, fillvalue=Content(""))
    return [
        Content("").join(line.pad_right(size - line.cell_length) for line, size in zip(row, sizes, strict=False))
        for row in rows
    ]


class KeysPanel(Lines):
    """Follows the focus and the screen on top."""

    def on_mount(self) -> None:
        """Show the keys of now."""
        self.app.screen_change_signal.subscribe(self, self._follow)
        self._follow(self.app.screen)

    def _follow(self, screen: Screen[Any]) -> None:
        signal = screen.bindings_updated_signal
        signal.unsubscribe(self)  # a screen that comes back would tell it once more each time
        signal.subscribe(self, lambda _screen: self.tell())
        self.tell()

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the columns."""
        self.tell()

    def tell(self) -> None:
        """Show the keys of now, where there is room."""
        if not self.is_attached:
            return
        where = place(*self.screen.size)
        self.display = bool(where)
        self.screen.set_class(where == "foot", "keys-below")
        width, height = self.content_size
        self.show(in_columns(lines(keys.short(self.app.screen)), width, HEIGHT - 1 if where == "foot" else height))
