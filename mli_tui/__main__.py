"""The console script. What it decides at once: the app without a detour, everything else through `mli_tui.cli`."""

import os
import sys

NO_TERMINAL = 2


def main() -> None:
    """Open the app, or run one command, and exit with its code."""
    arguments = sys.argv[1:]
    completing = "_MLI_TUI_COMPLETE" in os.environ
    opens, runs_dir = _app_alone(arguments)
    if opens and not completing:
        sys.exit(_open(runs_dir) if _at_terminal() else _explain())
    if arguments == ["--version"]:
        from mli_tui import __version__

        sys.exit(print(f"mli-tui {__version__}"))
    sys.exit(_command(arguments))


def _app_alone(arguments: list[str]) -> tuple[bool, str | None]:
    """Return whether these arguments ask for the app and nothing else, and the runs folder that they name."""
    match arguments:
        case []:
            return True, None
        case ["--runs-dir", folder]:
            return True, folder
        case [only] if only.startswith("--runs-dir="):
            return True, only.partition("=")[2]
        case _:
            return False, None


def _at_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _open(runs_dir: str | None) -> int:
    """Open the app without loading the command line: the first frame comes sooner."""
    from backends.runs.paths import runs_folder
    from mli_tui.app import run_app

    return run_app(runs_folder(runs_dir))


def _explain() -> int:
    from mli_tui.cli.program import help_text

    print(help_text(), file=sys.stderr)
    print("\nmli-tui: there is no terminal to open the app in; choose a command", file=sys.stderr)
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
