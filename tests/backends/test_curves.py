import statistics
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from backends import data, models
from backends.interpolation import curves, evaluate
from backends.interpolation.curves import Path, bytes_per_alpha, refinement
from backends.interpolation.evaluate import measure
from backends.interpolation.plateaus import plateaus
from backends.training.loop import Trainer
from presets.experiment import Data, Model, Train
from tests.backends import small


def example(scheme="linear", device=small.CPU, dtype=torch.float64, **model):
    part = small.split(dtype=dtype)
    specification = Model(**{"depth": 3, "width": 5, **model})
    network = small.trained(specification, part)
    start = small.state(small.trained(specification, part, seed=11))
    return network, start, small.path(network, start, scheme, part, device)


def test_measures_come_in_the_order_of_the_alphas():
    _, _, curve = example(device=small.InBlocks())
    asked = [1.0, 0.25, 0.0, 0.75, 0.25, 1.0, *[i / 40 for i in range(11, 29)]]
    for alpha, found in zip(asked, curve.at(asked), strict=True):
        assert found.loss == pytest.approx(curve.at([alpha])[0].loss, rel=1e-12)
    assert curve.at([]) == []


def test_a_curve_moves_between_its_ends():
    network, start, curve = example()
    middle = {name: 0.5 * (start[name] + tensor) for name, tensor in network.state_dict().items()}
    halfway, _, _ = example()
    halfway.load_state_dict(middle)
    part = small.split()
    assert curve.at([0.5])[0].loss == pytest.approx(measure(halfway, part, small.CPU).loss, rel=1e-12)


@pytest.mark.parametrize("device", [small.CPU, small.InBlocks()])
def test_evaluating_changes_neither_the_network_nor_the_ends(device):
    network, start, curve = example(device=device)
    part = curve._split
    network.train()
    held = (small.state(network), start, {"pixels": part.raw_N.to(torch.float64)})
    before = [small.all_bits(tensors) for tensors in held]
    wanted = [p.requires_grad for p in network.parameters()]
    curve.at([0.0, 0.2, 0.9, 1.0])
    curve.predicted([0.5])
    measure(network, part, device)
    now = (small.state(network), start, {"pixels": part.raw_N.to(torch.float64)})
    assert [small.all_bits(tensors) for tensors in now] == before
    assert [p.requires_grad for p in network.parameters()] == wanted == [True] * 4
    assert network.training and all(p.grad is None for p in network.parameters())


def test_training_goes_on_after_an_evaluation():
    network, _, curve = example()
    curve.at([0.0, 0.5, 1.0])
    network(curve._split.rows(0, 5)).sum().backward()
    assert network.get_parameter("layer1.weight").grad.abs().sum() > 0


def test_a_path_keeps_its_own_copy_of_both_ends():
    part = small.split()
    network = small.trained(Model(depth=2, width=3), part)
    start, end = small.state(network), small.state(small.trained(Model(depth=2, width=3), part, seed=11))
    curve = Path(network, models.describe(network), start, end, "linear", part, small.CPU)
    before = curve.at([0.0, 0.5, 1.0])
    for tensor in (*start.values(), *end.values(), *network.state_dict().values()):
        tensor.add_(1.0)
    assert curve.at([0.0, 0.5, 1.0]) == before


