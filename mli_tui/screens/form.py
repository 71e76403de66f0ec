"""The launch form: every key of an experiment in a row, checked while it is typed; launched as a run or a sweep."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.suggester import SuggestFromList
from textual.widgets import Input

from backends.runs import rates
from backends.runs.paths import RunPaths
from backends.runs.rates import Rate
from backends.runs.text import safe_line
from mli_tui import actions, errands, estimate, form_rows
from mli_tui.draft import Draft, best, matching, next_choice
from mli_tui.screens.confirm import ConfirmScreen
from mli_tui.screens.prompt import PromptScreen
from mli_tui.widgets.entry import Entry
from mli_tui.widgets.key_list import KeyList, Row
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.lines import Lines
from presets.experiment import Experiment
from presets.keys import Key, by_name

if TYPE_CHECKING:
    from mli_tui.app import MliApp

COST_LINES = 3
LABEL = 26
"""Columns of the longest key's name."""
ASKS_ABOVE = 200
"""Runs of a sweep above which the launch key asks, as the command line does."""


class Search(Entry):
    """What narrows the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "submit", "To the keys", show=False, id="form.keys", tooltip="from the search to the keys"),
    ]


class FormScreen(Screen[None]):
    """Fills in an experiment. What it amounts to is `mli_tui.draft`'s to say; this only shows it."""

    class Measured(Message):
        """What earlier runs took was read."""

        def __init__(self, found: tuple[Rate, ...]) -> None:
            """Carry the rates."""
            super().__init__()
            self.found = found

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="form.back", tooltip="leaves the value, the search, the form"),
        Binding("x,f5", "launch", "Launch", id="form.launch", tooltip="the run, or the sweep"),
        Binding("slash", "search", "Search", id="form.search", tooltip="narrows the keys"),
        Binding("l,right,space", "choice(1)", "Next value", id="form.next", tooltip="of a key that has few"),
        Binding("h,left", "choice(-1)", "Value before", show=False, id="form.previous"),
        Binding("u", "reset", "Undo key", id="form.reset", tooltip="its value is what it was at first"),
        Binding("s", "save", "Save preset", id="form.save", tooltip="as one of your own, in the list"),
    ]

    def __init__(self, root: Path, experiment: Experiment, source: str, what: str = "") -> None:
        """Begin as `experiment`, which the command line knows as `source`; runs go into `root`."""
        super().__init__()
        self._root, self._source, self._what = root, source, safe_line(what)
        self._draft = Draft(experiment)
        self._keys = matching("")
        self._rates: tuple[Rate, ...] | None = None
        self._editing: Key | None = None

    @property
    def draft(self) -> Draft:
        """What is filled in so far."""
        return self._draft

    def compose(self) -> ComposeResult:
        """Lay out heading, search, rows, the line to edit in, what is said of the key, and the cost."""
        yield Lines(id="heading")
        with Horizontal(id="search-row"):
            yield Lines(id="search-label")
            yield Search(id="search", placeholder="type to narrow the keys")
        yield Lines(id="head")
        yield KeyList(id="keys")
        with Horizontal(id="edit-row"):
            yield Lines(id="edit-label")
            yield Entry(id="edit")
        yield Lines(id="said")
        yield Lines(id="meaning")
        yield Lines(id="cost")
        yield KeysFooter()

    def on_mount(self) -> None:
        """Show the keys, and let a thread read what earlier runs took."""
        self.query_one("#search-label", Lines).show([Content.styled("/ ", "$foreground-muted")])
        self.query_one("#edit-row").visible = False
        self._show()
        self._list.focus()
        self.run_worker(lambda: self.post_message(self.Measured(rates.measured(self._root))), thread=True)

    def on_form_screen_measured(self, message: Measured) -> None:
        """Show what it will cost."""
        self._rates = message.found
        self._tell()

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the columns."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        """Show the rows that the search leaves, under the headings of their sections, and what is said of them."""
        shown: list[Row] = []
        for section, some in groupby(self._keys, lambda key: key.section):
            shown.append(Row("", form_rows.section(section)))
            shown += [Row(key.name, form_rows.row(key, self._draft, self._width)) for key in some]
        self._list.show(shown)
        self._tell()

    def _tell(self) -> None:
        """Show what is said of the whole and of the key under the cursor."""
        draft, key = self._draft, self._editing or self._chosen
        self.query_one("#heading", Lines).show([form_rows.heading(draft, draft.base.preset, self._what)])
        self.query_one("#head", Lines).show([form_rows.head(self._width)])
        nothing = Content("no such key"), Content("")
        said, meaning = form_rows.about(key, draft) if key else nothing
        self.query_one("#said", Lines).show([said])
        self.query_one("#meaning", Lines).show([meaning])
        self.query_one("#cost", Lines).show(self._verdict(key))

    def _verdict(self, key: Key | None) -> list[Content]:
        """Return what it costs and the command that does the same; or which other keys are refused, and why."""
        checked = self._draft.checked
        if checked.troubles:
            others = [line for name, line in checked.troubles.items() if key is None or name != key.name]
            return [Content.styled(f"{form_rows.REFUSED} {line}", "$text-error") for line in others[:COST_LINES]]
        cost = estimate.lines(checked.parts, checked.runs, self._rates)
        command = safe_line(f"$ {self._draft.command(self._source)}", 1_000)
        return [Content.styled(text, "$foreground-muted") for text in (*cost, command)]

    def _change(self, key: Key, text: str) -> None:
        self._draft = self._draft.with_text(key.name, text)
        self._show()

    @property
    def _list(self) -> KeyList:
        return self.query_one("#keys", KeyList)

    @property
    def _width(self) -> int:
        return max(40, self.size.width - 4)

    @property
    def _chosen(self) -> Key | None:
        return by_name().get(self._list.chosen)

    def on_key_list_moved(self) -> None:
        """Say what the key under the cursor means."""
        self._tell()

    def on_key_list_chosen(self, message: KeyList.Chosen) -> None:
        """Edit the key that was chosen."""
        self._edit(by_name()[message.name])

    def _edit(self, key: Key) -> None:
        self._editing = key
        self._before = self._draft
        entry = self.query_one("#edit", Entry)
        entry.suggester = SuggestFromList(key.choices) if key.choices else None
        entry.value = self._draft.text(key.name)
        self.query_one("#edit-label", Lines).show([Content.styled(f"{key.name:>{LABEL}} = ", "bold")])
        self.query_one("#edit-row").visible = True
        entry.focus()
        entry.cursor_position = len(entry.value)

    def _leave_edit(self) -> None:
        self._editing = None
        self.query_one("#edit-row").visible = False
        self._list.focus()
        self._show()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Narrow the keys, or check the value, as it is typed."""
        if message.input.id == "search":
            self._keys = matching(message.value)
            self._show()
            self._list.go_to(best(self._keys, message.value))
        elif self._editing is not None:
            self._change(self._editing, message.value)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Go back to the keys; what was typed stays, refused or not, and says so."""
        if message.input.id == "edit":
            self._leave_edit()
        else:
            self._list.focus()

    def action_back(self) -> None:
        """Leave the edit as it was before it; else the search; else the form."""
        search = self.query_one("#search", Entry)
        if self._editing is not None:
            self._draft = self._before
            self._leave_edit()
        elif search.has_focus or search.value:
            search.value = ""
            self._list.focus()
        elif self._draft.texts:
            question = "Leave the form? What was changed in it is lost."
            self.app.push_screen(ConfirmScreen(question), self._leave)
        else:
            self._leave(True)

    def _leave(self, yes: bool | None) -> None:
        if yes and self.is_current:
            self.dismiss()

    def action_search(self) -> None:
        """Go to the search."""
        self.query_one("#search", Entry).focus()

    def action_choice(self, step: int) -> None:
        """Take the next or the last of a key's few values."""
        if (key := self._chosen) is not None and self._editing is None:
            self._change(key, next_choice(key, self._draft.text(key.name), step))

    def action_reset(self) -> None:
        """Give the key under the cursor the value back that it had at first."""
        if (key := self._chosen) is not None:
            self._change(key, self._draft.original(key.name))

    def action_save(self) -> None:
        """Ask for a name, and keep what is filled in as a preset of the user's."""
        if self._is_sound():
            hint = "letters, digits, '.', '_' and '-'; enter keeps it, escape does not"
            self.app.push_screen(PromptScreen("Name of the preset", "", hint, self._draft.name_complaint), self._save)

    def _save(self, name: str | None) -> None:
        experiment = self._draft.preset
        if name and experiment is not None:
            name = name.strip()
            errands.run_errand(self.app, lambda: f"preset {name} is kept in {actions.keep_preset(experiment, name)}")

    def action_launch(self) -> None:
        """Start the run, or the sweep where several values were typed; above some number of runs, ask."""
        if not self._is_sound():
            return
        runs = self._draft.checked.runs
        if runs <= ASKS_ABOVE:
            self._launch(True)
        else:
            question = f"{runs:,} runs of {self._draft.base.preset}: start them all?"
            self.app.push_screen(ConfirmScreen(question), self._launch)

    def _is_sound(self) -> bool:
        """Return whether nothing is refused; else go to the first key that is, where it is said why."""
        troubles = self._draft.checked.troubles
        if not troubles:
            return True
        name, line = next(iter(troubles.items()))
        if self._editing is not None or name not in by_name():
            errands.tell(self.app, line, "error")
        else:
            if name not in {key.name for key in self._keys}:
                self._keys = matching("")
                self.query_one("#search", Entry).value = ""
                self._show()
            self._list.go_to(name)
        return False

    def _launch(self, yes: bool | None) -> None:
        checked = self._draft.checked
        experiment = checked.experiment
        if not yes or experiment is None:
            return
        made: list[RunPaths] = []

        def run() -> str:
            paths, warning = actions.launch_new(self._root, experiment)
            made.append(paths)
            return warning

        def sweep() -> str:
            paths, said = actions.launch_sweep(self._root, experiment, checked.axes)
            made.append(paths)
            return said

        errands.run_errand(self.app, sweep if checked.axes else run, lambda: self._opened(made[0]))

    def _opened(self, paths: RunPaths) -> None:
        """Leave the form for what it started."""
        self._leave(True)
        cast("MliApp", self.app).open_run(paths)
