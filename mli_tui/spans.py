"""Sends of a changed line only what changed.

Textual 8 cuts an update at its right end but begins it at the left edge of the widget: a cursor that moves by one
column would send everything to its left, in both plots and every row: 14 KB a key at 120x40, 7 KB with this. The
names are private, so they are here alone, and a test fails when they go away.
"""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual import _compositor
from textual._compositor import ChopsUpdate
from textual.strip import Strip


class SpanUpdate(ChopsUpdate):
    """An update of the screen that begins and ends each piece where its span does."""

    def render_segments(self, console: Console) -> str:
        """Return what is to be written to the terminal."""
        written: list[str] = []
        for y, first, last in self.spans:
            for end, (start, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or start >= last or end <= first:
                    continue
                left, right = piece(strip, start, max(start, first), min(end, last))
                written.append(Control.move_to(left, y).segment.text)
                written.append(strip.crop(left - start, right - start).render(console))
        return "".join(written)


def piece(strip: Strip, start: int, left: int, right: int) -> tuple[int, int]:
    """Return from where to where to send; no character of two cells may be cut, so such a strip goes from its start."""
    return (left if len(strip.text) == strip.cell_length else start), right


def install() -> None:
    """Let all screens update by spans."""
    _compositor.ChopsUpdate = SpanUpdate  # type: ignore[misc]
