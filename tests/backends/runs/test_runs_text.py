import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.runs.text import safe_line, safe_text

OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}

PAYLOADS = {
    "clipboard": "\x1b]52;c;aGk=\x1b\\",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://x\x07text\x1b]8;;\x07",
    "clear": "\x1b[2J\x1b[H",
    "answer on stdin": "\x1b[6n",
    "reset": "\x1bc",
    "character set": "\x1b(0",
    "C1 CSI": "\x9b31m",
    "C1 OSC": "\x9d0;x\x9c",
    "device control": "\x1bP1$r\x1b\\",
    "application": "\x1b_x\x1b\\",
    "unterminated": "\x1b]52;c;",
    "carriage return": "good\rbad",
    "backspace": "good\b\b\b\bbad",
    "delete": "a\x7fb",
    "null": "a\x00b",
    "line separator": "a\u2028b\u2029c",
    "next line": "a\x85b",
    "right to left": "\u202egpj.exe",
    "isolates": "\u2066a\u2069",
    "arabic mark": "a\u061cb",
    "zero width": "a\u200b\u200d\ufeffb",
    "soft hyphen": "a\u00adb",
    "deprecated format": "a\u206fb",
    "tags": "a\U000e0041b",
    "surrogate": "a\ud800b",
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_nothing_that_a_terminal_obeys_gets_through(payload):
    for shown in (safe_text(payload), safe_line(payload), safe_text(payload.encode("utf-8", "surrogatepass"))):
        assert not {unicodedata.category(c) for c in shown} & OBEYED, ascii(shown)
        assert re.search(r"\\(x|u|U)[0-9a-f]+", shown), "what was taken out is shown"


def test_every_character_there_is():
    everything = "".join(map(chr, range(0x110000)))
    left = {c for c in safe_text(everything, 10 * len(everything)) if unicodedata.category(c) in OBEYED}
    assert left == {"\t", "\n"}


@pytest.mark.parametrize(
    "text", ["", "plain", "é – α ≤ 日本語\u3000\u00a0😀", "[/oops] [@click=app.quit]x[/]", "a\tb\nc", "\\x1b"]
)
def test_harmless_text_stays_as_it_is(text):
    assert safe_text(text) == text


def test_escapes_name_the_character():
    assert safe_text("\x1b \x9b \u202e \U000e0041") == r"\x1b \x9b \u202e \U000e0041"


def test_bytes_that_are_no_utf8_are_shown():
    assert safe_text(b"caf\xe9 \xff") == r"caf\xe9 \xff"
    assert safe_text("café".encode()) == "café"


@pytest.mark.parametrize(
    "text", ["x" * 50, "\x1b" * 50, "\U000e0041" * 50, "😀" * 50, ("😀" * 50).encode(), b"\xff" * 50]
)
def test_what_is_shown_is_never_longer_than_the_limit_and_says_that_it_was_cut(text):
    shown = safe_text(text, 20)
    assert len(shown) == 20
    assert shown.endswith("…")


@pytest.mark.parametrize("text", ["x" * 20, "é" * 20, ("😀" * 20)])
def test_what_just_fits_is_not_cut(text):
    assert safe_text(text, 20) == text == safe_text(text.encode(), 20)


def test_a_line_is_one_line():
    assert safe_line("  a\n\tb\u00a0c  \n") == "a b c"


@given(st.text() | st.binary(), st.integers(1, 40))
def test_any_text_is_harmless_short_and_stays_so(text, limit):
    shown = safe_text(text, limit)
    assert len(shown) <= limit
    assert not {unicodedata.category(c) for c in shown} - {"Cc"} & OBEYED
    assert not set(shown) & (set(map(chr, range(32))) | {"\x7f"}) - {"\t", "\n"}
    assert safe_text(shown, limit) == shown
    assert "\n" not in safe_line(text, limit)
