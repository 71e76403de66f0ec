import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from backends import models
from backends.interpolation.schemes import coefficient, end_point, interpolate, interpolate_block, zero_start
from backends.models import Role
from presets.experiment import Model
from tests.backends import small
from tests.backends.test_models import specifications

ALPHA = st.floats(0.0, 1.0)


@small.calm
@given(ALPHA, st.integers(1, 12), st.booleans(), st.sampled_from(small.SCHEMES))
def test_weights_move_as_alpha_in_every_scheme(alpha, number, is_last, scheme):
    assert coefficient(scheme, Role(number, False, is_last), alpha) == alpha


@pytest.mark.parametrize(
    ("scheme", "hidden", "last"),
    [
        ("linear", 0.5, 0.5),
        ("homogeneous", 0.5**3, 0.5**5),
        ("last_bias_linear", 0.5**3, 0.5),
        ("fixed_bias", 1.0, 1.0),
        ("equal_last_bias", 0.5, 0.5),
    ],
)
def test_biases_move_as_the_scheme_says(scheme, hidden, last):
    assert coefficient(scheme, Role(3, True, False), 0.5) == hidden
    assert coefficient(scheme, Role(5, True, True), 0.5) == last


def ends(dtype, model=None):
    part = small.split(dtype=dtype)
    model = model or Model(depth=3, width=5, bias="all")
    network = small.trained(model, part)
    start = small.state(small.trained(model, part, seed=11))
    return models.describe(network), start, small.state(network)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scheme", small.SCHEMES)
def test_ends_keep_their_bits_even_signed_zeros_and_what_is_not_finite(dtype, scheme):
    layers, start, end = ends(dtype)
    for tensors in (start, end):
        tensors["layer1.weight"][0, :4] = torch.tensor([-0.0, math.inf, math.nan, 1e-42], dtype=dtype)
    end["layer1.weight"][0, 1] = 3.0  # where the start is infinite
    start["layer1.weight"][0, 3] = -math.inf  # where the end is subnormal
    at_start = interpolate(start, end, layers, scheme, 0.0)
    at_end = interpolate(start, end, layers, scheme, 1.0)
    wanted_start = {n: end[n] if scheme == "fixed_bias" and n.endswith("bias") else start[n] for n in start}
    assert small.all_bits(at_start) == small.all_bits(wanted_start)
    assert small.all_bits(at_end) == small.all_bits(end_point(end, layers, scheme))
    if scheme != "equal_last_bias":
        assert small.all_bits(at_end) == small.all_bits(end)


@small.calm
@given(specifications(), st.sampled_from(small.SCHEMES), ALPHA)
def test_every_tensor_is_the_weighted_mean_of_its_ends(model, scheme, alpha):
    layers, start, end = ends(torch.float64, model)
    target = end_point(end, layers, scheme)
    for name, tensor in interpolate(start, end, layers, scheme, alpha).items():
        c = coefficient(scheme, layers.roles[name], alpha)
        wanted = (1 - c) * start[name].numpy() + c * target[name].numpy()
        assert np.allclose(tensor.numpy(), wanted, rtol=1e-14, atol=1e-15)


@small.calm
@given(specifications(), st.sampled_from(small.SCHEMES), st.lists(ALPHA, min_size=1, max_size=5))
def test_a_block_holds_each_alpha_in_its_row(model, scheme, alphas):
    layers, start, end = ends(torch.float64, model)
    block = interpolate_block(start, end, layers, scheme, alphas)
    for row, alpha in enumerate(alphas):
        for name, tensor in interpolate(start, end, layers, scheme, alpha).items():
            assert block[name].shape == (len(alphas), *tensor.shape)
            assert torch.allclose(block[name][row], tensor, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("scheme", small.SCHEMES)
def test_both_ends_stay_as_they_are(scheme):
    layers, start, end = ends(torch.float32)
    before = small.all_bits(start), small.all_bits(end)
    for alpha in (0.0, 0.3, 1.0):
        interpolate(start, end, layers, scheme, alpha)
    interpolate_block(start, end, layers, scheme, [0.2, 0.7])
    assert (small.all_bits(start), small.all_bits(end)) == before


def test_equal_last_bias_ends_at_the_mean_and_changes_nothing_else():
    layers, _, end = ends(torch.float64)
    target = end_point(end, layers, "equal_last_bias")
    assert target["layer3.bias"].tolist() == pytest.approx([end["layer3.bias"].mean().item()] * 4)
    assert all(torch.equal(target[name], end[name]) for name in end if name != "layer3.bias")
    layers, _, end = ends(torch.float64, Model(depth=2, width=3, bias="none"))
    assert small.all_bits(end_point(end, layers, "equal_last_bias")) == small.all_bits(end)


def test_the_zero_start_has_the_shapes_and_types_of_the_end():
    _, _, end = ends(torch.float32)
    zeros = zero_start(end)
    assert {n: (t.shape, t.dtype) for n, t in zeros.items()} == {n: (t.shape, t.dtype) for n, t in end.items()}
    assert all(bit == 0 for bits in small.all_bits(zeros).values() for bit in bits)
