"""Numbers, times and statuses as text, case by case."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.runs.listing import read_run
from mli_tui import format
from tests.mli_tui import make_run


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (math.nan, "-"),
        (math.inf, "-"),
        (-3, "0:00"),
        (0, "0:00"),
        (59.4, "0:59"),
        (59.6, "1:00"),
        (65, "1:05"),
        (3599.9, "1:00:00"),
        (7389, "2:03:09"),
        (360_000, "100:00:00"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert format.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (-1, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (86_399, "23 h"),
        (86_400, "1 d"),
        (4e7, "462 d"),
    ],
)
def test_age(seconds: float | None, text: str) -> None:
    assert format.age(seconds) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(None, 2, "-"), (math.nan, 2, "-"), (math.inf, 2, "-"), (0.125, 2, "0.12"), (-1.0, 0, "-1"), (0.81, 3, "0.810")],
)
def test_number(value: float | None, digits: int, text: str) -> None:
    assert format.number(value, digits) == text
    assert format.number(value, digits, 8) == text.rjust(8)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0.000"),
        (2.302585, "2.303"),
        (0.0009812, "0.0009812"),
        (1.2344e-5, "1.234e-05"),
        (1234.4, "1234"),
        (12345.0, "1.234e+04"),
        (1.0, "1.000"),
    ],
)
def test_a_loss_has_four_significant_digits(value: float | None, text: str) -> None:
    assert format.loss(value) == text
    assert format.loss(value, 12) == text.rjust(12)


@given(st.none() | st.floats(allow_nan=True, allow_infinity=True, min_value=None))
def test_a_loss_never_breaks_its_column(value: float | None) -> None:
    assert len(format.loss(value, 11)) == 11


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0.5304, "0.530"), (1.0, "1.000"), (0.0, "0.000")],
)
def test_alpha(value: float | None, text: str) -> None:
    assert format.alpha(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (1.0, "100.0 %"), (0.99975, "99.9 %"), (0.125, "12.5 %"), (0.29, "29.0 %"), (0.0, "0.0 %")],
)
def test_only_all_inputs_are_a_hundred_per_cent(value: float | None, text: str) -> None:
    assert format.share(value) == text


STATUSES = ("queued", "running", "paused", "done", "stopped", "failed", "interrupted", "damaged")


@pytest.mark.parametrize("ascii_only", [False, True])
def test_statuses_are_told_apart_without_colour(ascii_only: bool) -> None:
    marks = [format.status_mark(status, ascii_only) for status in STATUSES]
    assert len(set(marks)) == len(STATUSES)
    assert all(len(mark) == 1 for mark in marks)
    assert not ascii_only or all(mark.isascii() for mark in marks)
    assert format.status_mark("never heard of", ascii_only) == "?"


def test_time_left_is_what_the_remaining_epochs_take_at_the_recent_pace(tmp_path: Path) -> None:
    view = read_run(make_run.live(tmp_path, epochs=12))
    rows = [msgspec.structs.replace(r, seconds=0.3, time=1000.0 + 0.5 * r.epoch) for r in view.epochs]
    assert left(view, rows) == pytest.approx((150 - 12) * 0.5)


def test_time_left_bears_with_a_pause_and_a_clock_that_jumps_back(tmp_path: Path) -> None:
    view = read_run(make_run.live(tmp_path, epochs=12))
    times = [1000.0 + 0.5 * r.epoch + (7200 if r.epoch > 9 else 0) - (9000 if r.epoch > 11 else 0) for r in view.epochs]
    rows = [msgspec.structs.replace(r, seconds=0.3, time=t) for r, t in zip(view.epochs, times, strict=True)]
    assert left(view, rows) == pytest.approx((150 - 12) * 0.5)


def left(view: Any, rows: list[Any]) -> float | None:
    return format.time_left(msgspec.structs.replace(view, epochs=tuple(rows)))


@pytest.mark.parametrize("write", [make_run.finished, make_run.interpolating, make_run.stopped, make_run.queued])
def test_time_left_is_unknown_unless_it_trains(tmp_path: Path, write: Any) -> None:
    assert format.time_left(read_run(write(tmp_path))) is None


def test_time_left_needs_two_epochs(tmp_path: Path) -> None:
    assert format.time_left(read_run(make_run.live(tmp_path, epochs=0))) is None
