"""The documents: pictures, links, keys and presets that they name are there, and the commands that they show parse."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

import presets
from mli_tui import keymap
from mli_tui.cli import program

ROOT = Path(__file__).parents[1]
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
SHOWN = [ROOT / "README.md", ROOT / "docs" / "tour.md", ROOT / "docs" / "own-models.md", *GUIDE]
STANDS_FOR = {
    "RUN": "last",
    "PRESET": "quick",
    "NAME": "mine",
    "KEY=VALUE": "train.seed=1",
    "FILE.py:FACTORY": "a.py:make",
}
"""What a reader puts in the place of a word in capitals."""
SYNOPSIS = "|["
"""What only the summary of all commands has in it; its commands are tested by name."""


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def code_in(text: str) -> list[str]:
    """Return the lines of fenced blocks, and what stands between backticks, line breaks made spaces."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.M | re.S)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return [line for block in blocks for line in block.splitlines()] + [
        " ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)
    ]


def commands_in(text: str) -> list[str]:
    lines = [
        line.split("mli-tui", 1)[1].strip() for line in code_in(text) if re.match(r"(\.venv/bin/)?mli-tui\b", line)
    ]
    return [line for line in lines if not set(SYNOPSIS) & set(line)]


def keys_in(text: str) -> set[str]:
    """Return what stands between backticks in the key columns of tables."""
    found: set[str] = set()
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        head, _, *rows = ([cell.strip() for cell in line.strip()[1:-1].split("|")] for line in table.splitlines())
        if "key" in head:
            column = head.index("key")
            found |= {key for row in rows for key in re.findall(r"`([^`]+)`", row[column])}
    return found


@pytest.mark.parametrize("page", SHOWN, ids=names(SHOWN))
def test_every_picture_and_page_that_is_linked_is_there(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    missing = [one for one in targets if "://" not in one and not (page.parent / one).exists()]
    assert not missing


def test_every_picture_is_shown_somewhere() -> None:
    shown = "\n".join(page.read_text() for page in SHOWN)
    assert [one.name for one in (ROOT / "docs" / "images").iterdir() if f"images/{one.name}" not in shown] == []


def test_the_key_tables_name_keys_that_are_bound() -> None:
    # Arrows, home and so on in lists are Textual's own, and the actions that are ours have them as well.
    bound = {key for action in keymap.actions().values() for key in action.keys}
    told = {page: keys_in(page.read_text()) for page in SHOWN}
    assert len(told[ROOT / "README.md"]) > 40, "the tables were not found"
    unknown = {
        page.name: sorted(key for key in keys if keymap._normal(key) not in bound) for page, keys in told.items()
    }
    assert {name: keys for name, keys in unknown.items() if keys} == {}


def test_the_readme_names_every_key_of_the_run_screen_and_of_the_list() -> None:
    told = {keymap._normal(key) for key in keys_in((ROOT / "README.md").read_text())}
    digits = {str(digit) for digit in range(10)}
    places = ("run.", "runs.", "app.", "start.", "presets.")
    unnamed = [
        action.id
        for action in keymap.actions().values()
        if action.id.startswith(places) and not set(action.keys) & (told | digits)
    ]
    assert unnamed == []


def test_the_guide_names_every_key_of_the_compare_screen() -> None:
    told = {keymap._normal(key) for key in keys_in((ROOT / "docs" / "guide" / "compare.md").read_text())}
    digits = {str(digit) for digit in range(10)}
    ours = [action for action in keymap.actions().values() if action.id.startswith("compare.")]
    assert len(ours) > 20
    assert [action.id for action in ours if not set(action.keys) & (told | digits)] == []


def test_every_preset_that_is_named_exists() -> None:
    known = {preset.name for preset in presets.catalog()}
    for page in (*SHOWN, ROOT / "docs" / "claims.md"):
        named = re.findall(r"`((?:fc\d+|quick|theory|vgg\d+|resnet\d+)(?:-[a-z0-9-]*[a-z0-9])?)`", page.read_text())
        networks = {"vgg11", "vgg13", "vgg16", "resnet18", "resnet20", "theory"}
        assert set(named) - known - networks == set(), page.name


@pytest.mark.parametrize("page", SHOWN, ids=names(SHOWN))
def test_every_command_that_is_shown_parses(page: Path) -> None:
    for line in commands_in(page.read_text()):
        words = [STANDS_FOR.get(word, word) for word in shlex.split(line)]
        parse(words)


def parse(words: list[str]) -> None:
    """Let typer read the words as the program would, without running anything; raises its usage errors."""
    command, name = typer.main.get_command(program.app), "mli-tui"
    while True:
        context = command.make_context(name, list(words))
        rest = [*context._protected_args, *context.args]
        if not hasattr(command, "get_command") or not rest:
            return
        name, *words = rest
        found = command.get_command(context, name)
        assert found is not None, f"no such command: {name}"
        command = found


def test_a_command_that_is_wrong_does_not_parse() -> None:
    assert commands_in("x `mli-tui run quick --sett a=1` y") == ["run quick --sett a=1"]
    with pytest.raises(program.USAGE_ERROR):
        parse(["run", "quick", "--sett", "a=1"])
    with pytest.raises(AssertionError):
        parse(["runn"])


def test_the_summary_of_commands_names_all_of_them() -> None:
    text = (ROOT / "README.md").read_text()
    summary = next(block for block in re.findall(r"^```\n(.*?)^```", text, re.M | re.S) if "presets |" in block)
    command = typer.main.get_command(program.app)
    names = command.list_commands(typer.Context(command))  # type: ignore[attr-defined]
    assert [name for name in names if not re.search(rf"(?<![\w-]){name}(?![\w-])", summary)] == []
