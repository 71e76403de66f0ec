"""The first line of the run screen, against the numbers it comes from, at widths from 80 columns on."""

import msgspec
import pytest

from backends.runs import listing
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
    train, test = heading(done, "train").plain, heading(done, "test").plain
    assert f"train split · {last.epoch} epochs · loss {last.loss:.4f} · error {last.error:.3f}" in train
    assert f"test split · {last.epoch} epochs · loss {last.test_loss:.4f} · error {last.test_error:.3f}" in test


@pytest.mark.parametrize("width", [78, 90, 118, 198])
@pytest.mark.parametrize("preset", ["quick", "fc10-mnist5k", "fc10-mnist5k-all-biases"])
def test_a_narrow_line_leaves_out_whole_parts_and_keeps_progress_and_time_left(live, preset, width):
    named = msgspec.structs.replace(live, experiment=msgspec.structs.replace(live.experiment, preset=preset))
    line, whole = heading(named, "train", width).plain, heading(named, "train").plain
    assert len(line) <= width
    assert f"epoch {live.epoch}/" in line
    assert line.rstrip().endswith("left") or "left · " in line
    shown, known = (text.split("   ")[-1].split(" · ") for text in (line, whole))
    assert set(shown) <= set(known)
    assert [part for part in known if part in shown] == shown
