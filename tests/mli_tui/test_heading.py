"""The first line of the run screen, against the numbers it comes from, at widths from 80 columns on."""

import msgspec
import pytest

from backends.runs import listing
from backends.runs.events import Refining
from mli_tui import epoch_pictures, run_rows
from mli_tui.cli import report
from mli_tui.cli.following import progress_line
from mli_tui.cli.listing import run_lines
from mli_tui.heading import heading
from tests.mli_tui import make_run


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return listing.read_run(make_run.finished(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    view = listing.read_run(make_run.live(tmp_path_factory.mktemp("runs")))
    return msgspec.structs.replace(view, status="running", phase="training")


def test_loss_and_error_are_those_of_the_split_that_is_shown(done):
    last = done.epochs[-1]
    assert last.test_loss != last.loss
    train, test = heading(done, ("train",)).plain, heading(done, ("test",)).plain
    assert f"train split · {last.epoch} epochs · loss {last.loss:.4f} · error {last.error:.3f}" in train
    assert f"test split · {last.epoch} epochs · loss {last.test_loss:.4f} · error {last.test_error:.3f}" in test


def test_of_both_splits_it_has_the_numbers_of_both_and_says_which_is_whose(done):
    last = done.epochs[-1]
    both = ("train", "test")
    line = heading(done, both).plain
    assert f"train / test split · {last.epoch} epochs" in line
    assert f"loss {last.loss:.4f} / {last.test_loss:.4f}" in line
    assert f"error {last.error:.3f} / {last.test_error:.3f}" in line
    for width in range(20, 160):
        shown = heading(done, both, width).plain
        assert "error" not in shown or "train / test split" in shown


@pytest.mark.parametrize(
    ("ahead", "shown", "short"),
    [(0, "measuring points, 12 of 80", "pts 12/80"), (2, "waiting to measure points, 2 ahead", "points: waits")],
)
def test_more_points_of_a_run_that_is_done_are_told_as_such(tmp_path, ahead, shown, short):
    run = make_run.finished(tmp_path)
    make_run.append(run, [Refining(points=80, done=12, ahead=ahead)])
    assert listing.read_run(run).status == "done"
    make_run.sign(run)
    view = listing.read_run(run)
    last = view.epochs[-1].epoch
    line = heading(view, ("train",)).plain
    assert line.startswith(f"quick  ▶ {shown}   seed 0 · train split · {last} epochs · ")
    assert progress_line(view) == shown
    assert report.status(view) == f"running ({shown})"
    (row,) = listing.list_runs(tmp_path)
    assert run_rows.cells(row, run_rows.columns(80), 0.0, False)[2] == f"▶ {short}"
    assert shown in run_lines([row], 0.0, None)[1]
    assert epoch_pictures.training(view).x_limits == (0.0, float(last))


@pytest.mark.parametrize("name", ["a name " * 9, "\u65e5\u672c\u8a9e" * 18])
def test_a_long_name_gives_way_to_progress_and_time_left(live, name, width=78):
    named = msgspec.structs.replace(live, labels=msgspec.structs.replace(live.labels, name=name.strip()))
    line = heading(named, ("train",), width)
    assert line.cell_length <= width
    assert "… " in line.plain
    assert f"epoch {live.epoch}/" in line.plain
    assert line.plain.endswith(" left")


@pytest.mark.parametrize("width", range(60, 140))
def test_seed_and_preset_of_a_run_with_a_name_stand_wherever_there_is_room(done, width):
    named = msgspec.structs.replace(done, labels=msgspec.structs.replace(done.labels, name="the one of figure 2b"))
    line = heading(named, ("train",), width).plain
    left = width - len(line)
    assert left >= 0
    assert "seed 0" in line or left < len("seed 0 · ")
    assert "quick ·" in line or left < len("quick · ")


def test_in_80_columns_a_run_with_a_short_name_has_its_seed(done):
    named = msgspec.structs.replace(done, labels=msgspec.structs.replace(done.labels, name="figure 2"))
    assert "  seed 0 · train split · " in heading(named, ("train",), 78).plain


@pytest.mark.parametrize("width", [78, 90, 118, 198])
@pytest.mark.parametrize("preset", ["quick", "fc10-mnist5k", "fc10-mnist5k-all-biases"])
def test_a_narrow_line_leaves_out_whole_parts_and_keeps_progress_and_time_left(live, preset, width):
    named = msgspec.structs.replace(live, experiment=msgspec.structs.replace(live.experiment, preset=preset))
    line, whole = heading(named, ("train",), width).plain, heading(named, ("train",)).plain
    assert len(line) <= width
    assert f"epoch {live.epoch}/" in line
    assert line.rstrip().endswith("left") or "left · " in line
    shown, known = (text.split("  ")[-1].strip().split(" · ") for text in (line, whole))
    assert set(shown) <= set(known)
    assert [part for part in known if part in shown] == shown
