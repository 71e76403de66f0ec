import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from backends import models
from backends.interpolation.evaluate import measure
from backends.training.loop import Trainer, data_order, learning_rate
from presets.experiment import Model, Train
from tests.backends import small

MODEL = Model(depth=3, width=5, bias="all")
STEPS = 5  # 23 inputs in batches of 5: the last one has 3


def trainer(spec, seed=0, dtype=torch.float64, model=MODEL):
    data = small.dataset(dtype)
    network = models.build(model, data.input_shape, data.classes, seed).to(dtype)
    return Trainer(spec, network, data, small.CPU), network


def by_hand(spec, epochs):
    """Heavy-ball SGD written out, after Sutskever et al. 2013 as torch.optim.SGD defines it; returns the weights."""
    data = small.dataset()
    network = models.build(MODEL, data.input_shape, data.classes, 0)
    velocities = [torch.zeros_like(p) for p in network.parameters()]
    step, steps = 0, STEPS * spec.max_epochs
    for epoch in range(epochs):
        for index in data_order(spec.seed, epoch, 23).split(spec.batch_size):
            rate = spec.lr if spec.schedule == "constant" else spec.lr * (1 + math.cos(math.pi * step / steps)) / 2
            log_shares = functional.log_softmax(network(data.train.rows(0, 23)[index]), 1)
            loss = -log_shares[range(len(index)), data.train.labels_N[index]].mean()
            gradients = torch.autograd.grad(loss, list(network.parameters()))
            with torch.no_grad():
                for p, g, v in zip(network.parameters(), gradients, velocities, strict=True):
                    v.mul_(spec.momentum).add_(g + spec.weight_decay * p)
                    p.sub_(rate * v)
            step += 1
    return small.state(network)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_steps_are_the_closed_form(schedule, weight_decay, momentum):
    spec = Train(
        lr=0.1, batch_size=5, max_epochs=4, schedule=schedule, weight_decay=weight_decay, momentum=momentum, seed=3
    )
    ours, network = trainer(spec)
    for epochs in (1, 2):
        assert ours.run_epoch(lambda: False)
        assert (ours.epoch, ours.batch) == (epochs, 0)
        wanted = by_hand(spec, epochs)
        for name, tensor in network.state_dict().items():
            assert torch.allclose(tensor, wanted[name], rtol=1e-11, atol=1e-13), name


@small.calm
@given(st.integers(0, 2**31 - 1), st.integers(0, 10**6), st.integers(1, 300))
def test_the_order_is_a_permutation_and_a_pure_function(seed, epoch, inputs):
    order = data_order(seed, epoch, inputs)
    assert sorted(order.tolist()) == list(range(inputs))
    torch.rand(1)  # the global generator moves on, and nothing changes
    assert torch.equal(order, data_order(seed, epoch, inputs))


def test_orders_of_other_seeds_and_epochs_are_others():
    orders = {tuple(data_order(seed, epoch, 50).tolist()) for seed in range(20) for epoch in range(20)}
    assert len(orders) == 400


def test_drawing_an_order_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    data_order(1, 2, 50)
    assert torch.equal(before, torch.get_rng_state())


def test_orders_stay_what_they_are():
    """Literal, so that a change of the order, which changes every recorded run, can't go unseen."""
    assert data_order(0, 0, 8).tolist() == [0, 1, 3, 6, 5, 2, 7, 4]
    assert data_order(5, 17, 8).tolist() == [4, 5, 7, 6, 3, 0, 1, 2]


@small.calm
@given(st.floats(1e-6, 10.0), st.integers(1, 100), st.integers(1, 50))
def test_cosine_goes_from_lr_through_its_half_to_zero(lr, epochs, batches):
    spec, steps = Train(lr=lr, schedule="cosine", max_epochs=epochs), epochs * batches
    assert learning_rate(spec, 0, steps) == lr
    assert learning_rate(spec, steps, 2 * steps) == pytest.approx(lr / 2)
    assert learning_rate(spec, steps, steps) == pytest.approx(0.0, abs=1e-15 * lr)
    rates = [learning_rate(spec, step, steps) for step in range(min(steps, 40))]
    assert rates == sorted(rates, reverse=True)


