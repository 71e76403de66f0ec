import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from backends.interpolation.evaluate import measure
from backends.interpolation.measures import errors, losses, measures
from presets.experiment import Model
from tests.backends import small
from tests.backends.test_models import specifications


def slowly(signal, bias, labels):
    """Every measure, one input and one class at a time."""
    classes = signal.shape[1]
    given_to, loss, gaps = [], 0.0, []
    for row, label in zip(signal, labels, strict=True):
        values = [float(s) + float(b) for s, b in zip(row, bias, strict=True)]
        given_to.append(values.index(max(values)))
        largest = max(values)
        loss += largest + math.log(sum(math.exp(v - largest) for v in values)) - values[label]
        first, second = sorted((float(s) for s in row), reverse=True)[:2]
        gaps.append(first - second)
    wrong = [g != label for g, label in zip(given_to, labels, strict=True)]
    of_class = [[w for w, label in zip(wrong, labels, strict=True) if label == k] for k in range(classes)]
    histogram = [given_to.count(k) / len(labels) for k in range(classes)]
    ordered = sorted((float(b) for b in bias), reverse=True)
    return {
        "loss": loss / len(labels),
        "error": sum(wrong) / len(labels),
        "class_error": tuple(sum(w) / len(w) for w in of_class),
        "histogram": tuple(histogram),
        "top_class": histogram.index(max(histogram)),
        "top_class_share": max(histogram),
        "signal_gap": sum(gaps) / len(gaps),
        "bias_gap": ordered[0] - ordered[1],
    }


def same(found, wanted):
    assert vars(found) == {
        name: pytest.approx(value, rel=1e-12, abs=1e-15) if "gap" in name or name == "loss" else value
        for name, value in wanted.items()
    }


@small.calm
@given(st.integers(0, 10**6), st.floats(1e-3, 30.0))
def test_measures_of_a_block_equal_a_slow_computation(seed, scale):
    part, generator = small.split(), np.random.default_rng(seed)
    signal_ANK, bias_AK = scale * generator.normal(size=(3, len(part), 4)), generator.normal(size=(3, 4))
    found = measures(torch.from_numpy(signal_ANK), torch.from_numpy(bias_AK), part)
    for i in range(3):
        same(found[i], slowly(signal_ANK[i], bias_AK[i], part.labels_N.tolist()))


@small.calm
@given(specifications())
def test_measures_of_a_network_equal_a_slow_computation(model):
    part = small.split()
    network = small.trained(model, part)
    tensors = small.state(network)
    name = f"layer{model.depth}.bias"
    bias = tensors.pop(name, torch.zeros(4, dtype=torch.float64))
    signal = small.logits(network, {**tensors, name: torch.zeros_like(bias)}, part)
    for device in (small.CPU, small.InBlocks()):
        same(measure(network, part, device), slowly(signal.numpy(), bias.numpy(), part.labels_N.tolist()))


def test_a_tiny_loss_keeps_its_digits():
    """Two classes, apart by 30: the loss is log(1 + exp(-30)), which float32 sums and logsumexp round away."""
    logits_ANK = torch.tensor([[[130.0, 100.0]] * 7], dtype=torch.float64)
    assert losses(logits_ANK, torch.zeros(7, dtype=torch.int64)).tolist() == [
        pytest.approx(math.log1p(math.exp(-30.0)), rel=1e-9)
    ]


def test_a_signal_far_below_the_bias_is_measured_all_the_same():
    part = small.split(dtype=torch.float32)
    network = small.trained(Model(depth=1, width=1), part)
    gap = measure(network, part, small.CPU).signal_gap
    with torch.no_grad():
        network.get_parameter("layer1.weight").mul_(2.0**-40)
    assert measure(network, part, small.CPU).signal_gap == gap * 2.0**-40


def test_equal_logits_go_to_the_first_class():
    part = small.split()
    found = measures(torch.zeros(1, len(part), 4), torch.zeros(1, 4), part)[0]
    share_of_first = (part.labels_N == 0).sum().item() / len(part)
    assert (found.top_class, found.top_class_share, found.signal_gap, found.bias_gap) == (0, 1.0, 0.0, 0.0)
    assert found.error == pytest.approx(1.0 - share_of_first)
    assert found.loss == pytest.approx(math.log(4))
    assert errors(torch.zeros(1, len(part), 4), part.labels_N).tolist() == [found.error]


def test_weights_that_are_not_finite_are_measured_as_nan():
    part = small.split()
    network = small.trained(Model(depth=2, width=3), part)
    with torch.no_grad():
        network.get_parameter("layer1.weight").fill_(math.nan)
    found = measure(network, part, small.CPU)
    assert math.isnan(found.loss) and math.isnan(found.signal_gap)
    assert sum(found.histogram) == 1.0
