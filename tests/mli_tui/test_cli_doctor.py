"""doctor: each thing that is there, and for each that is missing what to do."""

from __future__ import annotations

import importlib.metadata
import io
import os
import socket
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from backends.runs import datasets, torch_cuda
from backends.runs.errors import BadRequest
from backends.runs.gpus import Gpu
from mli_tui.cli import devices, doctor
from mli_tui.cli.doctor import GIB, Finding
from mli_tui.keymap import read as keymap_of
from presets import load, override
from tests.mli_tui import fake_nvml, make_run
from tests.mli_tui.command import mli


def states(found: list[Finding]) -> dict[str, str]:
    return {finding.what: finding.state for finding in found}


def test_this_machine_can_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run.stopped(tmp_path)
    answer = mli(capsys, "doctor", "--runs-dir", tmp_path)
    lines = {line.split()[1]: line.split(maxsplit=2) for line in answer.out.splitlines()}
    assert (answer.code, answer.err) == (0, "")
    assert {"python", "packages", "processor", "memory", "gpu", "data", "runs", "queue", "logout"} <= lines.keys()
    assert all(line[0] in ("ok", "none") for line in lines.values())
    assert lines["runs"][2].startswith(f"{tmp_path}: 1 runs, ")
    assert f"torch {importlib.metadata.version('torch')}" in lines["packages"][2]


def test_a_folder_that_can_not_be_written_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    answer = mli(capsys, "doctor", "--runs-dir", tmp_path / "file" / "runs")
    assert answer.code == 1
    line = next(line for line in answer.out.splitlines() if line.startswith("missing"))
    assert line.split(maxsplit=2)[1:] == [
        "runs",
        f"{tmp_path}/file/runs can't be written; choose another with --runs-dir or MLI_TUI_RUNS",
    ]


def test_a_folder_that_is_not_there_yet_is_no_fault(tmp_path: Path) -> None:
    assert states(list(doctor.runs_folder(tmp_path / "a" / "b"))) == {"runs": "ok"}
    assert not (tmp_path / "a").exists()


def test_leftovers_of_deletions_are_named(tmp_path: Path) -> None:
    (tmp_path / ".deleted-quick-ab12").mkdir()
    assert list(doctor.runs_folder(tmp_path))[-1] == Finding(
        "none", "runs", f"1 deletions broke off; remove {tmp_path}/.deleted-* by hand"
    )


def test_a_shared_file_system_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_file_system", lambda _: "nfs4")
    assert list(doctor.runs_folder(tmp_path))[-1].text.startswith("nfs4 is shared: ")


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name in ("torch", "matplotlib"):
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = list(doctor.packages())
    assert [f.state for f in found] == ["ok", "missing", "none"]
    assert found[1].text == "torch: pip install --force-reinstall mli-tui"
    assert found[2].text == "`plot --save` needs matplotlib: pip install 'mli-tui[figures]'"


def test_missing_data_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda _: None)
    assert doctor.data().state == "missing"


@pytest.fixture
def one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "gpus", lambda: ([Gpu("H200\\x1b", used=40 * GIB, total=140 * GIB)], ""))


def test_gpus_are_named_with_their_memory(one_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "refused_by_torch", lambda: "")
    assert doctor.gpu() == Finding("ok", "gpu", "H200\\x1b, 100.0 of 140.0 GiB free")


def test_a_gpu_that_torch_does_not_fit_is_none(one_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_cuda, "why_not", lambda: "torch 2.10 was built without CUDA")
    why = "torch can't use it: torch 2.10 was built without CUDA; runs use the CPU"
    assert doctor.gpu() == Finding("none", "gpu", f"H200\\x1b, 100.0 of 140.0 GiB free, but {why}")
    with pytest.raises(BadRequest, match=r"no CUDA device can be used here \(torch 2.10 was built without CUDA\)"):
        devices.require("cuda")
    with pytest.raises(BadRequest, match="built without CUDA"):
        devices.require_for(override(load("quick"), ["needs_gpu=true"]))


