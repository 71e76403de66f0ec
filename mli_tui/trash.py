"""What was deleted in this session and can come back until the app quits. Blocking; called through `errands`."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from backends.runs import removal
from backends.runs.errors import BadRequest
from backends.runs.labels import Cache
from backends.runs.paths import RunPaths
from backends.runs.removal import Aside


class Trash:
    """The deletions of one session, the last one on top. Safe to call from several threads."""

    def __init__(self, root: Path) -> None:
        """Begin empty, for the runs folder `root`."""
        self._root = root
        self._deleted: list[tuple[str, RunPaths, list[Aside]]] = []
        self.returned = ""
        """The folder, below the runs folder, of the run or sweep that came back last: its id in the list."""
        self._busy = threading.Lock()

    def delete(self, chosen: Sequence[RunPaths], undo_key: str = "u") -> str:
        """Move runs, or a sweep with its runs, into the trash; return what to tell. All or nothing; raises."""
        first = chosen[0]
        title = Cache().of(first)[0].name or first.run_id
        with self._busy:
            moved: list[Aside] = []
            try:
                for paths in chosen:
                    moved.append(removal.set_aside(self._root, paths))
            except BaseException:
                for aside in reversed(moved):
                    removal.put_back(aside)
                raise
            title += f" and {len(moved) - 1} more" if len(moved) > 1 else ""
            self._deleted.append((title, first, moved))
        return f"{title}: deleted; {undo_key} undoes (until the app quits)"

    def undo(self) -> str:
        """Put back what was deleted last; return what to tell. Raises `BadRequest` where nothing was."""
        with self._busy:
            if not self._deleted:
                raise BadRequest("nothing was deleted that could come back")
            title, first, moved = self._deleted.pop()
            for aside in reversed(moved):
                removal.put_back(aside)
            self.returned = str(first.folder.relative_to(self._root))
        return f"{title}: is back"

    def empty(self) -> None:
        """Remove for good what was deleted, and what a session that was killed has left."""
        with self._busy:
            chosen = [aside for _, _, moved in self._deleted for aside in moved]
            self._deleted.clear()
            removal.empty(self._root, chosen)
