"""More points of the final curves, from the checkpoints of a run that is done."""

from __future__ import annotations

import torch

from backends import models
from backends.final import FinalCurves
from backends.runs import events, export
from backends.runs.errors import RunError
from backends.session import Session


class Refinement(Session):
    """A session that trains nothing and says nothing but points and notes: the run is done, and stays so."""

    _points = _done = 0

    def more(self, alphas: list[float], points: int) -> bool:
        """Measure what is missing of these alphas and write curves.csv again; False where a stop came first.

        `points` is how many that are: after each block it is told how many of them are there.
        """
        self._points = points
        try:
            return self._more(alphas)
        except torch.OutOfMemoryError as error:
            raise RunError(f"GPU memory: {error}") from error
        finally:
            self._patience.release()

    def _more(self, alphas: list[float]) -> bool:
        dataset, network = self._load()
        self._set_up(dataset, network, models.describe(network), self._quietly)
        complete = FinalCurves(self._bench, *self._end_points(), self._known).add(alphas)
        self._write(self._run.curves, export.curves_csv([self._recorded()]).encode())
        return complete

    def _quietly(self, event: events.Event) -> None:
        if isinstance(event, events.Points | events.Note):
            self._patience.tell(event)
        if isinstance(event, events.Points):
            self._done += len(event.points)
            self._patience.tell(events.Refining(points=max(self._points, self._done), done=self._done))
