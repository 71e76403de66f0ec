"""Lengths of a path, against closed forms and against a slow computation."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from backends import models
from backends.interpolation.lengths import distance_by_layer, distance_moved, gauss_length, tensors_by_layer
from backends.interpolation.schemes import zero_start
from presets.experiment import Model
from tests.backends import small


def test_a_straight_path_does_not_turn():
    start, side = torch.randn(5, 3, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64)
    path = torch.stack([start + a * side for a in (0.0, 0.1, 0.35, 1.0)])
    assert gauss_length(path) == pytest.approx(0.0, abs=1e-7)


@given(angle=st.floats(0.05, 3.0), points=st.integers(3, 60), radius=st.floats(1e-3, 1e3))
def test_an_arc_turns_by_its_angle_less_one_step(angle, points, radius):
    """Between the first and the last side of a polygon on an arc lies the whole angle but for one step."""
    turned = [angle * i / (points - 1) for i in range(points)]
    path = torch.tensor([[[radius * math.cos(a), 5.0, radius * math.sin(a)]] for a in turned], dtype=torch.float64)
    assert gauss_length(path) == pytest.approx(angle * (points - 2) / (points - 1), rel=1e-6)


def test_the_length_is_the_mean_over_inputs_and_a_turn_back_is_pi():
    there = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]
    back = [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
    paths = torch.tensor([there, back], dtype=torch.float64).transpose(0, 1)
    assert gauss_length(paths) == pytest.approx(math.pi / 2)


def test_standing_still_has_no_direction():
    path = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 2.0]], dtype=torch.float64)[:, None]
    assert gauss_length(path) == pytest.approx(math.pi / 2)
    assert gauss_length(torch.zeros(4, 2, 3)) is None
    assert gauss_length(torch.full((4, 2, 3), math.nan)) is None


def test_distances_are_those_of_the_flat_vectors():
    network = small.trained(Model(depth=3, width=5, bias="all"), small.split())
    other = small.state(small.trained(Model(depth=3, width=5, bias="all"), small.split(), seed=3))
    start, layers = small.state(network), models.describe(network)
    flat = [torch.cat([state[name].flatten() for name in layers.roles]) for state in (start, other)]
    assert distance_moved(start, other) == pytest.approx(float((flat[1] - flat[0]).norm() / flat[0].norm()))
    assert distance_moved(zero_start(start), other) is None
    by_layer = distance_by_layer(start, other, layers)
    assert list(by_layer) == ["layer1", "layer2", "layer3"]
    two = [torch.cat([state[f"layer2.{kind}"].flatten() for kind in ("weight", "bias")]) for state in (start, other)]
    assert by_layer["layer2"] == pytest.approx(float((two[1] - two[0]).norm() / two[0].norm()))


def test_every_tensor_is_of_one_layer():
    layers = models.describe(models.build(Model(depth=4, bias="last"), (6,), 4, 0))
    named = tensors_by_layer(layers)
    assert named["layer4"] == ("layer4.weight", "layer4.bias")
    assert sorted(name for names in named.values() for name in names) == sorted(layers.roles)
