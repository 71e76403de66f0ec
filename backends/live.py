"""Live curves: while the network trains, coarse curves from the start to its present weights."""

from __future__ import annotations

import time
from collections.abc import Callable

from backends.interpolation.moving import held_tensors
from backends.runs import events
from backends.workbench import Tensors, Workbench
from presets.experiment import Scheme

LARGEST_SHARE = 0.05
"""Of the training time, what live curves may cost where `live_every` is auto."""


class LiveCurves:
    """Evaluates the live curves of a run on a small balanced part of the training split."""

    def __init__(self, bench: Workbench, start: Callable[[], Tensors | None]) -> None:
        """Prepare the inputs; `start` gives where the paths begin, None while that is not there yet."""
        self._bench = bench
        self._start = start
        spec = bench.spec.interpolation
        self._inputs = bench.dataset.train.subset(max(1, spec.live_inputs // bench.dataset.classes))
        self._alphas = tuple(i / (spec.live_points - 1) for i in range(spec.live_points))
        self._spent = 0.0
        self._trained = 0.0
        self._last_cost = 0.0

    def after_epoch(self, epoch: int, seconds: float) -> None:
        """Evaluate and tell a curve a scheme if one is due after this epoch, which took `seconds`."""
        self._trained += seconds
        if not self._due(epoch):
            return
        began = time.monotonic()
        start = self._start()
        if start is None:
            return
        for scheme in self._bench.spec.interpolation.schemes:
            if self._bench.stop():
                return
            self._evaluate(epoch, start, scheme)
        self._last_cost = time.monotonic() - began
        self._spent += self._last_cost

    def _due(self, epoch: int) -> bool:
        every = self._bench.spec.interpolation.live_every
        if every == "auto":
            return epoch == 1 or self._spent + self._last_cost <= LARGEST_SHARE * self._trained
        return every > 0 and epoch % every == 0

    def _evaluate(self, epoch: int, start: Tensors, scheme: Scheme) -> None:
        bench = self._bench
        end = bench.weights()
        held = held_tensors(bench.layers, bench.spec.interpolation, start, end)
        path = bench.path(start, end, scheme, self._inputs, self._inputs, held)
        measured = path.at(self._alphas)
        bench.tell(
            events.LiveCurve(
                epoch=epoch,
                scheme=scheme,
                inputs=len(self._inputs.labels_N),
                alphas=self._alphas,
                loss=tuple(m.loss for m in measured),
                error=tuple(m.error for m in measured),
            )
        )
