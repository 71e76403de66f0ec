"""Where the preview of the run under the cursor stands. Pure functions."""

from __future__ import annotations

from typing import Literal

from mli_tui.settings import When

WIDE = 160
"""Columns from which the preview has room beside the lists; on fewer it takes the place of the presets."""
BESIDE = 81
"""Columns of it there: no line of the table of plateau ends is cut. The lists have the others."""
Place = Literal["", "above", "beside"]


def place(when: When, width: int, among_runs: bool) -> Place:
    """Return where the preview is: beside the lists, above the runs while these have the keys, or nowhere."""
    if width >= WIDE:
        return "" if when == "off" else "beside"
    return "above" if when == "on" and among_runs else ""


def toggled(when: When, width: int) -> When:
    """Return the choice after the key: on a wide terminal it is about wide ones, on a narrow one about narrow ones."""
    if width >= WIDE:
        return "wide" if when == "off" else "off"
    return "wide" if when == "on" else "on"
