"""Making foreign text harmless: the one function every string from a file passes on its way in."""

from __future__ import annotations

import unicodedata


def safe_text(text: str | bytes, limit: int = 2_000) -> str:
    """Return `text` with everything a terminal could obey shown as a visible escape, such as `\\x1b`.

    Control characters except tab and newline, C1, bidirectional, zero-width and all other invisible characters
    go, whatever widget or stream the text is meant for: neither Textual nor Rich removes them. Bytes are read as
    UTF-8. At most `limit` characters are returned: what is longer is cut, with an ellipsis.
    """
    if isinstance(text, bytes):
        text = text[: 4 * limit + 4].decode("utf-8", "backslashreplace")
    shown = text[: limit + 1]
    if not shown.isprintable():
        shown = "".join(c if _is_safe(c) else _visible(c) for c in shown)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def safe_line(text: str | bytes, limit: int = 300) -> str:
    """Return `text` made harmless as by `safe_text`, and on one line."""
    return " ".join(safe_text(text, limit).split())


def _is_safe(character: str) -> bool:
    """Python calls printable what is no control, format, separator, surrogate, private or unassigned character."""
    return character.isprintable() or character in "\t\n" or unicodedata.category(character) == "Zs"


def _visible(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
