"""A turn on a device: what asks for one waits in order of submission, and holds it until its work is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from backends.placement import Backend, Kind, Placement, on_cpu, place, usable_cores
from backends.runs import events, paths
from backends.runs.errors import BadRequest
from backends.runs.slots import SlotQueue
from backends.runs.view import RunView


class Turn(NamedTuple):
    """The kind of device that is ours now, and the threads of the CPU that torch is to take."""

    kind: Kind
    threads: int


class Wish(NamedTuple):
    """What a run that is `known` so far asks for.

    With `shares` it takes as many cores of the CPU as it has threads, else all of them; `stop` ends the waiting;
    `ahead` is told the kind of device and how many go first, each time that it changes; `tell` takes a note.
    """

    known: RunView
    backend: Backend
    stop: Callable[[], bool]
    ahead: Callable[[Kind, int], object]
    tell: Callable[[events.Note], object]
    shares: bool = False

    @property
    def threads(self) -> int:
        """Threads of the CPU that torch is to take."""
        return self.known.experiment.train.threads or self.known.threads or usable_cores()


@contextmanager
def turn(wish: Wish) -> Iterator[Turn | None]:
    """Wait for the turn of a run, and hold it; None where `stop` came first.

    Torch, which reads its environment when it is imported, must not be loaded yet. `auto` that finds a GPU which torch
    can't use gives it back and takes its turn on the CPU, with a note that says why. Raises `BadRequest` for a backend
    that is not here, and for an experiment that needs a GPU which can't be used.
    """
    placement = place(wish.backend)
    if placement.kind == "cuda" and wish.backend == "auto":
        with _held(placement, wish) as ours:
            why = _unusable() if ours else ""
            if not why:
                yield ours
                return
        placement = on_cpu(why)
    if placement.why_no_gpu:
        _tell_why(placement.why_no_gpu, wish)
    with _held(placement, wish) as ours:
        yield ours


@contextmanager
def _held(placement: Placement, wish: Wish) -> Iterator[Turn | None]:
    needs = placement.needs(wish.threads if wish.shares else 0)
    queue = SlotQueue(paths.slots_folder(), placement.kind, placement.units, needs)
    slot = queue.wait(wish.stop, lambda count: wish.ahead(placement.kind, count))
    if slot is None:
        yield None
        return
    try:
        placement.claim(slot[0], wish.threads)
        yield Turn(placement.kind, wish.threads)
    finally:
        slot[1].release()


def _unusable() -> str:
    """Return why torch can't use the GPU that is ours. Only torch knows, which is imported for it."""
    from backends import devices

    return devices.why_unusable()


def _tell_why(why: str, wish: Wish) -> None:
    if wish.known.experiment.needs_gpu:
        raise BadRequest(f"needs_gpu = true: {why}; without a GPU it takes days")
    wish.tell(events.Note(text=f"runs on the CPU: the GPU here can't be used ({why})"))
