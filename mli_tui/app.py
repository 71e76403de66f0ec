"""The app: themes, the stack of screens, and what every screen has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from backends.runs.listing import RunRow
from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepPaths
from mli_tui.plotting.palette import Look
from mli_tui.screens.help import HelpScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.start import StartScreen
from mli_tui.screens.sweep import SweepScreen
from presets.experiment import Experiment


class MliApp(App[None]):
    """Presets and runs; enter launches or opens."""

    TITLE = "mli-tui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
        Binding("colon", "command_palette", "Palette", key_display=":", show=False),
    ]

    def __init__(self, root: Path, run_id: str | None = None, ascii_only: bool = False) -> None:
        """Show the runs in `root`; open the run `run_id` at once where it is given."""
        super().__init__()
        self.root = root
        self._run_id = run_id
        self._ascii_only = ascii_only

    def on_mount(self) -> None:
        """Show the start screen, and the run that was asked for on top of it."""
        self.push_screen(StartScreen(self.root))
        if self._run_id:
            self.push_screen(RunScreen(RunPaths(self.root / self._run_id)))

    @property
    def plot_look(self) -> Look | None:
        """The look that plots must have; None where they follow theme and NO_COLOR by themselves."""
        return self.look if self._ascii_only else None

    @property
    def look(self) -> Look:
        """How plots and tables are to be drawn on this terminal."""
        return Look(
            marker="ascii" if self._ascii_only else "braille",
            dark=self.current_theme.dark,
            no_colour=self.no_color,
        )

    def action_help(self) -> None:
        """Show what the keys do and what the pictures show."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def open_run(self, paths: RunPaths) -> None:
        """Show a run, or a sweep."""
        self.push_screen(SweepScreen(paths) if isinstance(paths, SweepPaths) else RunScreen(paths))

    def open_form(self, root: Path, experiment: Experiment, source: str, what: str = "") -> None:
        """Show the launch form, filled in as `experiment`, which the command line knows as `source`."""
        from mli_tui.screens.form import FormScreen  # after the first frame: it reads the specification's source

        self.push_screen(FormScreen(root, experiment, source, what))

    def open_device(self, paths: RunPaths | None) -> None:
        """Show what the machine does, and what the worker of the run in `paths` has of it."""
        from mli_tui.screens.device import DeviceScreen  # few open it, and not in the first frame

        self.push_screen(DeviceScreen(paths, self._listed))

    def _listed(self) -> tuple[RunRow, ...]:
        """Return the runs as the start screen lists them now."""
        return next((screen.rows for screen in self.screen_stack if isinstance(screen, StartScreen)), ())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer every key of the footer in the command palette, too, and what Textual offers under other names."""
        titles = set[str]()
        for active in screen.active_bindings.values():
            node, binding, enabled, _ = active
            if enabled and binding.show and binding.description:
                titles.add(binding.description)
                action = binding.action
                yield SystemCommand(
                    binding.description,
                    f"key {binding.key_display or binding.key}",
                    lambda action=action, node=node: self.call_later(self.run_action, action, node),
                )
        yield from (command for command in super().get_system_commands(screen) if command.title not in titles)


def run_app(root: Path, run_id: str | None = None) -> int:
    """Open the app and return its exit code. The runs do not depend on it: it may end at any time."""
    import sys

    from mli_tui.terminal import end_with_the_terminal, follow_its_size

    end_with_the_terminal()
    follow_its_size()
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    app = MliApp(root, run_id, ascii_only=not utf8)
    app.run()
    return app.return_code or 0
