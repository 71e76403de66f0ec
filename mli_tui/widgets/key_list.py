"""The rows of the launch form: a list of finished lines of which only those that differ are sent to the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual


class Row(NamedTuple):
    """One line. `name` is "" for a heading, which the cursor passes over."""

    name: str
    content: Content


class KeyList(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows to choose from. Textual's own list sends all of its rows to the terminal for every move of the cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-list--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Edit", id="form.edit", tooltip="the value of the key; several make a sweep"),
        Binding("j,down", "cursor_move(1)", "Down", show=False, id="form.down"),
        Binding("k,up", "cursor_move(-1)", "Up", show=False, id="form.up"),
        Binding("pagedown", "page_by(1)", "Page down", show=False, id="form.page_down"),
        Binding("pageup", "page_by(-1)", "Page up", show=False, id="form.page_up"),
        Binding("g,home", "cursor_move(-10000)", "First", show=False, id="form.first"),
        Binding("G,end", "cursor_move(10000)", "Last", show=False, id="form.last"),
    ]

    virtual_size = Reactive(Size(0, 0))
    """Without a layout of the whole screen where the rows are others: the room for the scrollbar is always there."""

    @dataclass
    class Moved(Message):
        """The cursor is on another row."""

        name: str

    @dataclass
    class Chosen(Message):
        """A row was chosen, by a key or by the mouse."""

        name: str

    def __init__(self, *, id: str) -> None:
        """Begin empty."""
        super().__init__(id=id)
        self._rows: tuple[Row, ...] = ()
        self._at = -1
        self._strips: LRUCache[tuple[int, int, Style, str], tuple[Content, Strip]] = LRUCache(512)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that are shown."""
        return self._rows

    @property
    def chosen(self) -> str:
        """Name of the row under the cursor; "" where there is none."""
        return self._rows[self._at].name if 0 <= self._at < len(self._rows) else ""

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows. The cursor stays on the row of its name, else it goes to the first."""
        before, old = self.chosen, self._rows
        self._rows = tuple(rows)
        if [row.name for row in old] == [row.name for row in self._rows]:
            for y, (was, now) in enumerate(zip(old, self._rows, strict=True)):
                if was != now:
                    self.refresh_line(y)
            return
        self.virtual_size = Size(0, len(self._rows))
        self.vertical_scrollbar.window_virtual_size = len(self._rows)
        places = self._places()
        self._at = next((y for y in places if self._rows[y].name == before), places[0] if places else -1)
        self.refresh()
        self._follow()

    def go_to(self, name: str) -> None:
        """Put the cursor on a row, where it is shown."""
        self._go(next((y for y in self._places() if self._rows[y].name == name), self._at))

    def _places(self) -> list[int]:
        return [y for y, row in enumerate(self._rows) if row.name]

    def _go(self, y: int) -> None:
        if y == self._at:
            return
        before, self._at = self._at, y
        for line in (before, y):
            self.refresh_line(line)
        self._follow()

    def _follow(self) -> None:
        """Keep the cursor in view, with the heading above it, and tell where it is."""
        if self._at >= 0:
            heading = self._at > 0 and not self._rows[self._at - 1].name
            region = Region(0, self._at - heading, 1, 1 + heading)
            self.scroll_to_region(region, animate=False, force=True, immediate=True)
        self.post_message(self.Moved(self.chosen))

    def render_line(self, y: int) -> Strip:
        """Return a row of the screen; that of the cursor is in the cursor's colours alone."""
        line, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if not 0 <= line < len(self._rows) or width < 1:
            return Strip.blank(width, self.rich_style)
        content = self._rows[line].content
        if line == self._at:
            return self._strip(Content(content.plain), width, self.get_visual_style("key-list--cursor"))
        # Content is compared by its text alone, so its identity is the key, and it stays in the cache with its strip.
        key = id(content), width, self.visual_style, self.app.theme
        if (found := self._strips.get(key)) is None:
            found = self._strips[key] = content, self._strip(content, width, self.visual_style)
        return found[1]

    def _strip(self, content: Content, width: int, style: Style) -> Strip:
        return Visual.to_strips(self, content, width, 1, style, pad=True)[0].crop_extend(0, width, style.rich_style)

    def on_resize(self, _event: events.Resize) -> None:
        """Keep the cursor in view."""
        self._follow()

    def on_focus(self) -> None:
        """Show that the cursor has the keys."""
        self.refresh_line(self._at)

    def on_blur(self) -> None:
        """Show that it has them no longer."""
        self.refresh_line(self._at)

    def on_click(self, event: events.Click) -> None:
        """Choose the row that was clicked."""
        line = event.y + self.scroll_offset.y
        if 0 <= line < len(self._rows) and self._rows[line].name:
            self._go(line)
            self.action_select()

    def action_cursor_move(self, step: int) -> None:
        """Move over that many rows, headings not counted, and no further than to the end."""
        if places := self._places():
            here = places.index(self._at) if self._at in places else 0
            self._go(places[min(len(places) - 1, max(0, here + step))])

    def action_page_by(self, step: int) -> None:
        """Move by as many rows as are in view."""
        self.action_cursor_move(step * max(1, self.scrollable_content_region.height - 1))

    def action_select(self) -> None:
        """Choose the row under the cursor."""
        if self.chosen:
            self.post_message(self.Chosen(self.chosen))
