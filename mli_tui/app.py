"""The app: themes, keys, the stack of screens, and what every screen has."""

from __future__ import annotations

import gc
import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import ModalScreen, Screen
from textual.theme import Theme

from backends.runs import removal
from backends.runs.listing import RunRow
from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepPaths
from backends.runs.text import safe_line
from mli_tui import errands, format, key_columns, keys, screens, settings, themes
from mli_tui.arrangement import Arrangement
from mli_tui.in_order import InOrder
from mli_tui.letters import AsciiFilter
from mli_tui.line.app import LineApp
from mli_tui.panes import Panes, panes_file
from mli_tui.past import Past
from mli_tui.plotting import palette
from mli_tui.plotting.palette import Look
from mli_tui.reasons import Reasoning
from mli_tui.screens.start import StartScreen
from mli_tui.settings import Settings
from mli_tui.trash import Trash
from mli_tui.widgets import hint, keys_panel
from mli_tui.widgets.hint import Hint
from mli_tui.widgets.keys_panel import KeysPanel
from mli_tui.widgets.runs_list import PLAIN, Beginning
from presets.experiment import Experiment

MARKERS: dict[settings.Marker, palette.Marker] = {"braille": "braille", "blocks": "hd", "ascii": "ascii"}

WARM_AFTER_SECONDS = 0.5
"""After the first frame, in which only what it shows is loaded; what a key will need next is loaded then."""


def warm() -> None:
    """Load the screens and what draws curves, in a thread. What can't be loaded is told where it is needed.

    What is loaded then stays: the garbage collector, which would hold a key up for a tenth of a second to look at all
    of it, is told so. It rested until then, where the app was started for itself.
    """
    try:
        from mli_tui.plotting import figure

        for module in pkgutil.iter_modules(screens.__path__):
            importlib.import_module(f"mli_tui.screens.{module.name}")
        importlib.import_module("mli_tui.exporting")
        figure.load()
    finally:
        gc.freeze()
        gc.enable()


