"""VGG and ResNet against torchvision's own modules, and torchvision's networks by name."""

import math
import warnings

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional

from backends import models
from backends.runs.errors import BadRequest
from presets.experiment import Model
from tests.backends import small

SMALL = (1, 32, 32)


def build(shape=(3, 32, 32), classes=10, seed=0, **model):
    return models.build(Model(**{"width": 4, "bias": "all", **model}), shape, classes, seed)


def shapes(tensors):
    return [tuple(tensor.shape) for tensor in tensors]


def theirs(name):
    with torch.device("meta"):
        return torchvision.models.get_model(name, weights=None, num_classes=10)


@pytest.mark.parametrize("name", ["vgg11", "vgg13", "vgg16"])
def test_a_vgg_of_full_width_has_the_convolutions_of_torchvisions(name):
    """The forms agree in `features`; behind them ours has one linear layer, theirs three for 224x224."""
    ours = build(network=name, width=64)
    wanted = shapes(theirs(name).features.parameters())
    assert shapes(ours.parameters())[:-2] == wanted
    assert shapes(ours.parameters())[-2:] == [(10, 512), (10,)]


def test_a_resnet18_of_full_width_has_the_tensors_of_torchvisions():
    """By name, too. The forms agree in all but the stem: 3x3 here, 7x7 there."""
    ours, wanted = build(network="resnet18", width=64, batch_norm=True).state_dict(), theirs("resnet18").state_dict()
    assert {name: tuple(t.shape) for name, t in ours.items() if name != "conv1.weight"} == {
        name: tuple(t.shape) for name, t in wanted.items() if name != "conv1.weight"
    }
    assert tuple(ours["conv1.weight"].shape) == (64, 3, 3, 3)


def test_resnet20_has_the_published_number_of_parameters():
    """He et al. 2016, table 6: 0.27 M (269,722 with batch norm), and two 1x1 shortcuts with norms more."""
    network = build(network="resnet20", width=16, batch_norm=True)
    assert sum(p.numel() for p in network.parameters()) == 269_722 + (16 * 32 + 2 * 32) + (32 * 64 + 2 * 64)


@pytest.mark.parametrize("training", [False, True])
def test_a_resnet_computes_what_torchvisions_own_computes_on_the_same_weights(training):
    ours = build(network="resnet18", width=64, batch_norm=True, init_scale=1.0)
    other = torchvision.models.resnet18(weights=None, num_classes=10).double()
    other.conv1, other.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False).double(), nn.Identity()
    other.load_state_dict(ours.state_dict())
    images = small.images(4, channels=3).rows(0, 4)
    assert torch.allclose(ours.train(training)(images), other.train(training)(images), rtol=1e-10)
    assert small.all_bits(small.state(ours)).keys() == small.state(other).keys()
    for name, tensor in ours.state_dict().items():
        assert torch.allclose(tensor, other.state_dict()[name], rtol=1e-10), name


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_vgg_computes_what_torchvisions_layers_compute_on_the_same_weights(batch_norm):
    """Theirs behind the same head; where ours has no convolution bias in front of a norm, theirs has zeros."""
    ours = build(network="vgg11", width=64, batch_norm=batch_norm, init_scale=1.0).eval()
    other = torchvision.models.get_model("vgg11_bn" if batch_norm else "vgg11", weights=None).features.double().eval()
    own = [module for module in ours if isinstance(module, nn.Conv2d | nn.BatchNorm2d)]
    for mine, its in zip(own, [m for m in other if isinstance(m, nn.Conv2d | nn.BatchNorm2d)], strict=True):
        its.load_state_dict({**{n: torch.zeros_like(t) for n, t in its.state_dict().items()}, **mine.state_dict()})
    images = small.images(4, channels=3).rows(0, 4)
    wanted = functional.linear(other(images).mean((2, 3)), ours.linear.weight, ours.linear.bias)
    assert torch.allclose(ours(images), wanted, rtol=1e-10)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("network", ["vgg11", "vgg13", "vgg16", "resnet18", "resnet20"])
def test_biases_are_where_the_specification_says(network, batch_norm):
    def biased(bias):
        tensors = build(SMALL, network=network, width=2, batch_norm=batch_norm, bias=bias).state_dict()
        return {name.removesuffix(".bias") for name in tensors if name.endswith(".bias")}

    last = "fc" if network.startswith("resnet") else "linear"
    assert biased("none") == set()
    assert biased("last") == {last}
    kinds = nn.BatchNorm2d if batch_norm else nn.Conv2d
    whole = build(SMALL, network=network, width=2, batch_norm=batch_norm)
    assert biased("all") == {last} | {name for name, module in whole.named_modules() if isinstance(module, kinds)}


