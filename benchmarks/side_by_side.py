"""Timing two or more things in turn, so that whatever else the machine does disturbs all alike."""

import statistics
import time
from collections.abc import Callable


def medians(rounds: int, **things: Callable[[], object]) -> dict[str, float]:
    """Return the median seconds of each thing over `rounds` turns, after one turn of warming up."""
    times: dict[str, list[float]] = {name: [] for name in things}
    for turn in range(rounds + 1):
        for name, thing in things.items():
            began = time.perf_counter()
            thing()
            if turn:
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in times.items()}


def report(what: str, ours: float, theirs: float, name: str, limit: float | None = None) -> None:
    """Print one comparison: both in ms, and the ratio."""
    goal = f" (goal: at most {limit})" if limit else ""
    times = f"ours {1e3 * ours:.2f} ms, {name} {1e3 * theirs:.2f} ms"
    print(f"{what}: {times}, ratio {ours / theirs:.3f}{goal}", flush=True)
