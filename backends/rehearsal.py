"""How fast an experiment trains with so many threads: a second of real training steps, thrown away."""

from __future__ import annotations

import time

import torch

from backends import data, devices, models
from backends.training.loop import Trainer
from presets.experiment import Experiment

WARM_STEPS = 10


def steps_per_second(spec: Experiment, threads: int, seconds: float) -> float:
    """Return the training steps a second of `spec` on the CPU, this process using `threads` threads."""
    devices.prepare(threads)
    device = devices.select("cpu")
    dtype = torch.float64 if spec.model.dtype == "float64" else torch.float32
    dataset = data.load(spec.data, device, dtype)
    network = models.build(spec.model, dataset.input_shape, dataset.classes, spec.train.seed)
    network.to(device.torch_device, dtype)
    trainer = Trainer(spec.train, network, dataset, device)
    steps, began = 0, 0.0

    def over() -> bool:
        nonlocal steps, began
        steps += 1
        if steps <= WARM_STEPS:
            began = time.perf_counter()
        return steps > WARM_STEPS and time.perf_counter() - began >= seconds

    while trainer.run_epoch(over):
        pass
    return (steps - WARM_STEPS) / (time.perf_counter() - began)
