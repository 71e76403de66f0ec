"""What a typed line makes of a run's labels. Blocking where it writes; called through `errands`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from backends.runs import labels
from backends.runs.labels import Labels
from backends.runs.paths import RunPaths

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


def write(runs: Sequence[RunPaths], change: Change) -> str:
    """Write the change on each run; return what to tell. Raises as `labels.change`."""
    for run in runs:
        labels.change(run, change)
    return ""
