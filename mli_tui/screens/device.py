"""The device panel: what the machine does now, and what the workers of runs have of it."""

from __future__ import annotations

import time
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
from mli_tui import demo, device_lines, errands, gpu_lines, process_lines, watch, worker_lines
from mli_tui.device import DeviceRead, DeviceWatcher, Reading
from mli_tui.gauges import Page
from mli_tui.gpu_watch import GpuReading, GpusRead, GpuWatcher
from mli_tui.past import Past
from mli_tui.sweep_rows import is_sweep
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.keys_panel import free_width
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.lines import Lines

if TYPE_CHECKING:
    from mli_tui.app import MliApp

MOST_FOLLOWED = 16
"""Runs at work whose workers are read; of more, those that are so the longest."""


class DeviceScreen(Screen[None], Leaving):
    """Reads the machine once a second while it is on top, and not at all else."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,D", "app.pop_screen", "Back", key_display="esc", id="device.back"),
        Binding("j,down", "scroll_by(1)", "Down", show=False, id="device.down"),
        Binding("k,up", "scroll_by(-1)", "Up", show=False, id="device.up"),
        Binding("pagedown", "scroll_page(1)", "Page down", show=False, id="device.page-down"),
        Binding("pageup", "scroll_page(-1)", "Page up", show=False, id="device.page-up"),
        Binding("g,home", "scroll_to_end(-1)", "Top", show=False, id="device.top"),
        Binding("G,end", "scroll_to_end(1)", "Bottom", show=False, id="device.bottom"),
    ]

    def __init__(self, paths: RunPaths | None, rows: Callable[[], Sequence[RunRow]], root: Path, past: Past) -> None:
        """Show the machine and the worker of the run, or those of the sweep, in `paths`.

        `rows` gives the runs of the folder `root` as they are listed now. What is read goes into `past`, too.
        """
        super().__init__()
        self._paths, self._rows, self._root, self._past = paths, rows, root, past
        self._reading: Reading | None = None
        self._gpus: GpuReading | None = None
        self._began = 0.0
        self._recorded: object = None
        """What the block of what was recorded was drawn from."""
        self._watchers: tuple[DeviceWatcher, GpuWatcher] | None = None

    @property
    def reading(self) -> Reading | None:
        """What is shown; None until the first reading came."""
        return self._reading

    @property
    def gpus(self) -> GpuReading | None:
        """What the driver said last; None until it has answered."""
        return self._gpus

    def compose(self) -> ComposeResult:
        """Lay out blocks: the processor, the GPUs, who is on them, the worker, what was recorded of it, the queue."""
        yield Lines(id="heading")
        # Without the focus: its own keys scroll after the next frame, so that of quick ones most are lost.
        with VerticalScroll(id="panel", can_focus=False):
            for name in ("cpu", "gpu", "processes", "worker", "recorded", "queue"):
                yield Lines(id=name, classes="block")
        yield KeysFooter()

    def on_mount(self) -> None:
        """Name what is shown."""
        what = f", {self._who} {self._paths.run_id}" if self._paths else ""
        self.query_one("#heading", Lines).show([Content.assemble(("device", "bold"), f"  this machine{what}")])
        self.query_one("#cpu", Lines).show([Content("reading ...")])

    @property
    def _who(self) -> str:
        if isinstance(self._paths, SweepPaths):
            return "workers of sweep"
        return "recording" if self._paths and demo.is_recording(self._paths.run_id) else "worker of"

    def on_screen_resume(self) -> None:
        """Begin to read."""
        self._began = time.monotonic()
        self._watchers = (
            DeviceWatcher(self._paths, self.post_message, time.monotonic),
            GpuWatcher(self.post_message, time.monotonic),
        )
        self._follow()
        for watcher in self._watchers:
            watcher.start()

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
        """Show a new reading, and keep its shares."""
        self._reading = message.reading
        now = time.monotonic()
        self._past.add(now, device_lines.shares(message.reading, self._gpus, now))
        self._follow()
        self._show()

    def on_gpus_read(self, message: GpusRead) -> None:
        """Show what the driver said."""
        self._gpus = message.reading
        self._show()

    def on_watch_failed(self, message: watch.WatchFailed) -> None:
        """Say what can't be read; it is tried again."""
        errands.tell(self.app, message.text, "error")

    def _show(self) -> None:
        reading = self._reading
        if reading is None:
            return
        page = Page(max(20, free_width(self) - 4), cast("MliApp", self.app).look.marker == "ascii", self._past)
        rows, found = self._rows(), self._gpus
        swept = isinstance(self._paths, SweepPaths)
        row = next((row for row in rows if self._paths and row.run_id == f"{FOLDER}/{self._paths.run_id}"), None)
        mine = row.members if row and swept else (self._paths.run_id,) if self._paths else ()
        since = time.monotonic() - (found.time if found else self._began)
        self._put("cpu", device_lines.processor(reading, page))
        self._put("gpu", gpu_lines.lines(found, since, page))
        self._put("processes", process_lines.lines(found, self._ours(reading), page.width) if found else [])
        self._put("worker", worker_lines.sweep(row, reading) if swept else worker_lines.worker(reading, found))
        self._put_recorded(reading, page)
        self._put("queue", worker_lines.queue(rows, reading, time.time(), mine))

    def _put_recorded(self, reading: Reading, page: Page) -> None:
        """Show what was recorded of the run, which takes long where that is much: only where it differs."""
        view = reading.view
        drawn = view and view.title, view and view.use, page.width, page.ascii_only
        if drawn != self._recorded:
            self._recorded = drawn
            self._put("recorded", worker_lines.recorded(view, page.width, page.ascii_only))

    def _put(self, name: str, lines: list[Content]) -> None:
        """Show a block; one without a line takes no room."""
        block = self.query_one(f"#{name}", Lines)
        block.display = bool(lines)
        block.show(lines)

    def _ours(self, reading: Reading) -> dict[int, str]:
        """Return what to call the processes that work on runs of ours, by their pids."""
        found = {now.worker.pid: f"run {now.view.title}" for now in reading.runs.values() if now.worker and now.view}
        return found | ({reading.worker.pid: "this run"} if reading.worker and reading.view else {})

    def _follow(self) -> None:
        """Let the watcher read the runs that are at work now."""
        at_work = [row for row in worker_lines.live(self._rows()) if row.status != "queued" and not is_sweep(row)]
        if self._watchers:
            self._watchers[0].follow(tuple(RunPaths(self._root / row.run_id) for row in at_work[:MOST_FOLLOWED]))

    def action_scroll_by(self, step: int) -> None:
        """Scroll by lines where the panel is longer than the terminal, and at once."""
        self.query_one("#panel").scroll_relative(y=step, animate=False, immediate=True)

    def action_scroll_page(self, step: int) -> None:
        """Scroll by as many lines as are seen."""
        self.action_scroll_by(step * self.query_one("#panel").content_size.height)

    def action_scroll_to_end(self, step: int) -> None:
        """Scroll to the top or to the bottom."""
        panel = self.query_one("#panel")
        panel.scroll_to(y=panel.max_scroll_y if step > 0 else 0, animate=False, immediate=True)

    def _stop(self) -> None:
        for watcher in self._watchers or ():
            watcher.stop()
        self._watchers = None
