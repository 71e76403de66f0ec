"""What is measured of a path once its curves are there: its lengths, and the plateau of each layer moved alone."""

from __future__ import annotations

import torch
from torch import Tensor

from backends.ends import EndPoint
from backends.final import as_event
from backends.interpolation.evaluate import last_bias, signal
from backends.interpolation.lengths import distance_by_layer, distance_moved, gauss_length, tensors_by_layer
from backends.interpolation.moving import held_tensors
from backends.interpolation.plateaus import plateaus
from backends.interpolation.recalibrate import recalibrated
from backends.interpolation.schemes import end_point, interpolate
from backends.runs import events
from backends.workbench import Workbench
from presets.experiment import Scheme

GAUSS_INPUTS = 100
"""Training inputs, the same number of each class and the first of them, whose logits' paths are followed."""
BY_LAYER_POINTS = 41
"""Alphas on which the curve of a single layer is evaluated before its ends are located by bisection."""


class Afterwards:
    """Measures a finished path once; every method tells its events."""

    def __init__(self, bench: Workbench, start: EndPoint, end: EndPoint) -> None:
        """Nothing is evaluated yet."""
        self._bench, self._start, self._end = bench, start.state, end.state
        self._spec = bench.spec.interpolation

    def lengths(self) -> None:
        """Tell the distance moved, whole and by layer, and each scheme's Gauss length over the grid from 0 to 1."""
        layers = self._bench.layers
        start, end = ({name: state[name] for name in layers.roles} for state in (self._start, self._end))
        by_layer = distance_by_layer(start, end, layers)
        self._bench.tell(
            events.PathLengths(
                distance=distance_moved(start, end),
                layers=tuple(events.LayerDistance(layer=name, distance=d) for name, d in by_layer.items()),
                gauss_length={scheme: self._gauss(scheme) for scheme in self._spec.schemes},
            )
        )

    def by_layer(self) -> bool:
        """Tell the plateau ends of each layer moved alone along the linear path; False where a stop came first."""
        if not self._spec.by_layer:
            return True
        for layer in tensors_by_layer(self._bench.layers):
            if self._bench.stop():
                return False
            self._bench.tell(events.LayerEnds(layer=layer, measured=self._alone(layer)))
        return True

    def _gauss(self, scheme: Scheme) -> float | None:
        bench, last = self._bench, self._spec.points - 1
        if not bool(bench.dataset.train.class_counts_K.all()):
            return None  # no inputs that stand for every class
        inputs = bench.dataset.train.subset(max(1, GAUSS_INPUTS // bench.dataset.classes))
        held = held_tensors(bench.layers, self._spec, self._start, self._end)
        end = end_point(self._end, bench.layers, scheme)

        def logits_at(alpha: float) -> Tensor:
            tensors = interpolate(self._start, end, bench.layers, scheme, alpha) | held
            if bench.recalibrates:
                tensors = recalibrated(bench.network, tensors, bench.dataset.train)
            signal_NK = signal(bench.network, bench.layers, tensors, inputs, bench.device)
            return signal_NK.double() + last_bias(bench.layers, tensors, inputs).double()

        return gauss_length(torch.stack([logits_at(i / last) for i in range(last + 1)]))

    def _alone(self, layer: str) -> events.Ends:
        """Return the ends of the linear path on which this layer alone moves, on the training split."""
        bench, spec = self._bench, self._spec
        stay = self._end if spec.others == "end" else self._start
        moving = set(tensors_by_layer(bench.layers)[layer])
        held = {name: stay[name] for name in bench.layers.roles if name not in moving}
        split = bench.dataset.train
        path = bench.path(self._start, self._end, "linear", split, split, held)
        alphas = [i / (BY_LAYER_POINTS - 1) for i in range(BY_LAYER_POINTS)]
        measured = path.at(alphas)

        def evaluate(alpha: float) -> tuple[float, float]:
            (found,) = path.at([alpha])
            return found.loss, found.error

        return as_event(
            plateaus(
                alphas,
                [m.loss for m in measured],
                [m.error for m in measured],
                split.largest_class_share,
                spec.tau,
                spec.resolution,
                evaluate,
            )
        )
