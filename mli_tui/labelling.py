"""What a typed line makes of a run's labels. Blocking where it writes; called through `errands`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from backends.runs import labels
from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from backends.runs.paths import RunPaths
from mli_tui import demo

Change = Callable[[Labels], Labels]


def named(line: str) -> Change:
    """Return the change to this name."""
    return lambda before: msgspec.structs.replace(before, name=" ".join(line.split()))


def noted(line: str) -> Change:
    """Return the change to this note."""
    return lambda before: msgspec.structs.replace(before, note=" ".join(line.split()))


def pinned(value: bool) -> Change:
    """Return the change to pinned, or not."""
    return lambda before: msgspec.structs.replace(before, pinned=value)


def tagged(common: Sequence[str], line: str) -> Change:
    """Return the change of the tags that were `common` to those of the line; each run's other tags stay."""
    typed = labels.tags_of(line)

    def change(before: Labels) -> Labels:
        kept = [tag for tag in before.tags if tag not in common]
        return msgspec.structs.replace(before, tags=tuple(dict.fromkeys((*typed, *kept))))

    return change


def common_tags(found: Sequence[Labels]) -> tuple[str, ...]:
    """Return the tags that all have."""
    return tuple(tag for tag in found[0].tags if all(tag in one.tags for one in found)) if found else ()


def complaint(found: Sequence[Labels], change: Change) -> str:
    """Return in one line what is wrong with a change of any of these labels, or ""."""
    return next(filter(None, (labels.complaint(change(one)) for one in found)), "")


def names_of(rows: Iterable[RunRow], but: str) -> dict[str, str]:
    """Return the names and the ids of all runs, those of sweeps too, with whose each is; but for one run's own."""
    every = [one for row in rows for one in (row, *row.runs) if one.run_id != but]
    return {
        **{one.labels.name: one.run_id for one in every if one.labels.name},
        **{one.run_id: one.run_id for one in every},
    }


def taken(line: str, names: Mapping[str, str]) -> str:
    """Return in one line whose the name is already that was typed, or ""."""
    name = labels.as_name(line)
    return labels.taken(name, names[name]) if name in names else ""


def write(runs: Sequence[RunPaths], change: Change) -> str:
    """Write the change on each run; return what to tell. Raises as `labels.change`."""
    for run in runs:
        labels.change(run, change)
    recorded = any(demo.is_recording(run.run_id) for run in runs)
    return "this is a recording: what is written on it goes when it is closed" if recorded else ""
