"""The keys that the screens of a run and of a comparison have in common: a cursor on alpha, a stretch of it."""

from __future__ import annotations

from textual.binding import Binding


def digit_keys(place: str) -> tuple[Binding, ...]:
    """Return the keys that put the cursor on an alpha, or take it away."""
    return (
        Binding(
            "0", "cursor_to('to-0')", "Cursor to 0.0", show=False, id=f"{place}.to-0", tooltip="1 to 9: to 0.1 to 0.9"
        ),
        # One line of help is enough for all digits.
        *(Binding(str(n), f"cursor_to('to-{n}')", "", show=False, id=f"{place}.to-{n}") for n in range(1, 10)),
        Binding("dollar_sign", "cursor_to('end')", "Cursor to 1.0", show=False, id=f"{place}.to-end"),
        Binding("c", "cursor_to('no-cursor')", "Cursor away", show=False, id=f"{place}.no-cursor"),
    )


def stretch_keys(place: str, *, show: bool = False) -> tuple[Binding, ...]:
    """Return the keys that choose a stretch of alpha; the footer has the first one only where it is to `show` it."""
    return (
        Binding(
            "plus,equals_sign", "read('zoom-in')", "Zoom in", show=show, id=f"{place}.zoom-in", tooltip="at the cursor"
        ),
        Binding("minus", "read('zoom-out')", "Zoom out", show=False, id=f"{place}.zoom-out"),
        Binding("left_square_bracket", "read('pan-left')", "Pan left", show=False, id=f"{place}.pan-left"),
        Binding("right_square_bracket", "read('pan-right')", "Pan right", show=False, id=f"{place}.pan-right"),
        Binding("z", "read('whole')", "All of alpha", show=False, id=f"{place}.whole"),
    )
