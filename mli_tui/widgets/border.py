"""A screen of two panes, one above the other, with a border between them that keys and the mouse move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.binding import Binding
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget

from mli_tui import panes
from mli_tui.arrangement import Arrangement
from mli_tui.panes import Border, Room, Side
from mli_tui.widgets.table import Rows

if TYPE_CHECKING:
    from mli_tui.app import MliApp

LEAST_HEIGHT = 20
"""Rows of a terminal from which two panes have what they must have; below it they are laid out as if never moved."""


@dataclass(frozen=True)
class Place:
    """The two panes of a screen, by selectors, and the rows that each must have to be of use."""

    name: str
    upper: str
    lower: str
    least_upper: int
    least_lower: int
    title: str = ""
    """Whose first row is the border for the mouse, where that is not the lower pane itself."""
    lower_shuts: bool = True


@dataclass(frozen=True)
class _Grip:
    """The border in the hand of the mouse: where it was taken, and how all was then."""

    y: int
    border: Border
    room: Room
    lower: int


def border_keys(place: str) -> tuple[Binding, ...]:
    """Return the keys that move the border of a screen."""
    less, more = "the pane below has fewer rows", "more rows; at last the pane above is shut"
    usual = "as where nothing was moved; so does a double click on the border"
    return (
        Binding("<", f"border({-panes.STEP})", "Smaller below", show=False, id=f"{place}.smaller", tooltip=less),
        Binding(">", f"border({panes.STEP})", "Larger below", show=False, id=f"{place}.larger", tooltip=more),
        Binding(".", "usual", "Usual panes", show=False, id=f"{place}.usual", tooltip=usual),
    )


def full_key(place: str) -> Binding:
    """Return the key that shuts the pane below."""
    return Binding("f", "full", "Full", id=f"{place}.full", tooltip="pictures in full height, and back")


_USUAL = ("", 0, 0, 0)
"""The pane that is not there, the parts of both, and the rows that the upper one must have, where nothing was moved:
0 is what the style sheet says."""


class Bordered(Screen[None]):
    """Lays its two panes out as the user likes them; the style sheet does where nothing was moved."""

    PLACE: ClassVar[Place]
    _grip: _Grip | None = None
    _laid_out: tuple[str, int, int, int] = _USUAL

    @property
    def border(self) -> Border:
        """Where the border stands."""
        return cast(Border, getattr(self._arrangement.panes, self.PLACE.name))

    @property
    def bordered(self) -> bool:
        """Whether there are two panes."""
        return bool(self.query(self.PLACE.lower))

    @property
    def room_for_both(self) -> bool:
        """Whether the terminal has room for both panes."""
        return True

    @property
    def least_upper(self) -> int:
        """Rows that the upper pane must have to be of use."""
        return self.PLACE.least_upper * (2 if self.has_class("stacked") else 1)

    @property
    def moved(self) -> bool:
        """Whether the panes are laid out otherwise than where nothing was moved."""
        return self._laid_out != _USUAL

    def usual(self) -> None:
        """Lay out what the style sheet can't, where nothing was moved."""

    def arranged(self) -> None:
        """Fit what depends on the rows of the panes."""

    def opened(self, side: Side) -> bool:
        """Open a pane, as it was, and return whether it was shut."""
        gone = panes.seen(self.border, self._room) == side
        if gone:
            self._move(panes.opened(self.border, self._room, side))
        return gone

    def action_border(self, rows: int) -> None:
        """Give the pane below so many rows more, or fewer."""
        if self.bordered:
            self._move(panes.stepped(self.border, self._room, self._lower.region.height, rows))

    def action_usual(self) -> None:
        """Lay the panes out as if nothing was ever moved."""
        self._move(panes.USUAL)

    def action_full(self) -> None:
        """Give the rows of the pane below to the one above, or back."""
        if self.bordered:
            self._move(panes.toggled(self.border, self._room))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take the border."""
        x, y = event.screen_offset
        if event.button == 1 and self.bordered and self._edge.contains(x, y):
            # Of a pane that is shut the row that was taken becomes the first.
            self._grip = _Grip(y, self.border, self._room, max(1, self._lower.region.height))
            self.capture_mouse()
            self.clear_selection()
            event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Let the border follow the mouse."""
        if self._grip is None:
            return
        if not event.button:  # let go where the terminal did not see it
            self.release_mouse()
            return
        lower = self._grip.lower + self._grip.y - event.screen_offset.y
        if lower != self._grip.lower or self.border != self._grip.border:
            self._take(panes.dragged(self._grip.border, self._grip.room, lower))

    def on_mouse_up(self) -> None:
        """Leave the border where it is."""
        self.release_mouse()

    def on_mouse_release(self) -> None:
        """Keep what was moved."""
        if self._grip is not None and self._grip.border != self.border:
            self._arrangement.keep()
        self._grip = None

    def on_click(self, event: events.Click) -> None:
        """Put the border back where it was clicked twice."""
        if event.chain == 2 and self.bordered and self._edge.contains(*event.screen_offset):
            self.clear_selection()  # what is clicked twice is selected as text
            self.action_usual()

    def _move(self, border: Border) -> None:
        if border != self.border:
            self._take(border)
            self._arrangement.keep()

    def _take(self, border: Border) -> None:
        if border == self.border:
            return
        self._arrangement.take(**{self.PLACE.name: border})
        focused = self.focused.ancestors_with_self if self.focused else ()
        if border.shut == "upper" and self._upper in focused and self._lower_table:
            self._lower_table.focus()
        self.lay_out()

    @on(events.Mount)
    @on(events.Resize)
    @on(events.ScreenResume)
    def lay_out(self) -> None:
        """Give the panes their rows, where they have others: none, a share, or those of the style sheet."""
        if not self.bordered:
            return
        wanted = self._wanted
        if self._laid_out != wanted:
            self._laid_out = shut, upper, lower, least = wanted
            for pane, side in ((self._upper, "upper"), (self._lower, "lower")):
                pane.set_class(shut == side, "shut")
            if table := self._lower_table:
                table.can_focus = shut != "lower"  # whether it is seen Textual does not ask
            _give(self._upper, upper, least)
            _give(self._lower, lower, self.PLACE.least_lower if least else 0)
            self.call_after_refresh(self._arranged)
        if not self.moved:
            self.usual()

    @property
    def _wanted(self) -> tuple[str, int, int, int]:
        """How the panes are to be laid out, as `_USUAL` says it."""
        border = self.border
        if gone := panes.seen(border, self._room):
            return gone, int(gone == "lower"), int(gone == "upper"), 0
        if border.lower is None or self.app.size.height < LEAST_HEIGHT:
            return _USUAL
        return "", *panes.shares(border.lower), self.least_upper

    def _arranged(self) -> None:
        """Show the cursors of the tables; give the keys to a table that is seen again."""
        for table in self.query(Rows):
            if table.size and table.row_count:
                table.move_cursor(animate=False)
        if self.focused is None and self._lower_table and self._lower_table.focusable:
            self._lower_table.focus()
        self.arranged()

    @property
    def _arrangement(self) -> Arrangement:
        return cast("MliApp", self.app).arrangement

    @property
    def _upper(self) -> Widget:
        return self.query_one(self.PLACE.upper)

    @property
    def _lower(self) -> Widget:
        return self.query_one(self.PLACE.lower)

    @property
    def _lower_table(self) -> Rows | None:
        """The table of the pane below, which may have the keys."""
        return next((one for one in (self._lower, *self._lower.query(Rows)) if isinstance(one, Rows)), None)

    @property
    def _room(self) -> Room:
        place = self.PLACE
        rows = self._upper.region.height + self._lower.region.height
        return Room(rows, self.least_upper, place.least_lower, place.lower_shuts, self.room_for_both)

    @property
    def _edge(self) -> Region:
        """Where the mouse takes the border: the title of the pane below; where that is shut the row above its place."""
        if self._lower.region:
            title = self.query_one(self.PLACE.title or self.PLACE.lower).region
            return Region(title.x, title.y, title.width, 1)
        siblings = list(self._lower.parent.children) if self._lower.parent else []
        above = [one.region for one in siblings[: siblings.index(self._lower)] if one.region]
        return Region(above[-1].x, above[-1].bottom - 1, above[-1].width, 1) if above else Region()


def _give(pane: Widget, part: int, least: int) -> None:
    """Give a pane its part of the rows, and at least so many; without one those of the style sheet."""
    pane.styles.height = f"{part}fr" if part else None
    pane.styles.min_height = least if part else None
    pane.styles.max_height = "100%" if part else None
