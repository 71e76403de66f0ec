import itertools
import math

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from backends import models
from backends.interpolation.evaluate import measure
from backends.training import Diverged
from backends.training.augment import Augmentation
from backends.training.draws import data_order
from backends.training.loop import Trainer
from backends.training.schedules import learning_rate
from presets.experiment import Model, Train
from tests.backends import small

MODEL = Model(depth=3, width=5, bias="all")
STEPS = 5  # 23 inputs in batches of 5: the last one has 3


OPTIMISERS = ("sgd", "adam", "adamw", "gd")
BATCH_SIZE = {"sgd": 5, "adam": 5, "adamw": 5, "gd": 100}
"""gd takes all inputs, whatever the batch size, which then has its default."""
KINDS = {
    "sgd": (torch.optim.SGD, {"momentum": 0.9}),
    "adam": (torch.optim.Adam, {"betas": (0.9, 0.999)}),
    "adamw": (torch.optim.AdamW, {"betas": (0.9, 0.999)}),
    "gd": (torch.optim.SGD, {"momentum": 0.9}),
}


def trainer(spec, seed=0, dtype=torch.float64, model=MODEL, device=small.CPU):
    data = small.coloured(dtype) if spec.augment else small.dataset(dtype)
    network = models.build(model, data.input_shape, data.classes, seed).to(dtype)
    return Trainer(spec, network, data, device), network


def of(optimiser, **more):
    """A specification of this optimiser, with settings at which each of them moves and none diverges."""
    return Train(optimiser=optimiser, lr=0.05, batch_size=BATCH_SIZE[optimiser], max_epochs=4, seed=3, **more)


def batches(spec, epoch):
    order = data_order(spec.seed, epoch, 23)
    return [order] if spec.optimiser == "gd" else list(order.split(spec.batch_size))


def change(spec, memory, parameter, gradient, rate):
    """One step of one parameter, after Sutskever et al. 2013 (heavy ball, as torch.optim.SGD defines it), Kingma and
    Ba 2015 (Adam, algorithm 1) or Loshchilov and Hutter 2019 (AdamW, algorithm 2); `memory` is of this parameter."""
    memory["steps"] = memory.get("steps", 0) + 1
    if spec.optimiser != "adamw":
        gradient = gradient + spec.weight_decay * parameter
    if spec.optimiser in ("sgd", "gd"):
        memory["v"] = spec.momentum * memory.get("v", 0.0) + gradient
        return -rate * memory["v"]
    first, second = spec.momentum, 0.999
    memory["m"] = first * memory.get("m", 0.0) + (1 - first) * gradient
    memory["v"] = second * memory.get("v", 0.0) + (1 - second) * gradient**2
    mean = memory["m"] / (1 - first ** memory["steps"])
    scale = (memory["v"] / (1 - second ** memory["steps"])).sqrt() + 1e-8
    decay = rate * spec.weight_decay * parameter if spec.optimiser == "adamw" else 0.0
    return -rate * mean / scale - decay


def by_hand(spec, epochs):
    """The optimiser written out; returns the weights."""
    data = small.dataset()
    network = models.build(MODEL, data.input_shape, data.classes, 0)
    memories = [{} for _ in network.parameters()]
    step = 0
    for epoch in range(epochs):
        for index in batches(spec, epoch):
            rate = learning_rate(spec, step, len(batches(spec, epoch)))
            log_shares = functional.log_softmax(network(data.train.rows(0, 23)[index]), 1)
            right = log_shares[range(len(index)), data.train.labels_N[index]].mean()
            loss = -(1 - spec.label_smoothing) * right - spec.label_smoothing * log_shares.mean()
            gradients = torch.autograd.grad(loss, list(network.parameters()))
            with torch.no_grad():
                for p, g, memory in zip(network.parameters(), gradients, memories, strict=True):
                    p.add_(change(spec, memory, p, g, rate))
            step += 1
    return small.state(network)