class Memory(small.InBlocks):
    """A device that writes down what a path asks for."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def alphas_per_block(self, bytes_per_alpha):
        self.asked.append(bytes_per_alpha)
        return 3


def test_the_device_is_asked_with_what_an_alpha_takes():
    device = Memory()
    _, _, curve = example(device=device, width=50)
    assert curve.block_size == 3
    weights = 6 * 50 + 50 * 50 + 50 * 4 + 4
    assert device.asked[-1] >= 8 * (weights + 7 * 50 + 23 * 4)  # weights, a chunk of activations, all logits
    assert device.asked[-1] < 100 * 8 * weights


class Image(nn.Module):
    """Values of known sizes on the way: 12 numbers come in, 96 and 48 stand between layers, 4 go out."""

    def __init__(self):
        super().__init__()
        self.conv, self.pool, self.last = nn.Conv2d(3, 24, 1), nn.AvgPool2d((1, 2)), nn.Linear(48, 4)

    def forward(self, inputs):
        return self.last(self.pool(self.conv(inputs.view(-1, 3, 2, 2))).flatten(1))


def test_activations_of_a_convolution_are_counted_by_pixel():
    network, part = Image().double(), small.split(size=12)
    state = small.state(network)
    assert evaluate.largest_activation(network, state, part) == 96
    weights = 3 * 24 + 24 + 48 * 4 + 4
    wanted = 8 * (2 * weights + 3 * 7 * 96 + 6 * 23 * 4)  # chunks of 7 of the 23 rows
    assert bytes_per_alpha(network, models.describe(network), state, part, small.InBlocks()) == wanted


def test_a_limit_bounds_the_block_and_one_alpha_is_taken_in_any_case():
    network, start, whole = example(device=small.InBlocks())
    one = whole.bytes_per_alpha
    sizes = {
        limit: small.path(network, start, "linear", small.split(), small.InBlocks(), memory_limit=limit).block_size
        for limit in (1, one, 3 * one + 1, 1000 * one)
    }
    assert sizes == {1: 1, one: 1, 3 * one + 1: 3, 1000 * one: 8}


class Full(small.InBlocks):
    """A device whose memory holds `room` alphas, whatever it promises."""

    def __init__(self, room):
        super().__init__()
        self.room, self.tried = room, []

    def measure_block(self, network, layers, tensors, part, device):
        self.tried.append(len(next(iter(tensors.values()))))
        if self.tried[-1] > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return evaluate.measure_block(network, layers, tensors, part, device)


@pytest.mark.parametrize(("room", "tried"), [(8, [8, 8, 3]), (5, [8, 4, 4, 4, 4, 3]), (1, [8, 4, 2]), (0, [8, 4, 2])])
def test_where_memory_runs_out_the_block_is_halved_and_it_goes_on_with_a_line(room, tried, monkeypatch):
    device, said = Full(room), []
    monkeypatch.setattr(curves, "measure_block", device.measure_block)
    network, start, _ = example()
    curve = small.path(network, start, "linear", small.split(), device, say=said.append)
    found = curve.at(small.alphas(21))
    assert device.tried == tried
    assert len(said) == sum(size > room for size in tried)
    assert not said or said[0] == "out of memory with 8 alphas at once: from here on 4 at a time"
    for one, other in zip(small.path(network, start, "linear", small.split()).at(small.alphas(21)), found, strict=True):
        assert other.loss == pytest.approx(one.loss, rel=1e-10)


def test_one_alpha_that_does_not_fit_is_an_error(monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(curves, "measures", full)
    _, _, curve = example()
    with pytest.raises(torch.OutOfMemoryError):
        curve.at([0.5])


def forward_passes(network):
    seen = []
    network.register_forward_hook(lambda *_: seen.append(1))
    return seen


def test_alphas_go_in_blocks_and_the_ends_alone():
    device = Memory()
    network, _, curve = example(device=device)
    seen = forward_passes(network)
    chunks = 4  # of 7 of the 23 rows
    curve.at([0.0, 0.1, 0.2, 0.3, 0.4, 1.0])
    assert len(seen) == chunks * 3  # both ends and a block of three; the fourth alone goes on from kept products


def test_the_last_of_a_block_is_no_block_of_its_own(monkeypatch):
    blocks = []

    def noted(network, layers, tensors, part, device):
        blocks.append(len(next(iter(tensors.values()))))
        return evaluate.measure_block(network, layers, tensors, part, device)

    monkeypatch.setattr(curves, "measure_block", noted)
    _, _, curve = example(device=Memory())
    found = curve.at([0.1, 0.2, 0.3, 0.4])
    assert blocks == [3]
    assert found[3].loss == pytest.approx(example()[2].at([0.4])[0].loss, rel=1e-12)


def test_convolutions_take_one_alpha_at_a_time_on_every_device():
    network, part = Image().double(), small.split(size=12)
    start = {name: torch.zeros_like(tensor) for name, tensor in small.state(network).items()}
    assert small.path(network, start, "linear", part, small.InBlocks()).block_size == 1


def test_a_prediction_takes_one_forward_pass_however_many_alphas():
    network, _, curve = example()
    seen = forward_passes(network)
    curve.predicted([0.1, 0.2])
    assert len(curve.predicted([0.3, 0.4, 0.5])) == 3
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ({"activation": "tanh"}, "tanh"),
        ({"bias": "all"}, "hidden layers have biases"),
        ({"bias": (1,)}, "hidden layers have biases"),
        ({"bias": "last"}, None),
        ({"bias": "none"}, None),
        ({"bias": "all", "depth": 1}, None),
        ({"activation": "linear"}, None),
    ],
)
def test_a_prediction_says_why_it_is_missing(model, reason):
    _, _, curve = example(**model)
    if reason is None:
        assert curve.predicted_missing is None
        assert len(curve.predicted([0.5])) == 1
    else:
        assert reason in curve.predicted_missing
        assert curve.predicted([0.5]) is None


@small.calm
@given(st.integers(2, 700))
def test_refinement_takes_every_index_once_coarse_to_fine(points):
    rounds = refinement(points)
    assert sorted(index for indices in rounds for index in indices) == list(range(points))
    assert all(indices == sorted(indices) and indices for indices in rounds)
    assert rounds[0][0] == 0 and rounds[0][-1] == points - 1
    assert len(rounds[0]) == min(5, points)
    done = rounds[0]
    widest = max(b - a for a, b in pairwise(done))
    assert widest <= -(-(points - 1) // 4)
    for indices in rounds[1:]:
        done = sorted(done + indices)
        widest, before = max(b - a for a, b in pairwise(done)), widest
        assert widest == -(-before // 2)


def test_refinement_of_101_points():
    first, second, *_ = refinement(101)
    assert (first, second) == ([0, 25, 50, 75, 100], [12, 37, 62, 87])


@pytest.fixture(scope="module")
def digits():
    whole = data.load(Data(), small.CPU, torch.float32)
    return replace(whole, train=whole.train.subset(100))


def plateau_ends(digits, seed, **model):
    """Train a small network on 1,000 digits; return its linear and its homogeneous error plateau end."""
    network = models.build(Model(width=64, **model), (784,), 10, seed).float()
    start = small.state(network)
    trainer = Trainer(Train(lr=0.05, batch_size=50, seed=seed), network, digits, small.CPU)
    while measure(network, digits.train, small.CPU).loss > 1e-2 and trainer.epoch < 60:
        trainer.run_epoch(lambda: False)
    return [_error_plateau_end(small.path(network, start, s, digits.train)) for s in ("linear", "homogeneous")]


def _error_plateau_end(curve):
    def evaluate(alpha):
        found = curve.at([alpha])[0]
        return found.loss, found.error

    grid = small.alphas(21)
    losses, errors = zip(*map(evaluate, grid), strict=True)
    return plateaus(grid, losses, errors, 0.1, 0.1, 0.01, evaluate).error_plateau_end


def test_the_papers_pattern_shows_on_small_networks(digits):
    """Claims 2 to 4 as medians of three seeds: long on the linear path of a deep network with a small start alone."""

    def medians(**model):
        ends = [plateau_ends(digits, seed, **model) for seed in range(3)]
        return [statistics.median(column) for column in zip(*ends, strict=True)]

    linear, homogeneous = medians(depth=6, init_scale=0.4)
    assert linear > 0.12 and linear > 3 * homogeneous
    assert medians(depth=6, init_scale=1.0)[0] < 0.12
    assert medians(depth=3, init_scale=0.4)[0] < 0.12