@pytest.mark.skipif(torch.cuda.is_available(), reason="torch can use the GPU here")
def test_what_only_torch_knows_of_a_gpu_it_is_asked(one_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_cuda, "why_not", lambda: "")
    assert "torch can't use it: Found no NVIDIA driver on your system; runs use the CPU" in doctor.gpu().text


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import sys; sys.exit('no\\x1b such library')", "no\\x1b such library"),
        ("import time; time.sleep(60)", "it has not answered for 1 s"),
    ],
)
def test_a_torch_that_does_not_answer_is_said_so(program: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_cuda, "why_not", lambda: "")
    monkeypatch.setattr(devices, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(devices, "ASK_TORCH", ("-c", program))
    assert devices.refused_by_torch() == why


@pytest.mark.parametrize(
    ("nvml", "names", "reason"),
    [
        (fake_nvml.driver(missing="Driver Not Loaded\x1b"), [], "no driver (Driver Not Loaded\\x1b)"),
        (fake_nvml.driver(0), [], "the driver shows no GPU"),
        (fake_nvml.driver(2), ["NVIDIA H100\\x1b", "NVIDIA H100\\x1b"], ""),
    ],
    ids=["no driver", "no GPU", "two"],
)
def test_gpus_as_the_driver_shows_them(
    nvml: SimpleNamespace, names: list[str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    found, why = devices.gpus()
    assert ([gpu.name for gpu in found], why) == (names, reason)
    assert all((gpu.used, gpu.total) == (20 * GIB, 80 * GIB) for gpu in found)
    assert nvml.calls["nvmlShutdown"] == nvml.calls["nvmlInit"] or not names


def test_one_gpu_that_is_lost_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(number: int) -> int:
        if number == 0:
            raise fake_nvml.NVMLError("GPU is lost")
        return number

    for count, known in ((2, 1), (1, 0)):
        nvml = fake_nvml.driver(count)
        nvml.nvmlDeviceGetHandleByIndex = opened
        monkeypatch.setitem(sys.modules, "pynvml", nvml)
        found, why = devices.gpus()
        assert (len(found), why) == (known, "" if known else "GPU is lost")


def test_memory_that_is_not_reported_is_no_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "gpus", lambda: ([Gpu("H200", load=0.5)], ""))
    monkeypatch.setattr(devices, "refused_by_torch", lambda: "")
    assert doctor.gpu() == Finding("ok", "gpu", "H200, memory not reported")


@pytest.mark.parametrize(
    ("size", "encoding", "environment", "states_expected"),
    [
        ((120, 40), "utf-8", {"COLORTERM": "truecolor"}, ["ok 120x40", "ok 16 million", "ok utf-8"]),
        ((79, 40), "ascii", {"TERM": "vt100"}, ["missing 79x40; the app needs 80x24", "ok few (vt100)", "none ascii"]),
        ((80, 24), "utf-8", {"NO_COLOR": "1"}, ["ok 80x24", "ok off (NO_COLOR)", "ok utf-8"]),
        ((80, 23), "utf-8", {"TERM": "xterm-256color"}, ["missing 80x23", "ok 256 (xterm-256color)", "ok utf-8"]),
    ],
)
def test_terminals(
    size: tuple[int, int],
    encoding: str,
    environment: dict[str, str],
    states_expected: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(screen, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(screen, "fileno", lambda: 1, raising=False)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size(size))
    for name in ("COLORTERM", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = [f"{f.state} {f.text}" for f in doctor.terminal()]
    assert [line[: len(start)] for line, start in zip(found, states_expected, strict=True)] == states_expected


def test_a_quota_of_the_control_group_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, quota in (("50000 100000", 0.5), ("max 100000", 0.0), ("", 0.0)):
        (tmp_path / "cpu.max").write_text(text)
        assert doctor._quota(tmp_path / "cpu.max") == quota
    monkeypatch.setattr(doctor, "_quota", lambda _: 0.5)
    assert doctor.processor().text.endswith(" cores usable, held to 0.5 by a control group")


def test_data_sets_that_are_found_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(datasets, "SYSTEM", tmp_path / "system")
    folder = datasets.data_folder()
    assert doctor.data_sets() == ("none", "data sets", f"none; data folder {folder}")
    monkeypatch.setenv("MLI_TUI_DATA", str(tmp_path))
    for name in ("train", "test", "meta"):
        (tmp_path / name).touch()
    assert doctor.data_sets() == ("ok", "data sets", f"cifar100; data folder {tmp_path}")


def test_settings_and_keys_that_can_not_be_taken_are_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "mli-tui"
    assert f"{folder / 'keys.toml'} changes them" in mli(capsys, "doctor").out
    folder.mkdir()
    (folder / "settings.toml").write_text('marker = "dots"')
    (folder / "keys.toml").write_text('run.stop = "Z"\nrun.log = "Z"')
    told = mli(capsys, "doctor").out
    assert "settings.toml: marker = 'dots': expected one of braille, blocks, ascii" in told
    assert "keys.toml: run.log = 'Z': is the key of run.stop already; run.log keeps 'y'" in told
    assert "keys.toml: 1 changed" in told


def test_keys_prints_what_keys_toml_would_say(capsys, tmp_path):
    told = mli(capsys, "keys")
    assert told.code == 0
    assert tomllib.loads(told.out)["app"]["help"] == "?"
    (tmp_path / "keys.toml").write_text(told.out)
    keymap, complaints = keymap_of(tmp_path / "keys.toml")
    assert complaints == []
    assert keymap["run.stop"] == "s"


def test_serve_without_its_package_names_the_command_and_a_port_that_is_taken(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "mli_tui.serving", None)
    assert mli(capsys, "serve").err.endswith("pip install 'mli-tui[serve]'\n")
    monkeypatch.undo()
    pytest.importorskip("textual_serve", reason="textual-serve (the extra `serve`) is not installed")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = mli(capsys, "serve", "--port", port)
    assert (answer.code, answer.err) == (2, f"mli-tui: --port = {port}: is taken; choose another\n")
