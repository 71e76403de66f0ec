"""What a run will cost, from what runs like it took on this machine; where there was none, that is said. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from backends.runs.rates import Rate
from mli_tui.format import counted, duration
from presets.experiment import Experiment

MIB = 1 << 20
UNKNOWN = "no finished run like it here: same network, data, batch size"


class Cost(NamedTuple):
    """Seconds and bytes that one run takes. `likely` is the time if its training ends as that of `rate`'s run did."""

    rate: Rate
    at_most: float | None
    """None where the curves were never measured in this way."""
    likely: float | None
    """None also where another training rule could end it elsewhere."""


_Work = tuple[object, ...]
"""What decides what an epoch, and a point of the curves, take."""


def costs(specs: Sequence[Experiment], rates: Sequence[Rate]) -> tuple[list[Cost], int]:
    """Return what those of `specs` cost of which that is known, and the threads that the runs had: 0 for those asked.

    A sweep shares the cores among its runs: they have other threads than the form asks for. Runs with other threads
    are taken where they tell of more of `specs`; those of one number only, and never together with runs of another.
    """
    of_specs = [(_work(spec), spec) for spec in specs]
    of_rates = [(_work(rate.experiment), rate) for rate in rates]
    numbers = dict.fromkeys([0, *(rate.threads for rate in rates)])
    found = [(_costs(of_specs, of_rates, threads), threads) for threads in numbers]
    return max(found, key=lambda one: len(one[0]))


def _costs(specs: Sequence[tuple[_Work, Experiment]], rates: Sequence[tuple[_Work, Rate]], threads: int) -> list[Cost]:
    """Return what is known of `specs` by the runs that had so many threads."""
    every = [rate for _, rate in rates]
    found = []
    for work, spec in specs:
        alike = [rate for other, rate in rates if other == work and _has(rate, spec, threads)]
        found += [_cost(spec, alike, every)] if alike else []
    return found


def _has(rate: Rate, spec: Experiment, threads: int) -> bool:
    """Return whether a run had so many threads, or for 0 whether it was asked for those of `spec`."""
    return rate.threads == threads if threads else rate.experiment.train.threads == spec.train.threads


def _cost(spec: Experiment, alike: Sequence[Rate], every: Sequence[Rate]) -> Cost:
    """Return what `spec` costs by the run most like it: with the same curves, with curves of the same kind, the newest.

    All of `alike` trained the same network on the same data in the same steps.
    """
    rate = min(alike, key=lambda one: _difference(spec, one.experiment))
    if _difference(spec, rate.experiment) == 2:
        return Cost(rate, None, None)
    setup = next((one.setup_seconds for one in (rate, *every) if one.setup_seconds is not None), 0.0)
    fixed = setup + curve_seconds(spec, rate)
    epochs = min(rate.epochs, spec.train.max_epochs)
    ends_alike = _rule(spec) == _rule(rate.experiment)
    return Cost(
        rate,
        fixed + spec.train.max_epochs * rate.epoch_seconds,
        fixed + epochs * rate.epoch_seconds if ends_alike else None,
    )


def curve_seconds(spec: Experiment, rate: Rate) -> float:
    """Return what the final curves take: the grid by its points, the rest by how often it is bisected."""
    other = rate.experiment
    grid = rate.grid_seconds * _points(spec) / _points(other)
    return grid + rate.ends_seconds * _bisections(spec) / _bisections(other)


def _work(spec: Experiment) -> _Work:
    train = spec.train
    return (
        msgspec.structs.replace(spec.model, init_scale=1.0),
        msgspec.structs.replace(spec.data, seed=0, label_noise=0.0),
        *(train.optimiser, train.batch_size, train.augment),
        train.flow_time / train.max_epochs if train.optimiser == "flow" else None,
    )


def _rule(spec: Experiment) -> tuple[object, ...]:
    """Return all that decides, but for the seeds, after how many epochs training ends; max_epochs caps it."""
    neutral = msgspec.structs.replace(spec.train, seed=0, max_epochs=1, threads=0)
    shaped = spec.train.max_epochs if spec.train.schedule == "cosine" else None
    return neutral, spec.model.init_scale, spec.data.label_noise, shaped


