"""The device panel: what the machine does now, and what the workers of runs have of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen

from backends.runs.listing import RunRow
from backends.runs.paths import RunPaths
from backends.runs.sweeps import FOLDER, SweepPaths
from mli_tui import device_lines, errands, watch
from mli_tui.device import DeviceRead, DeviceWatcher, Reading
from mli_tui.sweep_rows import is_sweep
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.keys_panel import free_width
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.lines import Lines

if TYPE_CHECKING:
    from mli_tui.app import MliApp

KEPT = 120
"""Readings that the history shows at most."""
MOST_FOLLOWED = 16
"""Runs at work whose workers are read; of more, those that are so the longest."""


class DeviceScreen(Screen[None], Leaving):
    """Reads the machine once a second while it is on top, and not at all else."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,D", "app.pop_screen", "Back", key_display="esc", id="device.back"),
        Binding("j,down", "scroll_by(1)", "Down", show=False, id="device.down"),
        Binding("k,up", "scroll_by(-1)", "Up", show=False, id="device.up"),
    ]

    def __init__(self, paths: RunPaths | None, rows: Callable[[], Sequence[RunRow]], root: Path) -> None:
        """Show the machine and the worker of the run, or those of the sweep, in `paths`.

        `rows` gives the runs of the folder `root` as they are listed now.
        """
        super().__init__()
        self._paths, self._rows, self._root = paths, rows, root
        self._reading: Reading | None = None
        self._load: deque[float] = deque(maxlen=KEPT)
        self._gpu_loads: list[deque[float]] = []
        self._watcher: DeviceWatcher | None = None

    @property
    def reading(self) -> Reading | None:
        """What is shown; None until the first reading came."""
        return self._reading

    def compose(self) -> ComposeResult:
        """Lay out a block each for the processor, the GPUs, the worker, what was recorded of it, and the queue."""
        yield Lines(id="heading")
        with VerticalScroll(id="panel"):
            for name in ("cpu", "gpu", "worker", "recorded", "queue"):
                yield Lines(id=name, classes="block")
        yield KeysFooter()

    def on_mount(self) -> None:
        """Name what is shown."""
        who = "workers of the sweep" if isinstance(self._paths, SweepPaths) else "worker of"
        what = f"and the {who} {self._paths.run_id}" if self._paths else ""
        self.query_one("#heading", Lines).show([Content.assemble(("device", "bold"), f"  this machine {what}")])
        self.query_one("#cpu", Lines).show([Content("reading ...")])

    def on_screen_resume(self) -> None:
        """Begin to read."""
        self._watcher = DeviceWatcher(self._paths, self.post_message, time.monotonic)
        self._follow()
        self._watcher.start()

    def on_screen_suspend(self) -> None:
        """Stop reading: nobody sees it."""
        self._stop()

    def on_unmount(self) -> None:
        """Let the thread end."""
        self._stop()

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the bars."""
        self.call_after_refresh(self._show)

    def on_device_read(self, message: DeviceRead) -> None:
        """Show a new reading."""
        self._reading = message.reading
        if message.reading.load is not None:
            self._load.append(message.reading.load)
        while len(self._gpu_loads) < len(message.reading.gpus):
            self._gpu_loads.append(deque(maxlen=KEPT))
        for past, gpu in zip(self._gpu_loads, message.reading.gpus, strict=False):
            if gpu.load is not None:
                past.append(gpu.load)
        self._follow()
        self._show()

    def on_watch_failed(self, message: watch.WatchFailed) -> None:
        """Say what can't be read; it is tried again."""
        errands.tell(self.app, message.text, "error")

    def _show(self) -> None:
        reading = self._reading
        if reading is None:
            return
        width = max(20, free_width(self) - 4)
        plain = cast("MliApp", self.app).look.marker == "ascii"
        pasts = [list(past) for past in self._gpu_loads]
        rows = self._rows()
        row = next((row for row in rows if self._paths and row.run_id == f"{FOLDER}/{self._paths.run_id}"), None)
        swept = isinstance(self._paths, SweepPaths)
        shown = row.members if row and swept else (self._paths.run_id,) if self._paths else ()
        self.query_one("#cpu", Lines).show(device_lines.processor(reading, list(self._load), width, plain))
        self.query_one("#gpu", Lines).show(device_lines.gpus(reading, pasts, width, plain))
        worker = device_lines.sweep(row, reading) if swept else device_lines.worker(reading)
        self.query_one("#worker", Lines).show(worker)
        recorded = self.query_one("#recorded", Lines)
        recorded.display = reading.view is not None
        recorded.show(device_lines.recorded(reading.view, width, plain))
        self.query_one("#queue", Lines).show(device_lines.queue(rows, time.time(), shown, reading.runs))

    def _follow(self) -> None:
        """Let the watcher read the runs that are at work now."""
        at_work = [row for row in device_lines.live(self._rows()) if row.status != "queued" and not is_sweep(row)]
        if self._watcher:
            self._watcher.follow(tuple(RunPaths(self._root / row.run_id) for row in at_work[:MOST_FOLLOWED]))

    def action_scroll_by(self, step: int) -> None:
        """Scroll where the panel is longer than the terminal."""
        self.query_one("#panel").scroll_relative(y=step, animate=False)

    def _stop(self) -> None:
        if self._watcher:
            self._watcher.stop()
            self._watcher = None
