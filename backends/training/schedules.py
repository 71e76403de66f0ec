"""The learning rate: a pure function of the step."""

from __future__ import annotations

import math

from presets.experiment import Train


def learning_rate(spec: Train, step: int, steps_per_epoch: int) -> float:
    """Return the rate of step number `step`, from 0 and over all epochs.

    `cosine` is lr (1 + cos(pi step / steps)) / 2 over the steps of max_epochs (Loshchilov and Hutter 2017, eq. 5,
    without restarts); `step` is lr times step_factor for every one of step_epochs that is completed. In the W steps
    of the warm-up the rate is (step + 1) / W of that (Goyal et al. 2017, gradual warm-up), so that the first step
    moves and the last one has the whole rate.
    """
    warmup = spec.warmup_epochs * steps_per_epoch
    rate = _scheduled(spec, step, steps_per_epoch)
    return rate * (step + 1) / warmup if step < warmup else rate


def _scheduled(spec: Train, step: int, steps_per_epoch: int) -> float:
    match spec.schedule:
        case "constant":
            return spec.lr
        case "cosine":
            return 0.5 * spec.lr * (1.0 + math.cos(math.pi * step / (spec.max_epochs * steps_per_epoch)))
        case "step":
            completed = step // steps_per_epoch
            return spec.lr * spec.step_factor ** sum(completed >= epoch for epoch in spec.step_epochs)