def _difference(one: Experiment, other: Experiment) -> int:
    """Return 0 where both measure the same curves, 1 where only their number and spacing differ, else 2."""
    names = ("only", "by_layer", "batch_norm")
    if any(getattr(one.interpolation, name) != getattr(other.interpolation, name) for name in names):
        return 2
    return int((_points(one), _bisections(one)) != (_points(other), _bisections(other)))


def _points(spec: Experiment) -> int:
    """Return the evenly spaced points of all final curves."""
    return len(spec.interpolation.grid()) * len(spec.interpolation.schemes)


def _bisections(spec: Experiment) -> int:
    """Return how many halvings lead from the spacing to the resolution, over all schemes."""
    spacing = 1 / (spec.interpolation.points - 1)
    return len(spec.interpolation.schemes) * max(1, math.ceil(math.log2(spacing / spec.interpolation.resolution)))


def lines(specs: Sequence[Experiment], runs: int, rates: Sequence[Rate], width: int) -> tuple[str, str]:
    """Return two lines of at most `width` columns: time and memory of a run and of all, and whose figures they are.

    `specs` may be empty where the runs are not known one by one. Takes a tenth of a millisecond for each spec and
    some for each rate: many are work for a thread.
    """
    known, threads = costs(specs, rates)
    if not known:
        return "time and memory: not known", UNKNOWN
    first = _fitting(_time(known[0], specs[0]) if runs == 1 else _times(known, runs), width)
    return first, _source(known[0], threads, width)


def _fitting(texts: Sequence[str], width: int) -> str:
    """Return the first text that fits; the last, the shortest, where none does."""
    return next((text for text in texts if len(text) <= width), texts[-1])


def _time(one: Cost, spec: Experiment) -> list[str]:
    """Return what one run takes, in more and in fewer words."""
    memory = _memory([one])
    if one.at_most is None:
        return [
            f"training at most {duration(spec.train.max_epochs * one.rate.epoch_seconds)}, curves not known; {memory}"
        ]
    text = f"time at most {duration(one.at_most)}"
    if one.likely is None or one.likely >= one.at_most:
        return [f"{text}; {memory}"]
    likely = f"{text}, {duration(one.likely)} if it ends at epoch {one.rate.epochs}"
    return [f"{likely} as that run; {memory}", f"{likely}; {memory}", f"{text}; {memory}"]


def _times(known: Sequence[Cost], runs: int) -> list[str]:
    """Return what a sweep takes. Small runs share the cores, so that one after the other is the most it takes."""
    whole = [one.at_most for one in known if one.at_most is not None]
    memory = _memory(known)
    if not whole:
        return [f"time of {runs:,} runs: not known; each {memory}"]
    each, everything = duration(max(whole)), duration(sum(whole))
    if len(whole) < runs:
        some = f"{len(whole):,} of {runs:,} runs at most {everything}"
        return [f"{some}, the others not known; each {memory}", f"{some}, rest not known; {memory}"]
    return [
        f"{runs:,} runs one after another at most {everything}, each {each}, {memory}",
        f"{runs:,} runs at most {everything}, each {each}, {memory}",
    ]


def _memory(known: Sequence[Cost]) -> str:
    most = max((one.rate.memory for one in known if one.rate.memory is not None), default=None)
    gpu = max((one.rate.gpu_memory for one in known if one.rate.gpu_memory is not None), default=None)
    if most is None:
        return "memory not known"
    return f"memory {_bytes(most)}" + ("" if gpu is None else f", GPU {_bytes(gpu)}")


def _bytes(size: int) -> str:
    return f"{size / MIB:,.0f} MiB" if size < 10_000 * MIB else f"{size / MIB / 1024:,.0f} GiB"


def _source(one: Cost, threads: int, width: int) -> str:
    """Return the run that the figures are of, then as many of them as fit; other `threads` than asked for are said."""
    rate = one.rate
    with_threads = f"with {counted(threads, 'thread')}" if threads else ""
    took = f"as {rate.run_id} took {with_threads}".rstrip()
    parts = [f"{took}: {_figure(rate.epoch_seconds)} s an epoch"]
    if one.at_most is not None:
        point = _figure(1000 * rate.grid_seconds / _points(rate.experiment))
        parts += [f"{point} ms a point", f"{_figure(rate.ends_seconds)} s to locate ends"]
    parts += [rate.device, *([] if threads else [f"threads: {rate.threads}"])]
    texts = [", ".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return _fitting([*texts, took, *([f"from runs {with_threads}"] if threads else [])], width)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
