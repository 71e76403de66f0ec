"""The theory model and its gradient flow: closed forms, and what the paper says must come out of it."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from backends import data, models
from backends.interpolation.evaluate import measure
from backends.interpolation.schemes import coefficient, interpolate, zero_start
from backends.models.theory import Theory
from backends.training import Diverged, begin
from backends.training.flow import Flow
from presets.experiment import Data, Model, Train
from tests.backends import small

SPEC = Train(optimiser="flow", flow_time=8.0, max_epochs=4)


def dataset(classes=4):
    return data.load(Data(name="orthogonal", classes=classes), small.CPU, torch.float64)


def model(depth=3, init_scale=0.1):
    return Model(network="theory", depth=depth, init_scale=init_scale, dtype="float64")


def network(depth=3, classes=4, seed=0, init_scale=0.1):
    return models.build(model(depth, init_scale), (classes,), classes, seed)


def flow(spec=SPEC, depth=3, seed=0):
    own = network(depth, seed=seed)
    return Flow(spec, own, dataset()), own


@small.calm
@given(st.integers(1, 6), st.integers(2, 6), st.integers(0, 100))
def test_logits_are_the_sum_over_powers_of_weights(depth, classes, seed):
    own = network(depth, classes, seed, init_scale=1.0)
    with torch.no_grad():
        own.bias.normal_(generator=torch.Generator().manual_seed(seed))
    inputs = torch.rand((5, classes), dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    for x, logits in zip(inputs.tolist(), own(inputs).tolist(), strict=True):
        weight, bias = own.weight.tolist(), own.bias.tolist()
        wanted = [sum(w**depth * v for w, v in zip(weight[i], x, strict=True)) + bias[i] for i in range(classes)]
        assert logits == pytest.approx(wanted, rel=1e-13)


def test_the_start_is_small_positive_weights_of_the_seed_and_no_bias():
    own = network(classes=50, init_scale=0.1)
    assert 0.05 <= own.weight.min() < 0.051
    assert 0.149 < own.weight.max() < 0.15
    assert own.bias.tolist() == [0.0] * 50
    assert torch.equal(own.weight, network(classes=50, init_scale=0.1).weight)
    assert not torch.equal(own.weight, network(classes=50, init_scale=0.1, seed=1).weight)


def test_inputs_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"one feature a class: 10, not inputs of \[1, 28, 28\]"):
        models.build(model(), (1, 28, 28), 10, 0)


def test_each_class_has_its_basis_vector():
    data = dataset(7)
    assert torch.equal(data.train.rows(0, 7), torch.eye(7, dtype=torch.float64))
    assert data.train.labels_N.tolist() == list(range(7))
    assert (data.classes, data.input_shape, data.train.largest_class_share) == (7, (7,), 1 / 7)


@pytest.mark.parametrize(
    ("scheme", "bias"), [("linear", 0.5), ("homogeneous", 0.5**3), ("last_bias_linear", 0.5), ("fixed_bias", 1.0)]
)
def test_weights_move_as_alpha_and_the_bias_as_the_scheme_says(scheme, bias):
    layers = models.describe(network())
    assert coefficient(scheme, layers.roles["weight"], 0.5) == 0.5
    assert coefficient(scheme, layers.roles["bias"], 0.5) == bias
    assert (layers.depth, layers.last_bias, layers.hidden_biases) == (3, "bias", False)


@small.calm
@given(st.integers(1, 6), st.sampled_from(small.SCHEMES), st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=5))
def test_from_zero_the_measured_curve_is_the_predicted_one(depth, scheme, alphas):
    own = network(depth, init_scale=2.0)
    with torch.no_grad():
        own.bias.copy_(torch.tensor([0.3, -1.0, 2.0, 0.1]))
    curve = small.path(own, zero_start(own.state_dict()), scheme, dataset().train)
    for measured, (loss, error) in zip(
        curve.at([*alphas, 0.0, 1.0]), curve.predicted([*alphas, 0.0, 1.0]), strict=True
    ):
        assert measured.loss == pytest.approx(loss, rel=1e-9)
        assert measured.error == error


def test_homogeneous_from_zero_scales_the_logits_by_alpha_to_the_power():
    own, part = network(5, init_scale=2.0), dataset().train
    with torch.no_grad():
        own.bias.copy_(torch.tensor([0.3, -1.0, 2.0, 0.1]))
    end = small.state(own)
    there = interpolate(zero_start(end), end, models.describe(own), "homogeneous", 0.7)
    assert torch.allclose(small.logits(own, there, part), 0.7**5 * small.logits(own, end, part), rtol=1e-13)


def test_flow_is_gradient_descent_with_ever_smaller_steps():
    """Euler's error shrinks with its step; extrapolated to a step of 0 it is the flow."""

    def descended(steps):
        own = network()
        for _ in range(steps):
            loss = functional.cross_entropy(own(torch.eye(4, dtype=torch.float64)), torch.arange(4))
            gradients = torch.autograd.grad(loss, list(own.parameters()))
            with torch.no_grad():
                for p, g in zip(own.parameters(), gradients, strict=True):
                    p.sub_(2.0 / steps * g)
        return small.state(own)

    ours, own = flow()  # an epoch is a time of 2
    assert ours.run_epoch(lambda: False)
    coarse, fine = descended(1000), descended(2000)
    for name, tensor in own.state_dict().items():
        assert torch.allclose(tensor, 2 * fine[name] - coarse[name], rtol=1e-6, atol=1e-9), name
        assert not torch.allclose(tensor, network().state_dict()[name], rtol=1e-3, atol=0.0)


