"""Asks for the limits of the axes, in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from mli_tui import axes
from mli_tui.axes import Axes, Window
from mli_tui.screens.prompt import PromptScreen

QUESTION = "Limits of the axes; what is left out fits by itself"


def ask(app: App[Any], before: Axes, whole: Window, chosen: Callable[[str], None]) -> None:
    """Ask, beginning with the limits as they are; `chosen` gets a line in which all is right.

    `whole` is all of alpha.
    """

    def answered(line: str | None) -> None:
        if line is not None:
            chosen(line)

    hint = f"such as {axes.example(before.axis_names)}"
    app.push_screen(
        PromptScreen(QUESTION, axes.as_line(before), hint, lambda line: axes.complaint(before, line, whole)), answered
    )
