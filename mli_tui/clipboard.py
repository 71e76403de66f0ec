"""Copying through the terminal (OSC 52), and always into a file, too: many terminals drop such a copy silently."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import platformdirs
from textual.app import App

from backends.runs import durable, paths
from backends.runs.text import safe_text
from mli_tui import errands
from mli_tui.links import Note, Part

MOST_BYTES = 74_994
"""What many terminals take in one copy: 100,000 characters of base64, with what is around them."""


def copy(app: App[Any], name: str, text: str) -> None:
    """Copy a text, and write it into a file that is named in a notice."""
    clean = safe_text(text, 10 * len(text) + 1)  # nothing is cut: the longest escape has ten characters
    size = len(clean.encode())
    if size <= MOST_BYTES:
        app.copy_to_clipboard(clean)
        told = "copied (where the terminal allows it); the same text is in"
    else:
        told = f"{size:,} bytes are too many for most terminals' clipboards; they are in"

    def keep() -> Note:
        file = _keep(name, clean)
        return Note((Part(f"{told} "), Part(str(file), file)))

    errands.run_errand(app, keep)


def _keep(name: str, text: str) -> Path:
    folder = paths.make_private(platformdirs.user_state_path("mli-tui") / "copied")
    file = folder / (re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] + ".txt")
    durable.write(file, text.encode())
    return file
