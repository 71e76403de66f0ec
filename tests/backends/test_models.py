import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from backends import models
from presets.experiment import Model
from tests.backends import small


@st.composite
def specifications(draw):
    depth = draw(st.integers(1, 6))
    layers = st.sets(st.integers(1, depth), min_size=1).map(tuple)
    return Model(
        depth=depth,
        width=draw(st.integers(1, 8)),
        activation=draw(st.sampled_from(["relu", "tanh", "linear"])),
        bias=draw(st.sampled_from(["none", "last", "all"]) | layers),
    )


@small.calm
@given(specifications())
def test_tensors_are_those_of_the_specification(model):
    shapes = {name: tuple(tensor.shape) for name, tensor in models.build(model, (6,), 4, 0).state_dict().items()}
    sizes = [6, *[model.width] * (model.depth - 1), 4]
    wanted = {f"layer{h}.weight": (sizes[h], sizes[h - 1]) for h in range(1, model.depth + 1)}
    biased = {"none": [], "last": [model.depth], "all": range(1, model.depth + 1)}
    chosen = biased[model.bias] if isinstance(model.bias, str) else model.bias
    wanted |= {f"layer{h}.bias": (sizes[h],) for h in chosen}
    assert shapes == wanted


@small.calm
@given(specifications())
def test_every_tensor_is_described(model):
    layers = models.describe(models.build(model, (6,), 4, 0))
    for name, role in layers.roles.items():
        number = int(name.removeprefix("layer").partition(".")[0])
        assert (role.number, role.is_bias) == (number, name.endswith(".bias"))
        assert role.is_last == (number == model.depth)
    names = set(models.build(model, (6,), 4, 0).state_dict())
    assert set(layers.roles) == names
    assert layers.depth == model.depth
    assert layers.last_bias == (f"layer{model.depth}.bias" if f"layer{model.depth}.bias" in names else None)
    assert layers.hidden_biases == any(f"layer{h}.bias" in names for h in range(1, model.depth))
    # tanh stands between layers only, so a network of one layer has none
    tanh = model.activation == "tanh" and model.depth > 1
    assert layers.obstacles == (("tanh is not homogeneous",) if tanh else ())
    assert (layers.not_homogeneous is None) == (not tanh and not layers.hidden_biases)
    assert [row.exponent for row in layers.table] == list(range(1, model.depth + 1))
    assert not layers.convolutional and not layers.statistics


@small.calm
@given(specifications())
def test_the_forward_pass_is_the_chain_of_its_layers(model):
    part = small.split()
    network = small.trained(model, part)
    tensors = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    values = part.rows(0, len(part)).numpy()
    for h in range(1, model.depth + 1):
        values = values @ tensors[f"layer{h}.weight"].T + tensors.get(f"layer{h}.bias", 0.0)
        if h < model.depth:
            values = {"relu": lambda v: np.maximum(v, 0.0), "tanh": np.tanh, "linear": lambda v: v}[model.activation](
                values
            )
    assert small.logits(network, network.state_dict(), part).numpy() == pytest.approx(values, rel=1e-12, abs=1e-12)


def test_he_normal_times_init_scale():
    weights = models.build(Model(init_scale=0.45), (784,), 10, 0).state_dict()
    for name in ("layer1.weight", "layer2.weight", "layer9.weight"):
        values = weights[name] / (0.45 * math.sqrt(2 / weights[name].shape[1]))
        assert values.std().item() == pytest.approx(1.0, abs=0.01)
        assert values.mean().item() == pytest.approx(0.0, abs=0.02)
        assert (values**4).mean().item() == pytest.approx(3.0, abs=0.1)  # normal, not uniform (1.8)
    assert weights["layer10.bias"].tolist() == [0.0] * 10


def test_the_scale_is_a_factor_on_one_and_the_same_draw():
    one, half = (models.build(Model(init_scale=s), (6,), 4, 3).state_dict() for s in (1.0, 0.5))
    assert all(torch.equal(0.5 * one[name], half[name]) for name in one)


def test_the_seed_alone_decides():
    torch.manual_seed(1)
    first = small.state(models.build(Model(), (6,), 4, 5))
    torch.manual_seed(2)
    assert small.all_bits(small.state(models.build(Model(), (6,), 4, 5))) == small.all_bits(first)
    assert not torch.equal(models.build(Model(), (6,), 4, 6).state_dict()["layer1.weight"], first["layer1.weight"])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_logits_are_signal_plus_last_bias_bit_for_bit(dtype):
    part = small.split(dtype=dtype)
    network = small.trained(Model(depth=3, width=1000), part)
    tensors = small.state(network)
    signal = small.logits(network, {**tensors, "layer3.bias": torch.zeros(4, dtype=dtype)}, part)
    assert small.bits(small.logits(network, tensors, part)) == small.bits(signal + tensors["layer3.bias"])
