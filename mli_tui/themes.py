"""The app's own two themes: grounds that the plots' colours were chosen for, and accents taken from the schemes."""

from __future__ import annotations

from dataclasses import replace

from textual.theme import Theme

DEFAULT = "mli-dark"

DARK = Theme(
    name=DEFAULT,
    primary="#56b4e9",
    secondary="#e69f00",
    accent="#56b4e9",
    success="#3ecdab",
    warning="#e7ba13",
    error="#f07a63",
    foreground="#dcdcdc",
    background="#161719",
    surface="#1e2023",
    panel="#272a2e",
    dark=True,
    variables={"scrollbar-background": "#1e2023", "scrollbar": "#3c4248"},
)
LIGHT = Theme(
    name="mli-light",
    primary="#0072b2",
    secondary="#c75000",
    accent="#0072b2",
    success="#007a5a",
    warning="#7a6a00",
    error="#b3261e",
    foreground="#1c1c1c",
    background="#f8f8f6",
    surface="#eeeeeb",
    panel="#e2e2de",
    dark=False,
    variables={"scrollbar-background": "#eeeeeb", "scrollbar": "#c4c4bf"},
)
OURS = (DARK, LIGHT)
LIGHT_OF_16 = replace(
    LIGHT,
    primary="#0000aa",
    secondary="#aa0000",
    accent="#0000aa",
    warning="#aa00aa",
    error="#aa0000",
)
"""The same where there are 16 colours: of those nearest to its own, cyan and yellow can't be read on a light ground."""


def ours(few_colours: bool) -> tuple[Theme, Theme]:
    """Return the app's own themes for a terminal of 16 colours, or of more."""
    return (DARK, LIGHT_OF_16) if few_colours else OURS
