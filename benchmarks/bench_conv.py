"""VGG-16 on batches of CIFAR's shape: a curve point and a training step, against the same network used bare."""

import torch
from torch import nn
from torch.nn import functional

from backends import devices, models
from backends.data import Dataset, Split
from backends.interpolation.curves import Path
from backends.placement import usable_cores
from backends.training.loop import Trainer
from benchmarks.bench_compute import KIND
from benchmarks.side_by_side import medians, report
from presets.experiment import Model, Train

INPUTS = 500
"""Random images, 50 a class: what is computed does not depend on what they show."""
BATCH = 125
STEPS = 2


def main() -> None:
    devices.prepare(usable_cores())
    device = devices.select("cuda" if KIND == "cuda" else "cpu")
    print(f"## VGG-16 on {device.name}, {torch.get_num_threads()} threads, float32, width 64, {INPUTS} images 3x32x32")
    for batch_norm in (False, True):
        model = Model(network="vgg16", width=64, init_scale=1.0, batch_norm=batch_norm, bias="all")
        curve_point(model, random_images(device, INPUTS), device)
        step(model, random_images(device, STEPS * BATCH), device)


def random_images(device, inputs) -> Dataset:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (inputs, 3, 32, 32), generator=generator, dtype=torch.uint8)
    labels = torch.arange(inputs) % 10
    there = (pixels.to(device.torch_device), labels.to(device.torch_device))
    split = Split(*there, mean=0.5, std=0.25, dtype=torch.float32, classes=10)
    return Dataset(split, split, 10, tuple(map(str, range(10))), (3, 32, 32))


def network(model, device, seed) -> nn.Module:
    return models.build(model, (3, 32, 32), 10, seed).to(device.torch_device, torch.float32)


def named(model) -> str:
    return "with batch norm" if model.batch_norm else "without batch norm"


def curve_point(model, dataset, device) -> None:
    """One alpha with all its measures, beside one forward pass in the same chunks over inputs that lie ready."""
    start, end = network(model, device, 0), network(model, device, 1)
    path = Path(start, models.describe(start), start.state_dict(), end.state_dict(), "linear", dataset.train, device)
    inputs = dataset.train.rows(0, INPUTS).split(device.conv_chunk_rows)
    end.eval()

    def ours() -> None:
        path.at([0.5])
        device.synchronise()

    @torch.inference_mode()
    def bare() -> None:
        for chunk in inputs:
            end(chunk)
        device.synchronise()

    taken = medians(5, ours=ours, bare=bare)
    report(f"a curve point, {named(model)}", taken["ours"], taken["bare"], "one bare forward pass", 1.1)


def step(model, dataset, device) -> None:
    """An epoch of steps, beside the loop that everybody writes."""
    spec = Train(batch_size=BATCH, lr=0.01)
    ours_network, bare_network = network(model, device, 0), network(model, device, 0)
    trainer = Trainer(spec, ours_network, dataset, device)
    optimiser = torch.optim.SGD(bare_network.parameters(), lr=spec.lr, momentum=spec.momentum)
    inputs, labels = dataset.train.rows(0, STEPS * BATCH), dataset.train.labels_N

    def ours() -> None:
        trainer.run_epoch(lambda: False)
        device.synchronise()

    def bare() -> None:
        order = torch.randperm(len(labels), device=device.torch_device)
        for batch in order.split(BATCH):
            loss = functional.cross_entropy(bare_network(inputs[batch]), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        device.synchronise()

    taken = medians(3, ours=ours, bare=bare)
    report(f"a training step, {named(model)}", taken["ours"] / STEPS, taken["bare"] / STEPS, "the bare step", 1.1)


if __name__ == "__main__":
    main()
