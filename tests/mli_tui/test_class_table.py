"""The table of classes as text, against the numbers it comes from, without and with a cursor."""

import msgspec
import pytest

from backends.runs import listing
from mli_tui import class_table
from mli_tui.plotting.palette import Look
from mli_tui.reading import Reading
from tests.mli_tui import make_run, synthetic

LOOK = Look()


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return listing.read_run(make_run.finished(tmp_path_factory.mktemp("runs")))


def texts(view, reading=Reading(), width=60, height=12, look=LOOK):  # noqa: B008
    return [line.plain for line in class_table.lines(view, reading, width, height, look)]


def of_many(done, count=100):
    """The same run with many classes; class 42 gets a half of all inputs at alpha 0.2."""
    names = tuple(f"animal {i}" for i in range(count))
    biases, errors = tuple(-i / count for i in range(count)), (0.5,) * count
    histogram = tuple(0.5 if i == 42 else 0.5 / (count - 1) for i in range(count))
    points = tuple(
        msgspec.structs.replace(p, class_error=errors, histogram=histogram, top_class=42, top_class_share=0.5)
        for p in done.curves["linear", "train"]
    )
    return msgspec.structs.replace(
        done,
        dataset=msgspec.structs.replace(done.dataset, class_names=names),
        epochs=tuple(msgspec.structs.replace(row, biases=biases, class_error=errors) for row in done.epochs),
        curves={**done.curves, ("linear", "train"): points},
    )


@pytest.mark.parametrize("alpha", [None, 0.4])
@pytest.mark.parametrize("width", [42, 49, 50, 60, 90])
def test_it_is_sorted_by_bias_and_never_wider_than_it_may_be(done, width, alpha):
    lines = texts(done, Reading(alpha=alpha), width)
    assert len(lines) == 2 + synthetic.CLASSES
    assert [float(line.split()[1]) for line in lines[2:]] == sorted(synthetic.BIASES, reverse=True)
    assert [line.split()[0] for line in lines[2:4]] == ["8", "3"]
    assert max(map(len, lines)) <= width
    assert "share of input " not in lines[1]  # the whole of it, or "share"


def test_without_a_cursor_it_has_the_gap_and_the_share_in_the_middle_of_the_plateau(done):
    title, _, first, second = (line.split() for line in texts(done)[:4])
    assert title == ["classes", "·", "train;", "share", "in", "mid-plateau,", "linear"]
    assert first[-4:] == ["0.000", "1", "0.000", "100%"]
    assert float(second[-4]) == pytest.approx(1.9 - 0.6, abs=5e-4)
    assert second[-1] == "0%"


@pytest.mark.parametrize("scheme", [0, 1])
def test_the_share_is_that_of_the_scheme_that_is_read(done, scheme):
    name = ("linear", "homogeneous")[scheme]
    middle = done.plateaus[name, "train"].measured.error_plateau_end / 2
    point = min(done.curves[name, "train"], key=lambda p: abs(p.alpha - middle))
    assert class_table.mid_plateau_shares(done, name, "train") == point.histogram
    shares = [line.split()[-1] for line in texts(done, Reading(scheme=scheme))[2:]]
    order = sorted(range(10), key=lambda i: -synthetic.BIASES[i])
    assert shares == [f"{point.histogram[i]:.0%}" for i in order]


@pytest.mark.parametrize("split", ["train", "test"])
def test_without_a_cursor_it_is_of_the_split_that_is_shown(done, split):
    middle = done.plateaus["linear", split].measured.error_plateau_end / 2
    point, end = (min(done.curves["linear", split], key=lambda p: abs(p.alpha - alpha)) for alpha in (middle, 1.0))
    title, _, *body = texts(done, Reading(splits=(split,)), 60)
    assert title == f"classes · {split}; share in mid-plateau, linear"
    for line in body:
        index = int(line.split()[0])
        assert float(line.split()[-2]) == pytest.approx(end.class_error[index], abs=5e-4)
        assert line.split()[-1] == f"{point.histogram[index]:.0%}"


def test_while_it_trains_nothing_is_known_of_the_test_inputs_of_a_class(tmp_path):
    live = listing.read_run(make_run.live(tmp_path))
    rows = texts(live, Reading(splits=("test",)), 60)[2:]
    assert [line.split()[-2:] for line in rows] == [["-", "-"]] * 10


