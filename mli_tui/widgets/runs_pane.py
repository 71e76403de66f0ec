"""What keys do to the runs of the list: open, compare, stop, resume, export, label, delete and undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from backends.runs import listing
from backends.runs.listing import RunRow
from backends.runs.paths import RunPaths
from backends.runs.sweeps import SweepPaths
from mli_tui import actions, errands, keys, labelling, not_now
from mli_tui.cli import report
from mli_tui.reasons import Reasoned
from mli_tui.screens.prompt import PromptScreen
from mli_tui.sweep_pictures import as_text, progress, table
from mli_tui.sweep_rows import is_sweep, members, paths_of
from mli_tui.widgets.runs_list import RunsList

if TYPE_CHECKING:
    from mli_tui.app import MliApp

PREVIEW = "the run under the cursor in small: sentence, curves, plateau ends, what differs from its preset"
ON_A_RUN = frozenset({"mark", "stop", "resume", "export", "info", "tag", "rename", "note", "pin", "delete"})
"""Actions that need a run under the cursor."""


class RunsPane(RunsList, Reasoned):
    """The list of runs, with what can be done to them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "compare", "Compare", id="runs.compare", tooltip="the marked runs, of a sweep all of its runs"),
        Binding("s", "stop", "Stop", id="runs.stop", tooltip="at the next batch, with a checkpoint"),
        Binding("r", "resume", "Resume", id="runs.resume", tooltip="a stopped, killed or failed run"),
        Binding("e", "export", "Export", id="runs.export", tooltip="tables, figures, the screen, copies"),
        Binding("d", "delete", "Delete", id="runs.delete", tooltip="u brings it back until the app quits"),
        Binding("v", "screen.preview", "Preview", id="runs.preview", tooltip=PREVIEW),
        Binding("i", "info", "Info", id="runs.info", tooltip="all numbers of the run as text"),
        Binding("u", "undo", "Undo delete", show=False, id="runs.undo"),
        Binding("T", "tag", "Tag", show=False, id="runs.tag"),
        Binding("R", "rename", "Rename", show=False, id="runs.rename", tooltip="the name stands for the id everywhere"),
        Binding("N", "note", "Note", show=False, id="runs.note"),
        Binding("p", "pin", "Pin", show=False, id="runs.pin"),
    ]

    def on_data_table_row_selected(self, message: DataTable.RowSelected) -> None:
        """Open the run or the sweep; fold or unfold a group."""
        message.stop()
        if group := self.table.chosen_group:
            self.fold(group)
        elif run := self.chosen:
            cast("MliApp", self.app).open_run(self._run_paths(run))

    def why_not(self, action: str, _parameters: tuple[object, ...]) -> str:
        """Return why a key can't do anything to the run under the cursor, or ""."""
        run = self.chosen if self.is_mounted else None
        if action not in ON_A_RUN or (action == "mark" and self.is_mounted and self.table.chosen_group):
            return ""
        if run is None:
            return "no run is under the cursor"
        return not_now.why_not(action, run.status, run.run_id, "this sweep" if is_sweep(run) else "this run")

    @property
    def possible(self) -> tuple[bool, ...]:
        """What can be done to the run under the cursor: the footer changes only where this does."""
        return tuple(not self.why_not(action, ()) for action in sorted(ON_A_RUN))

    def action_compare(self) -> None:
        """Show the marked runs together; of a marked sweep all its runs."""
        ids = members(self.marked)
        if len(set(ids)) < 2:
            errands.tell(self.app, "compare needs two runs or more: space marks the one under the cursor")
        else:
            cast("MliApp", self.app).open_compare([RunPaths(self.root / one) for one in dict.fromkeys(ids)])

    def action_stop(self) -> None:
        """Stop the chosen run at its next batch, or the sweep with its runs."""
        self._do(actions.stop_sweep, actions.stop)

    def action_resume(self) -> None:
        """Let the chosen run go on, or do what is missing of the sweep."""
        self._do(actions.resume_sweep, actions.resume)

    def action_info(self) -> None:
        """Show all that is known of the run or the sweep under the cursor as text, without leaving the list."""
        from mli_tui.screens.text import TextScreen

        run = self.chosen
        if run is None:
            return
        lines: list[str] = []

        def read() -> str:
            if is_sweep(run):
                view = actions.read_sweep(paths_of(self.root, run))
                lines.extend([progress(view), "", *as_text(view, table(view))])
            else:
                lines.extend(report.whole(listing.read_run(self._run_paths(run))))
            return ""

        errands.run_errand(self.app, read, lambda: self.app.push_screen(TextScreen(run.title, lines)))

    def action_export(self) -> None:
        """Ask what is to be exported of the run under the cursor, or of the marked ones, and do it."""
        from mli_tui import exporting
        from mli_tui.screens.export import SWEEP_TABLES, ExportScreen

        targets = self._targets()
        sweep = len(targets) == 1 and is_sweep(targets[0])
        runs = [RunPaths(self.root / one) for one in dict.fromkeys(members(targets))]
        listed = self.table.wish

        def chosen(kind: str | None) -> None:
            if kind == "table":
                exporting.copy_list(self.app, listed.rows, listed.level)
            elif kind and sweep:
                exporting.export_sweep(self.app, paths_of(self.root, targets[0]), kind)
            elif kind:
                exporting.export_runs(self.app, runs, kind)

        of = f" of {len(runs)} runs" if len(runs) > 1 and not sweep else ""
        offers = {
            "tables": SWEEP_TABLES if sweep else f"curves, biases, device{of} as CSV",
            "table": "copy the list, as text",
        }
        if targets and (runs or sweep):
            self.app.push_screen(ExportScreen(*exporting.FIGURES, "screen", "folder", **offers), chosen)

    def _do(self, to_sweep: Callable[[SweepPaths], str], to_run: Callable[[RunPaths], str]) -> None:
        """Do to the chosen sweep or run what a key says, and look again."""
        run = self.chosen
        if run and is_sweep(run):
            errands.run_errand(self.app, lambda: to_sweep(paths_of(self.root, run)), self.look_again)
        elif run:
            errands.run_errand(self.app, lambda: to_run(self._run_paths(run)), self.look_again)

    def action_delete(self) -> None:
        """Move the run, or the marked runs, into the trash: nothing is asked, for it can be undone."""
        trash = cast("MliApp", self.app).trash
        targets = self._targets()
        others = alone_in(targets, self.rows)
        paths = [*map(self._run_paths, targets), *(RunPaths(self.root / one) for one in others)]
        key = keys.key_of(self.screen, "runs.undo", "u")
        if paths:
            errands.run_errand(self.app, lambda: trash.delete(paths, key), self.look_again)

    def action_undo(self) -> None:
        """Bring back what was deleted last."""
        trash = cast("MliApp", self.app).trash
        errands.run_errand(self.app, trash.undo, lambda: self.go_to(trash.returned))

    def action_pin(self) -> None:
        """Pin the run to the top of the list, or let it go."""
        targets = self._targets()
        if targets:
            self._write(targets, labelling.pinned(not targets[0].labels.pinned))

    def action_tag(self) -> None:
        """Change the tags of the run, or what the marked runs have in common."""
        targets = self._targets()
        common = labelling.common_tags([row.labels for row in targets])
        who = targets[0].title if len(targets) == 1 else f"{len(targets)} runs, what they have in common"
        self._ask(
            targets,
            f"Tags of {who}",
            " ".join(common),
            "words between spaces; tag:WORD in the filter finds them",
            lambda line: labelling.tagged(common, line),
        )

    def action_rename(self) -> None:
        """Give the run a name, which then stands for its id."""
        if run := self.chosen:
            hint = "stands for the id everywhere, also on the command line; empty: none"
            others = labelling.names_of(self.rows, run.run_id)
            question = f"Name of {run.run_id}"
            self._ask(
                [run], question, run.labels.name, hint, labelling.named, lambda line: labelling.taken(line, others)
            )

    def action_note(self) -> None:
        """Write a note on the run."""
        if run := self.chosen:
            hint = "one line, kept in the run's folder; empty: none"
            self._ask([run], f"Note on {run.title}", run.labels.note, hint, labelling.noted)

    def _ask(
        self,
        targets: Sequence[RunRow],
        question: str,
        text: str,
        hint: str,
        change: Callable[[str], labelling.Change],
        refused: Callable[[str], str] = lambda _line: "",
    ) -> None:
        """Ask for a line, and write what it says on the runs; `refused` says what else may be wrong with it."""
        found = [row.labels for row in targets]

        def answered(line: str | None) -> None:
            if line is not None:
                self._write(targets, change(line))

        def check(line: str) -> str:
            return labelling.complaint(found, change(line)) or refused(line)

        self.app.push_screen(PromptScreen(question, text, hint, check), answered)

    def _write(self, targets: Sequence[RunRow], change: labelling.Change) -> None:
        paths = [self._run_paths(row) for row in targets]
        errands.run_errand(self.app, lambda: labelling.write(paths, change), self.look_again)

    def _targets(self) -> list[RunRow]:
        """Return what a key is meant for: the run under the cursor, or where that is marked all marked ones."""
        run = self.chosen
        if run is None:
            return []
        marked = self.marked
        return marked if run.run_id in {row.run_id for row in marked} else [run]

    def _run_paths(self, row: RunRow) -> RunPaths:
        return paths_of(self.root, row) if is_sweep(row) else RunPaths(self.root / row.run_id)


def alone_in(targets: Sequence[RunRow], rows: Sequence[RunRow]) -> list[str]:
    """Return the ids of the runs that go with these rows: those of sweeps that no other sweep has, too."""
    chosen = {row.run_id for row in targets}
    kept = {one for row in rows if row.run_id not in chosen for one in row.members}
    return [one for one in dict.fromkeys(one for row in targets for one in row.members) if one not in kept]
