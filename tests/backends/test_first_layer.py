"""The first layer's products, taken once an end: the same logits as by the plain way, and only where that is so."""

import pytest
import torch
from torch import nn

from backends import models
from backends.interpolation import first_layer
from backends.interpolation.evaluate import signal
from backends.interpolation.first_layer import FirstProducts
from backends.interpolation.schemes import interpolate
from presets.experiment import Model
from tests.backends import small

ALPHAS = (-0.3, 0.01, 0.37, 0.5, 0.99, 1.4)


@pytest.mark.parametrize(("dtype", "rel"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
@pytest.mark.parametrize("model", [{}, {"bias": "all"}, {"bias": "none", "activation": "tanh"}, {"depth": 2}])
@pytest.mark.parametrize("scheme", small.SCHEMES)
def test_logits_are_those_of_the_plain_way(scheme, model, dtype, rel):
    part = small.split(dtype=dtype)
    specification = Model(**{"depth": 3, "width": 5, **model})
    network = small.trained(specification, part)
    start, end = small.state(small.trained(specification, part, seed=11)), small.state(network)
    layers, products = models.describe(network), FirstProducts.of(network, part)
    for alpha in ALPHAS:
        tensors = interpolate(start, end, layers, scheme, alpha)
        with torch.inference_mode():
            found = products.signal(start, end, tensors, alpha, rows=7)
        last = layers.last_bias
        plain = signal(network, layers, tensors, part, small.CPU) + (tensors[last] if last else 0.0)
        torch.testing.assert_close(found, plain, rtol=rel, atol=rel)


def chain(*modules):
    return nn.Sequential(*modules)


def hooked():
    network = chain(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4))
    network[0].register_forward_hook(lambda _module, _inputs, output: output * 2)
    return network


@pytest.mark.parametrize(
    "network",
    [
        chain(nn.Linear(6, 4)),
        chain(nn.ReLU(), nn.Linear(6, 5), nn.Linear(5, 4)),
        chain(nn.Conv1d(1, 2, 3), nn.Flatten(), nn.Linear(8, 4)),
        chain(),
        nn.Linear(6, 4),
        hooked(),
    ],
    ids=["one layer", "something before", "convolution", "empty", "no chain", "hook"],
)
def test_any_other_network_is_left_to_the_plain_way(network):
    assert FirstProducts.of(network, small.split()) is None


def test_products_that_are_too_large_are_not_kept(monkeypatch):
    network = chain(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4))
    part = small.split()
    monkeypatch.setattr(first_layer, "MOST_BYTES", 2 * len(part) * 5 * 8)
    assert FirstProducts.of(network, part) is not None
    monkeypatch.setattr(first_layer, "MOST_BYTES", 2 * len(part) * 5 * 8 - 1)
    assert FirstProducts.of(network, part) is None