@pytest.mark.parametrize("network", ["vgg16", "resnet20"])
def test_he_normal_times_init_scale(network):
    model = Model(network=network, width=16, batch_norm=True, init_scale=0.5, bias="all")
    one = models.build(model, (3, 32, 32), 10, 3)
    for name, module in one.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and module.weight.numel() > 20_000:
            values = module.weight / (0.5 * math.sqrt(2 / module.weight[0].numel()))
            assert values.std().item() == pytest.approx(1.0, abs=0.03), name
            assert (values**4).mean().item() == pytest.approx(3.0, abs=0.3), name
        if isinstance(module, nn.BatchNorm2d):
            assert module.weight.unique().tolist() == [1.0] and module.bias.unique().tolist() == [0.0]
    assert all(tensor.dtype in (torch.float64, torch.int64) for tensor in one.state_dict().values())


@pytest.mark.parametrize("network", ["vgg11", "resnet20", "torchvision:squeezenet1_1", "torchvision:swin_t"])
def test_the_seed_alone_decides(network):
    torch.manual_seed(1)
    first = build(SMALL, network=network, seed=5).state_dict()
    torch.manual_seed(2)
    again, other = (build(SMALL, network=network, seed=seed).state_dict() for seed in (5, 6))
    assert all(torch.equal(tensor, first[name]) for name, tensor in again.items())
    drawn = [name for name, tensor in first.items() if name.endswith(("weight", "table")) and tensor.std() > 0]
    assert drawn and not any(torch.equal(first[name], other[name]) for name in drawn)


@pytest.mark.parametrize(
    ("name", "depth"), [("resnet50", 50), ("densenet121", 121), ("alexnet", 8), ("vgg16_bn", 16), ("googlenet", 22)]
)
def test_torchvisions_networks_have_the_depth_of_their_names_or_papers(name, depth):
    with warnings.catch_warnings(), torch.device("meta"):
        warnings.simplefilter("ignore")
        extra = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
        network = torchvision.models.get_model(name, weights=None, num_classes=10, **extra)
    assert models.describe(network).depth == depth


def test_torchvisions_network_takes_grey_images_and_our_classes_and_initialisation():
    network = build(SMALL, classes=4, network="torchvision:resnet18", init_scale=0.5, bias="last")
    assert network(small.images(4).rows(0, 4)).shape == (4, 4)
    layers = models.describe(network)
    assert (layers.depth, layers.last_bias, layers.hidden_biases) == (18, "fc.bias", False)
    weight = network.layer4[0].conv1.weight
    assert weight.std().item() == pytest.approx(0.5 * math.sqrt(2 / (256 * 9)), rel=0.02)
    assert network.fc.bias.tolist() == [0.0] * 4


def test_dropout_of_torchvisions_networks_is_off():
    network = build((3, 64, 64), network="torchvision:mobilenet_v2").train()
    kinds = [module.p for module in network.modules() if isinstance(module, nn.Dropout)]
    assert kinds == [0.0]


@pytest.mark.parametrize(
    ("model", "shape", "line"),
    [
        (
            {"network": "vgg16"},
            (1, 28, 28),
            "model.network = 'vgg16': expected images of at least 32x32 (data.pad = 32 makes them), not 1x28x28",
        ),
        ({"network": "resnet18"}, (10,), "model.network = 'resnet18': expected a data set of images, not inputs of 10"),
        (
            {"network": "torchvision:resnet19"},
            SMALL,
            "model.network = 'torchvision:resnet19': torchvision has no such classifier; near: resnet18, resnet1",
        ),
        (
            {"network": "torchvision:fcn_resnet50"},
            SMALL,
            "model.network = 'torchvision:fcn_resnet50': torchvision",
        ),
        (
            {"network": "torchvision:alexnet"},
            SMALL,
            "model.network = 'torchvision:alexnet': inputs of 1x32x32 do not fit: ",
        ),
        (
            {"network": "torchvision:resnet18"},
            (9,),
            "model.network = 'torchvision:resnet18': expected a data set",
        ),
        (
            {"network": "torchvision:vit_b_32", "bias": "last"},
            (3, 224, 224),
            "model.bias = 'last': torchvision:vit_b_32 can't do without encoder.layers.encoder_layer_0",
        ),
    ],
)
def test_what_there_is_not_or_does_not_fit_is_refused_in_one_line(model, shape, line):
    with pytest.raises(BadRequest) as refused:
        build(shape, **model)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)
