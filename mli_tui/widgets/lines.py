"""A block of styled lines, made anew only when they differ."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content, Span
from textual.widgets import Static


class Lines(Static):
    """Shows finished lines. They are `Content`, never markup: text from files can't style or click anything."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Begin empty."""
        super().__init__(Content(""), id=id, classes=classes)
        self._shown: tuple[tuple[str, tuple[Span, ...]], ...] = ()

    def show(self, lines: Sequence[Content]) -> None:
        """Show `lines`, one below the other; nothing is redrawn where they are the same as before.

        Where a line may wrap, the stylesheet gives the widget a fixed height.
        """
        # Content calls two texts equal whatever their styles.
        if (new := tuple((line.plain, tuple(line.spans)) for line in lines)) != self._shown:
            # A layout of the whole screen costs as much as all else that a key does.
            layout = len(new) != len(self._shown)
            self._shown = new
            self.update(Content("\n").join(lines), layout=layout)
