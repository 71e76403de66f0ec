"""The cursor's label among those of its axis: whole, and neither it nor they are ever cut."""

import re

import pytest
from textual.strip import Strip

from mli_tui.plotting.figure import draw, frames
from mli_tui.plotting.multiples import Multiples
from mli_tui.plotting.palette import Look
from mli_tui.plotting.series import Plot, Series
from mli_tui.widgets import pointer

ALPHAS = tuple(i / 200 for i in range(201))


def panel(title="loss", **more):
    return Plot(title, (Series(ALPHAS, tuple(1 - a for a in ALPHAS)),), y_limits=(0, 1), **more)


PICTURES = {
    "alone": panel(x_label="alpha"),
    "log": panel(x_label="alpha", x_limits=(0.005, 1.0), log_x=True),
    "zoomed": panel(x_label="alpha", x_limits=(0.23, 0.77)),
    "many": Multiples("error", tuple(map(panel, "abcdefghij")), "alpha"),
}


def labels(plot, width, height, x=None):
    """Return the row of labels, with a cursor at `x`."""
    shown = frames(plot, width, height, Look())
    y = next(frame.ticks for frame in reversed(shown) if frame.ticks is not None)
    strip = Strip(draw(plot, width, height, Look())[y], width)
    return (strip if x is None else pointer.laid_over(strip, y, shown, x, ascii_only=False)).text


@pytest.mark.parametrize(("width", "label"), [(62, " 6.0 "), (202, " 5.96 ")])
def test_a_time_is_told_as_finely_as_columns_tell_it_apart(width, label):
    time = Series(tuple(range(11)), (1.0,) * 11)
    many = Multiples("use", (Plot("cores", (time,), x_limits=(0.0, 10.0), y_limits=(0, 2)),), own_y=True, steady=True)
    assert label in labels(many, width, 9, 5.9585)


@pytest.mark.parametrize("size", [(24, 6), (36, 10), (57, 16), (76, 10), (118, 30)], ids=str)
@pytest.mark.parametrize("name", PICTURES)
def test_labels_are_whole_and_those_of_the_ends_stay(name, size):
    plot = PICTURES[name]
    under = labels(plot, *size)
    known = {(m.start(), m[0]) for m in re.finditer(r"\S+", under)}
    lowest = [frame for frame in frames(plot, *size, Look()) if frame.ticks is not None]
    for x in ALPHAS:
        if lowest[0].column(x) is None:
            continue
        row = labels(plot, *size, x)
        assert len(row) == size[0]
        words = [(m.start(), m[0]) for m in re.finditer(r"\S+", row)]
        own = [word for word in words if word not in known]
        told = {f"{x:.2f}", f"{x:.3f}"}
        assert {text for _, text in own} <= told, (x, row)
        for frame in lowest:
            column, first, last = frame.column(x), frame.left, frame.left + frame.columns - 1
            near = [start for start, text in words if text in told and abs(start + len(text) // 2 - column) <= 8]
            assert near, (x, row)
            for end in (first, last):
                label = [word for word in known if word[0] <= end < word[0] + len(word[1])]
                room = last - first > 12  # else one of the ends goes, whole
                assert not label or label[0] in words or column == end or not room, (x, row)


def test_at_the_very_end_the_cursors_label_stands_for_the_tick():
    assert labels(PICTURES["alone"], 36, 10).split() == ["0", "0.25", "0.5", "0.75", "1"]
    assert labels(PICTURES["alone"], 36, 10, 1.0).split() == ["0", "0.25", "0.5", "0.75", "1.00"]
    assert labels(PICTURES["alone"], 36, 10, 0.0).split() == ["0.00", "0.25", "0.5", "0.75", "1"]
    assert labels(PICTURES["alone"], 36, 10, 0.95).split() == ["0", "0.25", "0.5", "0.95", "1"]
