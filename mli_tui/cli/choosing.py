"""presets: what can be run, and making a preset of one's own."""

from __future__ import annotations

from typing import Annotated

import typer

from backends.runs.text import safe_line
from mli_tui import actions, needs
from mli_tui.cli import options, output
from mli_tui.cli.options import DataDir, Json, Set
from presets import Preset, catalog, damaged, load, override

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def presets(context: typer.Context, as_json: Json = False, _data_dir: DataDir = None) -> None:
    """List the presets: what each shows, how long it takes, what it needs.

    Your own ones, which `mli-tui presets new` writes, come last. A file of yours that is damaged is told on stderr.
    """
    if context.invoked_subcommand is not None:
        return
    found = catalog()
    if as_json:
        output.emit_document([_values(preset) for preset in found])
    else:
        for preset in found:
            output.say_all(_lines(preset))
    for complaint in damaged():
        output.warn(f"mli-tui: {safe_line(complaint, 1_000)}")


def _values(preset: Preset) -> dict[str, object]:
    keys = ("preset", "title", "shows", "expected_time", "group")
    spec = preset.experiment
    return {key: getattr(spec, key) for key in keys} | {
        "identity": spec.identity(),
        "own": preset.own,
        "needs": list(needs.of(spec)),
    }


def _lines(preset: Preset) -> tuple[str, str]:
    spec = preset.experiment
    about = ["yours" if preset.own else spec.group, safe_line(spec.expected_time), *needs.of(spec)]
    title = f"{spec.preset}: {safe_line(spec.title)} ({', '.join(filter(None, about))})"
    return title, f"    {safe_line(spec.shows)}"


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name: letters, digits, '.', '_' and '-'.")],
    source: Annotated[
        str,
        typer.Option(
            "--from", metavar="PRESET|FILE.toml", help="What it begins as.", autocompletion=options.complete_preset
        ),
    ],
    settings: Set = None,
) -> None:
    """Write a preset of your own, to be run by its name and edited as you like.

    It goes into the folder that MLI_TUI_PRESETS names, else the user's configuration folder.
    """
    path = actions.keep_preset(override(load(source), settings or []), name)
    output.say(f"{path}: `mli-tui run {name}` runs it")
