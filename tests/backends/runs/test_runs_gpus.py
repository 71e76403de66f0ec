"""A driver that is whole, silent, missing, late or has lost a GPU; and that the real package has what is asked for."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import pynvml
import pytest

from backends.runs.gpus import RETRY_SECONDS, Gpu, Gpus, GpusNow, Held
from tests.mli_tui.fake_nvml import GIB, NVMLError, NVMLLibraryMismatchError, driver

NAME, DRIVER = "NVIDIA H100\\x1b", "driver 580.65\\x1b, CUDA 13.0"
WHOLE = Gpu(NAME, 0.63, 20 * GIB, 80 * GIB, 41, 120.4, 700.0, 1_410, (Held(1, 5), Held(4242, 3 * GIB)))


def use(monkeypatch, nvml):
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    return nvml


def test_every_figure_of_each_gpu(monkeypatch):
    nvml = use(monkeypatch, driver(processes=[(1, 5), (4242, 3 * GIB)]))
    gpus = Gpus()
    assert gpus.read(processes=True) == GpusNow((WHOLE, WHOLE), "", DRIVER)
    assert gpus.read().gpus[0] == replace(WHOLE, held=None), "nobody asked for the processes"
    assert nvml.calls == {"nvmlInit": 1, "nvmlShutdown": 0}
    gpus.close()
    gpus.close()
    assert nvml.calls == {"nvmlInit": 1, "nvmlShutdown": 1}


def test_who_computes_and_who_draws_is_there_once(monkeypatch):
    use(monkeypatch, driver(1, processes=[(7, 5), (8, None)], drawing=[(7, 5), (9, 6)]))
    assert Gpus().read(processes=True).gpus[0].held == (Held(7, 5), Held(9, 6), Held(8, None))


def test_of_one_gpu_alone_by_its_uuid(monkeypatch):
    nvml = use(monkeypatch, driver(2))
    nvml.nvmlDeviceGetUtilizationRates = lambda handle: SimpleNamespace(gpu=10 * handle)
    assert [gpu.load for gpu in Gpus().read().gpus] == [0.0, 0.1]
    assert [gpu.load for gpu in Gpus("GPU-1").read().gpus] == [0.1]
    use(monkeypatch, driver(2, withheld=("nvmlDeviceGetHandleByUUID",)))
    assert Gpus("GPU-1").read().gpus == (Gpu("GPU", trouble="Not Supported"),)


@pytest.mark.parametrize(
    ("figures", "fields"),
    [
        (["nvmlDeviceGetUtilizationRates"], ["load"]),
        (["nvmlDeviceGetMemoryInfo"], ["used", "total"]),
        (["nvmlDeviceGetTemperature"], ["temperature"]),
        (["nvmlDeviceGetPowerUsage"], ["power"]),
        (["nvmlDeviceGetEnforcedPowerLimit"], ["limit"]),
        (["nvmlDeviceGetClockInfo"], ["clock"]),
        (["nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"], ["held"]),
        (["nvmlDeviceGetComputeRunningProcesses"], ["held"]),
    ],
    ids=lambda found: found[0],
)
def test_a_figure_that_is_not_reported_is_missing_and_no_other(monkeypatch, figures, fields):
    use(monkeypatch, driver(1, processes=[(7, 5)], withheld=figures))
    [found] = Gpus().read(processes=True).gpus
    expected = replace(WHOLE, held=(Held(7, 5),))
    assert found == replace(expected, **dict.fromkeys(fields))
    assert None not in (getattr(expected, field) for field in fields)


def test_versions_that_are_not_reported_are_left_out(monkeypatch):
    use(monkeypatch, driver(withheld=("nvmlSystemGetDriverVersion",)))
    assert Gpus().read().driver == "CUDA 13.0"
    use(monkeypatch, driver(withheld=("nvmlSystemGetDriverVersion", "nvmlSystemGetCudaDriverVersion_v2")))
    assert Gpus().read().driver == ""


def test_a_driver_of_another_version_withholds_and_does_not_raise(monkeypatch):
    figures = ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses")
    use(monkeypatch, driver(1, withheld=figures, error=NVMLLibraryMismatchError("older")))
    assert Gpus().read(processes=True).gpus[0].held is None


@pytest.mark.parametrize(
    ("nvml", "why"),
    [
        (driver(missing="NVML Shared Library Not Found\x1b"), "no driver (NVML Shared Library Not Found\\x1b)"),
        (driver(withheld=("nvmlDeviceGetCount",)), "no driver (Not Supported)"),
        (driver(0), "the driver shows no GPU"),
        (None, "nvidia-ml-py is not installed"),
    ],
    ids=["no library", "no count", "no GPU", "no package"],
)
def test_why_there_is_no_gpu_is_said(monkeypatch, nvml, why):
    use(monkeypatch, nvml)
    gpus = Gpus(clock=lambda: 50.0)
    assert gpus.read() == gpus.read() == GpusNow(missing=why)
    gpus.close()
    assert nvml is None or nvml.calls["nvmlInit"] == 1, "not at every reading"
    assert nvml is None or nvml.calls["nvmlShutdown"] <= 1


def test_a_driver_that_is_loaded_meanwhile_is_found(monkeypatch):
    now = 50.0
    use(monkeypatch, driver(missing="Driver Not Loaded"))
    gpus = Gpus(clock=lambda: now)
    assert gpus.read().missing == "no driver (Driver Not Loaded)"
    use(monkeypatch, driver(1))
    now += RETRY_SECONDS - 1
    assert gpus.read().missing
    now += 1
    assert gpus.read() == GpusNow((replace(WHOLE, held=None),), "", DRIVER)


def fails(*_):
    raise NVMLError("GPU is lost\x1b")


def lost(nvml, names):
    for name in names:
        setattr(nvml, name, fails)


OF_A_GPU = [name for name in vars(driver()) if name.startswith("nvmlDeviceGet") and "Handle" not in name]


def test_a_gpu_that_is_lost_keeps_its_name_and_says_why(monkeypatch):
    nvml = use(monkeypatch, driver(1))
    gpus = Gpus()
    gpus.read()
    lost(nvml, [name for name in OF_A_GPU if name != "nvmlDeviceGetCount"])
    assert gpus.read(processes=True).gpus == (Gpu(NAME, trouble="GPU is lost\\x1b"),)


def test_one_that_was_lost_before_hides_no_other(monkeypatch):
    nvml = use(monkeypatch, driver(2))
    nvml.nvmlDeviceGetHandleByIndex = lambda number: number if number else fails()
    assert Gpus().read().gpus == (Gpu("GPU", trouble="GPU is lost\\x1b"), replace(WHOLE, held=None))


def test_the_real_package_has_every_name_that_is_asked_for():
    names = [name for name in vars(driver()) if name != "calls"]
    assert [name for name in names if not hasattr(pynvml, name)] == []
    assert not issubclass(pynvml.NVMLLibraryMismatchError, pynvml.NVMLError)
