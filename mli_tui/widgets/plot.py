"""The widget that shows a Plot: built in a thread, and redrawn only in the rows that changed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from mli_tui.plotting.figure import draw
from mli_tui.plotting.palette import Look
from mli_tui.plotting.picture import message
from mli_tui.plotting.series import Plot

_REMEMBERED = 8


@dataclass(frozen=True)
class _Wish:
    """All that a picture depends on."""

    plot: Plot
    size: Size
    look: Look


class PlotView(Widget):
    """A picture that follows its newest `show`, its size and the app's theme.

    One build runs at a time. What is shown meanwhile replaces what was waiting, so nothing queues.
    """

    DEFAULT_CSS = "PlotView { width: 1fr; height: 1fr; }"

    def __init__(
        self,
        plot: Plot | None = None,
        *,
        look: Look | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._plot = plot or Plot()
        self._look = look
        self._rows: list[Strip] = []
        self._building: _Wish | None = None
        self._built: OrderedDict[_Wish, list[Strip]] = OrderedDict()

    def show(self, plot: Plot) -> None:
        """Show `plot` as soon as it is built; until then the picture stays as it is."""
        self._plot = plot
        self._follow()

    def use(self, look: Look | None) -> None:
        """Draw with this look from now on; None follows the app's theme and marker."""
        self._look = look
        self._follow()

    @property
    def plot(self) -> Plot:
        """The plot that was shown last, whether it is on the screen yet or not."""
        return self._plot

    @property
    def look(self) -> Look:
        """The look that the next picture is drawn with."""
        if self._look is not None:
            return self._look
        ground = self.background_colors[1]
        known = None if self.app.native_ansi_color or ground.ansi is not None else ground.rgb
        return Look(
            marker=getattr(self.app, "marker", "braille"),
            dark=self.app.current_theme.dark,
            no_colour=self.app.no_color,
            background="#{:02x}{:02x}{:02x}".format(*known) if known else None,
        )

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._follow())

    def on_resize(self) -> None:
        """Build for the new size."""
        self._follow()

    def render_line(self, y: int) -> Strip:
        """Return row `y`, in the widget's own colours wherever the picture has none."""
        strip = self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width)
        return strip.apply_style(self.rich_style)

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
        wish = _Wish(self._plot, self.size, self.look)
        if wish in self._built:
            self._built.move_to_end(wish)
            self._replace(self._built[wish])
        elif not wish.plot.drawable:
            # Only words: they need no kernel and no waiting.
            self._remember(wish, draw(wish.plot, *wish.size, wish.look))
            self._replace(self._built[wish])
        elif self._building is None:
            self._building = wish
            build = partial(draw, wish.plot, *wish.size, wish.look)
            # Without a description it would be the call with all its numbers, written out for every build.
            self.run_worker(build, description="build", group="plot", thread=True, exit_on_error=False)

    def _remember(self, wish: _Wish, rows: list[list[Segment]]) -> None:
        self._built[wish] = [Strip(row, wish.size.width) for row in rows]
        while len(self._built) > _REMEMBERED:
            self._built.popitem(last=False)

    def _replace(self, rows: list[Strip]) -> None:
        """Put these rows on the screen, asking for a repaint of those alone that differ."""
        old, self._rows = self._rows, rows
        width = self.size.width
        if len(old) != len(rows):
            self.refresh()
            return
        changed = [y for y, (before, after) in enumerate(zip(old, rows, strict=True)) if before != after]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))
