"""The run screen: curves, plateau ends, the bias table, training as it goes."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content

from backends.runs.paths import RunPaths
from backends.runs.view import RunView
from mli_tui import (
    actions,
    class_table,
    demo,
    epoch_pictures,
    errands,
    exporting,
    launching,
    not_now,
    panes,
    reading,
    readouts,
    tables,
    views,
    watch,
)
from mli_tui.axes import GRID, LOG_ALPHA
from mli_tui.cli import report
from mli_tui.heading import heading
from mli_tui.plotting.series import Plot
from mli_tui.reading import Reading
from mli_tui.reasons import Reasoned
from mli_tui.screens import limits
from mli_tui.screens.alpha_keys import digit_keys, stretch_keys
from mli_tui.screens.export import ExportScreen
from mli_tui.screens.text import TextScreen
from mli_tui.widgets.border import Bordered, Place, border_keys, full_key
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.lines import Lines
from mli_tui.widgets.plot import WHEEL, PlotView, stacked
from mli_tui.words import fitted, sentence

if TYPE_CHECKING:
    from mli_tui.app import MliApp

ROOMY = 32
"""Rows from which every scheme has its line without taking the curves' room."""
SHORT = 30
"""Rows below which the foremost classes alone have a line, so that the curves have room."""
LOW, LOW_STACKED = 22, 27
"""Rows below which the pictures have all the room, and `f` goes to the tables: beside each other, and stacked."""
TALL = 50
"""Rows from which the lower plots get more than the bias table needs."""
BARE = 66
"""Columns below which the biases by epoch have no room beside the table."""
WIDE = 110
"""Columns from which the loss by epoch has room beside the table and the biases."""


CURSOR = (
    Binding("right,l", "cursor_to('right')", "Read", key_display="←→", id="run.right", tooltip="cursor on"),
    Binding("left,h", "cursor_to('left')", "Cursor back", show=False, id="run.left"),
    Binding("shift+right,L", "cursor_to('far-right')", "Cursor on by 5", show=False, id="run.far-right"),
    Binding("shift+left,H", "cursor_to('far-left')", "Cursor back by 5", show=False, id="run.far-left"),
    Binding("home", "cursor_to('first')", "First alpha", show=False, id="run.first", tooltip="that was measured"),
    Binding("end", "cursor_to('last')", "Last alpha", show=False, id="run.last", tooltip="that was measured"),
    *digit_keys("run"),
)
"""Keys that move the cursor on the alpha axis."""
STRETCH = (
    *stretch_keys("run", show=True),
    Binding("p", "refine", "More points", id="run.refine", tooltip="measured on the stretch shown"),
)
"""Keys that choose a stretch of alpha."""
AXES = (
    Binding("y", "read('log')", "Log", show=False, id="run.log", tooltip="log or linear scale of loss and error"),
    Binding("x", "read('log-alpha')", "Log alpha", show=False, id="run.log-alpha", tooltip=LOG_ALPHA),
    Binding("Y", "read('shared')", "Shared y", show=False, id="run.shared", tooltip="one axis of loss for both splits"),
    Binding("A", "limits", "Limits", id="run.limits", tooltip="of alpha, loss and error, typed"),
    Binding("number_sign", "app.grid", "Grid", show=False, id="run.grid", tooltip=GRID),
)
"""Keys of the axes."""


PANES = (
    full_key("run"),
    *border_keys("run"),
    Binding("w", "one", "One picture", show=False, id="run.one", tooltip="loss, error, or both side by side"),
    Binding("W", "below", "Panes below", show=False, id="run.below", tooltip="all, the table alone, the plots alone"),
)
"""Keys that choose what has how much room."""


