"""The meter with a clock that is told what to say: when it looks, and what it makes of what it sees."""

import math
import mmap
import time
from types import SimpleNamespace

import pytest

from backends import meter
from backends.meter import Meter
from backends.runs.events import DeviceUse
from backends.runs.gpus import Gpu
from tests.backends.small import CPU

GIB = 1 << 30


class Bench:
    """A meter on a device, with a clock, a processor and a count of inputs that stand where they are set."""

    def __init__(self, monkeypatch, device=CPU):
        self.now, self.worked, self.epoch, self.taken = 50.0, 3.0, 0, 0.0
        self.told: list[DeviceUse] = []
        clock = SimpleNamespace(process_time=lambda: self.worked, monotonic=time.monotonic)
        monkeypatch.setattr(meter, "time", clock)
        self.meter = Meter(device, self.told.append, lambda: self.now)

    def begin(self):
        self.meter.begin(1)
        self.meter.follow(lambda: (self.epoch, self.taken))
        self.meter.enter("training")
        return self

    def after(self, seconds, *, worked=0.0, taken=0.0):
        self.now += seconds
        self.worked += worked
        self.taken += taken
        self.meter.beat()


@pytest.fixture
def bench(monkeypatch):
    return Bench(monkeypatch).begin()


def test_a_stretch_has_the_work_and_the_inputs_of_its_own_time(bench):
    bench.after(1.9, worked=1.0, taken=500.0)
    assert bench.told == []
    bench.epoch = 3
    bench.after(0.6, worked=2.75, taken=500.0)
    bench.after(4.0, worked=1.0, taken=200.0)
    first, second = bench.told
    assert (first.attempt, first.phase, first.epoch, first.seconds) == (1, "training", 3, 2.5)
    assert (first.cores, first.samples) == (1.5, 400.0)
    assert (second.seconds, second.cores, second.samples) == (4.0, 0.25, 50.0)
    assert first.memory > 1 << 20


def test_no_stretch_reaches_from_one_phase_into_the_next(bench):
    bench.after(1.0, worked=1.0, taken=100.0)
    bench.meter.enter("interpolating")
    bench.after(2.0, worked=4.0)
    bench.meter.close()
    assert [(one.phase, one.seconds, one.cores, one.samples) for one in bench.told] == [
        ("training", 1.0, 1.0, 100.0),
        ("interpolating", 2.0, 2.0, None),
    ]


def test_time_too_short_for_a_stretch_is_not_lost(bench):
    bench.after(0.05)
    bench.meter.enter("interpolating")
    bench.after(2.0)
    assert [one.seconds for one in bench.told] == [2.05]


def test_a_run_of_hours_writes_some_thousand_stretches(bench):
    for _ in range(20 * 3_600):
        bench.after(1.0)
    assert 2_000 < len(bench.told) < 6_000
    assert max(one.seconds for one in bench.told) < 100


def test_inputs_that_nobody_counts_are_no_samples(bench):
    bench.taken = math.nan
    bench.after(2.0)
    assert bench.told[0].samples is None


def test_it_tells_nothing_before_it_begins(monkeypatch):
    bench = Bench(monkeypatch)
    bench.after(100.0)
    bench.meter.enter("training")
    bench.meter.close()
    assert bench.told == []


def test_what_a_gpu_does_not_report_is_missing_and_the_rest_is_there(monkeypatch):
    found = Gpu("H100", load=0.25, used=3 * GIB, total=80 * GIB, temperature=None, power=120.5)
    device = SimpleNamespace(use=lambda: found)
    bench = Bench(monkeypatch, device).begin()
    bench.after(2.0)
    (told,) = bench.told
    assert (told.gpu_load, told.gpu_memory, told.gpu_total) == (0.25, 3 * GIB, 80 * GIB)
    assert (told.gpu_temperature, told.gpu_power) == (None, 120.5)


def test_a_cpu_has_no_figures_of_a_gpu(bench):
    bench.after(2.0)
    (told,) = bench.told
    figures = ("gpu_load", "gpu_memory", "gpu_total", "gpu_temperature", "gpu_power")
    assert {getattr(told, name) for name in figures} == {None}


def test_the_memory_is_that_of_this_process():
    before = meter.resident()
    with mmap.mmap(-1, 64 << 20) as held:  # from the kernel: memory that was freed before may be taken again
        for page in range(0, len(held), mmap.PAGESIZE):
            held[page] = 1
        assert meter.resident() - before > 32 << 20
