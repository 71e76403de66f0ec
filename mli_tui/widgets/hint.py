"""The hint of the first start: three steps, with the keys as the user has them."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from textual.content import Content
from textual.widgets import Static

from backends.runs import durable, paths
from mli_tui import keys


def shown_file() -> Path:
    """Return the file that says that the hint was shown."""
    return platformdirs.user_state_path("mli-tui") / "hint-shown"


def remember() -> str:
    """Never show the hint again; raises OSError or `RunError`."""
    paths.make_private(shown_file().parent)
    durable.write(shown_file(), b"")
    return ""


class Hint(Static):
    """Three lines at the foot of the start screen, until the first run is opened."""

    def on_mount(self) -> None:
        """Say the three steps."""
        self.border_title = Content("First steps")
        usual = {"presets.launch": "enter", "start.other": "tab", "table.open": "enter", "run.export": "e"}
        usual |= {"app.help": "?", "app.palette": ":"}
        launch, other, opens, export, helps, palette = (keys.key_of(self.screen, *one) for one in usual.items())
        lines = (
            f"1  choose a preset with the arrows; {launch} launches it and shows its curves",
            f"2  {other} goes to the runs, {opens} opens one; a run goes on when you quit",
            f"3  in a run {export} exports; everywhere {helps} shows the keys, {palette} every action",
        )
        self.update(Content("\n".join(lines)))
