"""Limits as they are typed: what a line means, what is wrong with one, and that a zoom and a line are one state."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mli_tui.axes import Axes, as_line, complaint, example, typed
from mli_tui.reading import Reading

WHOLE = (0.0, 1.0)


@pytest.mark.parametrize(
    ("line", "axes"),
    [
        ("", Axes()),
        ("   ", Axes()),
        ("alpha 0.2..0.6", Axes(window=(0.2, 0.6))),
        ("loss 0..2.5", Axes(loss=(0.0, 2.5))),
        ("error 0.01..1e0, alpha .5..1", Axes(error=(0.01, 1.0), window=(0.5, 1.0))),
        ("alpha 0..1", Axes()),  # all of alpha is no stretch of it
    ],
)
def test_a_line_names_limits_and_leaves_the_others_automatic(line, axes):
    assert typed(Axes(window=(0.1, 0.3), loss=(1, 2), error=(0, 0.5)), line, WHOLE) == axes


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("alfa 0..1", "alfa: no such axis; expected alpha, loss or error"),
        ("\x1b[2J 0..1", "\\x1b[2J: no such axis; expected alpha, loss or error"),
        ("loss", "loss : expected A..B, such as 0..0.5"),
        ("loss 0-2", "loss 0-2: expected A..B, such as 0..0.5"),
        ("loss 0..x", "loss 0..x: expected A..B, such as 0..0.5"),
        ("loss 0..inf", "loss 0..inf: expected A..B, such as 0..0.5"),
        ("loss nan..1", "loss nan..1: expected A..B, such as 0..0.5"),
        ("error 1..0", "error 1..0: expected the lower number first"),
        ("error 1..1", "error 1..1: expected the lower number first"),
        ("loss 0..1 loss 0..2", "loss: is there twice"),
        ("alpha 0..1.2", "alpha 0..1.2: measured from 0 to 1"),
        ("error 0..1.5", "error 0..1.5: an error is from 0 to 1"),
        ("error -0.1..1", "error -0.1..1: an error is from 0 to 1"),
        ("loss -1..2", "loss -1..2: a loss is 0 or more"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(line, said):
    assert complaint(Axes(), line, WHOLE) == said
    with pytest.raises(ValueError, match=r".") as error:
        typed(Axes(), line, WHOLE)
    assert str(error.value) == said


def test_a_log_axis_cannot_be_below_0():
    below = (-0.5, 1.0)
    assert complaint(Axes(), "alpha -0.5..0", below) == ""
    assert (
        complaint(Axes(log_alpha=True), "alpha -0.5..0", below) == "alpha -0.5..0: a log axis has only what is above 0"
    )
    assert complaint(Axes(log_alpha=True), "alpha 0..0.5", below) == ""


def test_what_this_view_has_no_axis_for_is_refused_and_stays_as_it_was():
    axes = Reading(picture="classes", window=(0.1, 0.3), loss=(1, 2), error=(0, 0.5))
    assert typed(axes, "error 0..1", WHOLE) == replace(axes, window=None, error=(0, 1))
    assert complaint(axes, "loss 0..1", WHOLE) == "loss: not in this view; expected alpha or error"
    assert complaint(axes, "beta 0..1", WHOLE) == "beta: no such axis; expected alpha or error"
    assert as_line(axes) == "alpha 0.1..0.3 error 0..0.5"
    assert complaint(axes, example(axes.axis_names), WHOLE) == ""


_stretches = st.one_of(st.none(), st.tuples(st.floats(0, 0.5), st.floats(0.51, 0.99)))


@given(_stretches, _stretches, _stretches, st.booleans())
def test_what_is_shown_as_a_line_means_the_same_limits(window, loss, error, log):
    axes = Axes(log, window=window, loss=loss, error=error)
    assert typed(Axes(log), as_line(axes, repr), WHOLE) == axes
    again = typed(Axes(log), as_line(axes), WHOLE)
    for one, other in ((axes.window, again.window), (axes.loss, again.loss), (axes.error, again.error)):
        assert one == (None if other is None else pytest.approx(other, abs=1e-5))
