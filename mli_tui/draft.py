"""An experiment that is being filled in: what was typed, what it amounts to, and why it is refused. Pure.

There is one way of checking: `presets.override` for one value of a key, `backends.runs.sweeps` for several. So every
complaint is the line that the command line would give.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec

from backends.runs import sweeps
from backends.runs.sweeps import Axis, Sweep
from backends.runs.text import safe_line
from presets.experiment import Experiment
from presets.keys import Key, by_name, keys, value_of, written
from presets.loader import SpecError, override, renamed, require_own

MOST_CHECKED = 400
"""Runs of a sweep that are checked one by one while it is typed; of more, all are checked when they are started."""


@dataclass(frozen=True)
class Checked:
    """What a draft amounts to. `experiment` has the single values and is None where any of them is refused."""

    experiment: Experiment | None
    axes: tuple[Axis, ...]
    sweep: Sweep | None
    """None without several values of a key, where they are refused, before they were looked at one by one
    (`Draft.planned`), and beyond `MOST_CHECKED`."""
    troubles: Mapping[str, str]
    """By key, the line that says why its value is refused."""

    @property
    def runs(self) -> int:
        """How many runs it is."""
        return math.prod(len(axis.values) for axis in self.axes)

    @property
    def parts(self) -> tuple[Experiment, ...]:
        """The experiments that it runs, as far as they are known."""
        if self.troubles or self.experiment is None:
            return ()
        if self.sweep is not None:
            return tuple(cell.experiment for cell in self.sweep.cells)
        return () if self.axes else (self.experiment,)


@dataclass(frozen=True)
class Draft:
    """An experiment to begin with, and by key the texts that were typed in place of its values."""

    base: Experiment
    texts: Mapping[str, str] = field(default_factory=dict)
    _originals: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _whole: Checked | None = field(default=None, compare=False, repr=False)
    """What was found where every run of the sweep was looked at."""

    def text(self, key: str) -> str:
        """Return what stands in the form at a key."""
        return self.texts.get(key, self.original(key))

    @cached_property
    def swept(self) -> Mapping[str, str]:
        """By key, the several values that a preset which is a sweep begins with."""
        pairs = (text.partition("=") for text in self.base.over)
        return {key.strip(): safe_line(values.strip(), 1_000) for key, _, values in pairs}

    def original(self, key: str) -> str:
        """Return what stood there at first, made harmless: a run's specification may be a stranger's."""
        if key not in self._originals:
            self._originals[key] = self._first(key)
        return self._originals[key]

    def _first(self, key: str) -> str:
        if key in self.swept:
            return self.swept[key]
        text = safe_line(written(value_of(self.base, key)), 1_000)
        return json.dumps(text) if by_name()[key].swept and sweeps.is_several(text) else text

    def with_text(self, key: str, text: str) -> Draft:
        """Return the draft with another text at a key; the text that stood there at first is no change."""
        texts = {name: old for name, old in self.texts.items() if name != key}
        if text.strip() != self.original(key):
            texts[key] = text.strip()
        return replace(self, texts=texts, _whole=None)

    @cached_property
    def checked(self) -> Checked:
        """What it amounts to, as far as a key may wait for it: the runs of a sweep are checked by `planned`."""
        return self._whole or self._check(most=0)

    def planned(self) -> Draft:
        """Return the same with every run of its sweep checked. Takes a millisecond a run: work for a thread."""
        return replace(self, _whole=self._check(MOST_CHECKED))

    def _check(self, most: int) -> Checked:
        return check(msgspec.structs.replace(self.base, over=()), {**self.swept, **self.texts}, most)

    @property
    def preset(self) -> Experiment | None:
        """What is kept of it as a preset, a sweep included; None where any value is refused."""
        plain = self.checked.experiment
        return None if plain is None else msgspec.structs.replace(plain, over=tuple(self._over().values()))

    def name_complaint(self, name: str, built_in: Container[str] = ()) -> str:
        """Return what is wrong with this name for a preset of the user's, or ""."""
        try:
            require_own(renamed(self.base, name.strip()).preset, built_in)
        except SpecError as error:
            return str(error)
        return ""

    def _over(self) -> dict[str, str]:
        return {axis.key: f"{axis.key}={self.text(axis.key)}" for axis in self.checked.axes}

    def command(self, source: str) -> str:
        """Return the command that starts the same, where `source` is the preset or file that it began as."""
        over, settings = self._over(), {key: f"{key}={text}" for key, text in self.texts.items()}
        words = ["mli-tui", "sweep" if over else "run", source]
        if replaced := any(key in self.texts for key in self.swept):  # --over only adds to what a preset sweeps itself
            words += ["--set", f"over={written(tuple(over.values()))}"]
        for key, setting in settings.items():
            if key not in over:
                words += ["--set", setting]
            elif not replaced:
                words += ["--over", setting]
        return shlex.join(words)


