"""The whole screen in ASCII, cell by cell, for terminals that have nothing else."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_KNOWN = str.maketrans(
    {
        **dict.fromkeys("─━┄┅┈┉╌╍═▔▁▂", "-"),
        **dict.fromkeys("│┃┆┇┊┋╎╏║▏▎▍", "|"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝", "+"),
        **dict.fromkeys("█▉▊▋▌▐▀▄▃▅▆▇▙▟▛▜▚▞▖▗▘▝■", "#"),
        **dict.fromkeys("✓✔●", "+"),
        **dict.fromkeys("✗✘×", "x"),
        **dict.fromkeys("▶▸›→", ">"),
        **dict.fromkeys("◀◂‹←⏎", "<"),
        **dict.fromkeys("·•∙", "."),
        **dict.fromkeys("–—−", "-"),
        "…": "~",
        "🔎": "> ",
        "○": "o",
        "↑": "^",
        "↓": "v",
        "⏸": "=",
    }
)


@lru_cache(4096)
def ascii_only(text: str) -> str:
    """Return as many cells in ASCII: lines, blocks and marks by their likes, letters without accents."""
    if text.isascii():
        return text
    return "".join(map(_letter, text.translate(_KNOWN)))


def _letter(character: str) -> str:
    if character.isascii():
        return character
    width = cell_len(character)
    bare = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return bare if len(bare) == width else "?" * width


class AsciiFilter(LineFilter):
    """Turns every character that reaches the screen into ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with their styles and other characters."""
        return [Segment(ascii_only(text), style, control) for text, style, control in segments]
