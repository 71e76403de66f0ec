"""What a specification must hold where the network, the loop or the checkpoints are the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from presets.checks import Check
from presets.experiment import Data, Experiment, Model, Section, Train


def _says_nothing(section: str, keys: Iterable[str], applies: Callable[[Experiment], bool]) -> list[Check]:
    """Refuse every key of a section that would decide nothing, where `applies`, unless it has its default."""

    def check(key: str) -> Check:
        def holds(e: Experiment) -> bool:
            part: Section = getattr(e, section)
            return not applies(e) or key not in part.chosen()

        return f"{section}.{key}", holds, "its default: it decides nothing for a network of your own"

    return [check(key) for key in keys]


def _keys(section: type[Section], but: tuple[str, ...]) -> list[str]:
    return [key for key in section.__struct_fields__ if key not in but]


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
    *_says_nothing("model", _keys(Model, but=("network", "dtype")), lambda e: e.model.network == "own"),
    *_says_nothing("train", _keys(Train, but=("threads",)), lambda e: e.model.network == "own"),
    *_says_nothing("train", ("threads",), lambda e: e.recorded),
    *_says_nothing("data", _keys(Data, but=("name",)), lambda e: e.recorded),
)
"""Rules as those of `presets.experiment.CHECKS`."""
