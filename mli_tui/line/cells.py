"""Strips cut into cells: what stands in each, and the pen it is written with. Nothing else can reach the terminal."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import SGR_STYLES

from mli_tui import links

_PLAIN = re.compile("[ -~\xa1-\xac\xae-\u02ff\u0370-\u0377\u2500-\u25fc\u2800-\u28ff]*")
"""Printable characters that take one cell in every terminal."""
_SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "53"})
"""Underline, reverse, strike and their like show where nothing is written, too."""
_BLACK, _BOLD, _WHITE = "30", "1", ("47", "107")
"""Terminals of 16 colours show bold black as grey, which can't be read on the cursor's ground."""
JOINER = "\u200d"


class Pen(NamedTuple):
    """A style as the terminal is told it: attributes, colour and ground, each in SGR parameters, and a link's start."""

    attributes: str = ""
    colour: str = ""
    ground: str = ""
    link: str = ""

    @property
    def blank(self) -> Pen:
        """The pen that shows the same where nothing is written."""
        seen = ";".join(code for code in self.attributes.split(";") if code in _SEEN_ON_BLANKS)
        return Pen(seen, self.colour if seen else "", self.ground)

    def after(self, before: Pen) -> str:
        """Return the sequence that takes up this pen in place of `before`."""
        if self == before:
            return ""
        link = "" if self.link == before.link else self.link or links.CLOSE
        if self[:3] == before[:3]:
            return link
        if self.attributes != before.attributes:
            codes = ["0", self.attributes, self.colour, self.ground]
        else:
            codes = [(self.colour or "39") if self.colour != before.colour else ""]
            codes += [(self.ground or "49") if self.ground != before.ground else ""]
        return f"{link}\x1b[{';'.join(filter(None, codes))}m"


PLAIN_PEN = Pen()


@lru_cache(4096)
def pen_of(style: Style | None, system: ColorSystem) -> Pen:
    """Return the pen of a style, with its link where that is a file's; other meta data stay here."""
    if style is None:
        return PLAIN_PEN
    set_bits = style._attributes & style._set_attributes
    attributes = [SGR_STYLES[bit] for bit in range(set_bits.bit_length()) if set_bits & (1 << bit)]
    colour, ground = style.color, style.bgcolor
    front = ";".join(colour.downgrade(system).get_ansi_codes()) if colour else ""
    back = ";".join(ground.downgrade(system).get_ansi_codes(foreground=False)) if ground else ""
    if front == _BLACK and back not in _WHITE:
        attributes = [code for code in attributes if code != _BOLD]
    return Pen(
        ";".join(attributes),
        front,
        back,
        links.opening(style.link) if style.link else "",
    )


class Cells(NamedTuple):
    """A text, cell by cell. A character of two cells is followed by an empty one."""

    content: tuple[str, ...]
    blank: bool


@lru_cache(8192)
def cells_of(text: str) -> Cells:
    """Cut a text into cells. What no terminal prints becomes a question mark: here no escape sequence gets by."""
    text = text.replace("\u2800", " ")
    if _PLAIN.fullmatch(text):
        return Cells(tuple(text), not text.strip(" "))
    content: list[str] = []
    for start, end, width in split_graphemes(text)[0]:
        letter = text[start:end]
        if not letter.isprintable():
            kept = "".join(c for c in letter if c.isprintable() or c == JOINER)
            letter = kept or (" " if letter.isspace() else "?")
        if width:
            content += [letter, *[""] * (width - 1)]
    content += " " * (cell_len(text) - len(content))
    return Cells(tuple(content), False)
