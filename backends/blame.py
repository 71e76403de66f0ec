"""Whatever goes wrong in what is not ours (a user's code, a user's file) is one line that says whose it is."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from types import TracebackType

from backends.runs.errors import BadRequest, RunError
from backends.runs.text import safe_line


def reason(error: BaseException) -> str:
    """Return the kind of an error and the first line of its text, made harmless."""
    lines = str(error).strip().splitlines()
    return safe_line(f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__)


class Blame:
    """A context in which every error, and an exit, becomes a `BadRequest` that begins with `what`.

    Our own `RunError` and a lack of memory pass as they are. Nothing that a user's code or a hostile file raises can
    be named in advance, so this is the one place that takes everything.
    """

    def __init__(self, what: str, *, explain: Callable[[BaseException], str] = reason, log: bool = False) -> None:
        """Blame `what`, in the words of `explain`; with `log`, the traceback goes to stderr, a worker's log."""
        self._what, self._explain, self._log = what, explain, log

    def __enter__(self) -> None:
        """Enter."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        """Raise the line in place of the error."""
        if not isinstance(error, Exception | SystemExit) or isinstance(error, RunError | MemoryError):
            return
        if self._log:
            traceback.print_exception(error, file=sys.stderr)
        raise BadRequest(f"{self._what}: {self._explain(error)}") from error
