"""The keys of the compare screen that look closer: a cursor on alpha, a stretch of it, one group among many.

Those of the run screen, wherever it has them; the arrows, home and end are the table's.
"""

from __future__ import annotations

from textual.binding import Binding

CURSOR = (
    Binding("l", "cursor_to('right')", "Read", key_display="h l", id="compare.right", tooltip="cursor on along alpha"),
    Binding("h", "cursor_to('left')", "Cursor back", show=False, id="compare.left"),
    Binding("L,shift+right", "cursor_to('far-right')", "Cursor on by 5", show=False, id="compare.far-right"),
    Binding("H,shift+left", "cursor_to('far-left')", "Cursor back by 5", show=False, id="compare.far-left"),
    Binding("0", "cursor_to('to-0')", "Cursor to 0.0", show=False, id="compare.to-0", tooltip="1 to 9: to 0.1 to 0.9"),
    # One line of help is enough for all digits.
    *(Binding(str(n), f"cursor_to('to-{n}')", "", show=False, id=f"compare.to-{n}") for n in range(1, 10)),
    Binding("dollar_sign", "cursor_to('end')", "Cursor to 1.0", show=False, id="compare.to-end"),
    Binding("c", "cursor_to('no-cursor')", "Cursor away", show=False, id="compare.no-cursor"),
)
"""Keys that move the cursor on the alpha axis."""
STRETCH = (
    Binding("plus,equals_sign", "read('zoom-in')", "Zoom in", show=False, id="compare.zoom-in", tooltip="at cursor"),
    Binding("minus", "read('zoom-out')", "Zoom out", show=False, id="compare.zoom-out"),
    Binding("left_square_bracket", "read('pan-left')", "Pan left", show=False, id="compare.pan-left"),
    Binding("right_square_bracket", "read('pan-right')", "Pan right", show=False, id="compare.pan-right"),
    Binding("z", "read('whole')", "All of alpha", show=False, id="compare.whole"),
)
"""Keys that choose a stretch of alpha."""
SINGLE = Binding(
    "v", "read('single')", "Single", id="compare.single", tooltip="the curves of the column out, or all alike"
)
HIDE = Binding("space", "read('hide')", "Hide", id="compare.hide", tooltip="the curves of the column, or show them")
