"""The final curves of a run: coarse to fine, then their plateau ends, then the check of their ends."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from backends.interpolation.curves import Path, refinement
from backends.interpolation.evaluate import measure
from backends.interpolation.measures import Measures
from backends.interpolation.plateaus import Plateaus, plateaus
from backends.runs import events
from backends.runs.events import CurvePoint
from backends.runs.view import Key, RunView
from backends.workbench import Tensors, Workbench
from presets.experiment import Scheme, Split

FLUSH_SECONDS = 0.2
"""Points are told this often: more would only be merged again by whoever draws them."""


class FinalCurves:
    """Evaluates every scheme, on every split that has inputs, from the start to the trained network."""

    def __init__(self, bench: Workbench, start: Tensors, trained: Tensors, known: RunView) -> None:
        """Prepare the paths; points that `known` has from an earlier attempt are not evaluated again."""
        self._bench = bench
        self._spec = bench.spec.interpolation
        self._splits = bench.dataset.splits
        self._paths = {
            (scheme, split): Path(
                bench.network, bench.layers, start, trained, scheme, getattr(bench.dataset, split), bench.device
            )
            for scheme in self._spec.schemes
            for split in self._splits
        }
        self._points: dict[Key, dict[float, CurvePoint]] = {
            key: {point.alpha: point for point in known.curves.get(key, ())} for key in self._paths
        }

    def evaluate(self) -> bool:
        """Evaluate the whole grid, coarse to fine, then locate the ends; False where a stop came first."""
        for indices in refinement(self._spec.points):
            alphas = [i / (self._spec.points - 1) for i in indices]
            for scheme in self._spec.schemes:
                if not self._evaluate(scheme, alphas):
                    return False
        for key in self._paths:
            if self._bench.stop():
                return False
            self._locate(key)
        return True

    def check_ends(self, initial: Tensors | None, final: Tensors) -> None:
        """Compare the curves' ends, bit for bit, with the checkpoints as they were read back from the disk."""
        for key in self._paths:
            points = self._points[key]
            start = None if initial is None else self._equal(points[0.0], initial, key[1])
            self._bench.tell(
                events.EndsChecked(
                    scheme=key[0], split=key[1], start=start, end=self._equal(points[1.0], final, key[1])
                )
            )

    def _equal(self, point: CurvePoint, state: Tensors, split: Split) -> bool:
        self._bench.network.load_state_dict(state)
        own = measure(self._bench.network, getattr(self._bench.dataset, split), self._bench.device)
        return (own.loss, own.error) == (point.loss, point.error)

    def _evaluate(self, scheme: Scheme, alphas: list[float]) -> bool:
        """Evaluate these alphas on both splits; what is done when a stop comes is told."""
        gathered: dict[Split, list[CurvePoint]] = {split: [] for split in self._splits}
        told = time.monotonic()
        for block in self._blocks(scheme, alphas):
            for split in self._splits:
                gathered[split] += self._block(scheme, split, block)
            if time.monotonic() - told >= FLUSH_SECONDS or self._bench.stop():
                self._flush(scheme, gathered)
                told = time.monotonic()
            if self._bench.stop():
                return False
        self._flush(scheme, gathered)
        return True

    def _blocks(self, scheme: Scheme, alphas: list[float]) -> Iterator[Sequence[float]]:
        missing = [a for a in alphas if any(a not in self._points[scheme, split] for split in self._splits)]
        size = self._paths[scheme, "train"].block_size
        return (missing[i : i + size] for i in range(0, len(missing), size))

    def _block(self, scheme: Scheme, split: Split, alphas: Sequence[float]) -> list[CurvePoint]:
        path = self._paths[scheme, split]
        predicted: Sequence[tuple[float | None, float | None]] = path.predicted(alphas) or [(None, None)] * len(alphas)
        return [_point(a, m, p) for a, m, p in zip(alphas, path.at(alphas), predicted, strict=True)]

    def _flush(self, scheme: Scheme, gathered: dict[Split, list[CurvePoint]]) -> None:
        for split, points in gathered.items():
            if points:
                self._points[scheme, split].update((p.alpha, p) for p in points)
                self._bench.tell(events.Points(scheme=scheme, split=split, points=tuple(points)))
                points.clear()

    def _locate(self, key: Key) -> None:
        """Locate plateau ends and half falls of the measured curve and, where there is one, of the predicted one."""
        path = self._paths[key]
        points = [self._points[key][a] for a in sorted(self._points[key])]
        alphas = [p.alpha for p in points]

        def measured(alpha: float) -> tuple[float, float]:
            found = path.at([alpha])[0]
            return found.loss, found.error

        def predicted(alpha: float) -> tuple[float, float]:
            found = path.predicted([alpha])
            assert found is not None
            return found[0]

        own = self._ends(key, alphas, [(p.loss, p.error) for p in points], measured)
        theirs = None
        if path.predicted_missing is None:
            theirs = self._ends(key, alphas, [(p.predicted_loss, p.predicted_error) for p in points], predicted)
        self._bench.tell(
            events.PlateausFound(
                scheme=key[0],
                split=key[1],
                measured=own,
                predicted=theirs,
                predicted_missing=path.predicted_missing,
            )
        )

    def _ends(
        self,
        key: Key,
        alphas: list[float],
        values: list[tuple[float | None, float | None]],
        evaluate: Callable[[float], tuple[float, float]],
    ) -> events.Ends:
        found = plateaus(
            alphas,
            [_number(loss) for loss, _ in values],
            [_number(error) for _, error in values],
            getattr(self._bench.dataset, key[1]).largest_class_share,
            self._spec.tau,
            self._spec.resolution,
            evaluate,
        )
        return _as_event(found)


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _point(alpha: float, measures: Measures, predicted: tuple[float | None, float | None]) -> CurvePoint:
    return CurvePoint(
        alpha=alpha, **dataclasses.asdict(measures), predicted_loss=predicted[0], predicted_error=predicted[1]
    )


def _as_event(found: Plateaus) -> events.Ends:
    return msgspec.convert(dataclasses.asdict(found), events.Ends)
