"""What the preview says of a run, a sweep or a heading, as styled lines. Pure functions; foreign text stays data."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from textual.content import Content

from backends.runs.listing import RunRow
from backends.runs.sweeps import SweepView
from backends.runs.view import RunView
from mli_tui import sweep_pictures, tables
from mli_tui.format import aligned
from mli_tui.grouping import Group
from mli_tui.plotting.palette import Look
from mli_tui.run_rows import counted, ends
from mli_tui.tables import Line
from presets.experiment import Split

SPLIT: Split = "train"
_LABEL = 10
_MUTED = "$foreground-muted"
_CHECKSUM = "_sha256"
"""Ends the keys whose values say nothing to a reader."""


def rest(
    view: RunView, changed: Sequence[tuple[str, str]], look: Look, width: int, height: int, key: str
) -> list[Line]:
    """Return what stands below the curves: plateau ends, what is not as in the preset, tags and note; `height` lines.

    Where there is no room for all, the last line that there is room for says so, and which `key` shows all.
    """
    table = tables.ends_table(view, (SPLIT,), look, width, most=3)
    keys = ", ".join(f"{key} = {value}" for key, value in changed if not key.endswith(_CHECKSUM))
    told = {
        "changed": keys or "nothing: as its preset is",
        "tags": " ".join(f"#{tag}" for tag in view.labels.tags),
        "note": view.labels.note,
    }
    lines = [*table, *(line for label, text in told.items() if text for line in _labelled(label, text, width))]
    return fitting(lines, height, key)


def _labelled(label: str, text: str, width: int) -> list[Line]:
    """Return a text with its label before the first line, the others below it."""
    wrapped = textwrap.wrap(text, max(10, width - _LABEL), break_on_hyphens=False)
    labels = [label, *[""] * len(wrapped)]
    return [Content.assemble((f"{name:<{_LABEL}}", _MUTED), line) for name, line in zip(labels, wrapped, strict=False)]


def fitting(lines: Sequence[Line], height: int, key: str = "") -> list[Line]:
    """Return at most `height` lines; where some are left out, the last one says so, and which `key` shows all."""
    if len(lines) <= height or height < 1:
        return list(lines[: max(0, height)])
    told = f"and {len(lines) - height + 1} more lines"
    return [*lines[: height - 1], Content.styled(f"{told}: {key} shows all" if key else told, _MUTED)]


def sweep(view: SweepView, width: int, height: int, key: str) -> list[Line]:
    """Return the table of a sweep, seeds taken together, with as many of its columns as fit."""
    rows = sweep_pictures.table(view)
    first = len(rows[0]) - len(sweep_pictures.metrics(view))
    found = [
        aligned([row[:count] for row in rows], right=frozenset(range(first, count)))
        for count in range(len(rows[0]), first, -1)
    ]
    lines = next((lines for lines in found if max(map(len, lines)) <= width), found[-1])
    return fitting([Content(line) for line in lines], height, key)


def group(found: Group, height: int) -> list[Line]:
    """Return the medians of a heading's runs, and of how many each is."""
    head, body = ends(found)
    return fitting([Content(line) for line in (head, *(f"{scheme:<18}{end}" for scheme, end in body))], height)


def of_group(found: Group) -> str:
    """Return what a heading stands for."""
    return f"{found.path}: {counted(found)}"


def title(named: RunRow | RunView | None) -> str:
    """Return the title above the preview."""
    return f"Preview  {named.title}" if named else "Preview"
