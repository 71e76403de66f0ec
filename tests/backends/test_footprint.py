"""The most memory that a process took, by the kernel's own count."""

import subprocess
import sys

import pytest

from backends import footprint

MIB = 1 << 20
SCRIPT = """
from backends import footprint
block = bytearray(200 << 20)
first = footprint.peak()
del block
footprint.begin()
print(first, footprint.peak())
"""


def test_a_new_beginning_forgets_what_was_given_back():
    told = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout
    first, second = map(int, told.split())
    assert first > 200 * MIB
    if first == second:
        pytest.skip("this kernel does not let a process reset its high-water mark")
    assert second < 100 * MIB


def test_where_it_can_not_be_read_it_is_not_known(monkeypatch, tmp_path):
    monkeypatch.setattr(footprint, "_SELF", tmp_path / "nothing")
    footprint.begin()
    assert footprint.peak() is None
    monkeypatch.setattr(footprint, "_SELF", tmp_path)
    (tmp_path / "status").write_text("Name:\tx\n")
    assert footprint.peak() is None
