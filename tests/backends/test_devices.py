import os
import subprocess
import sys
import warnings

import pytest
import torch

from backends import devices
from backends.devices.base import MOST_ALPHAS, Device
from backends.devices.cpu import Cpu


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
        torch.backends.cudnn.allow_tf32,
    )
    yield
    torch.set_num_threads(before[0])
    torch.use_deterministic_algorithms(before[1])
    torch.backends.cudnn.benchmark = before[2]
    torch.set_float32_matmul_precision(before[3])
    torch.backends.cudnn.allow_tf32 = before[4]


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


def test_float32_is_float32_in_convolutions_and_recurrent_layers_too(torch_settings):
    torch.backends.cudnn.allow_tf32 = True
    devices.prepare(1)
    assert torch.backends.cudnn.conv.fp32_precision == "ieee"
    assert torch.backends.cudnn.rnn.fp32_precision == "ieee"
    assert not torch.backends.cudnn.allow_tf32
    with torch.backends.cudnn.flags(deterministic=True):  # as a network of the user's own may have it
        pass
    assert not torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize("users", ["ignore", "error", "default"])
def test_an_operation_that_is_not_deterministic_is_used_and_told_once_each_time(torch_settings, users):
    devices.prepare(1)
    told, zeros = [], torch.zeros(3)
    with warnings.catch_warnings():
        warnings.simplefilter(users)
        for _ in range(2):
            said = []
            with devices.indeterminate_told(said.append):
                for value in (1.0, 2.0):
                    zeros.put_(torch.tensor([1]), torch.tensor([value]))
            told.append(said)
    assert zeros.tolist() == [0.0, 2.0, 0.0]
    assert told == [["put_ is not deterministic here: the last bits of a repetition may differ"]] * 2


@pytest.mark.parametrize(
    ("warning", "named"),
    [
        ("index_put_ with accumulate=False does not have a deterministic implementation, but you set",
         "index_put_ with accumulate=False"),
        ("Memory Efficient attention defaults to a non-deterministic algorithm. To explicitly enable",
         "Memory Efficient attention"),
    ],
)  # fmt: skip
def test_each_of_torchs_ways_to_say_it_is_told(warning, named):
    said = []
    with devices.indeterminate_told(said.append):
        warnings.warn(warning, stacklevel=1)
    assert said == [f"{named} is not deterministic here: the last bits of a repetition may differ"]


def test_other_warnings_go_on(torch_settings):
    said = []
    with pytest.warns(UserWarning, match="of something else"):
        before = warnings.showwarning
        with devices.indeterminate_told(said.append):
            warnings.warn("of something else", stacklevel=1)
        assert (said, warnings.showwarning) == ([], before)


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
