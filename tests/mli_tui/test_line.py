"""The way to the terminal: what arrives is what was put, nothing else is sent, and never more than fits the line."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mli_tui.line.canvas import Canvas
from mli_tui.line.cells import Pen, cells_of, pen_of
from mli_tui.line.pace import LEAST, LOST_SECONDS, QUEUE_SECONDS, Pace
from tests.virtual_terminal import VirtualTerminal

WIDTH, HEIGHT = 24, 6
STYLES = (
    "",
    "red",
    "bold red on blue",
    "on #102030",
    "underline",
    "reverse #a0b0c0",
    "dim italic green",
    "link https://x",
    "link file://host/a%20b",
    "bold link file://host/c",
)
letters = st.one_of(
    st.text("ab \u2800─⣿é✓", max_size=10),
    st.text("a漢e\u0301👨\u200d👩 \ufe0f☎", max_size=8),
    st.text(max_size=8),
    st.sampled_from(
        ["\x1b]52;c;aGk=\x07", "\x1b[31m", "\x9b31m", "\x1bP+q\x1b\\", "\x1b_x\x1b\\", "a\nb\tc\r", "\u202ex", "\ud800"]
    ),
)
puts = st.tuples(
    st.integers(-3, WIDTH), st.integers(-1, HEIGHT), st.lists(st.tuples(letters, st.sampled_from(STYLES)), max_size=3)
)
steps = st.lists(st.one_of(puts, st.integers(1, 200), st.just("forget")), max_size=25)


def strip(parts):
    return Strip([Segment(text, Style.parse(style)) for text, style in parts])


def drain(canvas, terminal):
    while canvas.waiting:
        terminal.feed(canvas.take(50))


def as_wanted(canvas):
    return ["".join(row.letters) for row in canvas._wanted]


FILE = "file://host/a%20b.csv"


def test_a_link_to_a_file_goes_around_its_cells_and_ends_with_them():
    canvas, terminal = Canvas(WIDTH, 1), VirtualTerminal(WIDTH, 1)
    canvas.put(0, 0, strip([("see ", ""), ("a b.csv", f"bold link {FILE}"), (" there", "")]))
    sent = canvas.take(10_000)
    terminal.feed(sent)
    assert terminal.linked == {FILE: "a b.csv"}
    assert terminal.forbidden == []
    canvas.put(0, 0, strip([("see ", ""), ("a b.csv", "bold"), (" there", "")]))
    terminal.feed(canvas.take(10_000))
    assert terminal.linked == {FILE: "a b.csv"}, "what is no link any more is written again, without one"


def test_where_no_link_is_not_a_byte_is_sent_for_one():
    canvas = Canvas(WIDTH, 1)
    canvas.put(0, 0, strip([("a", "bold"), ("b", "link https://x"), ("c", "red")]))
    assert "]8;" not in canvas.take(10_000)
    canvas.put(0, 0, strip([("a", f"bold link {FILE}")]))
    assert canvas.take(10_000).count("]8;") == 2


@given(st.one_of(st.text(max_size=30), st.text("\x1b\x07\x9c\\\\;]8a\n\u202e", max_size=12)))
def test_no_name_of_a_file_breaks_out_of_its_link(name):
    address = "file://host/" + name
    style = Style(link=address)
    canvas, terminal = Canvas(WIDTH, 1), VirtualTerminal(WIDTH, 1)
    canvas.put(0, 0, Strip([Segment("shown", style)]))
    terminal.feed(canvas.take(10_000))
    assert terminal.forbidden == []
    assert terminal.text.startswith("shown")
    assert set(terminal.linked) <= {address}


@settings(deadline=None, max_examples=300)
@given(steps)
@example([(0, 0, [("a", "")]), 1, (-3, 0, [("aa\u6f22", "")])])
@example([(0, 0, [("aa", "")]), 1, (0, 0, [("\u260e\ufe0f", "")])])
def test_the_terminal_shows_at_last_what_was_put_and_got_nothing_forbidden(steps):
    canvas, terminal = Canvas(WIDTH, HEIGHT), VirtualTerminal(WIDTH, HEIGHT)
    canvas.forget()
    for step in steps:
        if step == "forget":
            canvas.forget()
        elif isinstance(step, int):
            terminal.feed(canvas.take(step))
        else:
            x, y, parts = step
            canvas.put(x, y, strip(parts))
    drain(canvas, terminal)
    assert not terminal.forbidden
    fresh = VirtualTerminal(WIDTH, HEIGHT)
    canvas.forget()
    drain(canvas, fresh)
    assert terminal.cells == fresh.cells  # piece by piece or at once, it is the same screen


def test_a_style_arrives_cell_by_cell():
    canvas, terminal = Canvas(8, 1), VirtualTerminal(8, 1)
    canvas.put(0, 0, strip([("ab", "bold red"), ("cd", "on blue"), ("  ", "red"), ("ef", "")]))
    drain(canvas, terminal)
    pens = [pen for _, pen in terminal.cells[0]]
    assert terminal.lines == ["abcd  ef"]
    assert pens == ["1|31|", "1|31|", "||44", "||44", "", "", "", ""]


def test_only_what_differs_is_sent():
    canvas = Canvas(80, 2)
    canvas.put(0, 0, strip([("loss 0.5 after 10 epochs" + " " * 56, "green")]))
    canvas.put(0, 1, strip([("x" * 80, "")]))
    canvas.take(10_000)
    canvas.put(0, 0, strip([("loss 0.4 after 11 epochs" + " " * 56, "green")]))
    canvas.put(0, 1, strip([("x" * 80, "")]))
    assert canvas.take(10_000) == "\x1b[1;8H\x1b[32m4\x1b[8C1\x1b[39m"
    assert not canvas.waiting


def test_what_goes_back_before_it_was_sent_is_not_sent():
    canvas = Canvas(4, 1)
    canvas.put(0, 0, strip([("abcd", "")]))
    canvas.take(100)
    canvas.put(1, 0, strip([("X", "")]))
    canvas.put(1, 0, strip([("b", "")]))
    assert not canvas.waiting


def test_frames_are_dropped_not_queued():
    canvas, terminal = Canvas(10, 1), VirtualTerminal(10, 1)
    for number in range(1000):
        canvas.put(0, 0, strip([(f"{number:010d}", "")]))
    text = canvas.take(10_000)
    terminal.feed(text)
    assert terminal.lines == ["0000000999"]
    assert len(text) < 40


def test_urgent_rows_go_first_and_a_piece_ends_where_it_is_full():
    canvas, terminal = Canvas(20, 5), VirtualTerminal(20, 5)
    for y in range(5):
        canvas.put(0, y, strip([(f"row {y}" + "." * 15, "")]), urgent=y == 3)
    terminal.feed(canvas.take(30))
    shown = [line.strip() for line in terminal.lines]
    assert [bool(line) for line in shown] == [True, False, False, True, False]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("ab", ("a", "b")),
        ("漢a", ("漢", "", "a")),
        ("\u2800⣿", (" ", "⣿")),
        ("\x1b[31m", ("[", "3", "1", "m")),
        ("e\u0301x", ("e\u0301", "x")),
    ],
)
def test_a_text_cell_by_cell(text, content):
    assert cells_of(text).content == content


def test_pens_change_by_what_differs():
    red, blue = Pen("", "31", ""), Pen("", "34", "41")
    assert red.after(Pen()) == "\x1b[31m"
    assert blue.after(red) == "\x1b[34;41m"
    assert Pen().after(blue) == "\x1b[39;49m"
    assert Pen("1", "31", "").after(blue) == "\x1b[0;1;31m"
    assert Pen("1;4", "31", "41").blank == Pen("4", "31", "41")
    assert Pen("1", "31", "41").blank == Pen("", "", "41")
    assert pen_of(Style.parse("bold #800000 on black"), ColorSystem.STANDARD) == Pen("1", "31", "40")


def crossed(pace, rate, latency, sizes):
    """Send pieces as there is room, over a line of this rate; return the longest time that a piece waited for it."""
    now, free, waited, under_way = 0.0, 0.0, [], []
    for size in sizes:
        while not (room := pace.room(now)):
            now = under_way.pop(0)
            pace.answered(now)
        size = min(size, room)
        free = max(free, now) + size / rate
        waited.append(free - now - size / rate)
        pace.sent(size, now)
        under_way.append(free + latency)
        now += 0.001
    return waited


@pytest.mark.parametrize("rate", [2_000, 5_000, 50_000, 1_000_000])
@pytest.mark.parametrize("latency", [0.001, 0.1, 0.4])
def test_what_is_under_way_fits_the_line(rate, latency):
    pace = Pace()
    pace.sent(200, -latency)
    pace.answered(0.0)
    waited = crossed(pace, rate, latency, [4000] * 300)
    assert max(waited[100:]) <= QUEUE_SECONDS + 1.5 * latency + LEAST / rate


def test_a_silent_terminal_is_not_waited_for():
    pace = Pace()
    for number in range(100):
        assert pace.room(float(number)) > 0
        pace.sent(1000, float(number))
    assert pace.idle


def test_a_terminal_that_stops_answering_is_waited_for_a_while():
    pace = Pace()
    pace.sent(100, 0.0)
    pace.answered(0.1)
    pace.sent(100_000, 1.0)
    assert pace.room(2.0) == 0
    assert pace.room(1.1 + LOST_SECONDS) > 0
    pace.answered(20.0)  # a late answer harms nothing
    assert pace.room(20.0) > 0


def test_bold_black_of_sixteen_colours_is_black_as_it_would_be_grey():
    dark = Style.parse("bold #101010 on #56b4e9")
    assert pen_of(dark, ColorSystem.STANDARD).attributes == ""
    assert pen_of(dark, ColorSystem.TRUECOLOR).attributes == "1"
    assert pen_of(Style.parse("bold #f0f0f0"), ColorSystem.STANDARD).attributes == "1"
    assert pen_of(Style.parse("bold #101010 on #f8f8f6"), ColorSystem.STANDARD).attributes == "1", "a title"
