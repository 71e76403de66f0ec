"""How the trained last-layer bias goes with the order in which classes were learned."""

from __future__ import annotations

import math

from scipy import stats

from backends.runs import events, export
from backends.runs.view import RunView


def summarise(view: RunView) -> events.BiasSummary:
    """Return Spearman's correlation of learning epoch and last recorded bias, over classes.

    A class that was never learned counts as learned after all others. None where the network has no last bias,
    or where one of the two is the same for all classes.
    """
    rows = export.bias_rows(view)
    never = view.epoch + 1
    learned = [row.learned_epoch or never for row in rows]
    biases = [row.bias for row in rows]
    if len(set(learned)) < 2 or len(set(biases)) < 2:
        return events.BiasSummary(spearman_learning_order=None)
    correlation = float(stats.spearmanr(learned, biases).statistic)
    return events.BiasSummary(spearman_learning_order=correlation if math.isfinite(correlation) else None)
