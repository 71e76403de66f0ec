"""Bars, columns and the lines that they stand in, in every width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mli_tui import gauges
from mli_tui.gauges import ALARM, CALM, WARN, Gauge, Page
from mli_tui.past import Past

GIB = 1 << 30


def page(width, ascii_only=True):
    return Page(width, ascii_only, Past())


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "...."), (0.5, "##.."), (1.0, "####"), (7.0, "####"), (-1.0, "...."), (None, ""),
        (0.924, "###."),  # 73.9 of 80 GiB
        (0.999, "###."), (0.01, "#..."),
    ],
)  # fmt: skip
def test_a_bar_is_full_only_where_it_is_full_and_empty_only_where_it_is_empty(share, text):
    assert gauges.bar(share, 4, True) == text


def test_columns_are_blank_where_nothing_is_known():
    assert gauges.steps([0.0, 0.2, None, 0.99, 1.0, 1.5], False) == "▁▂ ███"
    assert gauges.steps([0.0, 0.2, None, 0.99], True) == "_. #"


@pytest.mark.parametrize(
    ("share", "level"),
    [(None, CALM), (0.0, CALM), (0.799, CALM), (0.8, WARN), (0.949, WARN), (0.95, ALARM), (2, ALARM)],
)
def test_memory_that_is_nearly_full_has_a_mark_and_a_colour(share, level):
    assert gauges.level(share) == level
    assert len({one.mark for one in (CALM, WARN, ALARM)}) == len({one.style for one in (CALM, WARN, ALARM)}) == 3


def test_the_mark_and_the_bar_of_a_gauge_have_its_colour():
    line = gauges.gauge(Gauge("memory", 0.9, "72.0 of 80.0 GiB", level=WARN), page(60))
    assert line.plain == "  memory      ######.  72.0 of 80.0 GiB !"
    coloured = [line.plain[span.start : span.end] for span in line.spans if "text-warning" in str(span.style)]
    assert coloured == ["######.", " !"]


def test_what_is_not_known_has_no_bar_and_stands_beside_its_label():
    for width in (40, 80, 120, 200):
        line = gauges.gauge(Gauge("load", None, "not reported"), page(width))
        assert line.plain == "  load        not reported"


def test_what_was_known_of_it_stays_where_it_is():
    before = gauges.gauge(Gauge("load", 0.5, "50%", [0.5, 1.0]), page(120)).plain
    after = gauges.gauge(Gauge("load", None, "not reported", [0.5, 1.0]), page(120)).plain
    assert before.index("=#") == after.index("=#")


@given(st.integers(20, 260), st.floats(0, 1), st.lists(st.none() | st.floats(0, 1), max_size=240))
def test_no_line_is_longer_than_its_width_or_its_figure_needs(width, share, past):
    one = Gauge("memory", share, "77.3 of 80.0 GiB", past, ALARM)
    assert len(gauges.gauge(one, page(width)).plain) <= max(width, 14 + 19)


@pytest.mark.parametrize("width", [36, 56, 76, 116, 196])
def test_the_width_is_used_and_never_passed(width):
    one = gauges.gauge(Gauge("load", 0.5, "50%", [0.5] * 240), page(width))
    axis = gauges.title_over_past("CPU", "2 cores", gauges.shape(width))
    assert len(axis.plain) <= width
    assert len(one.plain) == width if width > 36 else one.plain == "  load        50%"


def test_the_axis_of_time_says_how_long_the_columns_are():
    shape = gauges.shape(76)
    line = gauges.gauge(Gauge("load", 0.5, "50%", [0.5] * 240), page(76)).plain
    axis = gauges.title_over_past("CPU", "2 cores", shape).plain
    columns = len(line) - len(line.rstrip("="))
    assert shape.past == columns == 28
    assert axis.index("28 s ago") == len(line) - columns
    assert axis.endswith("now") and len(axis) == len(line)


def test_beside_a_long_title_the_axis_is_short_or_not_there_and_cuts_nothing():
    shape = gauges.shape(76)
    assert gauges.title_over_past("GPU 0", "N" * 40, shape).plain == f"GPU 0  {'N' * 40}" + " " * 20 + "last 28 s"
    assert gauges.title_over_past("GPU 0", "N" * 66, shape).plain == f"GPU 0  {'N' * 66}"
    assert gauges.title_over_past("GPU 0", "N", gauges.shape(36)).plain == "GPU 0  N"


def test_of_parts_those_that_fit_are_shown_the_first_one_always():
    assert gauges.fitting(("one", "", "two", "three"), 10) == "one, two"
    assert gauges.fitting(("a long one", "two"), 3) == "a long one"
    assert gauges.fitting((), 3) == ""


@pytest.mark.parametrize(
    ("used", "total", "text"),
    [(20, 80, "20.0 of 80.0 GiB"), (120.1, 139.8, "120 of 140 GiB"), (1007.2, 1007.6, "1007 of 1008 GiB")],
)
def test_amounts_have_room(used, total, text):
    assert gauges.amount_of(int(used * GIB), int(total * GIB)) == text
    assert len(text) + len(ALARM.mark) <= gauges.TEXT
