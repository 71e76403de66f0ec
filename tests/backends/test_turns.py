"""Where a run goes where the driver shows a GPU that torch, which here has no driver at all, can't use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from backends import placement
from backends.runs import launch, torch_cuda
from backends.runs.errors import BadRequest
from backends.runs.events import Finished, Note, Queued, Started
from backends.runs.journal import Reader
from backends.runs.paths import slots_folder
from tests.backends.worker_runs import ended, finish, make, products, wait
from tests.mli_tui.fake_nvml import driver

ROOT = Path(__file__).parents[2]
UNUSABLE = "Found no NVIDIA driver on your system"
NOTE = f"runs on the CPU: the GPU here can't be used ({UNUSABLE})"
no_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="torch can use the GPU here")
TOO_OLD = "the driver has CUDA 12.8, torch 2.10 needs 13.0: a newer driver, or a torch built for CUDA 12"
VERSION = """\
from typing import Optional

__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip']
__version__ = '2.10.0{plus}'
debug = False
cuda: Optional[str] = {cuda}
git_version = '5c4886908584029761b579af026dcfb627c84070'
hip: Optional[str] = {hip}
"""


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """Let every process that is started see a driver with two GPUs, of such a CUDA."""

    def show(cuda=99_000):
        folder = tmp_path / "driver"
        folder.mkdir()
        module = f"from tests.mli_tui.fake_nvml import driver\nglobals().update(vars(driver(cuda={cuda})))\n"
        (folder / "pynvml.py").write_text(module)
        monkeypatch.setenv("PYTHONPATH", f"{folder}:{ROOT}")
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        monkeypatch.setitem(sys.modules, "pynvml", driver(cuda=cuda))

    return show


def said(run, *kinds):
    return [event for event in Reader(run.events).read() if isinstance(event, kinds)]


@no_cuda
def test_auto_runs_on_the_cpu_where_torch_can_not_use_the_gpu_and_says_so(tmp_path, shown):
    plain = make(tmp_path / "plain")
    finish(plain)
    shown()
    run = make(tmp_path)
    launch.start(run, "auto")
    view = wait(run, ended)
    assert (view.status, view.message) == ("done", "")
    assert view.device.startswith("CPU (")
    assert NOTE in view.notes
    assert [type(one) for one in said(run, Note, Started)][:2] == [Note, Started], "before the work begins"
    assert products(run) == products(plain)
    assert run.log.read_text() == ""


@no_cuda
def test_it_gives_the_gpu_back_and_waits_for_its_turn_on_the_cpu(tmp_path, shown):
    """Two GPUs, so that both workers have one at once; the CPU does one run after the other."""
    shown()
    first = make(tmp_path, "train.max_epochs=300")
    launch.start(first, "auto")
    wait(first, lambda view: view.epoch >= 1)
    units = list((slots_folder() / "cuda").glob("unit-*.lock"))
    assert units and not any(is_locked(unit) for unit in units)
    second = make(tmp_path, "train.seed=1")
    launch.start(second, "auto")
    wait(second, lambda view: view.status == "queued" and view.ahead == 0 and view.notes)
    wait(second, lambda view: bool(said(second, Queued)))
    assert {one.device for one in said(second, Queued)} == {"cpu"}
    launch.workers.send_stop(first)
    assert wait(first, ended).status == "stopped"
    assert wait(second, ended).status == "done"


def is_locked(file):
    code = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    return subprocess.run([sys.executable, "-c", code, file], capture_output=True, check=False).returncode != 0


@no_cuda
def test_cuda_by_its_name_fails_with_the_reason(tmp_path, shown):
    shown()
    run = make(tmp_path)
    launch.start(run, "cuda")
    view = wait(run, ended)
    assert (view.status, view.refused) == ("failed", True)
    assert view.message == f"backend = 'cuda': {UNUSABLE}; expected auto or cpu"


@no_cuda
def test_what_needs_a_gpu_does_not_spend_days_on_the_cpu(tmp_path, shown):
    shown()
    run = make(tmp_path, "needs_gpu=true")
    launch.start(run, "auto")
    view = wait(run, ended)
    assert (view.status, view.message) == ("failed", f"needs_gpu = true: {UNUSABLE}; without a GPU it takes days")


@pytest.mark.skipif(not (torch_cuda.installed() and torch_cuda.installed().cuda), reason="torch without CUDA")
def test_a_driver_that_is_too_old_is_seen_before_anything_is_waited_for(tmp_path, shown):
    shown(cuda=9_020)
    found = placement.place("auto")
    assert found.kind == "cpu"
    build = torch_cuda.installed()
    why = (
        f"the driver has CUDA 9.2, torch {torch.__version__} needs {build.cuda}: "
        "a newer driver, or a torch built for CUDA 9"
    )
    assert found.why_no_gpu == why
    with pytest.raises(BadRequest, match=r"backend = 'cuda': the driver has CUDA 9\.2, "):
        placement.place("cuda")
    assert placement.place("cpu").why_no_gpu == ""
    run = make(tmp_path)
    launch.start(run, "auto")
    assert f"runs on the CPU: the GPU here can't be used ({why})" in wait(run, ended).notes
    assert said(run, Finished)[-1].status == "done"


@pytest.mark.parametrize(
    ("plus", "cuda", "hip", "found"),
    [
        ("", "'12.8'", "None", torch_cuda.Build("2.10.0", "12.8")),
        ("+cpu", "None", "None", torch_cuda.Build("2.10.0+cpu", "")),
        ("+rocm6.4", "None", "'6.4.1'", None),
        ("", "'x'", "None", None),
    ],
)
def test_what_torch_says_of_itself(plus, cuda, hip, found):
    assert torch_cuda.build_of(VERSION.format(plus=plus, cuda=cuda, hip=hip)) == found


def test_a_file_of_another_form_says_nothing():
    assert torch_cuda.build_of("") is None
    assert torch_cuda.build_of("__version__ = '2.0'\ncuda = compute()\n") is None


def test_the_files_of_the_torch_that_is_here_say_what_it_says():
    build = torch_cuda.installed()
    assert build == torch_cuda.Build(torch.__version__, torch.version.cuda or "")


@pytest.mark.parametrize(
    ("cuda", "driver_has", "why"),
    [
        ("", 13_000, "torch 2.10 was built without CUDA"),
        ("13.0", 12_080, TOO_OLD),
        ("12.8", 12_020, ""),
        ("12.8", 13_000, ""),
    ],
)  # fmt: skip
def test_why_torch_does_not_fit_the_driver(monkeypatch, cuda, driver_has, why):
    monkeypatch.setattr(torch_cuda, "installed", lambda: torch_cuda.Build("2.10", cuda))
    monkeypatch.setitem(sys.modules, "pynvml", driver(cuda=driver_has))
    assert torch_cuda.why_not() == why


def test_a_driver_that_does_not_say_is_left_to_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", driver(withheld=("nvmlSystemGetCudaDriverVersion_v2",)))
    monkeypatch.setattr(torch_cuda, "installed", lambda: torch_cuda.Build("2.10", "13.0"))
    assert torch_cuda.why_not() == ""


def test_a_gpu_that_is_lost_hides_no_other(monkeypatch):
    nvml = driver(3)

    def opened(number):
        if number == 1:
            raise nvml.NVMLError("GPU is lost")
        return number

    nvml.nvmlDeviceGetHandleByIndex = opened
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert placement.gpu_uuids() == ["GPU-0", "GPU-2"]


def test_torch_is_asked_in_a_process_of_its_own():
    asked = subprocess.run(
        [sys.executable, "-P", "-m", "backends.devices"],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert asked.stdout.strip() == ("" if torch.cuda.is_available() else UNUSABLE)
