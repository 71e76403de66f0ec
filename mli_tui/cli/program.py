"""The program: its commands, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated, cast

import typer

from backends.runs.errors import BadRequest, RunError
from backends.runs.text import safe_line
from mli_tui.cli import (
    browser,
    choosing,
    comparing,
    data,
    demonstration,
    doctor,
    drawing,
    keeping,
    keys,
    listing,
    output,
    overview,
    own,
    starting,
    sweeping,
)
from mli_tui.cli.options import Given, Plain, RunsDir, root_of
from presets import SpecError

FAILED, REFUSED, INTERRUPTED = 1, 2, 130
USAGE_ERROR = cast(type[Exception], typer.BadParameter.__base__)
"""The base of all usage errors, which typer doesn't name itself: it is click's, or its own copy of it."""

app = typer.Typer(
    name="mli-tui",
    help="Monotonic-linear-interpolation experiments in the terminal. Without a command: open the app.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    starting.run,
    own.interpolate,
    listing.runs,
    listing.show,
    starting.attach,
    keeping.stop,
    starting.resume,
    keeping.delete,
    keeping.export,
    drawing.plot,
    comparing.compare,
    sweeping.sweep,
    sweeping.sweeps,
    sweeping.sweep_show,
    sweeping.sweep_stop,
    doctor.doctor,
    keys.keys,
    browser.serve,
    demonstration.demo,
):
    app.command()(command)
app.add_typer(choosing.app, name="presets")
app.add_typer(data.app, name="data")


def _print_version(wanted: bool) -> None:
    if wanted:
        from mli_tui import __version__

        print(f"mli-tui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def common(
    context: typer.Context,
    runs_dir: RunsDir = None,
    plain: Plain = False,
    mouse: Annotated[bool, typer.Option("--mouse/--no-mouse", help="Whether the app takes the mouse.")] = True,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with plain letters alone.")] = False,
    asked: Annotated[
        str, typer.Option("--filter", metavar="WORDS", help="Open the app with this filter, such as 'depth>3'.")
    ] = "",
    grouped: Annotated[
        str, typer.Option("--group", metavar="KEYS", help="Open it with the runs grouped, such as by 'preset seed'.")
    ] = "",
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep what was given before the command; without one, say in lines what the app would show."""
    context.obj = Given(runs_dir, plain, mouse, ascii_only)
    if asked or grouped:
        raise BadRequest("--filter and --group open the app; behind `mli-tui runs` they are its own")
    if context.invoked_subcommand is None:
        if not plain:
            raise BadRequest("Missing command. `mli-tui --help` lists them; --plain tells of presets and runs")
        output.say_all(overview.lines(root_of(context, runs_dir)))


def execute(arguments: list[str]) -> int:
    """Run one command and return its exit code; every refusal is one line on stderr."""
    try:
        code = app(arguments, prog_name="mli-tui", standalone_mode=False)
    except USAGE_ERROR as error:
        return _refuse(_usage(error), REFUSED)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SpecError as error:
        return _refuse(str(error), error.exit_code)
    except RunError as error:
        return refused(error)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _refuse(where + os.strerror(error.errno or 0), FAILED)
    return code if isinstance(code, int) else 0


def refused(error: RunError) -> int:
    """Say in one line on stderr why something can't be done, and return the exit code."""
    return _refuse(str(error), error.exit_code if error.exit_code == FAILED else REFUSED)


def _usage(error: Exception) -> str:
    text = getattr(error, "format_message", error.__str__)().replace("Value error, ", "")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "mli-tui"
    return f"{text} (`{command} --help` shows what is possible)"


def _refuse(line: str, code: int) -> int:
    print(f"mli-tui: {safe_line(line, 1_000)}", file=sys.stderr)
    return code


def help_text() -> str:
    """Return what `mli-tui --help` prints."""
    command = typer.main.get_command(app)
    return command.get_help(typer.Context(command, info_name="mli-tui"))
