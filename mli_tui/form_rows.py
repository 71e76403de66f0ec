"""The launch form as lines: a row a key, and what is said of the key under the cursor. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

from textual.content import Content

from backends.runs.text import safe_line
from mli_tui.draft import Draft
from mli_tui.widgets.key_list import Row
from presets.keys import Key

COST_LINES = 3
CHANGED, REFUSED = "*", "!"
"""The marks of rows, so that colour is not all that tells them apart."""


def columns(width: int) -> tuple[int, int, int, int]:
    """Return the widths of key, value, default and what is allowed in `width` columns; the last may be 0."""
    key = 19
    room = max(0, width - 2 - key)
    value = max(12, min(40, room * 2 // 5))
    default = max(8, min(26, room // 5))
    return key, value, default, max(0, room - value - default)


def head(width: int) -> Content:
    """Return the labels of the columns."""
    return Content.styled("  " + _joined(("key", "value", "default", "allowed"), columns(width)), "$foreground-muted")


def rows(keys: Sequence[Key], draft: Draft, width: int) -> list[Row]:
    """Return the rows of these keys under the headings of their sections."""
    found: list[Row] = []
    for section, some in groupby(keys, lambda key: key.section):
        found.append(Row("", _section(section)))
        found += [Row(key.name, row(key, draft, width)) for key in some]
    return found


def row(key: Key, draft: Draft, width: int) -> Content:
    """Return the row of a key: mark, name, value, default, what is allowed. The same row is the same object."""
    refused, changed = key.name in draft.checked.troubles, key.name in draft.texts
    return _row(key, draft.text(key.name), REFUSED if refused else CHANGED if changed else " ", width)


@lru_cache(1024)
def _row(key: Key, text: str, mark: str, width: int) -> Content:
    sizes = columns(width)
    style = {REFUSED: "bold $text-error", CHANGED: "bold $text-accent"}.get(mark, "")
    here = f"{mark} {_cell(key.short, sizes[0])}{_cell(text, sizes[1])}"
    rest = _cell(key.default, sizes[2]) + _cell(key.brief, sizes[3])
    return Content.assemble((here, style), (rest, "$foreground-muted"))


@lru_cache
def _section(name: str) -> Content:
    return Content.styled(name, "bold $foreground-muted")


def about(key: Key, draft: Draft) -> tuple[Content, Content]:
    """Return what is said of a key: why its value is refused or what is allowed, and what the key means."""
    trouble = draft.checked.troubles.get(key.name)
    first = Content.assemble((f"{REFUSED} {trouble}", "bold $text-error")) if trouble else _allowed(key, draft)
    return first, Content.styled(key.about, "$foreground-muted")


def _allowed(key: Key, draft: Draft) -> Content:
    unit = f" ({key.unit})" if key.unit else ""
    parts: list[str | tuple[str, str]] = [(key.name, "bold"), f"  {key.allowed}{unit}"]
    if key.name in draft.texts:
        parts += [("  was ", "$foreground-muted"), draft.original(key.name) or '""']
    return Content.assemble(*parts)


def heading(draft: Draft, name: str, what: str) -> Content:
    """Return the first line: what is launched, how much of it is changed or refused, how many runs it is."""
    checked = draft.checked
    parts: list[str | tuple[str, str]] = [("launch ", ""), (name, "bold")]
    if changed := len(draft.texts):
        parts.append((f"  {CHANGED} {changed} changed", "bold $text-accent"))
    if checked.troubles:
        parts.append((f"  {REFUSED} {len(checked.troubles)} refused", "bold $text-error"))
    elif checked.axes:
        parts.append((f"  a sweep of {checked.runs:,} runs", "bold $text-success"))
    parts.append((f"  {what}" if what else "", "$foreground-muted"))
    return Content.assemble(*parts)


def verdict(draft: Draft, but: str, cost: Sequence[str], command: str) -> list[Content]:
    """Return what the draft costs and the command that does the same; or why keys are refused, without that of key
    `but`, of which it is said already."""
    troubles = draft.checked.troubles
    if troubles:
        others = [line for name, line in troubles.items() if name != but]
        return [Content.styled(f"{REFUSED} {line}", "$text-error") for line in others[:COST_LINES]]
    shown = safe_line(f"$ {command}", 1_000)
    return [Content.styled(text, "$foreground-muted") for text in (*cost, shown)]


def _joined(texts: tuple[str, ...], sizes: tuple[int, ...]) -> str:
    return "".join(_cell(text, size) for text, size in zip(texts, sizes, strict=True))


def _cell(text: str, size: int) -> str:
    """Return a text in exactly `size` columns, the last of them blank."""
    if size < 2:
        return ""
    return f"{text if len(text) < size else text[: size - 2] + '…'}".ljust(size)