class RunScreen(Bordered, Reasoned, Leaving):
    """One run, live or ended. Snapshots come from a thread; this only hands them to the widgets."""

    PLACE = Place("run", "#curves", "#lower", 5, 5)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="run.back", tooltip="to the list; takes the cursor away first"),
        Binding("s", "stop", "Stop", id="run.stop", tooltip="at the next batch, with a checkpoint"),
        Binding("r", "resume", "Resume", id="run.resume", tooltip="a stopped, killed or failed run"),
        *CURSOR,
        Binding(
            "v",
            "read('picture')",
            "View",
            id="run.view",
            tooltip="curves, shares and errors by class, loss by split, the device",
        ),
        Binding("V", "read('picture-back')", "View before", show=False, id="run.view-back"),
        Binding("t", "read('split')", "Split", id="run.split", tooltip="training, test, both (test dashed)"),
        Binding("e", "export", "Export", id="run.export", tooltip="tables, figures, the screen, copies"),
        Binding("N", "form", "Form", id="run.form", tooltip="a changed copy, from the launch form"),
        Binding("m", "read('scheme')", "Scheme", id="run.scheme", tooltip="whose shares are read"),
        *STRETCH,
        Binding("i", "info", "Info", id="run.info", tooltip="all numbers as text, layers and lengths too"),
        Binding("n", "launch", "Launch", id="run.launch", tooltip="the same experiment again"),
        *AXES,
        *PANES,
        Binding("D", "device", "Device", id="run.device", tooltip="load, memory, the worker, the queue"),
    ]
    """What the footer has, most wanted first: at 80 columns it has room for seven or eight beside help and quit."""

    def __init__(self, paths: RunPaths) -> None:
        """Show the run in `paths`."""
        super().__init__()
        self._paths = paths
        self._view: RunView | None = None
        self.reading = Reading()
        """What is looked at."""
        self._watcher = watch.RunWatcher(paths, self.post_message)

    @property
    def view(self) -> RunView | None:
        """The snapshot that is shown; None until the first one came."""
        return self._view

    @property
    def room_for_both(self) -> bool:
        """Whether there is room for tables below the pictures."""
        return not self.has_class("low")

    def compose(self) -> ComposeResult:
        """Lay out heading, sentence, the two curves, plateau ends, and the row of bias table and training."""
        yield Lines(id="heading")
        yield Lines(id="sentence")
        with Horizontal(id="curves"):
            yield PlotView(id="loss")
            yield PlotView(id="error")
        yield Lines(id="ends")
        with Horizontal(id="lower"):
            yield Lines(id="classes")
            yield PlotView(id="bias")
            yield PlotView(id="training")
        yield KeysFooter()

    def on_mount(self) -> None:
        """Follow the run in a thread."""
        self.query_one("#heading", Lines).show([Content(f"{self._paths.run_id}  reading ...")])
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._show_tables())
        self._watcher.start()

    @on(events.ScreenResume)
    def take_panes(self) -> None:
        """Show and hide what was chosen, here or on another run's screen."""
        chosen = self._arrangement.panes
        self._read(replace(self.reading, shown=chosen.pictures))
        self.set_class(chosen.below == "table", "table").set_class(chosen.below == "plots", "plots")

    def on_unmount(self) -> None:
        """Let the thread end."""
        self._watcher.stop()

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout by width, and fit the table's bars."""
        self.set_class(event.size.width < WIDE, "narrow")
        self.set_class(event.size.height >= TALL, "tall")
        self.set_class(event.size.height < SHORT, "short")
        self.set_class(event.size.height < (LOW_STACKED if stacked(self) else LOW), "low")
        self.set_class(event.size.width < BARE, "bare")
        self.call_after_refresh(self._show_tables)

    def on_run_changed(self, message: watch.RunChanged) -> None:
        """Show a new snapshot."""
        before, self._view = self._view, message.view
        self._show_pictures()
        self._point()  # of a run that goes on the time may be counted in another unit
        self._show_tables()
        self.query_one("#bias", PlotView).show(epoch_pictures.biases(message.view))
        self.query_one("#training", PlotView).show(epoch_pictures.training(message.view))
        if before is None or before.status != message.view.status:
            self.refresh_bindings()

    @on(PlotView.Pointed, "#curves PlotView")
    def point(self, message: PlotView.Pointed) -> None:
        """Put the cursor where the mouse clicked, or zoom where its wheel turned."""
        if self._view is None:
            return
        if message.wheel:
            self._read(reading.zoomed_at(self._view, self.reading, message.x, WHEEL**message.wheel))
        else:
            self._read(reading.clicked(self._view, self.reading, message.x))

    def on_watch_failed(self, message: watch.WatchFailed) -> None:
        """Say why the run can't be read; it is tried again."""
        errands.tell(self.app, message.text, "error")

    def _read(self, new: Reading) -> None:
        """Look at something else: of the pictures only what changes is built, a cursor that moves builds nothing."""
        old, self.reading = self.reading, new
        if replace(old, alpha=None, moment=None) != replace(new, alpha=None, moment=None):
            self._show_pictures()
        self._point()
        self._show_tables()

    def _point(self) -> None:
        for plot in self.query("#curves PlotView").results(PlotView):
            plot.point(self.reading.pointer(self._view) if self._view else None)

    def _show_pictures(self) -> None:
        """Show the pictures over alpha; where there is one, it has all the room."""
        view = self._view
        if view is None:
            return
        pictures = views.pictures(view, self.reading)
        for plot, picture in zip_longest(self.query("#curves PlotView").results(PlotView), pictures):
            plot.display = picture is not None
            plot.show(picture or Plot())

    def _show_tables(self) -> None:
        view, look = self._view, cast("MliApp", self.app).look
        if view is None:
            return
        top, ends, table = (self.query_one(name, Lines) for name in ("#heading", "#ends", "#classes"))
        splits = self.reading.shown_splits(view)
        top.show([heading(view, splits, top.content_size.width)])
        told = fitted(sentence(view, splits[0], len(splits) > 1), top.content_size.width)
        self.query_one("#sentence", Lines).show([Content(told)])
        most, width = 2 if self.has_class("low") else 5 if self.size.height >= ROOMY else 4, ends.content_size.width
        if not self.reading.pointed:
            ends.show(tables.ends_table(view, splits, look, width, most))
        else:
            ends.show(readouts.lines(view, self.reading, look, width, most))
        table.show(class_table.lines(view, self.reading, *table.content_size, look))

    def why_not(self, action: str, _parameters: tuple[object, ...]) -> str:
        """Return why a key can't do anything to this run now, or ""."""
        status = self._view.status if self._view else "not read yet"
        return not_now.why_not(action, status, self._paths.run_id) or not_now.not_startable(action, self._view)

    def action_stop(self) -> None:
        """Stop the run at its next batch."""
        errands.run_errand(self.app, lambda: actions.stop(self._paths), self._watcher.hurry)

    def action_resume(self) -> None:
        """Let the run go on."""
        errands.run_errand(self.app, lambda: actions.resume(self._paths), self._watcher.hurry)

    def action_refine(self) -> None:
        """Have more points measured on the stretch that is shown."""
        if self._view is not None:
            low, high = self.reading.limits(self._view)
            errands.run_errand(self.app, lambda: actions.refine(self._paths, low, high), self._watcher.hurry)

    def action_launch(self) -> None:
        """Launch the same experiment as a new run, and show it in place of this one."""
        if self._view is None:
            return
        experiment, root = self._view.experiment, self._paths.folder.parent

        def show(paths: RunPaths) -> None:
            """Whoever has left meanwhile has another screen on top, which is not to be replaced."""
            if self.is_current:
                self.app.switch_screen(RunScreen(paths))
            else:
                errands.tell(self.app, f"{paths.run_id}: launched")

        launching.begin(self.app, lambda: actions.launch_new(root, experiment), show)

    def action_form(self) -> None:
        """Open the launch form, filled in as this run, for a changed copy of it."""
        if self._view is None:
            return
        recorded = demo.is_recording(self._paths.run_id)  # whose file is gone soon
        source = self._view.experiment.preset if recorded else str(self._paths.experiment)
        what = f"as in {self._view.title}"
        cast("MliApp", self.app).open_form(self._paths.folder.parent, self._view.experiment, source, what)

    def action_device(self) -> None:
        """Show what the machine does, and what this run's worker has of it."""
        cast("MliApp", self.app).open_device(self._paths)

    def action_read(self, move: str) -> None:
        """Look at something else: cursor, stretch of alpha, split, scheme, view or scale."""
        if self._view is None:
            return
        if why := reading.why_still(self._view, self.reading, move):
            cast("MliApp", self.app).say_why(why)
        else:
            self._read(reading.moved(self._view, self.reading, move))

    action_cursor_to = action_read
    """By another name, so that the palette knows it for mere movement."""

    def action_limits(self) -> None:
        """Ask for the limits of the axes; those of alpha are what a zoom changes."""
        view = self._view
        if view is not None and self.reading.axis_names:
            limits.ask(
                self.app,
                self.reading,
                reading.whole(view),
                lambda line: self._read(reading.with_limits(view, self.reading, line)),
            )
        elif view is not None:
            cast("MliApp", self.app).say_why("the device over time has no axis whose limits can be chosen")

    def action_one(self) -> None:
        """Show the first of two pictures alone, then the second, then both; pictures that are shut are opened."""
        if self._view is None or self.opened("upper"):
            return
        if views.count(self._view, self.reading) < 2:
            cast("MliApp", self.app).say_why("this view has one picture")
            return
        self._arrangement.keep(pictures=panes.next_shown(self.reading.shown))
        self.take_panes()

    def action_below(self) -> None:
        """Show below the pictures the table alone, then the plots, then all; what is shut is opened."""
        if self.opened("lower"):
            return
        self._arrangement.keep(below=panes.next_below(self._arrangement.panes.below))
        self.take_panes()

    def action_usual(self) -> None:
        """Lay all out as if nothing was ever moved or hidden."""
        self._arrangement.keep(pictures="both", below="all")
        self.take_panes()
        super().action_usual()

    @on(Lines.Resized, "#classes")
    def fit_classes(self) -> None:
        """Give the classes the lines that there is room for."""
        self._show_tables()

    def action_back(self) -> None:
        """Take the cursor away; without one, leave."""
        if self.reading.pointed:
            self.action_read("no-cursor")
        else:
            self.app.pop_screen()

    def action_info(self) -> None:
        """Show all that is known of the run as text, as `mli-tui show` prints it."""
        if self._view is not None:
            self.app.push_screen(TextScreen(self._view.title, report.whole(self._view)))

    def action_export(self) -> None:
        """Ask what is to be exported, and do it."""
        view = self._view
        if view is None:
            return

        def chosen(kind: str | None) -> None:
            if kind:
                exporting.export_run(self.app, self._paths, view, kind, self.reading)

        self.app.push_screen(ExportScreen(*exporting.OF_A_RUN), chosen)
