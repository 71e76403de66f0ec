"""What a specification must hold where the network, the loop or the checkpoints are the user's own."""

from __future__ import annotations

from collections.abc import Callable, Collection

from presets.checks import Check
from presets.experiment import Experiment, Section
from presets.idle import OF_OWN_NETWORKS, OF_RECORDED_RUNS


def _say_nothing(keys: Collection[str], applies: Callable[[Experiment], bool]) -> list[Check]:
    """Refuse every key that would decide nothing, where `applies`, unless it has its default."""

    def check(name: str) -> Check:
        section, key = name.split(".")

        def holds(e: Experiment) -> bool:
            part: Section = getattr(e, section)
            return not applies(e) or key not in part.chosen()

        return name, holds, "its default: it decides nothing for a network of your own"

    return [check(name) for name in sorted(keys)]


OWN_CHECKS: tuple[Check, ...] = (
    (
        "model.network",
        lambda e: e.model.network != "own" or bool(e.own.model) or e.data.name == "own",
        "a network by name: own is what `mli-tui interpolate` and backends.api.Recorder write",
    ),
    (
        "own.model",
        lambda e: not e.own.model or e.model.network == "own",
        "nothing, unless model.network is own",
    ),
    (
        "data.name",
        lambda e: e.data.name != "own" or e.recorded,
        "a data set by name: own is what backends.api.Recorder writes",
    ),
    (
        "interpolation.start",
        lambda e: not e.own.model or e.interpolation.start == "zero" or e.interpolation.start.startswith("file:"),
        "file:PATH or zero for a network of your own",
    ),
    (
        "interpolation.end",
        lambda e: not e.own.model or e.interpolation.end.startswith("file:"),
        "file:PATH for a network of your own",
    ),
    (
        "interpolation.start",
        lambda e: e.model.network != "own" or e.interpolation.start != "noise",
        "another start for a network of your own, whose initialisation is not known here",
    ),
    *_say_nothing(OF_OWN_NETWORKS, lambda e: e.model.network == "own"),
    *_say_nothing(OF_RECORDED_RUNS, lambda e: e.recorded),
)
