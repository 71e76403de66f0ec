"""A block of styled lines, of which only those that differ are drawn anew."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget


class Lines(Widget):
    """Shows finished lines. They are `Content`, never markup: text from files can't style or click anything."""

    DEFAULT_CSS = "Lines { height: auto; }"

    class Resized(Message):
        """There is more or less room than there was. Known by the sender's id."""

        def __init__(self, lines: Lines) -> None:
            """Tell of `lines`."""
            super().__init__()
            self.lines = lines

        @property
        def control(self) -> Lines:
            """Whose room it is."""
            return self.lines

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Begin empty."""
        super().__init__(id=id, classes=classes)
        self._shown: tuple[Content, ...] = ()

    @property
    def content(self) -> Content:
        """All lines, one below the other."""
        return Content("\n").join(self._shown)

    def on_resize(self, _event: events.Resize) -> None:
        """Tell whoever fills it: what fits may be another thing now."""
        self.post_message(self.Resized(self))

    def render(self) -> Content:
        """Return what is shown."""
        return self.content

    def show(self, lines: Sequence[Content]) -> None:
        """Show `lines`, one below the other; of as many as before only those that differ are drawn.

        Where a line may wrap, the stylesheet gives the widget a fixed height.
        """
        old, new = self._shown, tuple(lines)
        self._shown = new
        if len(new) != len(old):
            # A layout of the whole screen costs as much as all else that a key does.
            height = self.styles.height
            self.refresh(layout=height is None or height.is_auto)
            return
        # Content compares by its text alone; another theme or class has the same text in other colours.
        changed = [y for y, (before, after) in enumerate(zip(old, new, strict=True)) if not before.is_same(after)]
        if not changed:
            return
        if self.styles.text_wrap == "nowrap":
            self.refresh(*(Region(0, y, self.content_size.width, 1) for y in changed))
        else:
            self.refresh()
