"""Which classes are shown where not all have room, in which order, and what stands for each. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters, digits

from backends.runs.export import bias_rows
from backends.runs.view import RunView

MOST = 10
"""Classes that are drawn one by one: as many as there are colours for. Of more, the foremost and the rest together."""
FOREMOST = 8
_LETTERS = digits + ascii_letters


def ranked(view: RunView) -> list[int]:
    """Return all classes, those with the largest bias first; those without one follow in their own order."""
    with_bias = [row.index for row in bias_rows(view)]
    known = set(with_bias)
    return with_bias + [i for i in range(view.classes) if i not in known]


def foremost(view: RunView, weights: Sequence[float] | None = None) -> list[int]:
    """Return the classes to draw one by one, largest bias first: all, or of too many those with the most weight."""
    order = ranked(view)
    if len(order) <= MOST:
        return order
    if weights is None:
        return order[:FOREMOST]
    kept = set(sorted(order, key=lambda i: -weights[i])[:FOREMOST])
    return [i for i in order if i in kept]


def name(view: RunView, index: int, most: int = 20) -> str:
    """Return the name of a class, cut to that many characters; its number where it has none."""
    names = view.dataset.class_names if view.dataset else ()
    return names[index][:most] if index < len(names) and names[index] else str(index)


def letters(view: RunView, shown: Sequence[int]) -> dict[int, str]:
    """Return one character for each of these classes, each a different one: its name where all names are that short."""
    names = {index: name(view, index) for index in shown}
    if all(len(text) == 1 and text.isascii() and text.isprintable() for text in names.values()):
        return names
    return {index: _LETTERS[order % len(_LETTERS)] for order, index in enumerate(shown)}
