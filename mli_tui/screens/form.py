"""The launch form: every key of an experiment in a row, checked while it is typed; launched as a run or a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from backends.runs.text import safe_line
from mli_tui import errands, form_rows, launching
from mli_tui.draft import Draft, best, matching, next_choice
from mli_tui.screens.confirm import ConfirmScreen
from mli_tui.widgets.cost import Cost
from mli_tui.widgets.edit_row import EditRow
from mli_tui.widgets.entry import Entry
from mli_tui.widgets.key_list import KeyList
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.keys_panel import free_width
from mli_tui.widgets.leaving import Leaving
from mli_tui.widgets.lines import Lines
from presets.experiment import Experiment
from presets.keys import Key, by_name
from presets.loader import preset_of

if TYPE_CHECKING:
    from mli_tui.app import MliApp

ASKS_ABOVE = 200
"""Runs of a sweep above which the launch key asks, as the command line does."""


class Search(Entry):
    """What narrows the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,down", "submit", "To the keys", key_display="⏎", id="form.keys", tooltip="that the search leaves"
        ),
    ]


class Called(Message):
    """Which preset the experiment is was found out."""

    def __init__(self, name: str) -> None:
        """Carry its name, "" for none."""
        super().__init__()
        self.name = name


class FormScreen(Screen[None], Leaving):
    """Fills in an experiment. What it amounts to is `mli_tui.draft`'s to say; this only shows it."""

    AUTO_FOCUS = "KeyList"
    """From the first moment on: keys that come at once are not for the search."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="form.back", tooltip="leaves the value as it was, the search, the form"),
        Binding("x,f5", "launch", "Launch", id="form.launch", tooltip="the run, or the sweep"),
        Binding("slash", "search", "Find", id="form.search", tooltip="narrows the keys"),
        Binding("l,right,space", "choice(1)", "Next", id="form.next", tooltip="value of a key that has few"),
        Binding("h,left", "choice(-1)", "Value before", show=False, id="form.previous"),
        Binding("u", "reset", "Undo", id="form.reset", tooltip="the value of the key is what it was at first"),
        Binding("s", "save", "Save", id="form.save", tooltip="a preset of your own, in the list"),
    ]

    def __init__(self, root: Path, experiment: Experiment, source: str, what: str = "") -> None:
        """Begin as `experiment`, which the command line knows as `source`; runs go into `root`."""
        super().__init__()
        self._root, self._source, self._what = root, source, safe_line(what)
        self.draft = Draft(experiment)
        """What is filled in so far."""
        self._keys = matching("")
        self._list = KeyList(id="keys")
        self._edit_row = EditRow(id="edit-row")
        self._cost = Cost(root, self.draft, id="cost")

    def compose(self) -> ComposeResult:
        """Lay out heading, search, rows, the line to edit in, what is said of the key, and the cost."""
        yield Lines(id="heading")
        with Horizontal(id="search-row"):
            yield Lines(id="search-label")
            yield Search(id="search", placeholder="type to narrow the keys")
        yield Lines(id="head")
        yield self._list
        yield self._edit_row
        yield Lines(id="said")
        yield Lines(id="meaning")
        yield self._cost
        yield KeysFooter()

    def on_mount(self) -> None:
        """Show the keys."""
        self.query_one("#search-label", Lines).show([Content.styled("/ ", "$foreground-muted")])
        self._show()
        if self._source.endswith(".toml"):
            base = self.draft.base
            self.run_worker(lambda: self.post_message(Called(preset_of(base))), thread=True, group="presets")

    def on_called(self, message: Called) -> None:
        """Let the command name the preset in place of a file that says the same."""
        self._source = message.name or self._source
        self._tell()

    def on_cost_looked(self, message: Cost.Looked) -> None:
        """Show what was found of the runs of the draft, if it is still the draft."""
        if message.planned == self.draft:
            self.draft = message.planned
            self._show()

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the columns."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        """Show the rows that the search leaves, and what is said of them."""
        self._list.show(form_rows.rows(self._keys, self.draft, self._width))
        self._tell()

    def _tell(self) -> None:
        """Show what is said of the whole and of the key under the cursor."""
        draft, key = self.draft, self._edit_row.key or self._chosen
        said, meaning = form_rows.about(key, draft) if key else (Content("no such key"), Content(""))
        heading = form_rows.heading(draft, draft.base.preset, self._what)
        shown = {"heading": heading, "head": form_rows.head(self._width), "said": said, "meaning": meaning}
        for name, line in shown.items():
            self.query_one(f"#{name}", Lines).show([line])
        self._cost.tell(draft, key, self._source)

    def _take(self, draft: Draft) -> None:
        """Show another draft. What it costs follows from a thread."""
        self.draft = draft
        self._cost.take(draft)
        self._show()

    @property
    def _width(self) -> int:
        return max(40, free_width(self) - 4)

    @property
    def _chosen(self) -> Key | None:
        return by_name().get(self._list.chosen)

    def on_key_list_moved(self) -> None:
        """Say what the key under the cursor means."""
        self._tell()

    def on_key_list_chosen(self, message: KeyList.Chosen) -> None:
        """Edit the key that was chosen."""
        key = by_name()[message.name]
        self._before = self.draft
        self._edit_row.edit(key, self.draft.text(key.name))

    def _leave_edit(self) -> None:
        self._edit_row.leave()
        self._list.focus()
        self._tell()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Narrow the keys, or check the value, as it is typed."""
        if message.input.id == "search":
            self._keys = matching(message.value)
            self._show()
            self._list.go_to(best(self._keys, message.value))
        elif self._edit_row.key is not None:
            self._take(self.draft.with_text(self._edit_row.key.name, message.value))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Go back to the keys; what was typed stays, refused or not, and says so."""
        if message.input.id == "edit":
            self._leave_edit()
        else:
            self._list.focus()

    def action_back(self) -> None:
        """Leave the edit as it was before it; else the search; else the form."""
        search = self.query_one("#search", Entry)
        if self._edit_row.key is not None:
            self._leave_edit()
            self._take(self._before)
        elif search.has_focus or search.value:
            search.value = ""
            self._list.focus()
        elif self.draft.texts:
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
        if (key := self._chosen) is not None and self._edit_row.key is None:
            self._take(self.draft.with_text(key.name, next_choice(key, self.draft.text(key.name), step)))

    def action_reset(self) -> None:
        """Give the key under the cursor the value back that it had at first."""
        if (key := self._chosen) is not None:
            self._take(self.draft.with_text(key.name, self.draft.original(key.name)))

    def action_save(self) -> None:
        """Ask for a name, and keep what is filled in as a preset of the user's."""
        if self._is_sound():
            launching.ask_name(self.app, self.draft)

    def action_launch(self) -> None:
        """Start the run, or the sweep where several values were typed; above some number of runs, ask."""
        if not self._is_sound():
            return
        runs = self.draft.checked.runs
        if runs <= ASKS_ABOVE:
            self._launch(True)
        else:
            question = f"{runs:,} runs of {self.draft.base.preset}: start them all?"
            self.app.push_screen(ConfirmScreen(question), self._launch)

    def _is_sound(self) -> bool:
        """Return whether nothing is refused; else go to the first key that is, where it is said why."""
        troubles = self.draft.checked.troubles
        if not troubles:
            return True
        name, line = next(iter(troubles.items()))
        if self._edit_row.key is not None or name not in by_name():
            errands.tell(self.app, line, "error")
        else:
            if name not in {key.name for key in self._keys}:
                self._keys = matching("")
                self.query_one("#search", Entry).value = ""
                self._show()
            self._list.go_to(name)
        return False

    def _launch(self, yes: bool | None) -> None:
        if yes and self._is_sound():
            launching.start(cast("MliApp", self.app), self._root, self.draft, lambda: self._leave(True))