class MliApp(Reasoning, InOrder, LineApp):
    """Presets and runs; enter launches or opens."""

    TITLE = "mli-tui"
    CSS_PATH = "app.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (100, "-wide")]  # noqa: RUF012 - declared by Textual
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?", id="app.help", tooltip="what the keys do here"),
        Binding("comma", "settings", "Settings", key_display=",", show=False, id="app.settings"),
        Binding(
            "colon,ctrl+p", "command_palette", "Palette", key_display=":", show=False, id="app.palette",
            tooltip="every action by name",
        ),
        Binding(
            "ctrl+l", "redraw", "Redraw", show=False, id="app.redraw",
            tooltip="where something else has written on the terminal",
        ),
        Binding("f7", "keys_panel", "Keys panel", show=False, id="app.keys", tooltip="a panel of the keys, on and off"),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="the runs go on without the app"),
    ]  # fmt: skip

    def __init__(
        self,
        root: Path,
        run_id: str | None = None,
        ascii_only: bool = False,
        chosen: Settings | None = None,
        keymap: Mapping[str, str] | None = None,
        first_start: bool = False,
        beginning: Beginning = PLAIN,
        panes: Panes = Panes(),  # noqa: B008 - frozen
    ) -> None:
        """Show the runs in `root`; open the run `run_id` at once where it is given.

        `ascii_only` is for a terminal that can show nothing else, whatever was chosen; `beginning` is how the list is.
        """
        super().__init__()
        self.root = root
        self.trash = Trash(root)
        self.chosen = chosen or Settings()
        self.arrangement = Arrangement(self, panes)
        self.complaints: list[str] = []
        """Lines about files of the user's that could not be taken as they are; told when the app is there."""
        self._run_id = run_id
        self._ascii_only = ascii_only
        self._saved = self.chosen
        self._first_start, self._beginning = first_start, beginning
        self._letters = AsciiFilter()
        self._past = Past()
        for theme in themes.ours(self.console.color_system == "standard"):
            self.register_theme(theme)
        self._begin_with(self.chosen)
        self.keymap = dict(keymap or {})
        """The user's own keys, by the ids of their actions."""
        self.set_keymap(self.keymap)

    def _begin_with(self, chosen: Settings) -> None:
        format.use_decimals(chosen.decimals)
        theme = chosen.theme
        if theme not in self.available_themes:
            known = ", ".join(sorted(self.available_themes))
            self.complaints.append(f"settings.toml: theme = {theme!r}: expected one of {known}")
            theme = themes.DEFAULT
        self.theme = theme
        if wrong := key_columns.complaint(chosen.columns):
            self.complaints.append(f"settings.toml: columns = {safe_line(repr(chosen.columns))}: {wrong}")

    def on_mount(self) -> None:
        """Show the start screen, and the run that was asked for on top of it."""
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        self.screen_change_signal.subscribe(self, self._place_panel)
        hinting = self._first_start and not self._run_id
        start = StartScreen(self.root, hinting, bool(self._run_id), self._beginning)
        self.push_screen(start)
        self.run_worker(lambda: removal.empty(self.root), thread=True, group="errands")
        if self._run_id:
            self.open_run(RunPaths(self.root / self._run_id))
        if hinting:
            errands.run_errand(self, hint.remember)
        self.call_after_refresh(self._complain)
        self.set_timer(WARM_AFTER_SECONDS, lambda: self.run_worker(warm, thread=True, exit_on_error=False))
        if self._run_id:
            self.set_timer(WARM_AFTER_SECONDS, start.fill)

    def _complain(self) -> None:
        for complaint in self.complaints:
            errands.tell(self, complaint, "error")

    @property
    def look(self) -> Look:
        """How plots and tables are to be drawn on this terminal."""
        return Look(
            marker=self.marker,
            dark=self.current_theme.dark,
            no_colour=self.no_color,
            few_colours=self.console.color_system == "standard",
        )

    @property
    def marker(self) -> palette.Marker:
        """What curves are drawn with."""
        return "ascii" if self._ascii_only else MARKERS[self.chosen.marker]

    @property
    def grid(self) -> bool:
        """Whether there are lines at the ticks of a picture's axes."""
        return self.chosen.grid

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Let nothing but ASCII through where that was chosen."""
        return [*super().get_line_filters(), *([self._letters] if self.marker == "ascii" else [])]

    def get_key_display(self, binding: Binding) -> str:
        """Return how the footer shows a key: its name where its sign is no ASCII."""
        shown = super().get_key_display(binding)
        if self.marker != "ascii" or shown.isascii():
            return shown
        arrows = [keys.ARROWS.get(sign, "") for sign in shown]  # of two in one the binding has the first alone
        return " ".join(arrows) if all(arrows) else keys.key_name(binding.key)

    def choose(self, chosen: Settings) -> None:
        """Take these settings from now on, and keep them."""
        before, self.chosen = self.chosen, chosen
        format.use_decimals(chosen.decimals)
        if chosen.theme != self.theme:
            self.theme = chosen.theme
        elif (before.marker, before.decimals, before.grid) != (chosen.marker, chosen.decimals, chosen.grid):
            self.theme_changed_signal.publish(self.current_theme)  # all that draws curves and tables follows it
            self.refresh_css(animate=False)
        if before.preview != chosen.preview:
            for screen in self.screen_stack:
                screen.post_message(events.Resize(screen.size, screen.size))
        if before.keys_panel != chosen.keys_panel:
            for screen in self.screen_stack:
                self._place_panel(screen)
            if chosen.keys_panel and not keys_panel.place(*self.size):
                errands.tell(self, keys_panel.no_room(*self.size))
        self._keep()

    def _place_panel(self, screen: Screen[Any]) -> None:
        """Give a screen of the app the panel of keys, or take it away."""
        panels = screen.query(KeysPanel)
        if isinstance(screen, ModalScreen) or bool(panels) == self.chosen.keys_panel or not screen.is_mounted:
            return
        if panels:
            panels.remove()
            screen.remove_class("keys-below")
        else:
            screen.mount(KeysPanel())
        screen.post_message(events.Resize(screen.size, screen.size))

    def on_resize(self, _event: events.Resize) -> None:
        """Show the panel of keys where there is room for it now, which a hidden one is not told of."""
        self.call_after_refresh(self._tell_panel)

    def _tell_panel(self) -> None:
        for panel in self.screen.query(KeysPanel):
            panel.tell()

    def action_keys_panel(self) -> None:
        """Show the panel of keys, or hide it; kept for the next time."""
        self.choose(msgspec.structs.replace(self.chosen, keys_panel=not self.chosen.keys_panel))

    def action_grid(self) -> None:
        """Show lines at the ticks of the axes, or hide them; kept for the next time."""
        self.choose(msgspec.structs.replace(self.chosen, grid=not self.chosen.grid))

    def _keep_theme(self, theme: Theme) -> None:
        """Keep the theme that was chosen, here or in the command palette."""
        if theme.name != self.chosen.theme:
            self.chosen = msgspec.structs.replace(self.chosen, theme=theme.name)
            self._keep()

    def _keep(self) -> None:
        """Write the settings in a thread where they differ from what was written last."""
        if self.chosen != self._saved:
            self._saved = self.chosen

            def save() -> str:
                settings.save(settings.settings_file(), lambda: self.chosen)
                return ""

            errands.run_errand(self, save)

    def action_help(self) -> None:
        """Show what the keys do here and what the pictures show."""
        from mli_tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(keys.lines(self.screen)))

    def action_settings(self) -> None:
        """Show the settings."""
        from mli_tui.screens.settings import SettingsScreen

        self.push_screen(SettingsScreen())

    def open_run(self, paths: RunPaths) -> None:
        """Show a run, or a sweep; whoever has opened one needs no hint any more."""
        for screen in self.screen_stack:
            screen.query(Hint).remove()
        if isinstance(paths, SweepPaths):
            from mli_tui.screens.sweep import SweepScreen

            self.push_screen(SweepScreen(paths))
        else:
            from mli_tui.screens.run import RunScreen

            self.push_screen(RunScreen(paths))

    def open_compare(self, runs: Sequence[RunPaths]) -> None:
        """Show runs together."""
        from mli_tui.screens.compare import CompareScreen

        self.push_screen(CompareScreen(runs))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every action that has a key in the command palette, and what Textual offers under other names."""
        from mli_tui import exporting

        ours = list(keys.commands(self, screen))
        yield from ours
        yield SystemCommand("Save screen", "a picture of this screen, as SVG", lambda: exporting.save_screen(self))
        known = {command.title for command in ours} | {"Keys", "Screenshot"}  # ours are Help and Save screen
        yield from (command for command in super().get_system_commands(screen) if command.title not in known)

    def open_form(self, root: Path, experiment: Experiment, source: str, what: str = "") -> None:
        """Show the launch form, filled in as `experiment`, which the command line knows as `source`."""
        from mli_tui.screens.form import FormScreen

        self.push_screen(FormScreen(root, experiment, source, what))

    def open_device(self, paths: RunPaths | None) -> None:
        """Show what the machine does, and what the worker of the run, or those of the sweep, in `paths` have of it."""
        from mli_tui.screens.device import DeviceScreen

        self.push_screen(DeviceScreen(paths, self._listed, self.root, self._past))

    def _listed(self) -> tuple[RunRow, ...]:
        """Return the runs as the start screen lists them now."""
        return next((screen.rows for screen in self.screen_stack if isinstance(screen, StartScreen)), ())


