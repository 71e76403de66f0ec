"""Running one command inside the test's own process."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from mli_tui.cli.program import execute


class Answer(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def mli(capsys: pytest.CaptureFixture[str], *arguments: object) -> Answer:
    """Run a command and return its exit code and what it printed; no output holds an escape character."""
    code = execute([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    return Answer(code, out, err)
