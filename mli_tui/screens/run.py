"""The run screen: curves, plateau ends, the bias table, training as it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer

from backends.runs import launch
from backends.runs.errors import BadRequest
from backends.runs.paths import RunPaths
from backends.runs.view import RunView
from mli_tui import actions, errands, exporting, pictures, tables, watch
from mli_tui.cli import report
from mli_tui.heading import heading
from mli_tui.screens.export import ExportScreen
from mli_tui.screens.text import TextScreen
from mli_tui.widgets.lines import Lines
from mli_tui.widgets.plot import PlotView
from mli_tui.words import sentence
from presets.experiment import Split

if TYPE_CHECKING:
    from mli_tui.app import MliApp

ROOMY = 32
"""Rows from which every scheme has its line without taking the curves' room."""
TALL = 50
"""Rows from which the lower plots get more than the bias table needs."""
WIDE = 110
"""Columns from which the loss by epoch has room beside the table and the biases."""


class RunScreen(Screen[None]):
    """One run, live or ended. Snapshots come from a thread; this only hands them to the widgets."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "Back", id="run.back", tooltip="to the list"),
        Binding("s", "stop", "Stop", id="run.stop", tooltip="at the next batch, with a checkpoint"),
        Binding("r", "resume", "Resume", id="run.resume", tooltip="a stopped, killed or failed run"),
        Binding("n", "launch", "Launch", id="run.launch", tooltip="the same experiment again"),
        Binding("N", "form", "Form", id="run.form", tooltip="a changed copy, from the launch form"),
        Binding("D", "device", "Device", show=False, id="run.device", tooltip="load, memory, the worker, the queue"),
        Binding("t", "split", "Split", id="run.split", tooltip="training or test"),
        Binding("l", "log", "Log", id="run.log", tooltip="log or linear scale"),
        Binding("i", "info", "Info", id="run.info", show=False, tooltip="all numbers as text, layers and lengths too"),
        Binding("e", "export", "Export", id="run.export", tooltip="tables, figures, the screen, copies"),
    ]

    def __init__(self, paths: RunPaths) -> None:
        """Show the run in `paths`."""
        super().__init__()
        self._paths = paths
        self._view: RunView | None = None
        self._split: Split = "train"
        self._log = False
        self._watcher: watch.RunWatcher | None = None

    @property
    def view(self) -> RunView | None:
        """The snapshot that is shown; None until the first one came."""
        return self._view

    def compose(self) -> ComposeResult:
        """Lay out heading, sentence, the two curves, plateau ends, and the row of bias table and training."""
        yield Lines(id="heading")
        yield Lines(id="sentence")
        with Horizontal(id="curves"):
            yield PlotView(id="loss")
            yield PlotView(id="error")
        yield Lines(id="ends")
        with Horizontal(id="lower"):
            yield Lines(id="bias-table")
            yield PlotView(id="bias")
            yield PlotView(id="training")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Follow the run in a thread."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._show_tables())
        self.query_one("#heading", Lines).show([Content(f"{self._paths.run_id}  reading ...")])
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._show_tables())
        self._watcher = watch.RunWatcher(self._paths, self.post_message)
        self._watcher.start()

    def on_unmount(self) -> None:
        """Let the thread end."""
        if self._watcher:
            self._watcher.stop()

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout by width, and fit the table's bars."""
        self.set_class(event.size.width < WIDE, "narrow")
        self.set_class(event.size.height >= TALL, "tall")
        self.call_after_refresh(self._show_tables)

    def on_run_changed(self, message: watch.RunChanged) -> None:
        """Show a new snapshot."""
        before, self._view = self._view, message.view
        self._show_curves()
        self.query_one("#bias", PlotView).show(pictures.biases(message.view))
        self.query_one("#training", PlotView).show(pictures.training(message.view))
        if before is None or before.status != message.view.status:
            self.refresh_bindings()

    def on_watch_failed(self, message: watch.WatchFailed) -> None:
        """Say why the run can't be read; it is tried again."""
        errands.tell(self.app, message.text, "error")

    def _show_curves(self) -> None:
        """Show what depends on split and scale: the two curves, and the texts."""
        view = self._view
        if view is None:
            return
        self.query_one("#loss", PlotView).show(pictures.curves(view, self._split, "loss", self._log))
        self.query_one("#error", PlotView).show(pictures.curves(view, self._split, "error", self._log))
        self._show_tables()

    def _show_tables(self) -> None:
        view = self._view
        if view is None:
            return
        look = cast("MliApp", self.app).look
        table = self.query_one("#bias-table", Lines)
        top = self.query_one("#heading", Lines)
        top.show([heading(view, self._split, top.content_size.width)])
        self.query_one("#sentence", Lines).show([Content(sentence(view, self._split))])
        ends = self.query_one("#ends", Lines)
        most = 5 if self.size.height >= ROOMY else 3
        ends.show(tables.ends_table(view, self._split, look, ends.content_size.width, most))
        table.show(tables.bias_table(view, table.content_size.width, look))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what this run can't do now."""
        status = self._view.status if self._view else ""
        if action == "stop":
            return True if status in tables.LIVE else None
        if action == "resume":
            return True if status in ("stopped", "interrupted", "failed") else None
        return True

    def action_stop(self) -> None:
        """Stop the run at its next batch."""
        errands.run_errand(self.app, lambda: actions.stop(self._paths), self._look_again)

    def action_resume(self) -> None:
        """Let the run go on."""
        errands.run_errand(self.app, lambda: actions.resume(self._paths), self._look_again)

    def action_launch(self) -> None:
        """Launch the same experiment as a new run, and show it."""
        if self._view is None:
            return
        experiment, made = self._view.experiment, list[RunPaths]()

        def work() -> str:
            paths, warning = actions.launch_new(self._paths.folder.parent, experiment)
            made.append(paths)
            return warning

        errands.run_errand(self.app, work, lambda: self.app.switch_screen(RunScreen(made[0])))

    def action_form(self) -> None:
        """Open the launch form, filled in as this run, for a changed copy of it."""
        if self._view is None:
            return
        try:
            launch.require_startable(self._view.experiment, f"run {self._view.run_id}")
        except BadRequest as error:
            errands.tell(self.app, str(error), "error")
            return
        source = str(self._paths.experiment)
        what = f"as in {self._view.run_id}"
        cast("MliApp", self.app).open_form(self._paths.folder.parent, self._view.experiment, source, what)

    def action_device(self) -> None:
        """Show what the machine does, and what this run's worker has of it."""
        cast("MliApp", self.app).open_device(self._paths)

    def action_split(self) -> None:
        """Switch between the training and the test split."""
        self._split = "test" if self._split == "train" else "train"
        self._show_curves()

    def action_log(self) -> None:
        """Switch between a log and a linear scale."""
        self._log = not self._log
        self._show_curves()

    def action_info(self) -> None:
        """Show all that is known of the run as text, as `mli-tui show` prints it."""
        if self._view is not None:
            self.app.push_screen(TextScreen(self._view.title, "\n".join(report.whole(self._view))))

    def action_export(self) -> None:
        """Ask what is to be exported, and do it."""
        view = self._view
        if view is None:
            return

        def chosen(kind: str | None) -> None:
            if kind:
                exporting.export_run(self.app, self._paths, view, kind, self._split, self._log)

        self.app.push_screen(ExportScreen(), chosen)

    def _look_again(self) -> None:
        if self._watcher:
            self._watcher.hurry()
