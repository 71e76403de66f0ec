"""The console script: what opens the app, what is a command, and how errors end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backends.runs.errors import AlreadyRunning, BadRequest, RunError
from mli_tui import __main__
from mli_tui.cli import program, starting
from presets import SpecError, catalog
from tests.mli_tui import make_run
from tests.mli_tui.command import mli

ROOT = Path(__file__).parents[2]
PROBE = """
import sys
from types import SimpleNamespace
def run_app(root, run_id=None, mouse=True, ascii_only=False, asked="", grouped=""):
    print(*filter(None, (asked, grouped)), root, run_id, sorted({"typer", "textual", "torch"} & sys.modules.keys()))
    return 7
sys.modules["mli_tui.app"] = SimpleNamespace(run_app=run_app)
from mli_tui import __main__
__main__._at_terminal = lambda: True
sys.argv = ["mli-tui", *sys.argv[1:]]
__main__.main()
"""


def child(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a Python child in the repository; nothing of this process's environment reaches it."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nowhere", **environment},
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "root"),
    [
        ([], {"MLI_TUI_RUNS": "/one"}, "/one"),
        (["--runs-dir", "/two"], {"MLI_TUI_RUNS": "/one"}, "/two"),
        (["--runs-dir=/two"], {}, "/two"),
    ],
)
def test_at_a_terminal_the_app_opens_without_the_command_line(
    arguments: list[str], environment: dict[str, str], root: str
) -> None:
    done = child("-c", PROBE, *arguments, **environment)
    assert (done.returncode, done.stdout, done.stderr) == (7, f"{root} None []\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--filter", "-tag:old depth>3"], "-tag:old depth>3 /one None []"),
        (["--group=preset seed", "--filter=x"], "x preset seed /one None []"),
        (["--filter", ""], "/one None []"),
    ],
)
def test_the_app_opens_with_a_filter_and_groups(arguments: list[str], said: str) -> None:
    done = child("-c", PROBE, *arguments, MLI_TUI_RUNS="/one")
    assert (done.returncode, done.stdout, done.stderr) == (7, f"{said}\n", "")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--filter", "depht>3"], "--filter: depht is no key; depth?"),
        (["--filter", "depth>"], "--filter: depth> needs a value"),
        (["--group", "depth nothing"], "--group: nothing is no key"),
        (["--filter"], "Option '--filter' requires an argument."),
        (
            ["--filter", "x", "attach", "last"],
            "--filter and --group open the app; behind `mli-tui runs` they are its own",
        ),
        (["--group", "seed", "runs"], "--filter and --group open the app; behind `mli-tui runs` they are its own"),
        (["--plain", "--filter", "x"], "--filter and --group open the app; behind `mli-tui runs` they are its own"),
    ],
)
def test_a_wish_that_the_app_can_not_begin_with_is_one_line(arguments: list[str], line: str) -> None:
    done = child("-c", PROBE, *arguments, MLI_TUI_RUNS="/one")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"mli-tui: {line}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["quick-a", "qui", "last"])
def test_at_a_terminal_a_run_opens_without_the_command_line(tmp_path: Path, name: str) -> None:
    make_run.create(tmp_path, "quick-a")
    for order in (["attach", name, "--runs-dir", str(tmp_path)], ["--runs-dir", str(tmp_path), "attach", name]):
        done = child("-c", PROBE, *order)
        assert (done.returncode, done.stdout, done.stderr) == (7, f"{tmp_path} quick-a []\n", "")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["attach", "slow"], "mli-tui: run 'slow': no such run"),
        (["attach"], "mli-tui: Missing argument 'RUN'."),
        (["attach", "--bogus"], "mli-tui: No such option"),
        (["attach", "quick-a", "quick-b"], "mli-tui: Got unexpected extra argument"),
        (["attach", "attach"], "mli-tui: run 'attach': no such run"),
    ],
)
def test_a_run_that_can_not_be_opened_is_refused_as_by_the_command_line(
    tmp_path: Path, arguments: list[str], line: str
) -> None:
    make_run.create(tmp_path, "quick-a")
    done = child("-c", PROBE, *arguments, MLI_TUI_RUNS=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_without_a_terminal_it_explains_itself_and_ends_with_2() -> None:
    done = child("-m", "mli_tui")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: mli-tui ")
    assert done.stderr.endswith("mli-tui: there is no terminal to open the app in; choose a command, or --plain\n")


@pytest.mark.parametrize("closing", ["<&-", ">&-", "<&- >&-"])
def test_standard_streams_that_are_closed_are_no_terminal(closing: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {sys.executable} -m mli_tui {closing}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.endswith("choose a command, or --plain\n")


def test_the_shells_completion_is_no_opening_of_the_app(tmp_path: Path) -> None:
    make_run.create(tmp_path, "quick-a")
    asked = {"_MLI_TUI_COMPLETE": "complete_bash", "MLI_TUI_RUNS": str(tmp_path)}
    command = child("-m", "mli_tui", **asked, COMP_WORDS="mli-tui expo", COMP_CWORD="1")
    run = child("-m", "mli_tui", **asked, COMP_WORDS="mli-tui show qu", COMP_CWORD="2")
    preset = child("-m", "mli_tui", **asked, COMP_WORDS="mli-tui run qu", COMP_CWORD="2")
    assert (command.stdout.split(), run.stdout.split()) == (["export"], ["quick-a"])
    assert set(preset.stdout.split()) == {one.name for one in catalog() if one.name.startswith("qu")}


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["mli-tui", "--version"])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert not ended.value.code
    assert capsys.readouterr().out == mli(capsys, "--runs-dir", "x", "--version").out == "mli-tui 0.1.0\n"


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    for number in range(3):
        make_run.create(tmp_path, f"quick-{number}")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "mli_tui", "--runs-dir", str(tmp_path), "runs"],
        stdout=write,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["frob"], "No such command 'frob'."),
        (["runs", "--bogus"], "No such option"),
        (["show"], "Missing argument 'RUN'."),
        (["run"], "Missing argument 'PRESET|FILE.toml'."),
        (["run", "quick", "--backend", "tpu"], "Invalid value for '--backend': 'tpu' is not one of"),
        (["--runs-dir", "x"], "Missing command."),
        (["run", "quik"], "preset = 'quik': no such preset; did you mean quick?"),
        (["run", "quick", "--set", "train.lr=abc"], "train.lr = 'abc': expected a number above 0.0 to 1000.0"),
        (["run", "quick", "--set", "a.\x1b]0;x\x07=1"], "a.\\x1b]0;x\\x07 = 1: unknown key"),
        (["run", "no/such.toml"], "file = 'no/such.toml': can't be read: No such file or directory"),
        (["show", "last"], "run 'last': there are no runs in "),
        (["plot", "last", "--save", "x.gif"], "--save = 'x.gif': expected a name that ends in one of .png, .svg, .pdf"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    arguments: list[str],
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path / "runs"))
    answer = mli(capsys, *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"mli-tui: {line}")
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (RunError("it failed"), 1, "it failed"),
        (BadRequest("no such thing"), 2, "no such thing"),
        (AlreadyRunning("already running"), 2, "already running"),
        (SpecError("train.lr", 0, "expected more"), 2, "train.lr = 0: expected more"),
        (PermissionError(13, "x", "/some/file"), 1, "/some/file: Permission denied"),
    ],
)
def test_every_error_has_its_line_and_code(
    error: Exception, code: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program.starting.launch, "create", raising(error))
    answer = mli(capsys, "run", "quick")
    assert answer == (code, "", f"mli-tui: {line}\n")


def raising(error: BaseException) -> Any:
    def do(*_: object) -> None:
        raise error

    return do


def test_ctrl_c_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(starting.launch, "create", raising(KeyboardInterrupt()))
    assert mli(capsys, "run", "quick") == (130, "", "")


def test_the_folder_may_be_named_before_or_after_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path / "of-the-environment"))
    for name in ("before", "after"):
        make_run.create(tmp_path / name, f"quick-{name}")
    before, after = ["--runs-dir", str(tmp_path / "before")], ["--runs-dir", str(tmp_path / "after")]
    assert "quick-before" in mli(capsys, *before, "runs").out
    assert "quick-after" in mli(capsys, "runs", *after).out
    assert "quick-after" in mli(capsys, *before, "runs", *after).out


def test_every_command_takes_the_folder_and_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("run", "runs", "show", "attach", "stop", "resume", "delete", "export", "plot", "doctor")
    for name in names:
        answer = mli(capsys, name, "--help")
        assert answer.code == 0
        assert "--runs-dir DIR" in answer.out
    assert all(f"\n  {name}" in mli(capsys, "--help").out for name in (*names, "presets"))


def test_the_app_is_opened_with_broken_pipes_as_errors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[object] = []

    def run_app(root: Path, run_id: str | None, *, mouse: bool, ascii_only: bool) -> int:
        seen.extend((root, run_id, mouse, ascii_only, signal.getsignal(signal.SIGPIPE)))
        return 3

    monkeypatch.setitem(sys.modules, "mli_tui.app", SimpleNamespace(run_app=run_app))
    assert starting.open_app(tmp_path, "quick-1", starting.Way(mouse=False)) == 3
    assert seen == [tmp_path, "quick-1", False, False, signal.SIG_IGN]