def test_errors_on_test_inputs_are_those_of_the_trained_network_whatever_the_scheme_read(done):
    homogeneous = done.curves["homogeneous", "test"]
    other = msgspec.structs.replace(homogeneous[-1], class_error=tuple(0.5 for _ in range(10)))
    ends = done.ends | {("homogeneous", "test"): msgspec.structs.replace(done.ends["homogeneous", "test"], end=None)}
    curves = done.curves | {("homogeneous", "test"): (*homogeneous[:-1], other)}
    changed = msgspec.structs.replace(done, ends=ends, curves=curves)
    wanted = done.curves["linear", "test"][-1].class_error
    rows = texts(changed, Reading(splits=("test",), scheme=1), 60)[2:]
    assert [float(line.split()[-2]) for line in rows] == [
        pytest.approx(wanted[int(line.split()[0])], abs=5e-4) for line in rows
    ]
    wide = Reading(splits=("test",))
    early = msgspec.structs.replace(
        done.experiment, interpolation=msgspec.structs.replace(done.experiment.interpolation, end="epoch:3")
    )
    elsewhere = msgspec.structs.replace(done, experiment=early)
    assert [line.split()[-2] for line in texts(elsewhere, wide)[2:]] == ["-"] * 10
    untrained = [row.error for row in class_table.table_rows(msgspec.structs.replace(elsewhere, epochs=()), wide, None)]
    assert sorted(untrained) == sorted(wanted)  # the end checkpoint's, where nothing was trained
    beyond = msgspec.structs.replace(done, curves={key: curve[:-1] for key, curve in done.curves.items()})
    assert [line.split()[-2] for line in texts(beyond, Reading(splits=("test",)), 60)[2:]] == ["-"] * 10


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("width", [42, 60])
@pytest.mark.parametrize("alpha", [0.0, 0.42, 0.7, 1.0])
def test_with_a_cursor_share_and_error_are_those_measured_there(done, split, width, alpha):
    point = min(done.curves["linear", split], key=lambda p: abs(p.alpha - alpha))
    title, _, *body = texts(done, Reading(splits=(split,), alpha=alpha), width)
    assert title == f"classes at {point.alpha:.2f} · linear, {split} split"
    for line in body:
        index = int(line.split()[0])
        assert float(line.split()[-2]) == pytest.approx(point.class_error[index], abs=5e-4)
        assert line.split()[-1] == f"{point.histogram[index]:.0%}"


def test_while_the_live_curve_knows_no_classes_a_cursor_changes_nothing(tmp_path):
    live = listing.read_run(make_run.live(tmp_path))
    assert texts(live, Reading(alpha=0.5)) == texts(live)


def test_of_too_many_classes_the_others_stand_together(done):
    many = of_many(done)
    lines = texts(many)
    assert len(lines) == 12
    assert [line.split()[0] for line in lines[2:11]] == ["anima"] * 9
    assert lines[-1].startswith("91 others, bias ")


def test_who_has_the_largest_share_has_a_line_whatever_its_bias(done):
    rows = class_table.table_rows(of_many(done), Reading(alpha=0.2), of_many(done).curves["linear", "train"][10])
    shown = class_table.fitting(rows, 6)
    assert [row.index for row in shown] == [0, 1, 2, 3, 42]
    assert len(class_table.fitting(rows, 1)) == 0
    assert class_table.fitting(rows, 100) == rows


def test_a_network_without_biases_keeps_shares_and_errors(done):
    bare = msgspec.structs.replace(done, epochs=tuple(msgspec.structs.replace(row, biases=()) for row in done.epochs))
    _, _, first, *rest = texts(bare)
    assert first.split() == ["0", "-", "│", "-", "-", "0.000", "0%"]
    assert len(rest) == 9


def test_without_anything_to_compare_it_says_so(tmp_path):
    queued = listing.read_run(make_run.queued(tmp_path))
    assert texts(queued) == ["the bias table fills while it trains"]
    assert texts(msgspec.structs.replace(queued, status="failed")) == ["no training, no bias table"]


def test_it_is_ascii_where_it_has_to_be(done):
    for reading in (Reading(), Reading(alpha=0.7)):
        assert "".join(texts(done, reading, look=Look("ascii"))[1:]).isascii()
