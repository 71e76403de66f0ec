"""Checks 1 to 6 of the science on convolutional networks: max and average pools, shortcuts, batch norm."""

import pytest
import torch
from torch.nn import functional

from backends import models
from backends.interpolation.evaluate import measure
from backends.interpolation.schemes import interpolate, zero_start
from presets.experiment import Model
from tests.backends import small

ALPHAS = (0.0, 0.05, 0.3, 0.62, 0.9, 1.0)
schemes = pytest.mark.parametrize("scheme", small.SCHEMES)
pools = pytest.mark.parametrize("pool", ["max", "average"])
networks = pytest.mark.parametrize(
    "model",
    [
        Model(network="vgg11", width=2, bias="all", batch_norm=True),
        Model(network="vgg11", width=2, bias="last", batch_norm=True, pool="average"),
        Model(network="vgg13", width=2, bias="all", pool="average"),
        Model(network="resnet18", width=2, bias="all", batch_norm=True),
        Model(network="resnet20", width=2, bias="all"),
        Model(network="torchvision:squeezenet1_1", bias="all"),
    ],
    ids=["vgg-bn", "vgg-bn-last", "vgg", "resnet-bn", "resnet", "torchvision"],
)


def vgg(network, pool, bias, activation="relu"):
    return Model(network=network, width=3, pool=pool, bias=bias, activation=activation, init_scale=1.0)


@pytest.mark.parametrize(("network", "activation"), [("vgg11", "relu"), ("vgg16", "relu"), ("vgg13", "linear")])
@pools
@pytest.mark.parametrize("bias", ["last", "none"])
def test_1_from_zero_the_measured_curve_is_the_predicted_one(network, activation, pool, bias):
    part = small.images()
    model = small.trained(vgg(network, pool, bias, activation), part)
    for scheme in small.SCHEMES:
        curve = small.path(model, zero_start(model.state_dict()), scheme, part)
        for measured, (loss, error) in zip(curve.at(ALPHAS), curve.predicted(ALPHAS), strict=True):
            assert measured.loss == pytest.approx(loss, rel=1e-9)
            assert measured.error == error


@pytest.mark.parametrize("network", ["vgg11", "vgg16"])
@pools
def test_2_homogeneous_from_zero_scales_the_logits_by_alpha_to_the_depth(network, pool):
    part = small.images()
    model = small.trained(vgg(network, pool, "all"), part)
    end, layers = small.state(model), models.describe(model)
    whole = small.logits(model, end, part)
    assert whole.abs().min() > 0
    for alpha in ALPHAS:
        there = interpolate(zero_start(end), end, layers, "homogeneous", alpha)
        scaled = alpha**layers.depth * whole
        assert torch.allclose(small.logits(model, there, part), scaled, rtol=1e-10, atol=1e-13 * scaled.abs().max())
        loss = functional.cross_entropy(scaled, part.labels_N).item()
        assert small.path(model, zero_start(end), "homogeneous", part).at([alpha])[0].loss == pytest.approx(loss)
    linear = interpolate(zero_start(end), end, layers, "linear", 0.5)
    assert not torch.allclose(small.logits(model, linear, part), 0.5**layers.depth * whole, rtol=0.5)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("network", ["vgg11", "resnet18"])
def test_3_without_biases_linear_and_homogeneous_are_one_bit_for_bit(network, batch_norm):
    part, model = small.images(dtype=torch.float32), Model(network=network, width=2, bias="none", batch_norm=batch_norm)
    one = small.trained(model, part)
    start = small.state(small.trained(model, part, seed=11))
    for device in (small.CPU, small.InBlocks()):
        linear, homogeneous = (
            small.path(one, start, scheme, part, device).at(ALPHAS) for scheme in ("linear", "homogeneous")
        )
        assert linear == homogeneous


@networks
@schemes
def test_5_the_ends_of_a_curve_are_its_checkpoints_bit_for_bit(model, scheme):
    for dtype in (torch.float32, torch.float64):
        part = small.images(dtype=dtype)
        network, initial = small.trained(model, part), small.trained(model, part, seed=11)
        for device in (small.CPU, small.InBlocks()):
            first, last = small.path(network, small.state(initial), scheme, part, device).at([0.0, 1.0])
            if scheme != "fixed_bias":
                assert first == measure(initial, part, device)
            if scheme != "equal_last_bias":
                assert last == measure(network, part, device)


@networks
@schemes
def test_6_alphas_in_blocks_equal_one_at_a_time(model, scheme):
    part = small.images()
    network = small.trained(model, part)
    start = small.state(small.trained(model, part, seed=11))
    alphas = small.alphas(7)
    batched = small.path(network, start, scheme, part, small.InBlocks()).at(alphas)
    single = small.path(network, start, scheme, part).at(alphas)
    for one, other in zip(single, batched, strict=True):
        assert other.loss == pytest.approx(one.loss, rel=1e-10)
        assert (other.error, other.histogram) == (one.error, one.histogram)
