"""Panes as the user likes them: where the border between an upper and a lower one stands, and what is hidden.

Pure, but for the name of the file in which it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
import platformdirs

T = TypeVar("T")
Side = Literal["", "upper", "lower"]
Shown = Literal["both", "first", "second"]
SHOWN: tuple[Shown, ...] = ("both", "first", "second")
Below = Literal["all", "table", "plots"]
BELOW: tuple[Below, ...] = ("all", "table", "plots")
STEP = 2
"""Rows that a key moves a border."""
_FINEST = 1000
"""A share is taken for a fraction with a denominator up to this, so that of as many rows it is whole rows again."""


class Border(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a border stands; with nothing said, where the layout has it."""

    lower: Annotated[float, msgspec.Meta(gt=0, lt=1)] | None = None
    """Share of both panes' rows that the lower one has."""
    shut: Side = ""
    """The pane that is shut, whatever its share; it has that again when it is opened."""


USUAL = Border()


class Panes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All that is remembered of panes: a border a screen, and which panes of a run are shown."""

    start: Border = USUAL
    run: Border = USUAL
    compare: Border = USUAL
    sweep: Border = USUAL
    pictures: Shown = "both"
    """Pictures of a run that are shown, where a view has two."""
    below: Below = "all"
    """What of a run is shown below them: the table of classes, the plots by epoch."""


@dataclass(frozen=True)
class Room:
    """The rows that two panes share, those that each must have to be of use, and what else is possible."""

    rows: int
    upper: int
    lower: int
    lower_shuts: bool = True
    both: bool = True
    """Whether there is room for both: without it the upper one has all, or where that is shut the lower one."""


def panes_file() -> Path:
    """Return the file that the panes are kept in."""
    return platformdirs.user_state_path("mli-tui") / "panes.toml"


def seen(border: Border, room: Room) -> Side:
    """Return the pane that is not there: one that is shut, or has no room."""
    return border.shut or ("" if room.both else "lower")


def opened(border: Border, room: Room, side: Side) -> Border:
    """Return the border with that pane there, as it was; where there is no room for both in place of the other one."""
    return msgspec.structs.replace(border, shut="upper" if side == "lower" and not room.both else "")


def stepped(border: Border, room: Room, laid_out: int, rows: int) -> Border:
    """Return the border after a key that gives the lower pane, which has the rows `laid_out`, so many more or fewer.

    A pane that has no more than it must have is shut; one that is shut is opened as it was.
    """
    growing: Side
    growing, shrinking = ("lower", "upper") if rows > 0 else ("upper", "lower")
    if gone := seen(border, room):
        return opened(border, room, growing) if gone == growing else border
    # Of keys that come fast the layout may not have followed the one before.
    lower = laid_out if border.lower is None else _within(room, round(border.lower * room.rows))
    have, least = (room.rows - lower, room.upper) if shrinking == "upper" else (lower, room.lower)
    return _placed(border, room, lower + rows) if have > least else _shut(border, room, shrinking)


def dragged(border: Border, room: Room, lower: int) -> Border:
    """Return the border where the mouse asks for a lower pane of so many rows; what has less than half of what it
    must have is shut."""
    if 2 * lower < room.lower and room.lower_shuts:
        return _shut(border, room, "lower")
    if 2 * (room.rows - lower) < room.upper:
        return _shut(border, room, "upper")
    return _placed(border, room, lower)


def toggled(border: Border, room: Room) -> Border:
    """Return the border with the lower pane shut, or open again."""
    if seen(border, room) == "lower":
        return opened(border, room, "lower")
    return msgspec.structs.replace(border, shut="lower" if room.both else "")


def shares(lower: float) -> tuple[int, int]:
    """Return a share as whole numbers: the parts of the upper and the lower pane."""
    part = Fraction(lower).limit_denominator(_FINEST)
    return part.denominator - part.numerator, part.numerator


def of_two(found: tuple[T, ...], shown: Shown) -> tuple[T, ...]:
    """Return those of two things side by side that are shown; of one, itself."""
    if len(found) < 2 or shown == "both":
        return found
    return found[:1] if shown == "first" else found[1:]


def next_shown(shown: Shown) -> Shown:
    """Return which of two pictures is shown next."""
    return SHOWN[(SHOWN.index(shown) + 1) % len(SHOWN)]


def next_below(below: Below) -> Below:
    """Return what is shown next below the pictures."""
    return BELOW[(BELOW.index(below) + 1) % len(BELOW)]


def _shut(border: Border, room: Room, side: str) -> Border:
    if side == "lower":
        return msgspec.structs.replace(border, shut="lower") if room.lower_shuts else border
    return msgspec.structs.replace(border, shut="upper")


def _placed(border: Border, room: Room, lower: int) -> Border:
    """Return the border with so many rows below, or as many as leave both panes what they must have."""
    return border if room.rows < room.upper + room.lower else Border(_within(room, lower) / room.rows)


def _within(room: Room, lower: int) -> int:
    return max(room.lower, min(room.rows - room.upper, lower))
