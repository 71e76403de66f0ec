import os
import subprocess
import sys

import pytest
import torch

from backends import devices
from backends.devices.base import MOST_ALPHAS, Device
from backends.devices.cpu import Cpu
from tests.backends import small


class FixedBudget(Device):
    kind = "cuda"

    def __init__(self, budget):
        self.budget = budget

    def memory_budget(self):
        return self.budget

    def synchronise(self):
        pass


@pytest.fixture
def torch_settings():
    before = (
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.backends.cudnn.benchmark,
        torch.get_float32_matmul_precision(),
    )
    yield
    torch.set_num_threads(before[0])
    torch.use_deterministic_algorithms(before[1])
    torch.backends.cudnn.benchmark = before[2]
    torch.set_float32_matmul_precision(before[3])


@pytest.mark.parametrize(
    ("budget", "bytes_per_alpha", "alphas"),
    [(1000, 100, 10), (1000, 101, 9), (1000, 1001, 1), (0, 100, 1), (10**9, 1, MOST_ALPHAS), (10**9, 0, MOST_ALPHAS)],
)
def test_a_block_is_what_the_budget_holds_at_least_one_and_at_most_64(budget, bytes_per_alpha, alphas):
    assert MOST_ALPHAS == 64
    assert FixedBudget(budget).alphas_per_block(bytes_per_alpha) == alphas


def test_the_cpu_takes_one_alpha_at_a_time():
    device = devices.select("cpu")
    assert (device.kind, device.torch_device) == ("cpu", torch.device("cpu"))
    assert device.alphas_per_block(1) == 1
    assert device.name.startswith("CPU (") and len(device.name) > len("CPU ()")


def test_half_of_the_free_memory_is_the_budget(monkeypatch):
    figures = {"SC_PAGE_SIZE": 4096, "SC_AVPHYS_PAGES": 1000}
    monkeypatch.setattr("backends.devices.cpu.os.sysconf", figures.__getitem__)
    assert Cpu().memory_budget() == 2048 * 1000


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_without_a_gpu_is_refused_in_one_line():
    with pytest.raises(devices.DeviceError, match="cuda") as refused:
        devices.select("cuda")
    assert "\n" not in str(refused.value)


def test_deterministic_sets_threads_and_flags(torch_settings):
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    devices.prepare(1)
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.benchmark
    assert torch.get_float32_matmul_precision() == "highest"


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_curve_on_cuda_equals_that_on_the_cpu():
    from dataclasses import replace

    from backends.interpolation.curves import Path
    from backends.models import build, describe
    from presets.experiment import Model

    gpu = devices.select("cuda")
    part, model = small.split(), Model(depth=4, width=9)
    there = replace(part, raw_N=part.raw_N.to("cuda"), labels_N=part.labels_N.to("cuda"))
    network = small.trained(model, part)
    start = small.state(build(model, (6,), 4, 0))
    on_cpu = small.path(network, start, "linear", part).at(small.alphas(11))
    moved = [{n: t.to("cuda") for n, t in tensors.items()} for tensors in (start, small.state(network))]
    on_gpu = Path(network.to("cuda"), describe(network), *moved, "linear", there, gpu).at(small.alphas(11))
    assert [m.loss for m in on_gpu] == pytest.approx([m.loss for m in on_cpu], rel=1e-10)
    assert [m.histogram for m in on_gpu] == [m.histogram for m in on_cpu]


def test_memory_that_was_freed_is_kept_for_the_next_tensor():
    """Fresh memory is cleared page by page by the kernel, which shows as page faults; 40 MB glibc always gives back."""
    program = """
import resource, sys, torch
from backends import devices
devices.prepare(1)
one, counts = torch.zeros(10_000_000), []
for _ in range(3):  # the least of three: a kernel short of memory takes pages away meanwhile
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        one = one + 1.0
    counts.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(min(counts))
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    pages = 40_000_000 // os.sysconf("SC_PAGE_SIZE")
    assert (
        int(found.stdout) < 5 * pages
    )  # ten tensors one after the other, each cleared anew, would be ten times as many
