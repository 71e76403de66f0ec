"""The learning rate against what each schedule is, step by step."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.training.schedules import learning_rate
from presets.experiment import Train
from tests.backends import small

LR = st.floats(1e-6, 10.0)


@small.calm
@given(LR, st.integers(1, 100), st.integers(1, 50))
def test_cosine_goes_from_lr_through_its_half_to_zero(lr, epochs, batches):
    spec, steps = Train(lr=lr, schedule="cosine", max_epochs=epochs), epochs * batches
    assert learning_rate(spec, 0, batches) == lr
    assert learning_rate(spec, steps, 2 * batches) == pytest.approx(lr / 2)
    assert learning_rate(spec, steps, batches) == pytest.approx(0.0, abs=1e-15 * lr)
    rates = [learning_rate(spec, step, batches) for step in range(min(steps, 40))]
    assert rates == sorted(rates, reverse=True)


@small.calm
@given(LR, st.integers(0, 10**6), st.integers(1, 1000))
def test_constant_is_lr_at_every_step(lr, step, batches):
    assert learning_rate(Train(lr=lr), step, batches) == lr


def test_step_multiplies_the_rate_after_each_of_its_epochs():
    spec = Train(lr=2.0, schedule="step", step_epochs=(4, 1), step_factor=0.5, max_epochs=6)
    by_epoch = [[learning_rate(spec, 3 * epoch + batch, 3) for batch in range(3)] for epoch in range(6)]
    assert by_epoch == [[rate] * 3 for rate in (2.0, 1.0, 1.0, 1.0, 0.5, 0.5)]


def test_warm_up_rises_by_equal_parts_and_ends_on_the_schedule():
    spec = Train(lr=1.0, warmup_epochs=2, max_epochs=3)
    assert [learning_rate(spec, step, 2) for step in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


@small.calm
@given(
    spec=st.builds(
        Train,
        lr=LR,
        schedule=st.sampled_from(["constant", "cosine"]),
        warmup_epochs=st.integers(0, 8),
        max_epochs=st.just(9),
    )
    | st.builds(Train, lr=LR, schedule=st.just("step"), step_epochs=st.just((2, 5)), warmup_epochs=st.integers(0, 8)),
    step=st.integers(0, 62),
)
def test_warm_up_is_a_share_of_the_schedule_and_nothing_after(spec, step):
    plain = Train(lr=spec.lr, schedule=spec.schedule, step_epochs=spec.step_epochs, max_epochs=spec.max_epochs)
    share = min(1.0, (step + 1) / (7 * spec.warmup_epochs)) if spec.warmup_epochs else 1.0
    wanted = share * learning_rate(plain, step, 7)
    assert math.isclose(learning_rate(spec, step, 7), wanted, rel_tol=1e-15)
    if step >= 7 * spec.warmup_epochs:
        assert learning_rate(spec, step, 7) == learning_rate(plain, step, 7)
