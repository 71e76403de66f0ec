"""A terminal that knows what the app may send, and nothing else: it shows the screen and tells whatever else came."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from rich.cells import get_character_cell_size

ALLOWED = re.compile(
    r"\x1b\[(?:"
    r"(?P<place>\d+;\d+)H|(?P<column>\d+)G|(?P<steps>\d*)(?P<way>[ABCD])|(?P<pen>[\d;]*)m|(?P<ask>6)n"
    r"|\?(?P<mode>7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]|\?(?:2026|2048)\$p|>\d+u|<u)"
    r"|\x1b\]8;(?P<link>id=[0-9a-f]{8};file://[!-:<-~]{1,2000}|;)\x1b\\"
    r"|\x1b\]22;[a-z-]*\x07|\x07"
)
"""Moves, pens, the cursor's place, the modes that Textual sets, (OSC 8) links to files that were written, and (OSC 22)
the shape of the mouse pointer."""
COPY = re.compile(r"\x1b\]52;c;[A-Za-z0-9+/=]*\x07")
OTHER = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])")
UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]P^_X][^\x07\x1b]*\x1b?|[ -/]*)")


@dataclass
class VirtualTerminal:
    """A screen of cells; `asked` counts the questions for the cursor, `forbidden` lists what may not be sent."""

    width: int = 120
    height: int = 40
    copies: bool = False
    """Whether the user copies: only then may OSC 52 be sent."""
    asked: int = 0
    forbidden: list[str] = field(default_factory=list)
    linked: dict[str, str] = field(default_factory=dict)
    """By its address, all that was ever written as a link."""

    def __post_init__(self) -> None:
        self.resize(self.width, self.height)
        self._rest, self._address = "", ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def resize(self, width: int, height: int) -> None:
        """Become another size; what was shown is gone."""
        self.width, self.height, self.x, self.y, self.pen = width, height, 0, 0, ""
        self.cells = [[(" ", "")] * width for _ in range(height)]

    def feed(self, data: bytes | str) -> None:
        """Take what the app wrote; sequences and characters may be cut anywhere."""
        if isinstance(data, bytes):
            data = self._decoder.decode(data)
        text, at = self._rest + data, 0
        while at < len(text):
            if match := ALLOWED.match(text, at):
                self._obey(match)
                at = match.end()
            elif self.copies and (match := COPY.match(text, at)):
                at = match.end()
            elif match := OTHER.match(text, at):
                self.forbidden.append(match[0])
                at = match.end()
            elif text[at] == "\x1b" and UNFINISHED.fullmatch(text, at):
                break
            else:
                self._write(text[at])
                at += 1
        self._rest = text[at:]

    def _obey(self, match: re.Match[str]) -> None:
        if place := match["place"]:
            self.y, self.x = (int(n) - 1 for n in place.split(";"))
        elif match["column"]:
            self.x = int(match["column"]) - 1
        elif way := match["way"]:
            steps = int(match["steps"] or 1)
            self.y += steps * {"A": -1, "B": 1}.get(way, 0)
            self.x += steps * {"C": 1, "D": -1}.get(way, 0)
        elif match["pen"] is not None:
            self.pen = self._mixed(match["pen"])
        elif link := match["link"]:
            self._address = link.partition(";")[2]
        elif match["ask"]:
            self.asked += 1
        elif match["mode"] == "1049":
            self.resize(self.width, self.height)

    def _mixed(self, codes: str) -> str:
        """Return the pen after these codes, in one form whatever way it was reached."""
        attributes, colour, ground = (self.pen or "||").split("|")
        parts = iter(codes.split(";") if codes else ["0"])
        for part in parts:
            n = int(part)
            if n == 0:
                attributes, colour, ground = "", "", ""
            elif n in (38, 48):
                kind = next(parts)
                value = ";".join([part, kind, *(next(parts) for _ in range(3 if kind == "2" else 1))])
                colour, ground = (value, ground) if n == 38 else (colour, value)
            elif 30 <= n <= 37 or 90 <= n <= 97:
                colour = part
            elif 40 <= n <= 47 or 100 <= n <= 107:
                ground = part
            elif n in (39, 49):
                colour, ground = ("", ground) if n == 39 else (colour, "")
            else:
                attributes = f"{attributes};{n}" if attributes else str(n)
        return f"{attributes}|{colour}|{ground}" if attributes or colour or ground else ""

    def _write(self, letter: str) -> None:
        if not letter.isprintable() and letter != "\u200d":
            self.forbidden.append(letter)
            return
        width = get_character_cell_size(letter)
        if not width or letter == "\ufe0f" or self.x >= self.width or self.y >= self.height:
            return
        if self._address:
            self.linked[self._address] = self.linked.get(self._address, "") + letter
        row = self.cells[self.y]
        row[self.x : self.x + width] = [(letter, self.pen), *[("", self.pen)] * (width - 1)]
        del row[self.width :]
        self.x += width

    @property
    def lines(self) -> list[str]:
        """The screen as text."""
        return ["".join(letter for letter, _ in row) for row in self.cells]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)
