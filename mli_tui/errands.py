"""Work that touches files or processes, done in a thread, with its outcome told in one line."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from textual.app import App

from backends.runs.errors import RunError
from backends.runs.text import safe_line
from mli_tui import links
from mli_tui.links import Note
from presets.loader import SpecError

DEFAULT_SECONDS = 6


def run_errand(app: App[Any], work: Callable[[], str | Note], then: Callable[[], object] | None = None) -> None:
    """Do `work` in a thread; notify what it returns, or in one line why it failed; then call `then`."""

    def errand() -> None:
        try:
            said = work()
        except (RunError, SpecError) as error:
            app.call_from_thread(tell, app, str(error), "error")
        except OSError as error:
            app.call_from_thread(tell, app, f"{error.filename or 'file'}: {os.strerror(error.errno or 0)}", "error")
        else:
            if str(said):
                app.call_from_thread(tell, app, said, "information")
            if then:
                app.call_from_thread(then)

    app.run_worker(errand, thread=True, group="errands", exit_on_error=True)


def tell(app: App[Any], told: str | Note, severity: str = "information") -> None:
    """Notify one harmless line, for as long as the user chose; errors stay longer. Paths in a note are links."""
    chosen = getattr(app, "chosen", None)
    seconds = chosen.notice_seconds if chosen else DEFAULT_SECONDS
    if severity == "error":
        app.notify(safe_line(str(told)), severity="error", timeout=seconds + 4, markup=False)
        return
    parts = told.parts if isinstance(told, Note) and links.possible() else ()
    linked = links.as_markup(parts)
    app.notify(linked or safe_line(str(told)), timeout=seconds, markup=linked is not None)
