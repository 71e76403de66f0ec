"""Checks 1 to 7 of the science: exact statements about curves, over networks that hypothesis draws."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from backends import models
from backends.interpolation.evaluate import measure
from backends.interpolation.schemes import interpolate, zero_start
from backends.training.flow import right_hand_side
from presets.experiment import Model
from tests.backends import small
from tests.backends.test_models import specifications

ALPHA = st.sampled_from([0.0, 1.0]) | st.floats(1e-3, 0.999)
"""Nearer to 0 lie alphas whose powers underflow, and nearer to 1 logits that differ by less than they round by: float64
has nothing to agree on there."""
ALPHAS = st.lists(ALPHA, min_size=1, max_size=6)
SCHEME = st.sampled_from(small.SCHEMES)
checks = settings(small.calm, max_examples=60)


def homogeneous_networks(bias):
    return st.builds(
        Model,
        depth=st.integers(1, 7),
        width=st.integers(1, 12),
        activation=st.sampled_from(["relu", "linear"]),
        bias=st.sampled_from(bias),
    )


@checks
@given(homogeneous_networks(["last", "none"]), SCHEME, ALPHAS)
def test_1_from_zero_the_measured_curve_is_the_predicted_one(model, scheme, alphas):
    part = small.split()
    network = small.trained(model, part)
    curve = small.path(network, zero_start(network.state_dict()), scheme, part)
    predicted = curve.predicted([*alphas, 0.0, 1.0])
    for measured, (loss, error) in zip(curve.at([*alphas, 0.0, 1.0]), predicted, strict=True):
        assert measured.loss == pytest.approx(loss, rel=1e-9)
        assert measured.error == error


@checks
@given(homogeneous_networks(["all"]), ALPHA)
def test_2_homogeneous_from_zero_scales_the_logits_by_alpha_to_the_depth(model, alpha):
    part = small.split()
    network = small.trained(model, part)
    end, layers = small.state(network), models.describe(network)
    there = interpolate(zero_start(end), end, layers, "homogeneous", alpha)
    scaled = alpha**model.depth * small.logits(network, end, part)
    assert torch.allclose(small.logits(network, there, part), scaled, rtol=1e-10, atol=1e-13 * scaled.abs().max())
    loss = functional.cross_entropy(scaled, part.labels_N).item()
    found = small.path(network, zero_start(end), "homogeneous", part).at([alpha])[0].loss
    assert found == pytest.approx(loss, rel=1e-10)


def test_2_with_linear_it_does_not_hold():
    part, model = small.split(), Model(depth=4, width=9, bias="all")
    network = small.trained(model, part)
    end = small.state(network)
    there = interpolate(zero_start(end), end, models.describe(network), "linear", 0.5)
    scaled = 0.5**4 * small.logits(network, end, part)
    assert not torch.allclose(small.logits(network, there, part), scaled, rtol=0.5)


@checks
@given(homogeneous_networks(["none"]) | st.just(Model(depth=3, width=7, activation="tanh", bias="none")), ALPHAS)
def test_3_without_biases_linear_and_homogeneous_are_one_bit_for_bit(model, alphas):
    part = small.split(dtype=torch.float32)
    network = small.trained(model, part)
    start = small.state(small.trained(model, part, seed=11))
    for device in (small.CPU, small.InBlocks()):
        linear, homogeneous = (
            small.path(network, start, scheme, part, device).at(alphas) for scheme in ("linear", "homogeneous")
        )
        assert linear == homogeneous


@checks
@given(specifications(), SCHEME, ALPHAS, st.floats(-20.0, 20.0))
def test_4_a_constant_on_the_last_bias_changes_no_loss_and_no_error(model, scheme, alphas, constant):
    part = small.split()
    network, shifted = small.trained(model, part), small.trained(model, part)
    name = models.describe(network).last_bias
    if name is not None:
        with torch.no_grad():
            shifted.get_parameter(name).add_(constant)
    start = small.state(small.trained(model, part, seed=11))
    before, after = (small.path(one, start, scheme, part).at(alphas) for one in (network, shifted))
    for one, other in zip(before, after, strict=True):
        assert other.loss == pytest.approx(one.loss, rel=1e-12, abs=1e-13)
        assert (other.error, other.histogram) == (one.error, one.histogram)


def test_4_equal_last_bias_takes_the_bias_gap_away():
    part = small.split()
    network = small.trained(Model(depth=3, width=7), part)
    start = zero_start(network.state_dict())
    assert [m.bias_gap for m in small.path(network, start, "equal_last_bias", part).at([0.3, 1.0])] == [0.0, 0.0]
    assert small.path(network, start, "linear", part).at([1.0])[0].bias_gap > 0.01


@checks
@given(specifications(), SCHEME, st.sampled_from([torch.float32, torch.float64]))
def test_5_the_ends_of_a_curve_are_its_checkpoints_bit_for_bit(model, scheme, dtype):
    part = small.split(dtype=dtype)
    network = small.trained(model, part)
    initial = small.trained(model, part, seed=11)
    for device in (small.CPU, small.InBlocks()):
        # seven alphas, so that the block of eight would hold both ends
        curve = small.path(network, small.state(initial), scheme, part, device).at(small.alphas(7))
        if scheme != "fixed_bias":
            assert curve[0] == measure(initial, part, device)
        if scheme != "equal_last_bias":
            assert curve[-1] == measure(network, part, device)


@checks
@given(specifications(), SCHEME, st.sampled_from([torch.float32, torch.float64]), st.integers(2, 20))
def test_6_alphas_in_blocks_equal_one_at_a_time(model, scheme, dtype, points):
    part = small.split(dtype=dtype)
    network = small.trained(model, part)
    start = small.state(small.trained(model, part, seed=11))
    batched = small.path(network, start, scheme, part, small.InBlocks()).at(small.alphas(points))
    single = small.path(network, start, scheme, part).at(small.alphas(points))
    tolerance = 1e-10 if dtype == torch.float64 else 1e-4
    for one, other in zip(single, batched, strict=True):
        assert other.loss == pytest.approx(one.loss, rel=tolerance)
        gaps = (one.signal_gap, one.bias_gap)  # differences, so near a tie their digits cancel
        assert (other.signal_gap, other.bias_gap) == pytest.approx(gaps, rel=tolerance, abs=tolerance)
        assert dtype == torch.float32 or (other.error, other.histogram) == (one.error, one.histogram)


@checks
@given(st.integers(1, 6), st.integers(2, 6), st.integers(1, 7), st.integers(0, 1000), st.booleans())
def test_7_the_flow_of_the_theory_model_is_minus_autograds_gradient_of_its_loss(power, classes, inputs, seed, mixed):
    generator = torch.Generator().manual_seed(seed)
    drawn = {"dtype": torch.float64, "generator": generator}
    network = models.build(Model(network="theory", depth=power, init_scale=1.0), (classes,), classes, seed)
    with torch.no_grad():
        network.bias.normal_(generator=generator)
        network.weight[0, 0] = -network.weight[0, 0]  # on the way a power may be of a negative weight
    basis_NK = torch.eye(classes, dtype=torch.float64)
    inputs_NK = torch.randn((inputs, classes), **drawn) if mixed else basis_NK
    labels_N = torch.randint(0, classes, (inputs,), generator=generator) if mixed else torch.arange(classes)
    loss = functional.cross_entropy(network(inputs_NK), labels_N)
    gradients = torch.autograd.grad(loss, [network.weight, network.bias])
    theta = torch.cat([network.weight.flatten(), network.bias]).detach().numpy()
    found = right_hand_side(inputs_NK.numpy(), labels_N.numpy(), power)(0.0, theta)
    wanted = -torch.cat([gradients[0].flatten(), gradients[1]]).numpy()
    assert found == pytest.approx(wanted, rel=1e-11, abs=1e-13)
