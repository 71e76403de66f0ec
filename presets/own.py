"""The user's own preset folder: `mli-tui presets new` writes there; its files are listed after the built-in ones."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

ENVIRONMENT_NAME = "MLI_TUI_PRESETS"


def folder() -> Path:
    """Return the preset folder: MLI_TUI_PRESETS, else the user's configuration folder. Not created here."""
    named = os.environ.get(ENVIRONMENT_NAME)
    if not named:
        return platformdirs.user_config_path("mli-tui") / "presets"
    return Path(os.path.expanduser(named)).absolute()  # noqa: PTH111 - Path.expanduser raises for an unknown user


def files() -> list[Path]:
    """Return the TOML files in the preset folder, by name; none where it is not there or can't be listed."""
    try:
        found = [Path(entry.path) for entry in os.scandir(folder()) if entry.name.endswith(".toml") and entry.is_file()]
    except OSError:
        return []
    return sorted(path for path in found if not path.name.startswith("."))
