"""Where a border goes: by keys, by the mouse, and what is kept of it."""

from fractions import Fraction

import pytest

from mli_tui import panes, settings
from mli_tui.panes import Border, Panes, Room

ROOM = Room(rows=20, upper=6, lower=5)
SHUTS_NOT = Room(rows=20, upper=6, lower=5, lower_shuts=False)


def rows(border, room=ROOM):
    return None if border.lower is None else round(border.lower * room.rows)


@pytest.mark.parametrize(
    ("have", "step", "lower", "shut"),
    [
        (10, 2, 12, ""),
        (10, -2, 8, ""),
        (13, 2, 14, ""),  # the upper one keeps its six
        (6, -2, 5, ""),
        (5, -2, None, "lower"),
        (14, 2, None, "upper"),
        (3, -2, None, "lower"),  # a layout of its own may have had fewer
        (17, 2, None, "upper"),
    ],
)
def test_a_key_moves_the_border_and_then_shuts_a_pane(have, step, lower, shut):
    found = panes.stepped(Border(), ROOM, have, step)
    assert (rows(found), found.shut) == (lower, shut)


@pytest.mark.parametrize("shut", ["lower", "upper"])
def test_what_is_shut_is_opened_as_it_was_and_is_not_shut_twice(shut):
    border, outwards = Border(0.4, shut), -2 if shut == "lower" else 2
    assert panes.stepped(border, ROOM, 0, outwards) == border
    assert panes.stepped(border, ROOM, 0, -outwards) == Border(0.4)


def test_keys_that_come_before_the_layout_add_up():
    border = Border()
    for _ in range(3):
        border = panes.stepped(border, ROOM, 8, 2)
    assert rows(border) == 14


def test_a_pane_that_can_not_be_shut_keeps_what_it_must_have():
    assert panes.stepped(Border(0.25), SHUTS_NOT, 5, -2) == Border(0.25)
    assert panes.dragged(Border(), SHUTS_NOT, 0) == Border(0.25)


@pytest.mark.parametrize(
    ("asked", "lower", "shut"),
    [(9, 9, ""), (5, 5, ""), (3, 5, ""), (2, None, "lower"), (-3, None, "lower"), (16, 14, ""), (18, None, "upper")],
)
def test_the_mouse_moves_the_border_and_shuts_what_has_less_than_half_of_what_it_must(asked, lower, shut):
    found = panes.dragged(Border(), ROOM, asked)
    assert (rows(found), found.shut) == (lower, shut)


def test_what_the_mouse_shuts_has_its_share_again_when_it_is_opened():
    shut = panes.dragged(Border(0.4), ROOM, 0)
    assert shut == Border(0.4, "lower")
    assert panes.toggled(shut, ROOM) == Border(0.4)
    assert panes.toggled(Border(0.4), ROOM) == shut
    assert panes.toggled(Border(0.4, "upper"), ROOM) == shut
    assert panes.dragged(shut, ROOM, 9) == Border(9 / 20)


def test_too_few_rows_for_two_panes_move_nothing():
    low = Room(rows=9, upper=6, lower=5)
    assert panes.stepped(Border(), low, 6, -2) == Border()
    assert panes.dragged(Border(0.4), low, 4) == Border(0.4)


def test_where_there_is_room_for_one_pane_it_is_the_upper_or_in_its_place_the_lower():
    one = Room(rows=9, upper=6, lower=5, both=False)
    upper, lower = Border(0.4), Border(0.4, "upper")
    assert [panes.seen(border, one) for border in (upper, lower)] == ["lower", "upper"]
    assert [panes.seen(border, ROOM) for border in (upper, lower)] == ["", "upper"]
    assert [panes.toggled(border, one) for border in (upper, lower)] == [lower, upper]
    assert [panes.stepped(border, one, 0, 2) for border in (upper, lower)] == [lower, lower]
    assert [panes.stepped(border, one, 9, -2) for border in (upper, lower)] == [upper, upper]
    assert panes.opened(upper, one, "lower") == lower
    assert panes.opened(lower, one, "upper") == panes.opened(lower, ROOM, "upper") == upper


def test_a_share_of_as_many_rows_is_whole_rows_again():
    for all_rows in range(2, 300):
        for lower in range(1, all_rows):
            above, below = panes.shares(lower / all_rows)
            assert Fraction(below, above + below) == Fraction(lower, all_rows)


def test_what_is_shown_goes_in_turn():
    assert [panes.next_shown(one) for one in panes.SHOWN] == ["first", "second", "both"]
    assert [panes.next_below(one) for one in panes.BELOW] == ["table", "plots", "all"]


def test_what_was_kept_is_there_again(tmp_path):
    chosen = Panes(run=Border(3 / 7, "lower"), start=Border(shut="upper"), pictures="second", below="plots")
    settings.save(tmp_path / "panes.toml", lambda: chosen)
    assert settings.load_as(tmp_path / "panes.toml", Panes) == (chosen, [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("run = {lower = nan}", "panes.toml: run = {'lower': nan}: expected `float` > 0.0"),
        ("run = {lower = 1}", "panes.toml: run = {'lower': 1}: expected `float` < 1.0"),
        ('run = {shut = "both"}', "panes.toml: run = {'shut': 'both'}: invalid enum value 'both'"),
        ('below = "\\u001b"', "panes.toml: below = '\\x1b': invalid enum value"),
    ],
)
def test_what_is_damaged_is_one_line_and_the_rest_is_taken(tmp_path, text, line):
    file = tmp_path / "panes.toml"
    file.write_text(f'pictures = "first"\n{text}\n')
    found, complaints = settings.load_as(file, Panes)
    assert found == Panes(pictures="first")
    assert [one[: len(line)] for one in complaints] == [line]
    assert "\x1b" not in complaints[0]
