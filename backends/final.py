"""The final curves of a run: coarse to fine, then plateau ends, then the check of the curves' ends."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from backends.ends import EndPoint
from backends.interpolation.curves import refinement
from backends.interpolation.evaluate import measure
from backends.interpolation.measures import Measures
from backends.interpolation.moving import held_tensors
from backends.interpolation.plateaus import Plateaus, plateaus
from backends.runs import events
from backends.runs.events import CurvePoint
from backends.runs.view import Key, RunView
from backends.workbench import MIB, Workbench
from presets.experiment import Scheme, Split

FLUSH_SECONDS = 0.2
"""Points are told this often: more would only be merged again by whoever draws them."""


class FinalCurves:
    """Evaluates every scheme, on every split that has inputs, from start to end.

    Raises `BadRequest` where `interpolation.only` names a layer that the network has not.
    """

    def __init__(self, bench: Workbench, start: EndPoint, end: EndPoint, known: RunView) -> None:
        """Prepare the paths; points that `known` has from an earlier attempt are not evaluated again."""
        self._bench = bench
        self._spec = bench.spec.interpolation
        self._start, self._end = start, end
        self._held = held_tensors(bench.layers, self._spec, start.state, end.state)
        self._splits = bench.dataset.splits
        self._paths = {
            (scheme, split): bench.path(
                start.state, end.state, scheme, getattr(bench.dataset, split), bench.dataset.train, self._held
            )
            for scheme in self._spec.schemes
            for split in self._splits
        }
        self._points: dict[Key, dict[float, CurvePoint]] = {
            key: {point.alpha: point for point in known.curves.get(key, ())} for key in self._paths
        }

        self._note_memory()

    def evaluate(self) -> bool:
        """Evaluate the whole grid, coarse to fine, then locate the ends; False where a stop came first."""
        last = self._spec.points - 1
        outside = [i for i in self._spec.grid() if not 0 <= i <= last]
        for indices in (*refinement(self._spec.points), outside):
            alphas = [i / last for i in indices]
            for scheme in self._spec.schemes:
                if not self._evaluate(scheme, alphas):
                    return False
        for key in self._paths:
            if self._bench.stop():
                return False
            self._locate(key)
        return True

    def add(self, alphas: list[float]) -> bool:
        """Evaluate these alphas, too, where they are missing; False where a stop came first."""
        return all(self._evaluate(scheme, alphas) for scheme in self._spec.schemes)

    def check_ends(self) -> None:
        """Compare the curves' ends, bit for bit, with the checkpoints as they were read back from the disk.

        An end that is no checkpoint's by its definition has nothing to be compared with: a start that was made, a
        path on which some tensors do not move, biases held at their end, a last bias that was replaced. A
        recalibrated curve is compared with the checkpoints recalibrated in the same way: with their own running
        statistics they are other networks than those at the curve's ends.
        """
        for scheme, split in self._paths:
            points = self._points[scheme, split]
            from_start = scheme != "fixed_bias" and (not self._held or self._spec.others == "start")
            to_end = scheme != "equal_last_bias" and (not self._held or self._spec.others == "end")
            self._bench.tell(
                events.EndsChecked(
                    scheme=scheme,
                    split=split,
                    start=self._equal(points[0.0], self._start, split) if from_start else None,
                    end=self._equal(points[1.0], self._end, split) if to_end else None,
                )
            )

    def _equal(self, point: CurvePoint, end: EndPoint, split: Split) -> bool | None:
        if end.checkpoint is None:
            return None
        bench = self._bench
        bench.network.load_state_dict(end.state)
        own = measure(
            bench.network,
            getattr(bench.dataset, split),
            bench.device,
            layers=bench.layers,
            calibration=bench.dataset.train if bench.recalibrates else None,
        )
        return (own.loss, own.error) == (point.loss, point.error)

    def _note_memory(self) -> None:
        """Say so where not even one alpha keeps to the limit that was set."""
        limit, most = self._bench.memory_limit, max(path.bytes_per_alpha for path in self._paths.values())
        if limit is not None and most > limit:
            one = f"one alpha takes about {math.ceil(most / MIB)} MiB; they are evaluated one at a time"
            self._bench.note(f"interpolation.memory_limit = {limit // MIB}: {one}")

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
        points = [self._points[key][a] for a in sorted(self._points[key]) if 0.0 <= a <= 1.0]
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
        return as_event(found)


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _point(alpha: float, measures: Measures, predicted: tuple[float | None, float | None]) -> CurvePoint:
    return CurvePoint(
        alpha=alpha, **dataclasses.asdict(measures), predicted_loss=predicted[0], predicted_error=predicted[1]
    )


def as_event(found: Plateaus) -> events.Ends:
    """Return plateaus as the journal holds them."""
    return msgspec.convert(dataclasses.asdict(found), events.Ends)
