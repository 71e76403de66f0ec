"""A sweep of 12 `quick` runs, against two bare arrangements: one loop after the other, or two processes at a time.

    python -m benchmarks.bench_sweep [EPOCHS]

A bare loop loads the data, trains to the preset's end with its measures after each epoch, and evaluates the grid of
both schemes and splits (loss and error): no journal, no checkpoints, no bisection, no live curves. All three are
whole commands, the import of torch included.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 12


def bare(seeds: range, epochs: int, threads: int) -> None:
    """Train and interpolate `quick` for some seeds with bare torch; the data set and the networks are ours."""
    import torch
    from torch.func import functional_call
    from torch.nn import functional

    import presets
    from backends import data, devices, models

    devices.prepare(threads)
    for seed in seeds:
        spec = presets.override(presets.load("quick"), [f"train.seed={seed}", f"train.max_epochs={epochs}"])
        dataset = data.load(spec.data, devices.select("cpu"), torch.float32)
        network = models.build(spec.model, dataset.input_shape, dataset.classes, seed).float()
        splits = [(s.rows(0, len(s.labels_N)), s.labels_N) for s in (dataset.train, dataset.test)]
        start = {name: w.detach().clone() for name, w in network.state_dict().items()}
        optimiser = torch.optim.SGD(network.parameters(), lr=spec.train.lr, momentum=spec.train.momentum, fused=True)
        inputs, labels = splits[0]

        @torch.inference_mode()
        def measured(weights, network=network, splits=splits):
            found = []
            for x, y in splits:
                logits = functional_call(network, weights, x)
                found.append(
                    (functional.cross_entropy(logits, y).item(), (logits.argmax(1) != y).float().mean().item())
                )
            return found

        for _ in range(epochs):
            for batch in torch.randperm(len(labels)).split(spec.train.batch_size):
                loss = functional.cross_entropy(network(inputs[batch]), labels[batch])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            if measured(network.state_dict())[0][0] < spec.train.stop_loss:
                break
        end = {name: w.detach().clone() for name, w in network.state_dict().items()}
        for power in (1, spec.model.depth):  # the only bias is in the last layer
            for i in range(spec.interpolation.points):
                a = i / (spec.interpolation.points - 1)
                measured({n: (1 - c) * start[n] + c * end[n] for n in end for c in [a**power if "bias" in n else a]})


def commands(epochs: int, beside: int, threads: int) -> float:
    """Return the seconds that bare loops over all seeds take in `beside` processes at a time."""
    share = RUNS // beside
    began = time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.bench_sweep", "bare", *map(str, (i * share, share, epochs, threads))],
            env=environment,
        )
        for i in range(beside)
    ]
    assert [process.wait() for process in processes] == [0] * beside
    return time.perf_counter() - began


def ours(epochs: int) -> float:
    """Return the seconds that `mli-tui sweep` takes for the same runs."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mli_tui", "sweep", "quick", "--over", f"train.seed=0..{RUNS - 1}"]
        command += ["--set", f"train.max_epochs={epochs}", "--backend", "cpu", "--runs-dir", str(Path(folder) / "runs")]
        began = time.perf_counter()
        subprocess.run(command, check=True, env={**os.environ, "XDG_STATE_HOME": folder})
        return time.perf_counter() - began


def main() -> None:
    """Time the three in one run."""
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    print(f"## a sweep of {RUNS} quick runs, at most {epochs} epochs each", flush=True)
    cores = len(os.sched_getaffinity(0))
    one, two, sweep = commands(epochs, 1, cores), commands(epochs, 2, max(1, cores // 2)), ours(epochs)
    best = min(one, two)
    print(f"bare: one after the other on {cores} threads {one:.1f} s, two at a time {two:.1f} s")
    print(f"mli-tui sweep: {sweep:.1f} s, ratio to the better one {sweep / best:.3f} (goal: at most 1.15)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["bare"]:
        first, count, epochs, threads = map(int, sys.argv[2:])
        bare(range(first, first + count), epochs, threads)
    else:
        main()
