"""The widget that shows a Plot: built in a thread, and redrawn only in the rows that changed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from mli_tui.plotting.figure import Drawable, draw, frames
from mli_tui.plotting.frame import Frame
from mli_tui.plotting.layout import LEAST_HEIGHT, LEAST_WIDTH
from mli_tui.plotting.palette import Look
from mli_tui.plotting.picture import message, too_small
from mli_tui.plotting.series import Plot
from mli_tui.widgets import pointer

WHEEL = 0.8
"""How much of a stretch of alpha one step of the wheel leaves; a turn is many steps."""
_REMEMBERED = 8
SIDE_BY_SIDE = 2 * LEAST_WIDTH + 5
"""Columns of a screen from which two pictures with their margins have room beside each other."""


def stacked(screen: Screen[Any]) -> bool:
    """Return whether two pictures stand below each other, which the screen has a class for."""
    below = screen.size.width < SIDE_BY_SIDE
    screen.set_class(below, "stacked")
    return below


@dataclass(frozen=True)
class _Wish:
    """All that a picture depends on."""

    plot: Drawable
    size: Size
    look: Look


class PlotView(Widget):
    """A picture that follows its newest `show`, its size and the app's theme, with a cursor over it where one is set.

    One build runs at a time. What is shown meanwhile replaces what was waiting, so nothing queues.
    """

    @dataclass
    class Pointed(Message):
        """Somebody clicked on the canvas, or turned the wheel there, at this place of the x axis."""

        view: PlotView
        x: float
        wheel: int = 0
        """1 where the wheel was turned forwards, -1 backwards, 0 for a click."""

        @property
        def control(self) -> PlotView:
            """The widget that was clicked."""
            return self.view

    DEFAULT_CSS = "PlotView { width: 1fr; height: 1fr; }"

    def __init__(
        self,
        plot: Drawable | None = None,
        *,
        look: Look | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._plot: Drawable = plot or Plot()
        self._look = look
        self._rows: list[Strip] = []
        self._building: _Wish | None = None
        self._built: OrderedDict[_Wish, list[Strip]] = OrderedDict()
        self._frames: tuple[Frame, ...] = ()
        self._cursor: float | None = None

    @property
    def cursor(self) -> float | None:
        """Where on the x axis the cursor stands; None without one."""
        return self._cursor

    def point(self, x: float | None) -> None:
        """Lay the cursor over the picture at `x`, or take it away. Nothing is built, and two columns are painted."""
        old, self._cursor = self._cursor, x
        places = [at for at in (old, x) if at is not None and old != x]
        changed = {region for at in places for region in pointer.regions(self._frames, at, self.size.width)}
        if changed:
            self.refresh(*changed)

    def show(self, plot: Drawable) -> None:
        """Show `plot` as soon as it is built; until then the picture stays as it is."""
        self._plot = plot
        self._follow()

    def use(self, look: Look | None) -> None:
        """Draw with this look from now on; None follows the app's theme and marker."""
        self._look = look
        self._follow()

    @property
    def plot(self) -> Drawable:
        """The plot that was shown last, whether it is on the screen yet or not."""
        return self._plot

    @property
    def look(self) -> Look:
        """The look that the next picture is drawn with."""
        if self._look is not None:
            return self._look
        ground, system = self.background_colors[1], self.app.console.color_system
        # Of 256 colours none is a ground with a little of another colour: the nearest one is a loud red.
        unknown = self.app.native_ansi_color or ground.ansi is not None or system == "256"
        known = None if unknown else ground.rgb
        return Look(
            marker=getattr(self.app, "marker", "braille"),
            dark=self.app.current_theme.dark,
            no_colour=self.app.no_color,
            background="#{:02x}{:02x}{:02x}".format(*known) if known else None,
            few_colours=system == "standard",
            grid=getattr(self.app, "grid", False),
        )

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._follow())

    def on_resize(self) -> None:
        """Build for the new size. What a picture beside it lacks, and says, may be another size now."""
        self._follow()
        for one in self.siblings:
            if isinstance(one, PlotView) and one.size and one._needed():
                one._follow()

    def render_line(self, y: int) -> Strip:
        """Return row `y`, in the widget's own colours wherever the picture has none."""
        strip = self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width)
        if self._cursor is not None:
            strip = pointer.laid_over(strip, y, self._frames, self._cursor, self.look.marker == "ascii")
        return strip.apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Say which place of the x axis was clicked."""
        for x in self._places(event):
            self.post_message(self.Pointed(self, x))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Say where the wheel was turned forwards."""
        for x in self._places(event):
            self.post_message(self.Pointed(self, x, 1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Say where the wheel was turned backwards."""
        for x in self._places(event):
            self.post_message(self.Pointed(self, x, -1))

    def _places(self, event: events.MouseEvent) -> list[float]:
        """Return the place of the x axis under the mouse, if it is on a canvas."""
        return [frame.x_at(event.x) for frame in self._frames if frame.holds(event.x, event.y)]

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Take what was built, or say why it could not be, then build what was asked for meanwhile."""
        wish = self._building
        if wish is None or event.worker.group != "plot" or event.state in (WorkerState.PENDING, WorkerState.RUNNING):
            return
        self._building = None
        if event.state is WorkerState.SUCCESS:
            self._remember(wish, event.worker.result or [])
        elif event.state is WorkerState.ERROR:
            self._remember(wish, message(f"No picture: {event.worker.error}", *wish.size, wish.plot.title))
        self._follow()

    def _follow(self) -> None:
        """Show what is wished for now: at once where it was built before, else from a thread."""
        if not self.is_mounted or not self.size:
            return
        if needed := self._needed():
            has = "{}x{}".format(*self.app.size)
            rows = too_small(self._plot.title, *self.size, has, "{}x{}".format(*needed))
            self._put([Strip(row, self.size.width) for row in rows], ())
            return
        wish = _Wish(self._plot, self.size, self.look)
        if wish in self._built:
            self._built.move_to_end(wish)
            self._replace(wish)
        elif not wish.plot.drawable:
            # Only words: they need no kernel and no waiting.
            self._remember(wish, draw(wish.plot, *wish.size, wish.look))
            self._replace(wish)
        elif self._building is None:
            self._building = wish
            build = partial(draw, wish.plot, *wish.size, wish.look)
            # Without a description it would be the call with all its numbers, written out for every build.
            self.run_worker(build, description="build", group="plot", thread=True, exit_on_error=False)

    def _remember(self, wish: _Wish, rows: list[list[Segment]]) -> None:
        self._built[wish] = [Strip(row, wish.size.width) for row in rows]
        while len(self._built) > _REMEMBERED:
            self._built.popitem(last=False)

    def _needed(self) -> Size | None:
        """Return the size of a terminal in which there is room for a picture here; None where there is.

        What pictures beside or below each other lack, they share.
        """
        if self.size.width >= LEAST_WIDTH and self.size.height >= LEAST_HEIGHT:
            return None
        others = [one for one in self.siblings if isinstance(one, PlotView) and one.display]
        below = not (isinstance(self.parent, Widget) and self.parent.layout.name == "horizontal")
        across = sum(LEAST_WIDTH - one.size.width for one in (self, *(() if below else others)))
        down = sum(LEAST_HEIGHT - one.size.height for one in (self, *(others if below else ())))
        return self.app.size + Size(max(0, across), max(0, down))

    def _replace(self, wish: _Wish) -> None:
        self._put(self._built[wish], frames(wish.plot, *wish.size, wish.look))

    def _put(self, rows: list[Strip], canvases: tuple[Frame, ...]) -> None:
        """Put what was built on the screen, asking for a repaint of those rows alone that differ."""
        old, self._rows = self._rows, rows
        before, self._frames = self._frames, canvases
        width = self.size.width
        if len(old) != len(rows) or (self._cursor is not None and before != self._frames):
            self.refresh()
            return
        changed = [y for y, (before, after) in enumerate(zip(old, rows, strict=True)) if before != after]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))
