"""The last seconds of the machine: a column a second, whatever comes late, twice, or not at all."""

from mli_tui.past import BRIDGED, KEPT, Past


def past_of(*added):
    past = Past()
    for now, shares in added:
        past.add(now, shares)
    return past


def test_a_value_a_second_and_nothing_before_the_first():
    past = past_of((100.2, {"load": 0.1}), (101.3, {"load": 0.2}))
    assert past.of("load", 4) == [None, None, 0.1, 0.2]
    assert past.of("load", 0) == []
    assert past.of("other", 2) == [None, None]


def test_what_is_missing_is_a_gap_and_both_rows_stay_in_step():
    past = past_of((1, {"a": 0.1, "b": 0.5}), (2, {"a": 0.2}), (3, {"a": 0.3, "b": None}), (4, {"a": 0.4, "b": 0.6}))
    assert past.of("a", 4) == [0.1, 0.2, 0.3, 0.4]
    assert past.of("b", 4) == [0.5, None, None, 0.6]


def test_what_comes_later_has_no_values_before():
    assert past_of((1, {"a": 0.1}), (2, {"a": 0.2, "b": 0.9})).of("b", 2) == [None, 0.9]


def test_a_late_reading_stands_for_the_time_since_the_one_before():
    past = past_of((1.9, {"a": 0.1}), (1.9 + BRIDGED, {"a": 0.3}))
    assert past.of("a", 5) == [None, 0.1, 0.3, 0.3, 0.3]


def test_the_time_in_which_nobody_looked_is_a_gap():
    past = past_of((1, {"a": 0.1}), (6, {"a": 0.3}))
    assert past.of("a", 6) == [0.1, None, None, None, None, 0.3]
    past.add(10_000, {"a": 0.5})
    assert past.of("a", KEPT) == [None] * (KEPT - 1) + [0.5]


def test_of_two_readings_in_a_second_the_last_counts():
    assert past_of((1.0, {"a": 0.1}), (1.4, {"a": 0.2}), (2.0, {"a": 0.3})).of("a", 3) == [None, 0.2, 0.3]
