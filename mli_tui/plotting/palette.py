"""Colours by name, told apart by colour-blind readers, on dark and on light ground."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rich.style import Style

Marker = Literal["braille", "hd", "ascii"]

CLASSES = 10
"""How many class colours there are before they begin again."""

# Each name on dark and on light ground. The schemes are Okabe and Ito's, darkened for light ground.
# The ten class colours were searched for the largest smallest distance between any two of them, in OKLab,
# seen with normal sight, protanopia, deuteranopia and tritanopia; a test measures it again.
_COLOURS: dict[str, tuple[str, str]] = {
    "linear": ("#56b4e9", "#0072b2"),
    "homogeneous": ("#e69f00", "#c75000"),
    "last_bias_linear": ("#00b485", "#007a5a"),
    "fixed_bias": ("#cc79a7", "#a8437c"),
    "equal_last_bias": ("#f0e442", "#7a6a00"),
    "neutral": ("#a8a8a8", "#646464"),
    "class-0": ("#2f76d7", "#134699"),
    "class-1": ("#ffe185", "#4f2300"),
    "class-2": ("#3ecdab", "#39938f"),
    "class-3": ("#c76886", "#7f0059"),
    "class-4": ("#e7ba13", "#956a00"),
    "class-5": ("#c44f00", "#d18a08"),
    "class-6": ("#0aa3d7", "#259cff"),
    "class-7": ("#b5c2ff", "#5f6bbb"),
    "class-8": ("#efefef", "#101010"),
    "class-9": ("#e88253", "#754718"),
}
# Of 16 colours those that can be read on a dark ground: neither blue nor red, and no class has that of the axes.
_FEW_ON_DARK: dict[str, str] = {
    "linear": "#55ffff",
    "homogeneous": "#ffff55",
    "last_bias_linear": "#55ff55",
    "fixed_bias": "#ff55ff",
    "equal_last_bias": "#ff5555",
    "neutral": "#aaaaaa",
    "class-0": "#5555ff",
    "class-1": "#ffff55",
    "class-2": "#55ff55",
    "class-3": "#ff55ff",
    "class-4": "#aa5500",
    "class-5": "#ff5555",
    "class-6": "#00aaaa",
    "class-7": "#55ffff",
    "class-8": "#ffffff",
    "class-9": "#aa00aa",
}
# And on a light one: neither yellow nor white, cyan and green where need be.
_FEW_ON_LIGHT: dict[str, str] = {
    "linear": "#0000aa",
    "homogeneous": "#aa0000",
    "last_bias_linear": "#aa00aa",
    "fixed_bias": "#000000",
    "equal_last_bias": "#00aa00",
    "neutral": "#555555",
    "class-0": "#0000aa",
    "class-1": "#000000",
    "class-2": "#aa0000",
    "class-3": "#aa00aa",
    "class-4": "#00aa00",
    "class-5": "#ff5555",
    "class-6": "#5555ff",
    "class-7": "#555555",
    "class-8": "#ff55ff",
    "class-9": "#00aaaa",
}
_GROUNDS = ("#1e1e1e", "#f5f5f5")
_BREATH = 0.16
"""How much of a colour a tinted ground has: seen at once, and no curve is lost on it."""
RIBBON = 0.3
"""As much, of what lies between two lines: seen on a tinted ground, too."""
_RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")

_Triple = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """How this terminal shows things."""

    marker: Marker = "braille"
    """`braille`: 2x4 dots a cell; `hd`: quadrant blocks, where braille is missing; `ascii`: plain letters."""
    dark: bool = True
    no_colour: bool = False
    background: str | None = None
    """The ground as `#rrggbb` where it is known; fading and shades need it, nothing is ever painted with it."""
    few_colours: bool = False
    """The terminal has 16 colours: classes are told apart by letters, and no ground is tinted."""
    grid: bool = False
    """Dotted lines at the ticks of both axes, behind all else."""

    @property
    def lettered(self) -> bool:
        """Whether areas are filled with letters, because colours can't tell them apart here."""
        return self.no_colour or self.few_colours or self.marker == "ascii"


def class_colour(index: int) -> str:
    """Return the name of the colour of class `index`."""
    return f"class-{index % CLASSES}"


def faded(colour: str, strength: float) -> str:
    """Return the name of `colour` mixed into the ground: 1 is the colour itself, 0 is not seen at all."""
    return f"{colour.partition('@')[0]}@{round(100 * max(0.0, min(1.0, strength)))}"


def fading(colour: str, count: int, weakest: float = 0.35, strongest: float = 0.75) -> tuple[str, ...]:
    """Return `count` variants of `colour` from old to new, for the trail of a curve that moves."""
    step = (strongest - weakest) / max(1, count - 1)
    return tuple(faded(colour, strongest - step * age) for age in range(count - 1, -1, -1))


def hexadecimal(colour: str, look: Look) -> str | None:
    """Return the colour of that name as `#rrggbb`; None for one that is not known."""
    name, _, percent = colour.partition("@")
    if look.few_colours:
        name = (_FEW_ON_DARK if look.dark else _FEW_ON_LIGHT).get(name, name)
    triple = _named(name, look.dark)
    if triple is None:
        return None
    if percent.isdigit() and not look.few_colours:  # of 16 colours none is a weaker one of another
        ground = _named(look.background or "", look.dark) or _named(_GROUNDS[not look.dark], look.dark)
        triple = _mix(triple, ground or (0, 0, 0), min(100, int(percent)) / 100)
    return "#{:02x}{:02x}{:02x}".format(*triple)


def _named(name: str, dark: bool) -> _Triple | None:
    if match := _RGB.fullmatch(name):
        red, green, blue = (min(255, int(part)) for part in match.groups())
        return red, green, blue
    code = name if _HEX.fullmatch(name) else _COLOURS.get(name, ("", ""))[not dark]
    return (int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)) if code else None


def _mix(colour: _Triple, ground: _Triple, strength: float) -> _Triple:
    red, green, blue = (round(b + (a - b) * strength) for a, b in zip(colour, ground, strict=True))
    return red, green, blue


@lru_cache(maxsize=512)
def style(colour: str, look: Look, bold: bool = False) -> Style:
    """Return the text style of a colour; without colours, or for an unknown name, the terminal's own."""
    code = None if look.no_colour else hexadecimal(colour, look)
    # Without colours the strength of a faded curve is all that is left to say that it is one.
    return Style(color=code, bold=bold or None, dim=True if look.no_colour and "@" in colour else None)


@lru_cache(maxsize=64)
def tint(colour: str, look: Look, strength: float = _BREATH) -> Style | None:
    """Return a ground with as much of `colour`; None where the terminal's own ground is not known, or has few."""
    if look.no_colour or look.few_colours or look.background is None:
        return None
    return Style(bgcolor=hexadecimal(faded(colour, strength), look))


def ink_on(ground: str) -> str:
    """Return black or white, whichever has more contrast to `#rrggbb` (WCAG 2.1, relative luminance)."""
    shares = (int(ground[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in shares)
    luminance = sum(weight * v for weight, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "#000000" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "#ffffff"


QUIET = Style(dim=True)
"""Axes, ticks and reference lines: there, and behind the data."""
STRONG = Style(bold=True)
"""Titles."""
_GREY = Style(color="#555555", dim=False)


def guide(look: Look) -> Style:
    """Return the style of guide lines: of 16 colours on a dark ground, where dim is as bright as text, the grey one."""
    return _GREY if look.few_colours and look.dark and not look.no_colour else QUIET
