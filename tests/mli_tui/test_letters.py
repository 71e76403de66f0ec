"""ASCII in place of every other character, cell by cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mli_tui.letters import ascii_only


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("─│╭█✓✗▶…·–", "-|+#+x>~.-"),
        ("Zoë", "Zoe"),
        ("α", "?"),
        ("猫", "??"),
        ("⣀⠤", "??"),
        ("ﬁ", "?"),
    ],
)
def test_known_characters(text, shown):
    assert ascii_only(text) == shown


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=20))
def test_nothing_but_ascii_and_as_many_cells(text):
    shown = ascii_only(text)
    assert shown.isascii()
    assert cell_len(shown) == sum(map(cell_len, text))
