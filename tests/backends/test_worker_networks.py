"""Whole runs of convolutional networks through the worker: tiny ones, one epoch, on real digits."""

import pytest

from backends.runs import listing, workers
from tests.backends.worker_runs import ended, finish, make, products, start, wait

TINY = (
    "model.width=2", "train.max_epochs=1", "train.batch_size=250", "train.lr=0.01", "train.momentum=0.0",
    "model.init_scale=1.0", "interpolation.points=5", "interpolation.resolution=0.1",
)  # fmt: skip
NETWORKS = {
    "vgg": ("model.network=vgg11", "data.pad=32"),
    "resnet-bn": ("model.network=resnet20", "model.batch_norm=true", "model.bias=all"),
    "recalibrated": (
        "model.network=resnet20", "model.batch_norm=true", "model.bias=all", "interpolation.batch_norm=recalibrate",
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_slots(tmp_path_factory, monkeypatch):
    """A queue of this test's own: no other run on the machine is waited for."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_convolutional_network_runs_to_its_curves(tmp_path, name):
    run = make(tmp_path, *TINY, *NETWORKS[name])
    view = finish(run)
    assert view.status == "done", view.message
    assert run.log.read_text() == ""
    assert all(check.start and check.end for check in view.ends.values())
    assert len(view.ends) == 4
    assert view.layers.rows[-1].exponent == (9 if name == "vgg" else 20)
    for found in view.plateaus.values():
        assert found.predicted_missing == view.layers.not_homogeneous
        assert (found.predicted is None) == (name != "vgg")
    last, point = view.epochs[-1], view.curves["linear", "train"][-1]
    same = (last.loss, last.error) == (point.loss, point.error)
    assert same == (name != "recalibrated"), "the epoch is measured with the statistics of training"


def test_a_resumed_run_with_batch_norm_is_the_undisturbed_one(tmp_path):
    settings = (*TINY, *NETWORKS["resnet-bn"], "train.max_epochs=2", "train.batch_size=100")
    whole, cut = make(tmp_path, *settings), start(make(tmp_path, *settings))
    wait(cut, lambda v: v.epoch >= 1)
    workers.send_stop(cut)
    view = wait(cut, ended)
    assert (view.status, view.epoch) == ("stopped", 1)
    assert finish(cut).status == finish(whole).status == "done"
    assert products(cut) == products(whole)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ("model.network=vgg16",),
            "model.network = 'vgg16': expected images of at least 32x32 (data.pad = 32 makes them), not 1x28x28",
        ),
        (
            ("model.network=torchvision:resnet19",),
            "model.network = 'torchvision:resnet19': torchvision has no such classifier; near: resnet1",
        ),
        (
            ("model.network=torchvision:squeezenet1_1", "interpolation.batch_norm=recalibrate"),
            "interpolation.batch_norm = 'recalibrate': expected interpolate for a network without running statistics",
        ),
    ],
)
def test_what_can_t_be_built_fails_in_one_line(tmp_path, settings, message):
    run = make(tmp_path, *settings)
    view = finish(run)
    assert view.status == "failed"
    assert view.message.startswith(message)
    assert run.log.read_text() == ""
    assert listing.read_run(run).epochs == ()


def test_a_limit_that_one_alpha_does_not_keep_to_is_said_once(tmp_path):
    view = finish(make(tmp_path, *TINY, *NETWORKS["resnet-bn"], "interpolation.memory_limit=1"))
    assert view.status == "done"
    (note,) = view.notes
    assert note.startswith("interpolation.memory_limit = 1: one alpha takes about ")
