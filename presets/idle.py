"""Keys that decide nothing of an experiment: its network, its loop or its data are not those that they speak of."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from presets.checks import says_nothing
from presets.experiment import Data, Experiment, Model, Section, Train


def _keys(section: str, kind: type[Section], but: Collection[str]) -> frozenset[str]:
    return frozenset(f"{section}.{key}" for key in kind.__struct_fields__ if key not in but)


OF_OWN_NETWORKS = _keys("model", Model, ("network", "dtype")) | _keys("train", Train, ("threads",))
"""Of a network of the user's own, which no key describes and nothing here trains."""
OF_RECORDED_RUNS = _keys("data", Data, ("name",)) | {"train.threads"}
"""Of a training loop of the user's own."""


def idle_keys(experiment: Experiment) -> frozenset[str]:
    """Return the keys that decide nothing of this experiment, whatever stands there."""
    return _idle(experiment.model.network, experiment.recorded)


@lru_cache(256)
def _idle(network: str, recorded: bool) -> frozenset[str]:
    found = frozenset(f"model.{key}" for key in says_nothing(network))
    if network == "own":
        found |= OF_OWN_NETWORKS
    return found | OF_RECORDED_RUNS if recorded else found