def test_the_sum_of_the_biases_stays_zero():
    """d b_i / dt = (number of class i - sum of shares) / N sums to 0 over classes: so does b."""
    ours, own = flow(Train(optimiser="flow", flow_time=100.0, max_epochs=10))
    for _ in range(10):
        assert ours.run_epoch(lambda: False)
        assert float(own.bias.detach().sum()) == pytest.approx(0.0, abs=1e-10)
    assert float(own.bias.detach().abs().max()) > 0.1


def test_the_loss_falls_at_every_moment_and_every_class_is_learned():
    ours, own = flow(Train(optimiser="flow", flow_time=100.0, max_epochs=50))
    losses = [measure(own, dataset().train, small.CPU).loss]
    for _ in range(50):
        assert ours.run_epoch(lambda: False)
        losses.append(measure(own, dataset().train, small.CPU).loss)
    assert losses == sorted(losses, reverse=True)
    assert measure(own, dataset().train, small.CPU).error == 0.0


@settings(small.calm, max_examples=20)
@given(st.integers(0, 4), st.integers(0, 30), st.integers(1, 5), st.integers(0, 50))
def test_a_resume_from_any_moment_is_bit_for_bit_the_undisturbed_flow(cut, evaluations, depth, seed):
    ours, own = flow(depth=depth, seed=seed)
    for _ in range(4):
        ours.run_epoch(lambda: False)
    undisturbed = small.all_bits(small.state(own))
    ours, own = flow(depth=depth, seed=seed)
    while ours.epoch < cut:
        assert ours.run_epoch(lambda: False)
    assert not ours.run_epoch(small.stop_after(evaluations))
    resumed, other = flow(depth=depth, seed=99)
    other.load_state_dict(small.state(own))
    resumed.load_tensors(ours.tensors())
    resumed.epoch, resumed.batch = ours.epoch, ours.batch
    assert (resumed.epoch, resumed.batch) == (cut, 0)
    while resumed.epoch < 4:
        assert resumed.run_epoch(lambda: False)
    assert small.all_bits(small.state(other)) == undisturbed


def test_a_stop_leaves_the_state_of_the_moment():
    ours, own = flow()
    before = small.all_bits(small.state(own))
    assert not ours.run_epoch(small.stop_after(5))
    assert (ours.epoch, ours.batch, small.all_bits(small.state(own))) == (0, 0, before)


def test_a_flow_that_cannot_be_integrated_fails_with_epoch_and_time_and_keeps_the_last_state():
    own = network(100, init_scale=100.0)  # its loss is 4e214, its gradient beyond what squares of numbers can hold
    ours = Flow(SPEC, own, dataset())
    before = small.all_bits(small.state(own))
    with pytest.raises(Diverged, match=r"^gradient flow can't be integrated between time 0 and 2 \(epoch 1\): [^\n]+$"):
        ours.run_epoch(lambda: False)
    assert (ours.epoch, small.all_bits(small.state(own))) == (0, before)


def test_what_another_optimiser_saved_is_refused():
    with pytest.raises(ValueError, match="gradient flow remembers nothing"):
        flow()[0].load_tensors({"weight.exp_avg": torch.zeros(4, 4)})


def test_the_network_theory_is_trained_by_flow_and_shows_its_diagonal():
    own = network()
    ours = begin(SPEC, own, dataset(), small.CPU)
    assert isinstance(ours, Flow)
    assert isinstance(own, Theory)
    assert list(own.diagonal()) == [own.weight.tolist()[i][i] for i in range(4)]
    assert (ours.lr(), ours.steps) == (0.0, 1)
