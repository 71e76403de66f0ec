"""Running statistics on the path: interpolated, or measured anew; against the same thing computed slowly."""

import pytest
import torch

from backends import models
from backends.interpolation import recalibrate
from backends.interpolation.evaluate import measure
from backends.interpolation.recalibrate import recalibrated
from backends.interpolation.schemes import interpolate, interpolate_block
from presets.experiment import Model
from tests.backends import small

NETS = [Model(network=name, width=2, batch_norm=True, bias="all") for name in ("vgg11", "resnet20")]
nets = pytest.mark.parametrize("model", NETS, ids=lambda model: model.network)


def ends(model, part):
    network = small.trained(model, part)
    return network, small.state(small.trained(model, part, seed=11)), small.state(network)


@nets
def test_statistics_interpolate_linearly_and_counters_are_the_ends_in_every_scheme(model):
    network, start, end = ends(model, small.images())
    layers = models.describe(network)
    for name in [name for name in end if name.endswith("num_batches_tracked")]:
        start[name] = end[name] + 5
    for scheme in small.SCHEMES:
        at = interpolate(start, end, layers, scheme, 0.3)
        block = interpolate_block(start, end, layers, scheme, [0.3, 0.9])
        for name, role in layers.roles.items():
            if role.buffer == "statistic":
                assert torch.allclose(at[name], 0.7 * start[name] + 0.3 * end[name], rtol=1e-14)
            if role.buffer == "counter":
                assert at[name] == end[name] and at[name].dtype == torch.int64
                assert block[name].tolist() == [end[name].item()] * 2
            assert torch.allclose(block[name][0], at[name], rtol=1e-13)


def slowly(network, part, rows):
    """The statistics of every norm, written out: each batch normalised by itself, means of its moments over inputs."""
    order = torch.randperm(len(part), generator=torch.Generator().manual_seed(0))
    norms = {name: m for name, m in network.named_modules() if isinstance(m, torch.nn.BatchNorm2d)}
    totals = dict.fromkeys(norms, (0.0, 0.0))

    def hook(name):
        def note(_module, inputs, _output):
            (values,) = inputs
            mean, variance = values.mean((0, 2, 3)), values.var((0, 2, 3), unbiased=True)
            weight, (m, v) = len(values) / len(part), totals[name]
            totals[name] = (m + weight * mean, v + weight * variance)

        return note

    hooks = [norm.register_forward_hook(hook(name)) for name, norm in norms.items()]
    network.train()
    with torch.no_grad():
        for index in order.split(rows):
            network(part.rows(0, len(part))[index])
    for one in hooks:
        one.remove()
    return totals


@nets
@pytest.mark.parametrize("rows", [4, 9, 100])
def test_recalibration_equals_a_slow_computation(model, rows, monkeypatch):
    monkeypatch.setattr(recalibrate, "ROWS", rows)
    part = small.images()
    network, _, end = ends(model, part)
    found = recalibrated(network, end, part)
    for name, (mean, variance) in slowly(network, part, rows).items():
        assert torch.allclose(found[f"{name}.running_mean"], mean, rtol=1e-10, atol=1e-12)
        assert torch.allclose(found[f"{name}.running_var"], variance, rtol=1e-10, atol=1e-12)
        assert not torch.allclose(found[f"{name}.running_var"], end[f"{name}.running_var"], rtol=0.1)


@nets
def test_recalibration_changes_statistics_alone_and_repeats_bit_for_bit(model):
    part = small.images(dtype=torch.float32)
    network, start, end = ends(model, part)
    network.load_state_dict(start)
    network.get_submodule("norm1" if model.network == "vgg11" else "bn1").eval()
    before = small.all_bits(small.state(network)), small.all_bits(end), [m.training for m in network.modules()]
    found = recalibrated(network, end, part)
    torch.rand(3)
    assert small.all_bits(recalibrated(network, end, part)) == small.all_bits(found)
    now = small.all_bits(small.state(network)), small.all_bits(end), [m.training for m in network.modules()]
    assert now == before
    assert {m.momentum for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)} == {0.1}
    statistics = {n for n, role in models.describe(network).roles.items() if role.buffer == "statistic"}
    assert {name for name in end if small.bits(end[name]) != small.bits(found[name])} == statistics


@nets
def test_a_recalibrated_curve_ends_at_its_checkpoints_recalibrated_bit_for_bit(model):
    part, test = small.images(), small.images(seed=1)
    network, start, _ = ends(model, part)
    initial = models.build(model, (1, 32, 32), part.classes, 0)
    initial.load_state_dict(start)
    for split in (part, test):
        for device in (small.CPU, small.InBlocks()):
            curve = small.path(network, start, "linear", split, device, calibration=part)
            first, middle, last = curve.at([0.0, 0.5, 1.0])
            assert first == measure(initial, split, device, calibration=part)
            assert last == measure(network, split, device, calibration=part)
            assert last != measure(network, split, device)
            interpolated = small.path(network, start, "linear", split, device).at([0.5])[0]
            assert middle.loss != pytest.approx(interpolated.loss, rel=1e-3)


@nets
def test_the_middle_of_a_recalibrated_curve_is_the_network_there_recalibrated(model):
    part, test = small.images(), small.images(seed=1)
    network, start, end = ends(model, part)
    there = models.build(model, (1, 32, 32), part.classes, 0)
    there.load_state_dict(interpolate(start, end, models.describe(network), "homogeneous", 0.4))
    found = small.path(network, start, "homogeneous", test, calibration=part).at([0.4])[0]
    assert found == measure(there, test, small.CPU, calibration=part)


@nets
def test_evaluation_is_in_evaluation_mode_whatever_mode_the_network_is_in(model):
    part = small.images()
    network, start, _ = ends(model, part)
    in_training = measure(network.train(), part, small.CPU), small.path(network, start, "linear", part).at([0.5])
    assert network.training
    in_evaluation = measure(network.eval(), part, small.CPU), small.path(network, start, "linear", part).at([0.5])
    assert not network.training
    assert in_training == in_evaluation
    one_by_one = torch.cat([network(part.rows(i, i + 1)) for i in range(len(part))])
    loss = torch.nn.functional.cross_entropy(one_by_one, part.labels_N).item()
    assert in_training[0].loss == pytest.approx(loss, rel=1e-12)