def check(base: Experiment, texts: Mapping[str, str], most: int = MOST_CHECKED) -> Checked:
    """Return what `texts` in place of `base`'s values amount to; of up to `most` runs each is looked at."""
    troubles: dict[str, str] = {}
    axes: list[Axis] = []
    singles: dict[str, str] = {}
    for key, text in texts.items():
        try:
            axis = _axis(key, text)
        except SpecError as error:
            troubles[key] = _line(error)
            continue
        if axis is None:
            singles[key] = f"{key}={text}"
        else:
            axes.append(axis)
    experiment = _applied(base, singles, troubles)
    few = math.prod(len(axis.values) for axis in axes) <= most
    sweep = _planned(experiment, axes, troubles) if experiment and axes and few else None
    return Checked(None if troubles else experiment, tuple(axes), sweep, troubles)


def _axis(key: str, text: str) -> Axis | None:
    """Return the values of a key where several were typed; None for one."""
    several = key in by_name() and by_name()[key].swept and sweeps.is_several(text)
    return sweeps.axis(f"{key}={text}") if several else None


def _applied(base: Experiment, singles: dict[str, str], troubles: dict[str, str]) -> Experiment | None:
    """Return `base` with single values, without those that are refused, which are put into `troubles`."""
    settings = dict(singles)
    while True:
        try:
            return override(base, list(settings.values()))
        except SpecError as error:
            troubles.setdefault(error.key, _line(error))
            if settings.pop(error.key, None) is None:  # a key that was not changed does not go with one that was
                return None


def _planned(experiment: Experiment, axes: list[Axis], troubles: dict[str, str]) -> Sweep | None:
    try:
        planned = sweeps.plan(experiment, axes)
        sweeps.require_distinct(planned)
    except SpecError as error:
        named = {axis.key for axis in axes}
        troubles.setdefault(error.key if error.key in named else axes[-1].key, _line(error))
        return None
    return planned


def _line(error: SpecError) -> str:
    """Return the line of a refusal as the command line prints it."""
    return safe_line(str(error), 1_000)


def matching(query: str) -> tuple[Key, ...]:
    """Return the keys whose name or meaning has every word of a query, whatever its case."""
    sought = query.lower().split()
    return tuple(key for key in keys() if all(word in f"{key.name} {key.about}".lower() for word in sought))


def best(found: Sequence[Key], query: str) -> str:
    """Return the name of the first key that has every word of a query in its very name; "" where none has."""
    sought = query.lower().split()
    return next((key.name for key in found if sought and all(word in key.name for word in sought)), "")


def next_choice(key: Key, text: str, step: int) -> str:
    """Return the choice of a key that comes `step` after `text`; `text` itself where its values are not few."""
    if not key.choices:
        return text
    if text not in key.choices:
        return key.choices[0 if step > 0 else -1]
    return key.choices[(key.choices.index(text) + step) % len(key.choices)]
