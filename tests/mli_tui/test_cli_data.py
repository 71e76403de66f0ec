"""data, presets new, and the refusals that come before a run is made."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backends.runs import datasets
from mli_tui.cli import data, devices, output, starting
from presets import catalog, load, override
from tests.mli_tui import make_run
from tests.mli_tui.command import mli

HOSTILE = "\x1b]52;c;aGk=\x07 \u202eevil [/oops]"
CHILD = """
import json, sys
name, folder = sys.argv[1:]
for done in range(0, 101, 5):
    print(json.dumps({"file": "a.gz", "done": done * 10_000, "total": 1_000_000}), flush=True)
print(json.dumps({"file": "b.gz", "done": 5, "total": None}), flush=True)
ENDING
"""


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MLI_TUI_PRESETS", str(tmp_path / "presets"))
    monkeypatch.setenv("MLI_TUI_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(datasets, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr(output, "interactive", lambda: False)


def cifar(folder: Path) -> Path:
    """Files of the names of CIFAR-10: all that a glance looks at."""
    folder.mkdir(parents=True)
    for name in datasets.CIFAR10_FILES:
        (folder / name).touch()
    return folder


def test_list_says_where_a_data_set_is_or_how_to_get_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = cifar(tmp_path / "data" / "cifar-10-batches-py")
    answer = mli(capsys, "data", "list")
    lines = {line.split()[0]: line for line in answer.out.splitlines()}
    assert answer.code == 0
    assert lines["cifar10"].split() == ["cifar10", "50000", "10000", "10", "170", "MB", str(folder)]
    assert lines["mnist"].endswith(f"is not in {tmp_path}/data; `mli-tui data get mnist` gets it")
    assert {"mnist5k", "mnist", "fashion-mnist", "cifar10", "cifar100", "orthogonal:", "npz:FILE,"} <= lines.keys()


def test_list_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = cifar(tmp_path / "elsewhere" / "cifar10")
    found = json.loads(mli(capsys, "data", "list", "--json", "--data-dir", tmp_path / "elsewhere").out)
    rows = {row["name"]: row for row in found}
    assert (rows["cifar10"]["folder"], rows["cifar10"]["how"]) == (str(folder), "")
    assert (rows["cifar100"]["folder"], rows["cifar100"]["download"]) == ("", 169_001_437)
    assert "`mli-tui data get cifar100` gets it" in rows["cifar100"]["how"]


def test_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mli(capsys, "data", "where") == (0, f"{tmp_path}/data\n", "")
    folder = cifar(tmp_path / "batches")
    assert mli(capsys, "data", "where", "--data-dir", folder) == (0, f"{folder}\n", "")
    assert mli(capsys, "data", "where", "cifar10", "--data-dir", folder) == (0, f"{folder}\n", "")
    line = f"mli-tui: data.name = 'mnist': is not in {folder}; `mli-tui data get mnist` gets it\n"
    assert mli(capsys, "data", "where", "mnist") == (2, "", line)


def test_debians_folder_is_looked_into_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = cifar(tmp_path / "system" / "cifar10")
    assert mli(capsys, "data", "where", "cifar10").out == f"{folder}\n"
    nearer = cifar(tmp_path / "data" / "cifar10")
    assert mli(capsys, "data", "where", "cifar10").out == f"{nearer}\n"


@pytest.mark.parametrize("command", [["get"], ["where"]])
def test_a_data_set_that_nobody_offers_is_refused(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    line = "mli-tui: data set 'mnist5k': expected one of mnist, fashion-mnist, cifar10, cifar100\n"
    assert mli(capsys, "data", *command, "mnist5k") == (2, "", line)
    assert "\\x1b]52" in mli(capsys, "data", *command, HOSTILE).err


def fetching(monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """Let a script that tells the same lines stand for the process that fetches."""
    real = subprocess.Popen
    script = CHILD.replace("ENDING", ending)

    def popen(command: list[str], **options: Any) -> subprocess.Popen[str]:
        assert command[:4] == [sys.executable, "-P", "-m", "backends.data.download"]
        return real([sys.executable, "-c", script, *command[4:]], **options)

    monkeypatch.setattr(data.subprocess, "Popen", popen)


def test_get_tells_progress_in_plain_lines_and_then_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fetching(monkeypatch, 'print(json.dumps({"folder": f"{folder}/{name}"}))')
    answer = mli(capsys, "data", "get", "mnist")
    tenths = [f"a.gz: {percent} % of 1.0 MB" for percent in range(0, 101, 10)]
    assert answer.out.splitlines() == [*tenths, "b.gz: size unknown", f"mnist: {tmp_path}/data/mnist"]
    assert (answer.code, answer.err) == (0, "")


@pytest.mark.parametrize(
    ("ending", "code", "line"),
    [
        ('print(json.dumps({"error": "a.gz: no network"})); sys.exit(1)', 1, "a.gz: no network"),
        ('print(json.dumps({"error": "is being fetched"})); sys.exit(2)', 2, "is being fetched"),
        ('raise SystemExit("ImportError: no torch")', 1, "data get mnist: ended with 1: ImportError: no torch"),
    ],
)
def test_a_get_that_fails_is_one_line(
    ending: str, code: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fetching(monkeypatch, ending)
    answer = mli(capsys, "data", "get", "mnist")
    assert (answer.code, answer.err) == (code, f"mli-tui: {line}\n")


def test_ctrl_c_ends_the_fetching_and_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    children: list[subprocess.Popen[str]] = []

    def interrupted(child: subprocess.Popen[str]) -> dict[str, Any]:
        children.append(child)
        raise KeyboardInterrupt

    fetching(monkeypatch, "import time; time.sleep(600)")
    monkeypatch.setattr(data, "_followed", interrupted)
    answer = mli(capsys, "data", "get", "mnist")
    assert answer == (130, "", "interrupted; `mli-tui data get mnist` goes on from there\n")
    assert children[0].returncode == -signal.SIGTERM


def test_at_a_terminal_there_is_a_bar() -> None:
    probe = (
        "import sys\nfrom contextlib import ExitStack\nfrom mli_tui.cli.data import Bar\n"
        "with ExitStack() as shown:\n    bar = Bar(shown, 'a.gz', 0, 2_000_000)\n"
        "    bar.update(1_000_000)\n    bar.update(2_000_000)\n"
    )
    ours, theirs = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "100", "TERM": "xterm"}
    subprocess.run([sys.executable, "-c", probe], stdout=theirs, stderr=theirs, check=True, timeout=60, env=env)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "a.gz (2 MB)" in shown
    assert "100%" in shown


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (["data.name=cifar10"], "data.name = 'cifar10': is not in {data}; `mli-tui data get cifar10` gets it"),
        (["data.name=npz:/no/such.npz"], "data.name = 'npz:/no/such.npz': can't be read: No such file or directory"),
        (
            ["data.name=imagefolder:/no/such"],
            "data.name = 'imagefolder:/no/such': /no/such/train: No such file or directory; "
            "expected train/CLASS/* and test/CLASS/*",
        ),
        (
            ["data.class_weights=[1.0, 0.5]"],
            "data.class_weights = [1.0, 0.5]: expected 10 numbers, one for each class of mnist5k; has 2",
        ),
        (
            ["data.per_class=401"],
            "data.per_class = 401: expected at most 400, the training inputs of the smallest class of mnist5k",
        ),
        (
            ["data.classes=5"],
            "data.classes = 5: expected 10 for a data set other than orthogonal, which has its own number",
        ),
    ],
)
def test_data_that_can_not_be_is_refused_before_a_run_is_made(
    settings: list[str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [word for setting in settings for word in ("--set", setting)]
    answer = mli(capsys, "run", "quick", *flags)
    assert answer == (2, "", f"mli-tui: {line.format(data=tmp_path / 'data')}\n")
    assert not (tmp_path / "runs").exists()


def test_the_data_folder_reaches_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []

    def start(paths: Any, backend: str = "auto", **_options: object) -> str:
        seen.append(os.environ["MLI_TUI_DATA"])
        make_run.finish(paths)
        return ""

    monkeypatch.setattr(starting.launch, "start", start)
    monkeypatch.chdir(tmp_path)
    cifar(tmp_path / "own" / "cifar10")
    answer = mli(capsys, "run", "quick", "--set", "data.name=cifar10", "--data-dir", "own", "--detach")
    assert (answer.code, answer.err, seen) == (0, "", [str(tmp_path / "own")])


def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "gpus", lambda: ([], "no driver"))


def test_what_needs_a_gpu_is_refused_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    no_gpu(monkeypatch)
    line = (
        "mli-tui: needs_gpu = true: no CUDA device can be used here (no driver), and without one quick takes days; "
        "--set needs_gpu=false runs it all the same\n"
    )
    assert mli(capsys, "run", "quick", "--set", "needs_gpu=true") == (2, "", line)
    assert not (tmp_path / "runs").exists()


def test_a_preset_of_ones_own_is_written_listed_and_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = mli(capsys, "presets", "new", "mine", "--from", "quick", "--set", "train.seed=3", "--set", "model.depth=5")
    path = tmp_path / "presets" / "mine.toml"
    assert answer == (0, f"{path}: `mli-tui run mine` runs it\n", "")
    assert load("mine") == override(load("quick"), ['preset="mine"', "expected_time=", "train.seed=3", "model.depth=5"])
    assert [preset.name for preset in catalog() if preset.own] == ["mine"]
    assert catalog()[-1].name == "mine"
    assert f"mine: {load('quick').title} (yours)\n" in mli(capsys, "presets").out
    assert json.loads(mli(capsys, "presets", "--json").out)[-1]["own"] is True


def test_its_file_holds_what_differs_from_the_defaults_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mli(capsys, "presets", "new", "mine", "--from", "quick")
    text = (tmp_path / "presets" / "mine.toml").read_text()
    assert "[model]\ndepth = 8\nwidth = 128\ninit_scale = 0.4\n" in text
    assert "max_epochs" not in text


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["quick", "--from", "quick"], "NAME = 'quick': is the name of a built-in preset; expected another"),
        (["there", "--from", "quick"], "NAME = 'there': {presets}/there.toml is there already; expected another name"),
        (["x", "--from", "quik"], "preset = 'quik': no such preset; did you mean quick? known: "),
        (["../x", "--from", "quick"], "preset = '../x': expected letters, digits, "),
        (["x.toml", "--from", "quick"], "NAME = 'x.toml': expected a name that does not end in .toml"),
        (["x", "--from", "quick", "--set", "train.lr=abc"], "train.lr = 'abc': expected a number above 0.0"),
        (['a"\nb = "c', "--from", "quick"], "preset = 'a\"\\nb = \"c': expected letters, digits, "),
        (["x"], "Missing option '--from'"),
    ],
)
def test_a_preset_that_can_not_be_is_refused_and_nothing_written(
    arguments: list[str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "presets"
    folder.mkdir()
    (folder / "there.toml").write_text('preset = "there"\n')
    answer = mli(capsys, "presets", "new", *arguments)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith("mli-tui: " + line.format(presets=folder))
    assert [path.name for path in folder.iterdir()] == ["there.toml"]


def test_a_damaged_file_of_the_users_is_one_line_and_hides_no_preset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "presets"
    folder.mkdir()
    (folder / "aaa.toml").write_text("= \x1b]0;x\x07")
    (folder / "bbb.toml").write_text('preset = "ccc"\n')
    (folder / "quick.toml").write_text('preset = "quick"\n[model]\ndepth = 99\n')
    (folder / "zzz.toml").write_text('preset = "zzz"\n[train]\nseed = 1\n')
    (folder / "ddd.toml").mkdir()
    answer = mli(capsys, "presets")
    assert answer.code == 0
    assert "zzz: " in answer.out
    first, second, third = answer.err.splitlines()
    assert first.startswith(f"mli-tui: preset file aaa.toml: file = '{folder}/aaa.toml': not valid TOML: ")
    assert second == "mli-tui: preset file bbb.toml: preset = 'ccc': expected 'bbb', the name of its file"
    assert third.startswith("mli-tui: preset file quick.toml: preset = 'quick': is the name of a built-in preset; ")
    assert load("quick").model.depth == 8
    assert mli(capsys, "run", "bbb").err == "mli-tui: preset = 'ccc': expected 'bbb', the name of its file\n"


def test_the_list_says_what_a_preset_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    no_gpu(monkeypatch)
    for name, setting in (("gpu", "needs_gpu=true"), ("get", "data.name=cifar10"), ("own", "data.name=npz:/x.npz")):
        mli(capsys, "presets", "new", name, "--from", "quick", "--set", setting, "--set", "title=t")
    out = mli(capsys, "presets").out
    assert "gpu: t (yours, needs a GPU)\n" in out
    assert "get: t (yours, needs a download)\n" in out
    assert "own: t (yours, its data are missing)\n" in out
    cifar(tmp_path / "data" / "cifar10")
    assert "get: t (yours)\n" in mli(capsys, "presets").out
