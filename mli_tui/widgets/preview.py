"""The run under the list's cursor in small: its sentence, its curves, its plateau ends, what is written on it.

Loaded after the first frame: the curves bring half of the app's modules with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from backends.runs.listing import RunRow
from backends.runs.view import RunView
from mli_tui import pictures, preview_lines, sweep_pictures
from mli_tui.axes import Metric
from mli_tui.grouping import Group
from mli_tui.keys import key_of
from mli_tui.previewing import Previewed, PreviewWatcher
from mli_tui.reading import Reading
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.lines import Lines
from mli_tui.widgets.plot import PlotView
from mli_tui.words import sentence

if TYPE_CHECKING:
    from mli_tui.app import MliApp

METRICS: tuple[Metric, ...] = ("loss", "error")
SENTENCE = 2
"""Rows of the sentence."""
BELOW = ((34, 8), (18, 5), (0, 0))
"""From so many rows on, so many are given to what stands below the curves."""
NOTHING = "the run under the cursor of the list is shown here in small"
HIGH = 34
"""Rows from which the curves stand one below the other."""


class Preview(Vertical, Leaving):
    """Shows what its thread read last, under that run's name, until the one under the cursor is read."""

    def __init__(self, root: Path) -> None:
        """Preview runs in `root`."""
        super().__init__()
        self._watcher = PreviewWatcher(root, self.post_message)
        self._asked: RunRow | Group | None = None
        self._shown: Previewed | Group | None = None
        self._entitled = ""

    def compose(self) -> ComposeResult:
        """Lay out sentence, curves, and what stands below them; for a sweep or a heading lines in place of curves."""
        yield Lines(id="preview-sentence")
        with Horizontal(id="preview-curves"):
            for metric in METRICS:
                yield PlotView(id=f"preview-{metric}")
        yield Lines(id="preview-text")
        yield Lines(id="preview-rest")

    def on_mount(self) -> None:
        """Begin without a run."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._show())
        self._watcher.start()

    def on_unmount(self) -> None:
        """Let the thread end."""
        self._watcher.stop()

    def on_resize(self, event: events.Resize) -> None:
        """Share the rows out."""
        self.query_one("#preview-rest").styles.height = self._below
        self.set_class(not self._below, "low")
        self.set_class(event.size.height >= HIGH, "high")
        self._show()

    @property
    def _below(self) -> int:
        return next(rows for least, rows in BELOW if self.size.height >= least)

    def look_at(self, found: RunRow | Group | None) -> None:
        """Show a run or a sweep once the cursor rests on it and it is read, and follow it; a heading at once."""
        self._asked = found
        self._watcher.look_at(found if isinstance(found, RunRow) else None)
        if not isinstance(found, RunRow):
            self._shown = found
            self._show()

    @property
    def settled(self) -> bool:
        """Whether what is shown is what the cursor is on."""
        shown, asked = self._shown, self._asked
        if isinstance(shown, Previewed) and isinstance(asked, RunRow):
            return shown.row.run_id == asked.run_id
        return shown is asked

    def rest(self) -> None:
        """Follow nothing while nobody sees it; what is shown stays."""
        self._watcher.look_at(None)

    def on_previewed(self, message: Previewed) -> None:
        """Show what was read, unless the cursor is further already."""
        message.stop()
        if isinstance(self._asked, RunRow) and message.row.run_id == self._asked.run_id:
            self._shown = message
            self._show()

    def _show(self) -> None:
        shown = self._shown
        width, height = self.content_size.width - 2, self.content_size.height - SENTENCE
        self._entitle((shown.run or shown.row) if isinstance(shown, Previewed) else None)
        if isinstance(shown, Group):
            self._show_text(preview_lines.of_group(shown), preview_lines.group(shown, height))
        elif shown and shown.run:
            self._show_run(shown.run, shown.changed, width)
        elif shown and shown.sweep:
            self._show_text(
                sweep_pictures.progress(shown.sweep), preview_lines.sweep(shown.sweep, width, height, self._key)
            )
        else:
            self._show_text(shown.failure if shown else "" if self._asked else NOTHING, [])

    def _entitle(self, named: RunRow | RunView | None) -> None:
        title = preview_lines.title(named)
        if title != self._entitled:  # each one that is set paints the whole anew
            self._entitled, self.border_title = title, Content(title)

    def _show_run(self, view: RunView, changed: Sequence[tuple[str, str]], width: int) -> None:
        self.remove_class("words")
        self._say(sentence(view, preview_lines.SPLIT))
        for metric in METRICS:
            plot = pictures.curves(view, Reading(splits=(preview_lines.SPLIT,)), metric)
            self.query_one(f"#preview-{metric}", PlotView).show(plot)
        look = cast("MliApp", self.app).look
        self.query_one("#preview-rest", Lines).show(
            preview_lines.rest(view, changed, look, width, self._below, self._key)
        )

    def _show_text(self, said: str, lines: Sequence[Content]) -> None:
        self.add_class("words")
        self._say(said)
        self.query_one("#preview-text", Lines).show(lines)

    @property
    def _key(self) -> str:
        """The key that shows all of a run."""
        return key_of(self.screen, "runs.info", "i")

    def _say(self, said: str) -> None:
        self.query_one("#preview-sentence", Lines).show([Content(said)])
