"""Exponents, roles and obstacles, found from the graph of a network, against counting by hand."""

import pytest
import torch
from torch import nn

from backends import models
from backends.models import Layer, Role
from presets.experiment import Model
from tests.backends import small


def described(channels=3, **model):
    return models.describe(models.build(Model(**{"width": 4, "bias": "all", **model}), (channels, 32, 32), 10, 0))


def exponents(layers):
    return {row.name: row.exponent for row in layers.table}


def test_exponents_of_a_residual_network_by_hand_count():
    """Four stages of two blocks of two convolutions behind the stem; a shortcut is parallel to two of them."""
    wanted = {"conv1": 1, "fc": 18}
    for stage in (1, 2, 3, 4):
        for block in (0, 1):
            before = 1 + 4 * (stage - 1) + 2 * block
            wanted |= {f"layer{stage}.{block}.conv{n}": before + n for n in (1, 2)}
            if stage > 1 and block == 0:
                wanted[f"layer{stage}.{block}.downsample.0"] = before + 1
    assert exponents(described(network="resnet18")) == wanted


@pytest.mark.parametrize(
    ("network", "depth"), [("vgg11", 9), ("vgg13", 11), ("vgg16", 14), ("resnet18", 18), ("resnet20", 20)]
)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_depth_is_the_one_a_network_is_named_by_with_and_without_batch_norm(network, depth, batch_norm):
    """A VGG here has one linear layer where its name counts three."""
    assert described(network=network, batch_norm=batch_norm).depth == depth


def test_a_norm_layer_has_the_exponent_of_the_layer_it_normalises():
    found = exponents(described(network="resnet18", batch_norm=True))
    assert found["bn1"] == found["conv1"] == 1
    assert found["layer2.0.bn2"] == found["layer2.0.conv2"] == 7
    assert found["layer2.0.downsample.1"] == found["layer2.0.downsample.0"] == 6


def test_every_tensor_and_buffer_has_a_role():
    network = models.build(Model(network="vgg11", width=2, batch_norm=True, bias="all"), (1, 32, 32), 10, 0)
    roles = models.describe(network).roles
    assert list(roles) == list(network.state_dict())
    assert roles["conv3.weight"] == Role(3, False, False)
    assert roles["norm3.weight"] == Role(3, False, False)
    assert roles["norm3.bias"] == Role(3, True, False)
    assert roles["norm3.running_mean"] == roles["norm3.running_var"] == Role(3, False, False, "statistic")
    assert roles["norm3.num_batches_tracked"] == Role(3, False, False, "counter")
    assert (roles["linear.weight"], roles["linear.bias"]) == (Role(9, False, True), Role(9, True, True))


def test_the_table_has_the_layers_in_the_order_of_the_inputs():
    table = described(network="vgg11", batch_norm=True, width=2).table
    assert table[:2] == (Layer("conv1", "Conv2d", 1, (2, 3, 3, 3)), Layer("norm1", "BatchNorm2d", 1, (2,)))
    assert table[-1] == Layer("linear", "Linear", 9, (10, 16))
    assert [row.exponent for row in table] == sorted(row.exponent for row in table)


class Two(nn.Module):
    """Two branches that meet: both of `lengths` linear layers, then added or put side by side."""

    def __init__(self, lengths, join):
        super().__init__()
        self.first, self.second = (nn.Sequential(*(nn.Linear(3, 3, bias=False) for _ in range(n))) for n in lengths)
        self.join, self.last = join, nn.Linear(3 if join == "add" else 6, 2)

    def forward(self, inputs):
        one, other = self.first(inputs), self.second(inputs)
        return self.last(one + other if self.join == "add" else torch.cat([one, other], 1))


