"""What a draft of the form costs, found in a thread: reading earlier runs and checking a sweep's runs take time."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from textual import events
from textual.message import Message

from backends.runs import rates
from backends.runs.rates import Rate
from mli_tui import estimate, form_rows
from mli_tui.draft import Draft
from mli_tui.widgets.lines import Lines
from presets.keys import Key

READING = ("time and memory: reading what earlier runs took ...", "")
COUNTING = ("time and memory: adding up the runs ...", "")


class Work(NamedTuple):
    """What a thread looks at: a draft, and the columns that there are for what it costs."""

    draft: Draft
    width: int


class Cost(Lines):
    """Two lines of what it costs and one of the command that does the same; or why keys are refused."""

    class Measured(Message):
        """What earlier runs took was read."""

        def __init__(self, found: tuple[Rate, ...]) -> None:
            """Carry the rates."""
            super().__init__()
            self.found = found

    class Looked(Message):
        """Every run of a draft was looked at."""

        def __init__(self, work: Work, planned: Draft, found: tuple[str, str]) -> None:
            """Carry what was looked at, the draft as it is known now, and what it costs."""
            super().__init__()
            self.work, self.planned, self.found = work, planned, found

    def __init__(self, root: Path, draft: Draft, *, id: str) -> None:
        """Say what `draft` costs by the runs in `root`."""
        super().__init__(id=id)
        self._root, self._draft = root, draft
        self._rates: tuple[Rate, ...] | None = None
        self._found = READING
        self._looking = False

    @property
    def ready(self) -> bool:
        """Whether what is said is of the draft as it is."""
        return self._rates is not None and not self._looking

    def on_mount(self) -> None:
        """Let a thread read what earlier runs took."""
        self.run_worker(lambda: self.post_message(self.Measured(rates.measured(self._root))), thread=True)

    def on_cost_measured(self, message: Measured) -> None:
        """Find out what it will cost."""
        self._rates = message.found
        self._look()

    def take(self, draft: Draft) -> None:
        """Find out what another draft costs; `Looked` follows."""
        self._draft = draft
        if draft.checked.axes and self._rates is not None:
            self._found = COUNTING
        self._look()

    def on_resize(self, _event: events.Resize) -> None:
        """Say it in as many columns as there are."""
        self._look()

    def _look(self) -> None:
        """Let a thread look at the draft; one thread at a time."""
        if self._looking or self._rates is None:
            return
        self._looking = True
        work, rates = Work(self._draft, self.content_size.width), self._rates
        self.run_worker(lambda: self.post_message(self.Looked(work, *looked_at(work, rates))), thread=True)

    def on_cost_looked(self, message: Looked) -> None:
        """Take what was found, unless something else is filled in by now: then that is looked at."""
        self._looking = False
        if message.work == Work(self._draft, self.content_size.width):
            self._found = message.found
        else:
            message.stop()
            self._look()

    def tell(self, draft: Draft, key: Key | None, source: str) -> None:
        """Show what the draft, begun as `source`, costs, or why other keys than `key` are refused."""
        self.show(form_rows.verdict(draft, key.name if key else "", self._found, draft.command(source)))


def looked_at(work: Work, rates: tuple[Rate, ...]) -> tuple[Draft, tuple[str, str]]:
    """Return a draft with each of its runs checked, and the two lines of what it costs."""
    planned = work.draft.planned()
    checked = planned.checked
    return planned, estimate.lines(checked.parts, checked.runs, rates, work.width)