def test_the_rate_counts_steps_over_epochs_and_batches():
    spec = Train(lr=0.2, schedule="cosine", max_epochs=3, batch_size=5)
    ours, _ = trainer(spec)
    ours.epoch, ours.batch = 2, 4
    assert ours.lr() == pytest.approx(0.1 * (1 + math.cos(math.pi * 14 / 15)))
    assert trainer(Train(lr=0.2, batch_size=5))[0].lr() == 0.2


def run_cut_at(cut, spec, dtype):
    """Train two epochs, but stop after `cut` steps and go on in a new trainer of another network."""
    ours, network = trainer(spec, dtype=dtype)
    stop = small.stop_after(cut)
    while ours.epoch < 2 and ours.run_epoch(stop):
        pass
    position = (ours.epoch, ours.batch)
    assert position == divmod(cut, STEPS)
    saved = {name: tensor.clone() for name, tensor in ours.tensors().items()}
    resumed, other = trainer(spec, seed=99, dtype=dtype)
    other.load_state_dict(small.state(network))
    resumed.load_tensors(saved)
    resumed.epoch, resumed.batch = position
    while resumed.epoch < 2:
        assert resumed.run_epoch(lambda: False)
    return small.all_bits(small.state(other)), small.all_bits(resumed.tensors())


@settings(small.calm, max_examples=30)
@given(
    cut=st.integers(0, 2 * STEPS),
    momentum=st.sampled_from([0.0, 0.9]),
    schedule=st.sampled_from(["constant", "cosine"]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_a_resume_at_any_batch_is_bit_for_bit_the_undisturbed_run(cut, momentum, schedule, dtype):
    spec = Train(lr=0.1, batch_size=5, max_epochs=3, momentum=momentum, schedule=schedule, weight_decay=0.01)
    ours, network = trainer(spec, dtype=dtype)
    for _ in range(2):
        ours.run_epoch(lambda: False)
    undisturbed = small.all_bits(small.state(network)), small.all_bits(ours.tensors())
    assert run_cut_at(cut, spec, dtype) == undisturbed


def test_a_stop_is_asked_before_every_step_and_leaves_the_epoch_unfinished():
    ours, network = trainer(Train(batch_size=5))
    before = small.all_bits(small.state(network))
    assert not ours.run_epoch(small.stop_after(0))
    assert (ours.epoch, ours.batch, ours.tensors()) == (0, 0, {})
    assert small.all_bits(small.state(network)) == before
    assert not ours.run_epoch(small.stop_after(STEPS - 1))
    assert (ours.epoch, ours.batch) == (0, STEPS - 1)
    assert ours.run_epoch(small.stop_after(1))
    assert (ours.epoch, ours.batch) == (1, 0)


def test_the_optimisers_tensors_go_by_the_names_of_the_parameters():
    ours, network = trainer(Train(batch_size=5))
    ours.run_epoch(small.stop_after(1))
    shapes = {name: tensor.shape for name, tensor in ours.tensors().items()}
    assert shapes == {name: p.shape for name, p in network.named_parameters()}


def test_loading_copies_what_it_is_given():
    ours, network = trainer(Train(batch_size=5))
    given_tensors = {name: torch.ones_like(p) for name, p in network.named_parameters()}
    ours.load_tensors(given_tensors)
    ours.run_epoch(small.stop_after(1))
    assert all(torch.equal(tensor, torch.ones_like(tensor)) for tensor in given_tensors.values())
    ours.load_tensors({})
    assert ours.tensors() == {}


@pytest.mark.parametrize("saved", [{"layer1.weight": torch.zeros(5, 6)}, {"other": torch.zeros(1)}])
def test_tensors_of_another_network_are_refused(saved):
    with pytest.raises(ValueError, match="does not fit the network"):
        trainer(Train())[0].load_tensors(saved)


def test_a_diverged_epoch_ends_and_shows_in_the_measures():
    linear = Model(depth=3, width=5, activation="linear")  # ReLU units may die and stop it
    ours, network = trainer(Train(lr=1000.0, batch_size=5), dtype=torch.float32, model=linear)
    for _ in range(8):
        assert ours.run_epoch(lambda: False)
    assert not math.isfinite(measure(network, small.split(dtype=torch.float32), small.CPU).loss)
