"""A turn on a device: what asks for one waits in order of submission, and holds it until its work is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from backends.placement import Backend, Kind, place, usable_cores
from backends.runs import paths
from backends.runs.slots import SlotQueue
from backends.runs.view import RunView


class Turn(NamedTuple):
    """The kind of device that is ours now, and the threads of the CPU that torch is to take."""

    kind: Kind
    threads: int


@contextmanager
def turn(
    known: RunView, backend: Backend, stop: Callable[[], bool], ahead: Callable[[Kind, int], object], shares: bool
) -> Iterator[Turn | None]:
    """Wait for the turn of a run that is `known` so far, and hold it; None where `stop` came first.

    `ahead` is told the kind of device and how many go first, each time that it changes. With `shares` the run takes as
    many cores of the CPU as it has threads, else all of them. Torch, which reads its environment when it is imported,
    must not be loaded yet. Raises `BadRequest` for a backend that is not here.
    """
    placement = place(backend)
    threads = known.experiment.train.threads or known.threads or usable_cores()
    queue = SlotQueue(paths.slots_folder(), placement.kind, placement.units, placement.needs(threads if shares else 0))
    slot = queue.wait(stop, lambda count: ahead(placement.kind, count))
    if slot is None:
        yield None
        return
    try:
        placement.claim(slot[0], threads)
        yield Turn(placement.kind, threads)
    finally:
        slot[1].release()
