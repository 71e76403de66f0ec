"""Live curves: while the network trains, coarse curves from the start to its present weights."""

from __future__ import annotations

import time

from backends.interpolation.curves import Path
from backends.runs import events
from backends.workbench import Tensors, Workbench
from presets.experiment import Scheme

LARGEST_SHARE = 0.05
"""Of the training time, what live curves may cost where `live_every` is auto."""


class LiveCurves:
    """Evaluates the live curves of a run on a small balanced part of the training split."""

    def __init__(self, bench: Workbench, initial: Tensors) -> None:
        """Prepare the inputs; nothing is evaluated yet."""
        self._bench = bench
        self._start = bench.start(initial)
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
        for scheme in self._bench.spec.interpolation.schemes:
            if self._bench.stop():
                return
            self._evaluate(epoch, scheme)
        self._last_cost = time.monotonic() - began
        self._spent += self._last_cost

    def _due(self, epoch: int) -> bool:
        every = self._bench.spec.interpolation.live_every
        if every == "auto":
            return epoch == 1 or self._spent + self._last_cost <= LARGEST_SHARE * self._trained
        return every > 0 and epoch % every == 0

    def _evaluate(self, epoch: int, scheme: Scheme) -> None:
        bench = self._bench
        path = Path(
            bench.network,
            bench.layers,
            self._start,
            bench.weights(),
            scheme,
            self._inputs,
            bench.device,
            calibration=bench.calibration(self._inputs),
            memory_limit=bench.memory_limit,
            say=bench.note,
        )
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
