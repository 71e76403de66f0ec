"""The console script. What it decides at once: the app without a detour, everything else through `mli_tui.cli`."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any, NamedTuple

NO_TERMINAL = 2


class Wish(NamedTuple):
    """What the app alone was asked for; `run` names the run that it is to open."""

    run: str | None = None
    runs_dir: str | None = None
    mouse: bool = True
    ascii_only: bool = False
    asked: str = ""
    grouped: str = ""
    """The filter that the list begins with, and the keys that it is grouped by."""


VALUES = {"--runs-dir": "runs_dir", "--filter": "asked", "--group": "grouped"}
"""Options that have a value, and what they say of the wish."""


def main() -> None:
    """Open the app, or run one command, and exit with its code."""
    arguments = sys.argv[1:]
    completing = "_MLI_TUI_COMPLETE" in os.environ
    wish = app_alone(arguments)
    if wish is not None and not completing and (_at_terminal() or not wish.run):
        sys.exit(_open(wish) if _at_terminal() else _explain())
    if arguments == ["--version"]:
        from mli_tui import __version__

        sys.exit(print(f"mli-tui {__version__}"))
    sys.exit(_command(arguments))


def app_alone(arguments: list[str]) -> Wish | None:
    """Return what is asked of the app, where these arguments ask for it and for nothing else.

    Beside the bare app that is `attach RUN`. What is not understood at once is left to the command line.
    """
    said, words = dict[str, Any](), iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name in VALUES:
            said[VALUES[name]] = value if equals else next(words, None)
        elif word == "--no-mouse":
            said["mouse"] = False
        elif word == "--ascii":
            said["ascii_only"] = True
        elif word == "attach" and "run" not in said:
            run = next(words, "")
            said["run"] = None if run.startswith("-") else run or None
        else:
            return None
    both = "run" in said and said.keys() & {"asked", "grouped"}
    return None if both or None in said.values() else Wish(**said)


def _at_terminal() -> bool:
    served = os.environ.get("TEXTUAL_DRIVER", "").endswith("WebDriver")
    return served or all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _open(wish: Wish) -> int:
    """Open the app without loading the command line, which takes a third of the time to the first curve.

    The garbage collector, which takes a tenth of it, rests until the app is warm.
    """
    gc.disable()
    from backends.runs import labels
    from backends.runs.errors import RunError
    from backends.runs.paths import runs_folder

    try:
        root = runs_folder(wish.runs_dir)
        run_id = labels.find(root, wish.run).run_id if wish.run else None
        if wish.asked or wish.grouped:
            from mli_tui import grouping

            grouping.require(wish.asked, wish.grouped)
    except RunError as error:
        from mli_tui.cli.program import refused

        return refused(error)
    from mli_tui.app import run_app

    beginning = {"asked": wish.asked, "grouped": wish.grouped}
    return run_app(root, run_id, mouse=wish.mouse, ascii_only=wish.ascii_only, **beginning)


def _explain() -> int:
    from mli_tui.cli.program import help_text

    print(help_text(), file=sys.stderr)
    print("\nmli-tui: there is no terminal to open the app in; choose a command, or --plain", file=sys.stderr)
    return NO_TERMINAL


def _command(arguments: list[str]) -> int:
    import signal

    # `mli-tui runs | head` ends as quietly as every other filter; a run that is followed goes on by itself.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    from mli_tui.cli.program import execute

    return execute(arguments)


if __name__ == "__main__":
    main()
