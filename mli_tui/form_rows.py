"""The launch form as lines: a row a key, and what is said of the key under the cursor. Pure functions."""

from __future__ import annotations

from textual.content import Content

from mli_tui.draft import Draft
from presets.keys import Key

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


def row(key: Key, draft: Draft, width: int) -> Content:
    """Return the row of a key: mark, name, value, default, what is allowed."""
    sizes = columns(width)
    refused, changed = key.name in draft.checked.troubles, key.name in draft.texts
    mark = REFUSED if refused else CHANGED if changed else " "
    style = "bold $text-error" if refused else "bold $text-accent" if changed else ""
    here = f"{mark} {_cell(key.short, sizes[0])}{_cell(draft.text(key.name), sizes[1])}"
    rest = _cell(key.default, sizes[2]) + _cell(key.brief, sizes[3])
    return Content.assemble((here, style), (rest, "$foreground-muted"))


def section(name: str) -> Content:
    """Return the heading of a section."""
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


def _joined(texts: tuple[str, ...], sizes: tuple[int, ...]) -> str:
    return "".join(_cell(text, size) for text, size in zip(texts, sizes, strict=True))


def _cell(text: str, size: int) -> str:
    """Return a text in exactly `size` columns, the last of them blank."""
    if size < 2:
        return ""
    return f"{text if len(text) < size else text[: size - 2] + '…'}".ljust(size)
