"""What an experiment needs that this machine may not have."""

from __future__ import annotations

from backends.runs import datasets
from presets.experiment import Experiment

GPU, DOWNLOAD, DATA = "needs a GPU", "needs a download", "its data are missing"


def of(experiment: Experiment) -> tuple[str, ...]:
    """Return what it needs, each in words: a GPU, whether there is one or not; data, where they are not here.

    Looks at files, so it is not for the event loop.
    """
    found = [GPU] if experiment.needs_gpu else []
    if datasets.missing(experiment.data):
        found.append(DOWNLOAD if datasets.is_downloadable(experiment.data) else DATA)
    return tuple(found)
