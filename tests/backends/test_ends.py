"""Starts, ends, single layers and alphas beyond the ends, through real workers."""

import pytest
import safetensors.torch
import torch

from backends import models
from backends.ends import NOISE_SEED_STEP
from backends.interpolation.moving import held_tensors, tensors_of
from backends.interpolation.schemes import zero_start
from backends.runs import export
from backends.runs.errors import RunError
from presets.experiment import Interpolation, Model
from tests.backends import small
from tests.backends.worker_runs import finish, make

SCHEMES = 'interpolation.schemes=["linear", "homogeneous", "last_bias_linear", "fixed_bias", "equal_last_bias"]'
SHORT = ("train.max_epochs=3", "interpolation.live_every=1")


def point(view, alpha, scheme="linear", split="train"):
    return next(p for p in view.curves[scheme, split] if p.alpha == alpha)


def test_every_scheme_runs_and_says_of_which_ends_it_has_a_checkpoint(tmp_path):
    view = finish(make(tmp_path, *SHORT, SCHEMES))
    assert view.status == "done", view.message
    checked = {scheme: (found.start, found.end) for (scheme, split), found in view.ends.items() if split == "train"}
    assert checked == {
        "linear": (True, True),
        "homogeneous": (True, True),
        "last_bias_linear": (True, True),
        "fixed_bias": (None, True),
        "equal_last_bias": (True, None),
    }
    assert {curve.scheme for curves in view.live.values() for curve in curves} == set(checked)
    assert point(view, 1.0, "equal_last_bias").bias_gap == 0.0
    assert point(view, 0.0, "fixed_bias").bias_gap == point(view, 1.0).bias_gap
    found = export.summary(view)["path"]
    assert set(found["gauss_length"]) == set(checked)
    assert all(length > 0 for length in found["gauss_length"].values())
    assert list(found["distance_by_layer"]) == ["layer1", "layer2", "layer3"]


def test_an_epoch_as_start_and_end_is_kept_and_compared(tmp_path):
    paths = make(tmp_path, *SHORT, "interpolation.start=epoch:1", "interpolation.end=epoch:2")
    view = finish(paths)
    assert view.status == "done", view.message
    assert (paths.checkpoints / "epoch-0001.safetensors").exists()
    assert {(found.start, found.end) for found in view.ends.values()} == {(True, True)}
    rows = {row.epoch: row for row in view.epochs}
    assert (point(view, 0.0).loss, point(view, 0.0).error) == (rows[1].loss, rows[1].error)
    assert (point(view, 1.0).loss, point(view, 1.0).error) == (rows[2].loss, rows[2].error)


def test_epoch_0_is_the_initialisation(tmp_path):
    view = finish(make(tmp_path, *SHORT, "interpolation.start=epoch:0"))
    assert (view.status, point(view, 0.0).loss) == ("done", view.epochs[0].loss)


def test_an_epoch_that_was_never_run_fails_in_one_line(tmp_path):
    view = finish(make(tmp_path, "train.stop_loss=100.0", "interpolation.start=epoch:5"))
    assert view.status == "failed"
    assert view.message == ("interpolation.start = 'epoch:5': training ended before it; expected an epoch that was run")


def test_the_noise_start_is_the_initialisation_of_another_seed(tmp_path):
    paths = make(tmp_path, *SHORT, "interpolation.start=noise")
    view = finish(paths)
    assert view.status == "done", view.message
    assert {(found.start, found.end) for found in view.ends.values()} == {(None, True)}
    other = finish(make(tmp_path, *SHORT, f"train.seed={NOISE_SEED_STEP}"))
    assert point(view, 0.0).loss == other.epochs[0].loss
    assert point(view, 0.0).loss != view.epochs[0].loss


def test_the_grid_goes_on_beyond_the_ends_and_plateaus_stay_within(tmp_path):
    wide = finish(make(tmp_path, *SHORT, "interpolation.alpha_from=-0.1", "interpolation.alpha_to=1.5"))
    plain = finish(make(tmp_path, *SHORT))
    alphas = [p.alpha for p in wide.curves["linear", "train"]]
    assert alphas == [i / 20 for i in range(-2, 31)]
    inner = tuple(p for p in wide.curves["linear", "train"] if 0.0 <= p.alpha <= 1.0)
    assert inner == plain.curves["linear", "train"]
    assert wide.plateaus == {
        key: type(found)(**{f: getattr(found, f) for f in found.__struct_fields__} | stamp(wide.plateaus[key]))
        for key, found in plain.plateaus.items()
    }