@pytest.mark.parametrize("more", [{}, {"schedule": "cosine", "warmup_epochs": 1}, {"label_smoothing": 0.2}])
@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_steps_are_the_closed_form(optimiser, momentum, weight_decay, more):
    spec = of(optimiser, momentum=momentum, weight_decay=weight_decay, **more)
    ours, network = trainer(spec, device=small.InBlocks())  # which gives gd its inputs in four chunks
    for epochs in (1, 2):
        assert ours.run_epoch(lambda: False)
        assert (ours.epoch, ours.batch) == (epochs, 0)
        wanted = by_hand(spec, epochs)
        for name, tensor in network.state_dict().items():
            assert torch.allclose(tensor, wanted[name], rtol=1e-9, atol=1e-11), name


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_steps_are_those_of_a_bare_torch_loop_bit_for_bit(optimiser, dtype):
    spec = of(optimiser, weight_decay=0.01)
    ours, network = trainer(spec, dtype=dtype)
    data = small.dataset(dtype)
    bare = models.build(MODEL, data.input_shape, data.classes, 0).to(dtype)
    kind, options = KINDS[optimiser]
    theirs = kind(bare.parameters(), lr=0.05, weight_decay=0.01, fused=True, **options)
    for epoch in range(2):
        assert ours.run_epoch(lambda: False)
        for index in batches(spec, epoch):
            loss = functional.cross_entropy(bare(data.train.rows(0, 23)[index]), data.train.labels_N[index])
            theirs.zero_grad()
            loss.backward()
            theirs.step()
    assert small.all_bits(small.state(network)) == small.all_bits(small.state(bare))


def test_each_batch_is_augmented_as_its_place_in_the_epoch_says():
    spec = of("sgd", augment=("crop", "flip"), momentum=0.0)
    ours, network = trainer(spec)
    data = small.coloured()
    bare = models.build(MODEL, data.input_shape, data.classes, 0)
    theirs = torch.optim.SGD(bare.parameters(), lr=0.05, fused=True)
    for epoch in range(2):
        assert ours.run_epoch(lambda: False)
        order = data_order(3, epoch, 23)
        seen = Augmentation(spec, epoch, 23, torch.device("cpu")).apply(data.train.raw_N[order], 0)
        inputs, labels = (seen.double() / 255 - 0.4) / 0.3, data.train.labels_N[order]
        for some, own in zip(inputs.split(5), labels.split(5), strict=True):
            theirs.zero_grad()
            functional.cross_entropy(bare(some), own).backward()
            theirs.step()
    for name, tensor in network.state_dict().items():
        assert torch.allclose(tensor, bare.state_dict()[name], rtol=1e-11, atol=1e-13), name
    assert not torch.allclose(inputs, data.train.rows(0, 23)[order])


def test_gd_takes_one_step_an_epoch():
    ours, network = trainer(of("gd"), device=small.InBlocks())
    before = small.all_bits(small.state(network))
    assert not ours.run_epoch(small.stop_after(0))
    assert small.all_bits(small.state(network)) == before
    assert ours.run_epoch(small.stop_after(1))
    assert (ours.epoch, ours.batch, ours.steps) == (1, 0, 1)


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
    assert position == divmod(cut, ours.steps)
    saved = safetensors.torch.load(safetensors.torch.save(ours.tensors()))
    resumed, other = trainer(spec, seed=99, dtype=dtype)
    other.load_state_dict(small.state(network))
    resumed.load_tensors(saved)
    resumed.epoch, resumed.batch = position
    while resumed.epoch < 2:
        assert resumed.run_epoch(lambda: False)
    return small.all_bits(small.state(other)), small.all_bits(resumed.tensors())


SCHEDULES = st.sampled_from(
    [
        {},
        {"schedule": "cosine"},
        {"schedule": "step", "step_epochs": (1,)},
        {"schedule": "cosine", "warmup_epochs": 2},
    ]
)


