"""One curve point and one training epoch, against bare torch and the package loss-landscapes."""

import os

import torch
from torch import nn
from torch.nn import functional

import presets
from backends import data, devices, models
from backends.interpolation.curves import Path
from backends.placement import usable_cores
from backends.training.loop import Trainer
from benchmarks.side_by_side import medians, report

KIND = os.environ.get("BENCH_DEVICE", "cpu")
COUNTS = (9, 63) if KIND == "cuda" else (9,)
"""Alphas asked for at once; a GPU takes them as one block."""


def main() -> None:
    devices.prepare(usable_cores())
    device = devices.select("cuda" if KIND == "cuda" else "cpu")
    print(f"## compute on {device.name}, {torch.get_num_threads()} threads, float32, depth 10, width 256, mnist5k")
    spec = presets.load("fc10-mnist5k")
    dataset = data.load(spec.data, device, torch.float32)

    def network(seed: int) -> nn.Module:
        built = models.build(spec.model, dataset.input_shape, dataset.classes, seed)
        return built.to(device.torch_device, torch.float32)

    for count in COUNTS:
        curve_point(network, dataset, device, tuple(i / (count + 1) for i in range(1, count + 1)))
    epoch(spec.train, network, dataset, device)


def curve_point(network, dataset, device, alphas) -> None:
    start, end = network(0), network(1)
    layers = models.describe(start)
    path = Path(start, layers, start.state_dict(), end.state_dict(), "linear", dataset.train, device)
    inputs = dataset.train.rows(0, len(dataset.train.labels_N))
    weights = [w.detach().t() for name, w in start.state_dict().items() if w.dim() == 2]

    def ours() -> None:
        path.at(alphas)
        device.synchronise()

    def products() -> None:
        for _ in alphas:
            x = inputs.flatten(1)
            for w in weights:
                x = x @ w
        device.synchronise()

    taken = medians(9, ours=ours, products=products, peer=peer(network, inputs, dataset.train.labels_N, len(alphas)))
    one = {name: seconds / len(alphas) for name, seconds in taken.items()}
    what = f"a curve point, all measures, {len(alphas)} asked for"
    report(what, one["ours"], one["products"], "bare matrix products", 1.25)
    report(what, one["ours"], one["peer"], "loss-landscapes (loss alone)")


def peer(network, inputs, labels, count):
    """Drive loss-landscapes in the way its README shows: a Loss metric over X and y, and linear_interpolation."""
    import loss_landscapes
    from loss_landscapes.metrics import Loss

    start, end = network(0), network(1)

    def theirs() -> None:
        metric = Loss(nn.CrossEntropyLoss(), inputs, labels)
        loss_landscapes.linear_interpolation(start, end, metric, count, deepcopy_model=True)

    return theirs


def epoch(spec, network, dataset, device) -> None:
    ours_network, bare_network = network(0), network(0)
    trainer = Trainer(spec, ours_network, dataset, device)
    optimiser = torch.optim.SGD(bare_network.parameters(), lr=spec.lr, momentum=spec.momentum)
    labels = dataset.train.labels_N
    inputs = dataset.train.rows(0, len(labels))

    def ours() -> None:
        trainer.run_epoch(lambda: False)
        device.synchronise()

    def bare() -> None:
        order = torch.randperm(len(labels), device=device.torch_device)
        for batch in order.split(spec.batch_size):
            loss = functional.cross_entropy(bare_network(inputs[batch]), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        device.synchronise()

    taken = medians(15, ours=ours, bare=bare)
    report("a training epoch", taken["ours"], taken["bare"], "bare torch loop", 1.15)
    evaluated(ours_network, bare_network, dataset, device, taken)


def evaluated(ours_network, bare_network, dataset, device, taken) -> None:
    """The measures after each epoch, beside a plain forward pass with loss and error on both splits."""
    from backends.interpolation.evaluate import measure

    splits, layers = (dataset.train, dataset.test), models.describe(ours_network)
    plain = [(s.rows(0, len(s.labels_N)), s.labels_N) for s in splits]

    def ours() -> None:
        for split in splits:
            measure(ours_network, split, device, layers=layers)

    @torch.inference_mode()
    def bare() -> None:
        for inputs, labels in plain:
            logits = bare_network(inputs)
            functional.cross_entropy(logits, labels).item()
            (logits.argmax(1) != labels).float().mean().item()

    after = medians(15, ours=ours, bare=bare)
    report("measuring both splits", after["ours"], after["bare"], "bare forward, loss and error")
    whole = {name: taken[name] + after[name] for name in taken}
    report("an epoch with its measures", whole["ours"], whole["bare"], "bare, measured", 1.15)


if __name__ == "__main__":
    main()