@pytest.mark.parametrize("join", ["add", "cat"])
@pytest.mark.parametrize("lengths", [(2, 2), (1, 2), (0, 1), (3, 0)])
def test_a_shortcut_is_an_obstacle_exactly_where_two_lengths_meet(join, lengths):
    """And the claim itself, on numbers: from zero, the signal at alpha is alpha^r times that at 1, or not."""
    torch.manual_seed(0)
    network = Two(lengths, join).double()
    layers = models.describe(network)
    inputs, alpha = torch.randn(5, 3, dtype=torch.float64), 0.5
    end = {name: tensor * (name != "last.bias") for name, tensor in network.state_dict().items()}
    there = {name: alpha * tensor for name, tensor in end.items()}
    whole, part = (torch.func.functional_call(network, tensors, (inputs,)) for tensors in (end, there))
    assert layers.depth == max(lengths) + 1
    assert (layers.not_homogeneous is None) == (lengths[0] == lengths[1])
    assert torch.allclose(part, alpha**layers.depth * whole, rtol=1e-12) == (lengths[0] == lengths[1])


@pytest.mark.parametrize(
    ("model", "reasons"),
    [
        ({"network": "vgg11", "bias": "last"}, []),
        ({"network": "vgg11", "bias": "none", "pool": "average"}, []),
        ({"network": "vgg11", "bias": "all"}, ["hidden layers have biases"]),
        ({"network": "vgg11", "bias": "last", "activation": "tanh"}, ["tanh"]),
        ({"network": "vgg11", "bias": "last", "batch_norm": True}, ["BatchNorm2d divides"]),
        ({"network": "resnet20", "bias": "last"}, ["shortcuts add signals of different powers"]),
        ({"network": "resnet20", "batch_norm": True}, ["BatchNorm2d", "shortcuts", "hidden layers have biases"]),
    ],
)
def test_the_reasons_are_said_in_words(model, reasons):
    said = described(**model).not_homogeneous
    assert (said is None) == (not reasons)
    assert all(reason in said for reason in reasons)
    assert said is None or said.count(";") == len(reasons) - 1


def test_parameters_outside_layers_and_functional_layers_are_counted():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.matrix, self.shift = nn.Parameter(torch.ones(3, 3)), nn.Parameter(torch.ones(3))
            self.last = nn.Linear(3, 2)

        def forward(self, inputs):
            return self.last(nn.functional.linear(inputs, self.matrix) + self.shift)

    layers = models.describe(Own())
    assert {name: role.number for name, role in layers.roles.items()} == {
        "matrix": 1, "shift": 1, "last.weight": 2, "last.bias": 2,
    }  # fmt: skip
    assert "add is not known to be homogeneous" in layers.not_homogeneous


def test_where_the_last_layer_is_not_the_output_no_bias_is_the_last():
    network = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2), nn.ReLU())
    layers = models.describe(network)
    assert layers.last_bias is None and layers.hidden_biases
    assert models.describe(network[:2]).last_bias == "1.bias"


class Branching(nn.Module):
    def forward(self, inputs):
        return inputs if inputs.sum() > 0 else -inputs


class Pair(nn.Sequential):
    def forward(self, inputs):
        return self[0](inputs), inputs


class Unused(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(2, 2))
        self.other = nn.Linear(2, 2)

    def forward(self, inputs):
        return self[0](inputs)


@pytest.mark.parametrize(
    ("network", "line"),
    [
        (nn.Sequential(nn.ReLU()), "has no weight layer"),
        (Branching(), "can't be traced: symbolically traced variables cannot be used as inputs to control flow"),
        (Unused(), "other.weight is on no path from the input"),
        (Pair(nn.Linear(2, 2)), "must return one tensor"),
    ],
)
def test_a_network_that_can_t_be_described_is_refused_in_one_line(network, line):
    with pytest.raises(ValueError, match=line) as refused:
        models.describe(network)
    assert "\n" not in str(refused.value)


def test_describing_leaves_the_mode_of_every_module_alone():
    network = models.build(Model(network="resnet20", width=1, batch_norm=True), (1, 32, 32), 4, 0)
    network.layer1.eval()
    before = [module.training for module in network.modules()]
    assert len(set(before)) == 2
    models.describe(network)
    small.state(network)
    assert [module.training for module in network.modules()] == before
