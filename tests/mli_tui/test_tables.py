"""The plateau ends as text, against the numbers they come from, and bars."""

import msgspec
import pytest

from backends.runs import listing
from mli_tui import tables
from mli_tui.plotting.palette import Look
from tests.mli_tui import make_run

LOOK = Look()


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return listing.read_run(make_run.finished(tmp_path_factory.mktemp("runs")))


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


@pytest.mark.parametrize(("share", "width", "bar"), [(1, 4, "████"), (0.6, 4, "██▌ "), (0, 3, "   "), (2, 3, "███")])
def test_share_bar(share, width, bar):
    assert tables.share_bar(share, width) == bar
    assert tables.share_bar(share, width, ascii_only=True) == bar.replace("█", "#").replace("▌", ":")


def test_ends_table_has_measured_beside_predicted_and_the_check_of_the_ends(done):
    linear, homogeneous = (line.plain for line in tables.ends_table(done, ("train",), LOOK, 160))
    own = done.plateaus["linear", "train"]
    assert f"error plateau to {own.measured.error_plateau_end:.3f}" in linear
    assert f"(predicted {own.predicted.error_plateau_end:.3f})" in linear
    assert linear.endswith("✓ ends equal the checkpoints")
    assert homogeneous.startswith("homogeneous ")


def test_of_both_splits_each_line_of_ends_names_its_own(done):
    lines = [line.plain for line in tables.ends_table(done, ("train", "test"), LOOK, 160)]
    keys = [(scheme, split) for scheme in ("linear", "homogeneous") for split in ("train", "test")]
    assert [line.split()[1] for line in lines] == ["train", "test"] * 2
    for key, line in zip(keys, lines, strict=True):
        assert f"error plateau to {done.plateaus[key].measured.error_plateau_end:.3f}" in line


def test_ends_that_differ_are_not_called_equal(done):
    ends = {key: msgspec.structs.replace(value, end=False) for key, value in done.ends.items()}
    broken = msgspec.structs.replace(done, ends=ends)
    for width in (80, 140):
        line = tables.ends_table(broken, ("train",), LOOK, width)[0].plain
        assert "✗" in line
        assert "✓" not in line


@pytest.mark.parametrize("width", [78, 113, 114, 118, 152, 153, 198])
@pytest.mark.parametrize("splits", [("train",), ("train", "test")])
def test_ends_are_never_cut(done, splits, width):
    assert max(len(line.plain) for line in tables.ends_table(done, splits, LOOK, width)) <= width


def test_where_there_is_no_room_for_every_scheme_the_last_line_says_so(done):
    schemes = ("linear", "homogeneous", "last_bias_linear", "fixed_bias", "equal_last_bias")
    spec = msgspec.structs.replace(
        done.experiment, interpolation=msgspec.structs.replace(done.experiment.interpolation, schemes=schemes)
    )
    many = msgspec.structs.replace(done, experiment=spec)
    assert len(tables.ends_table(many, ("train",), LOOK, 78)) == 5
    short = [line.plain for line in tables.ends_table(many, ("train",), LOOK, 78, most=3)]
    assert (len(short), short[-1]) == (3, "and 3 more: i shows all numbers")
