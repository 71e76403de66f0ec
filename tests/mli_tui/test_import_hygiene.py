"""What a command loads, seen in a child process: modules are counted, not milliseconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mli_tui import make_run

HEAVY = ("torch", "numpy", "scipy", "safetensors", "textual", "plotext", "matplotlib", "mlxtend", "torchvision")
PROBE = """
import sys
sys.argv = ["mli-tui", *sys.argv[1:]]
from mli_tui.__main__ import main
try:
    main()
except SystemExit as ending:
    code = ending.code
loaded = {name.partition(".")[0] for name in sys.modules}
print(code or 0, *sorted(loaded), file=sys.stderr)
"""
ROOT = Path(__file__).parents[2]


def loaded_by(*arguments: str, runs: Path) -> set[str]:
    """Return the top-level modules that a command has loaded when it ends with 0."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"MLI_TUI_RUNS": str(runs), "PATH": "/usr/bin:/bin", "HOME": str(runs)},
        timeout=60,
        check=False,
    )
    code, *modules = done.stderr.splitlines()[-1].split()
    assert (done.returncode, code) == (0, "0"), done.stderr
    assert "mli_tui" in modules
    return set(modules)


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["--version"],
        ["runs"],
        ["runs", "--json"],
        ["show", "last"],
        ["presets"],
        ["data", "list"],
        ["export", "last"],
        ["compare", "quick-1", "quick-2"],
    ],
    ids=" ".join,
)
def test_plain_commands_load_nothing_heavy(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for run_id in ("quick-1", "quick-2"):
        make_run.finished(tmp_path / "runs", run_id)
    targets = ["--curves", str(tmp_path / "curves.csv")] if command[0] == "export" else []
    assert loaded_by(*command, *targets, runs=tmp_path / "runs").isdisjoint(HEAVY)


def test_the_version_needs_no_command_line(tmp_path: Path) -> None:
    assert loaded_by("--version", runs=tmp_path).isdisjoint({"typer", "msgspec", "presets", "backends"})


def test_a_plot_in_the_terminal_needs_neither_numpy_nor_torch(tmp_path: Path) -> None:
    make_run.finished(tmp_path / "runs")
    loaded = loaded_by("plot", "last", runs=tmp_path / "runs")
    assert "plotext" in loaded
    assert loaded.isdisjoint({"torch", "numpy", "matplotlib"})


def test_doctor_looks_at_torch_without_loading_it(tmp_path: Path) -> None:
    assert loaded_by("doctor", runs=tmp_path).isdisjoint(HEAVY)


def test_the_first_frame_needs_nothing_that_draws_curves() -> None:
    code = """
import sys
import mli_tui.app
print(*sorted({"mli_tui.widgets.preview", "mli_tui.widgets.plot", "mli_tui.plotting.figure"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    assert done.stdout == "\n"


def test_the_app_loads_nothing_of_the_command_lines_library() -> None:
    code = """
import pkgutil, sys
import mli_tui.app, mli_tui.screens
for found in pkgutil.iter_modules(mli_tui.screens.__path__, "mli_tui.screens."):
    __import__(found.name)
print(*sorted({"typer", "click", "pydantic", "torch", "numpy", "matplotlib", "plotext"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    assert done.stdout == "\n"
