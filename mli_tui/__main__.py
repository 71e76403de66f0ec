"""The console script. What it decides at once: the app without a detour, everything else through `mli_tui.cli`."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

NO_TERMINAL = 2


class Wish(NamedTuple):
    """What the app alone was asked for."""

    runs_dir: str | None = None
    mouse: bool = True
    ascii_only: bool = False


def main() -> None:
    """Open the app, or run one command, and exit with its code."""
    arguments = sys.argv[1:]
    completing = "_MLI_TUI_COMPLETE" in os.environ
    wish = app_alone(arguments)
    if wish is not None and not completing:
        sys.exit(_open(wish) if _at_terminal() else _explain())
    if arguments == ["--version"]:
        from mli_tui import __version__

        sys.exit(print(f"mli-tui {__version__}"))
    sys.exit(_command(arguments))


def app_alone(arguments: list[str]) -> Wish | None:
    """Return what is asked of the app, where these arguments ask for it and for nothing else."""
    wish, words = Wish(), iter(arguments)
    for word in words:
        match word.partition("="):
            case ["--runs-dir", "", _]:
                folder = next(words, None)
                if folder is None:
                    return None
                wish = wish._replace(runs_dir=folder)
            case ["--runs-dir", "=", folder]:
                wish = wish._replace(runs_dir=folder)
            case ["--no-mouse", "", _]:
                wish = wish._replace(mouse=False)
            case ["--ascii", "", _]:
                wish = wish._replace(ascii_only=True)
            case _:
                return None
    return wish


def _at_terminal() -> bool:
    served = os.environ.get("TEXTUAL_DRIVER", "").endswith("WebDriver")
    return served or all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _open(wish: Wish) -> int:
    """Open the app without loading the command line: the first frame comes sooner."""
    from backends.runs.paths import runs_folder
    from mli_tui.app import run_app

    return run_app(runs_folder(wish.runs_dir), mouse=wish.mouse, ascii_only=wish.ascii_only)


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