def run_app(
    root: Path,
    run_id: str | None = None,
    *,
    mouse: bool = True,
    ascii_only: bool = False,
    asked: str = "",
    grouped: str = "",
) -> int:
    """Open the app and return its exit code. The runs do not depend on it: it may end at any time.

    The list begins with the filter `asked`, `grouped` by these keys.
    """
    import os
    import sys

    from mli_tui.terminal import end_with_the_terminal, follow_its_size

    end_with_the_terminal()
    served = "TEXTUAL_DRIVER" in os.environ  # in a browser, which is no terminal and shows every character
    if not served:
        follow_its_size()
    utf8 = served or (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    chosen, complaints = settings.load(settings.settings_file())
    keymap: dict[str, str] = {}
    if settings.keys_file().exists():
        from mli_tui.keymap import read

        keymap, unfulfilled = read(settings.keys_file())
        complaints += unfulfilled
    panes, wrong = settings.load_as(panes_file(), Panes)
    complaints += wrong
    first_start, beginning = not hint.shown_file().exists(), Beginning(asked, grouped)
    app = MliApp(root, run_id, ascii_only or not utf8, chosen, keymap, first_start, beginning, panes)
    app.complaints += complaints
    app.run(mouse=mouse and chosen.mouse)
    app.trash.empty()
    return app.return_code or 0