@settings(small.calm, max_examples=100)
@given(
    cut=st.integers(0, 2 * STEPS),
    optimiser=st.sampled_from(OPTIMISERS),
    momentum=st.sampled_from([0.0, 0.9]),
    schedule=SCHEDULES,
    augment=st.sampled_from([(), ("crop",), ("flip",), ("crop", "flip")]),
    label_smoothing=st.sampled_from([0.0, 0.1]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_a_resume_at_any_batch_is_bit_for_bit_the_undisturbed_run(
    cut, optimiser, momentum, schedule, augment, label_smoothing, dtype
):
    more = {"augment": augment, "label_smoothing": label_smoothing, "weight_decay": 0.01, "momentum": momentum}
    spec = of(optimiser, **schedule, **more)
    ours, network = trainer(spec, dtype=dtype)
    for _ in range(2):
        ours.run_epoch(lambda: False)
    undisturbed = small.all_bits(small.state(network)), small.all_bits(ours.tensors())
    assert run_cut_at(min(cut, 2 * ours.steps), spec, dtype) == undisturbed


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


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize(
    ("optimiser", "kept"),
    [("sgd", ["momentum_buffer"]), ("gd", ["momentum_buffer"]), ("adam", ["step", "exp_avg", "exp_avg_sq"])],
)
def test_the_optimisers_tensors_go_by_the_names_of_the_parameters(optimiser, kept, momentum):
    ours, network = trainer(of(optimiser, momentum=momentum))
    ours.run_epoch(small.stop_after(1))
    shapes = {name: tuple(tensor.shape) for name, tensor in ours.tensors().items()}
    parameters = network.named_parameters() if momentum or optimiser == "adam" else []
    assert shapes == {
        f"{name}.{key}": () if key == "step" else tuple(p.shape) for name, p in parameters for key in kept
    }


def test_loading_copies_what_it_is_given():
    ours, network = trainer(Train(batch_size=5))
    given_tensors = {f"{name}.momentum_buffer": torch.ones_like(p) for name, p in network.named_parameters()}
    ours.load_tensors(given_tensors)
    ours.run_epoch(small.stop_after(1))
    assert all(torch.equal(tensor, torch.ones_like(tensor)) for tensor in given_tensors.values())
    ours.load_tensors({})
    assert ours.tensors() == {}


@pytest.mark.parametrize(
    "saved",
    [{"layer1.weight.momentum_buffer": torch.zeros(5, 6)}, {"other": torch.zeros(1)}],
    ids=["fewer", "other"],
)
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_tensors_of_another_network_are_refused(optimiser, saved):
    with pytest.raises(ValueError, match="does not fit the network"):
        trainer(of(optimiser))[0].load_tensors(saved)


def test_tensors_of_another_optimiser_are_refused():
    ours, _ = trainer(of("adam"))
    ours.run_epoch(lambda: False)
    with pytest.raises(ValueError, match="does not fit the network"):
        trainer(of("sgd"))[0].load_tensors(ours.tensors())


def poisoned(spec, step, value, **more):
    """A trainer whose network gives logits of `value` in one step of its life, counted from 1."""
    ours, network = trainer(spec, **more)
    calls = itertools.count(1)
    network.register_forward_hook(lambda *inout: inout[2] * value if next(calls) == step else None)
    return ours


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("step", range(1, 2 * STEPS + 1))
def test_a_loss_that_is_not_finite_is_named_by_epoch_and_step(step, value):
    ours = poisoned(of("sgd", schedule="step", step_epochs=(1,)), step, value)
    epoch, batch = divmod(step - 1, STEPS)
    with pytest.raises(Diverged) as diverged:
        while ours.run_epoch(lambda: False):
            assert ours.epoch <= epoch
    rate = "0.05" if epoch == 0 else "0.005"
    assert str(diverged.value) == (
        f"the loss is not finite at epoch {epoch + 1} in step {batch + 1} of {STEPS} (lr {rate}): "
        "try a smaller train.lr"
    )


def test_a_stop_behind_a_loss_that_is_not_finite_is_no_stop_to_resume_from():
    ours = poisoned(of("sgd"), 2, math.nan)
    with pytest.raises(Diverged, match="at epoch 1 in step 2 of 5"):
        ours.run_epoch(small.stop_after(3))


def test_the_step_is_counted_from_the_beginning_of_the_epoch_also_after_a_resume():
    ours = poisoned(of("sgd"), 1, math.nan)
    ours.epoch, ours.batch = 1, 3
    with pytest.raises(Diverged, match="at epoch 2 in step 4 of 5"):
        ours.run_epoch(lambda: False)


def test_gd_that_diverges_in_one_chunk_names_its_one_step():
    ours = poisoned(of("gd"), 3, math.nan, device=small.InBlocks())
    with pytest.raises(Diverged, match="at epoch 1 in step 1 of 1"):
        ours.run_epoch(lambda: False)


def test_a_rate_that_is_too_large_diverges():
    linear = Model(depth=3, width=5, activation="linear")  # ReLU units may die and stop it
    ours, _ = trainer(Train(lr=1000.0, batch_size=5), dtype=torch.float32, model=linear)
    with pytest.raises(Diverged, match=r"^the loss is not finite at epoch [1-8] in step [1-5] of 5 \(lr 1000\)"):
        for _ in range(8):
            assert ours.run_epoch(lambda: False)


def test_smoothed_labels_leave_the_recorded_loss_the_plain_cross_entropy():
    ours, network = trainer(of("sgd", label_smoothing=0.5))
    ours.run_epoch(lambda: False)
    data = small.dataset().train
    plain = functional.cross_entropy(small.logits(network, network.state_dict(), data), data.labels_N)
    assert measure(network, data, small.CPU).loss == pytest.approx(plain.item(), rel=1e-12)
