"""The keys of the compare screen that look closer: a cursor on alpha, one group among many.

Those of the run screen, wherever it has them; the arrows, home and end are the table's.
"""

from __future__ import annotations

from textual.binding import Binding

from mli_tui.screens.alpha_keys import digit_keys

CURSOR = (
    Binding("l", "cursor_to('right')", "Read", key_display="h l", id="compare.right", tooltip="cursor on along alpha"),
    Binding("h", "cursor_to('left')", "Cursor back", show=False, id="compare.left"),
    Binding("L,shift+right", "cursor_to('far-right')", "Cursor on by 5", show=False, id="compare.far-right"),
    Binding("H,shift+left", "cursor_to('far-left')", "Cursor back by 5", show=False, id="compare.far-left"),
    *digit_keys("compare"),
)
"""Keys that move the cursor on the alpha axis."""
SINGLE = Binding(
    "v", "read('single')", "Single", id="compare.single", tooltip="the curves of the column out, or all alike"
)
HIDE = Binding("space", "read('hide')", "Hide", id="compare.hide", tooltip="the curves of the column, or show them")
