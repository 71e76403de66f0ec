"""The bias table and the plateau ends, as text, against the numbers they come from."""

import msgspec
import pytest

from backends.runs import listing
from mli_tui import tables
from mli_tui.plotting.palette import Look
from tests.mli_tui import make_run, synthetic

LOOK = Look()


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return listing.read_run(make_run.finished(tmp_path_factory.mktemp("runs")))


@pytest.mark.parametrize("width", [42, 49, 50, 60, 90])
def test_bias_table_is_sorted_and_never_wider_than_it_may_be(done, width):
    lines = [line.plain for line in tables.bias_table(done, width, LOOK)]
    assert len(lines) == 1 + synthetic.CLASSES
    shown = [float(line.split()[1]) for line in lines[1:]]
    assert shown == sorted(synthetic.BIASES, reverse=True)
    assert [line.split()[0] for line in lines[1:3]] == ["8", "3"]
    assert max(len(line) for line in lines) <= width


def test_bias_table_shows_gap_and_share_in_the_middle_of_the_plateau(done):
    first, second = (line.plain.split() for line in tables.bias_table(done, 60, LOOK)[1:3])
    assert first[-4:] == ["0.000", "1", "0.000", "100%"]
    assert float(second[-4]) == pytest.approx(1.9 - 0.6, abs=5e-4)
    assert second[-1] == "0%"


def test_share_is_read_in_the_middle_of_the_measured_plateau(done):
    found = done.plateaus["linear", "train"].measured.error_plateau_end
    nearest = min(done.curves["linear", "train"], key=lambda p: abs(p.alpha - found / 2))
    assert tables.mid_plateau_shares(done) == nearest.histogram


def test_no_bias_is_said_instead_of_an_empty_table(done):
    epochs = tuple(msgspec.structs.replace(row, biases=()) for row in done.epochs)
    bare = msgspec.structs.replace(done, epochs=epochs)
    assert [line.plain for line in tables.bias_table(bare, 60, LOOK)] == [
        "no bias in the last layer: nothing to compare"
    ]


@pytest.mark.parametrize(
    ("value", "width", "bar"),
    [
        (1.0, 9, "    │████"),
        (-1.0, 9, "████│    "),
        (0.5, 9, "    │██  "),
        (0.375, 9, "    │█▌  "),
        (-0.375, 9, "  ▐█│    "),
        (0.0, 9, "    │    "),
        (1.0, 2, "  "),
    ],
)
def test_signed_bar(value, width, bar):
    assert tables.signed_bar(value, width) == bar


def test_ends_table_has_measured_beside_predicted_and_the_check_of_the_ends(done):
    linear, homogeneous = (line.plain for line in tables.ends_table(done, "train", LOOK, 160))
    own = done.plateaus["linear", "train"]
    assert f"error plateau to {own.measured.error_plateau_end:.3f}" in linear
    assert f"(predicted {own.predicted.error_plateau_end:.3f})" in linear
    assert linear.endswith("✓ ends equal the checkpoints")
    assert homogeneous.startswith("homogeneous ")


def test_ends_that_differ_are_not_called_equal(done):
    ends = {key: msgspec.structs.replace(value, end=False) for key, value in done.ends.items()}
    broken = msgspec.structs.replace(done, ends=ends)
    for width in (80, 140):
        line = tables.ends_table(broken, "train", LOOK, width)[0].plain
        assert "✗" in line
        assert "✓" not in line


@pytest.mark.parametrize("width", [78, 113, 114, 118, 152, 153, 198])
def test_ends_are_never_cut(done, width):
    assert max(len(line.plain) for line in tables.ends_table(done, "train", LOOK, width)) <= width


def test_where_there_is_no_room_for_every_scheme_the_last_line_says_so(done):
    schemes = ("linear", "homogeneous", "last_bias_linear", "fixed_bias", "equal_last_bias")
    spec = msgspec.structs.replace(
        done.experiment, interpolation=msgspec.structs.replace(done.experiment.interpolation, schemes=schemes)
    )
    many = msgspec.structs.replace(done, experiment=spec)
    assert len(tables.ends_table(many, "train", LOOK, 78)) == 5
    short = [line.plain for line in tables.ends_table(many, "train", LOOK, 78, most=3)]
    assert (len(short), short[-1]) == (3, "and 3 more schemes: i shows all numbers")