def stamp(event):
    return {"seq": event.seq, "time": event.time}


def test_a_point_beyond_the_end_is_the_network_there(tmp_path):
    paths = make(tmp_path, *SHORT, "interpolation.alpha_to=1.5", "model.dtype=float64")
    view = finish(paths)
    ends = [safetensors.torch.load_file(paths.checkpoints / f"{name}.safetensors") for name in ("initial", "final")]
    there = {name: -0.5 * ends[0][name] + 1.5 * ends[1][name] for name in ends[0]}
    from backends import data

    train = data.load(view.experiment.data, small.CPU, torch.float64).train
    network = models.build(view.experiment.model, (1, 28, 28), 10, 0)
    loss = torch.nn.functional.cross_entropy(small.logits(network, there, train), train.labels_N)
    assert point(view, 1.5).loss == pytest.approx(loss.item(), rel=1e-10)


def test_one_layer_moves_and_the_table_by_layer_agrees(tmp_path):
    only = finish(make(tmp_path, *SHORT, 'interpolation.only=["layer2"]', "interpolation.schemes=['linear']"))
    table = finish(make(tmp_path, *SHORT, "interpolation.by_layer=true", "interpolation.points=41"))
    assert (only.status, table.status) == ("done", "done")
    assert {(found.start, found.end) for found in only.ends.values()} == {(None, True)}
    assert only.plateaus["linear", "train"].predicted_missing.startswith("only some layers move")
    assert [one.layer for one in table.layer_ends] == ["layer1", "layer2", "layer3"]
    alone = only.plateaus["linear", "train"].measured
    assert table.layer_ends[1].measured.error_plateau_end == pytest.approx(alone.error_plateau_end, abs=0.051)


def test_an_unknown_layer_fails_in_one_line(tmp_path):
    view = finish(make(tmp_path, *SHORT, 'interpolation.only=["head"]', "interpolation.live_every=0"))
    assert (view.status, view.message) == (
        "failed",
        "interpolation.only = 'head': no such layer; expected a number h or one of: layer1, layer2, layer3",
    )


def test_layers_are_found_by_name_and_by_number():
    layers = models.describe(models.build(Model(depth=3, bias="all"), (6,), 4, 0))
    assert tensors_of(layers, ("layer2",)) == tensors_of(layers, ("2",)) == {"layer2.weight", "layer2.bias"}
    with pytest.raises(RunError, match="'4': no such layer"):
        tensors_of(layers, ("4",))


@pytest.mark.parametrize("others", ["start", "end"])
@pytest.mark.parametrize("device", [small.CPU, small.InBlocks()])
def test_what_does_not_move_stays_bit_for_bit(others, device):
    part = small.split()
    network = small.trained(Model(depth=3, width=5, bias="all"), part)
    end, layers = small.state(network), models.describe(network)
    start = {name: tensor + 1.0 for name, tensor in end.items()}
    held = held_tensors(layers, Interpolation(only=("2",), others=others), start, end)
    assert set(held) == set(end) - {"layer2.weight", "layer2.bias"}
    from backends.interpolation.curves import Path

    path = Path(network, layers, start, end, "linear", part, device, held=held)
    for alpha, found in zip((0.0, 0.3, 0.5, 1.0), path.at((0.0, 0.3, 0.5, 1.0)), strict=True):
        mixed = {name: held.get(name, (1 - alpha) * start[name] + alpha * end[name]) for name in end}
        loss = torch.nn.functional.cross_entropy(small.logits(network, mixed, part), part.labels_N)
        assert found.loss == pytest.approx(loss.item(), rel=1e-12)


def test_without_only_nothing_is_held():
    layers = models.describe(models.build(Model(depth=2), (6,), 4, 0))
    state = zero_start(models.build(Model(depth=2), (6,), 4, 0).state_dict())
    assert held_tensors(layers, Interpolation(), state, state) == {}
