"""Making foreign text harmless: the one function every string from a file passes on its way in."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and newline, DEL, C1
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"  # bidi, zero width, separators, annotations
    "\U000e0000-\U000e007f\ud800-\udfff]"  # tags, lone surrogates
)


def safe_text(text: str | bytes, limit: int = 2_000) -> str:
    """Return `text` with everything a terminal could obey shown as a visible escape, such as `\\x1b`.

    Control characters except tab and newline, C1, bidirectional and zero-width characters go, whatever
    widget or stream the text is meant for: neither Textual nor Rich removes them. Bytes are read as UTF-8.
    What is longer than `limit` characters is cut, with an ellipsis.
    """
    if isinstance(text, bytes):
        text = text[: 4 * limit].decode("utf-8", "backslashreplace")
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return _UNSAFE.sub(_visible, text)


def safe_line(text: str | bytes, limit: int = 300) -> str:
    """Return `text` made harmless as by `safe_text`, and on one line."""
    return re.sub(r"\s+", " ", safe_text(text, limit)).strip()


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
