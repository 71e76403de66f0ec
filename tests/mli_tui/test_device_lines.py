"""Processor and memory as lines, and what goes into the last seconds."""

from dataclasses import replace

import pytest

from mli_tui import device_lines
from mli_tui.gpu_watch import STALE_SECONDS
from mli_tui.past import Past
from mli_tui.proc import Memory
from tests.mli_tui.machines import GIB, GPU, READING, gpus, page, texts


def test_lines_of_the_processor():
    past = Past()
    for second, load in enumerate((0.0, 0.5, 1.0)):
        past.add(second, {"load": load, "memory": 0.25})
    assert texts(device_lines.processor(READING, page(past=past))) == [
        "CPU  8 cores                                    28 s ago                 now",
        "  load        ██████░░░░░  50% of 8 cores       " + " " * 25 + "▁▅█",
        "  memory      ███░░░░░░░░  2.0 of 8.0 GiB       " + " " * 25 + "▃▃▃",
        "  load avg.   3.24 on 8 cores, 1.10 over 5 min, 0.52 over 15",
    ]


def test_what_is_not_known_of_the_processor_is_no_zero():
    unknown = replace(READING, load=None, memory=None, usable=2, loads=None)
    assert texts(device_lines.processor(unknown, page(56))) == [
        "CPU  2 of 8 usable                         13 s ago  now",
        "  load        measuring ...",
        "  memory      not reported",
        "  load avg.   not reported",
    ]


@pytest.mark.parametrize(("free", "mark"), [(2.0, ""), (1.5, " !"), (0.3, " !!")])
def test_memory_that_is_nearly_full_is_marked(free, mark):
    line = device_lines.processor(replace(READING, memory=Memory(int(free * GIB), 8 * GIB)), page())[2]
    assert line.plain.endswith(f"of 8.0 GiB{mark}")


def test_more_tasks_than_cores_are_marked():
    line = device_lines.processor(replace(READING, loads=(8.01, 1.0, 1.0)), page())[-1]
    assert "8.01 on 8 cores !," in line.plain
    assert "text-warning" in str(line.spans)
    assert "!" not in device_lines.processor(replace(READING, loads=(8.0, 1.0, 1.0)), page())[-1].plain


def test_what_goes_into_the_last_seconds():
    kept = device_lines.shares(READING, gpus(GPU, replace(GPU, load=None, limit=None)), 100.0)
    assert kept == {
        "load": 0.5, "memory": 0.25, "0 load": 0.63, "0 memory": 0.25, "0 power": pytest.approx(120.4 / 700),
        "1 load": None, "1 memory": 0.25, "1 power": None,
    }  # fmt: skip
    assert device_lines.shares(replace(READING, memory=None), None, 100.0) == {"load": 0.5, "memory": None}


def test_what_a_slow_driver_said_long_ago_is_not_now():
    assert set(device_lines.shares(READING, gpus(GPU), 100.0 + STALE_SECONDS + 0.1)) == {"load", "memory"}
