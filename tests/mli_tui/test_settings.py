"""The settings file: read leniently, key by key; written whole."""

import os
import threading

import pytest

from mli_tui import settings
from mli_tui.settings import Settings


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config" / "settings.toml"


def test_what_was_saved_is_loaded(file):
    chosen = Settings(theme="nord", marker="ascii", mouse=False, decimals=5, notice_seconds=12)
    settings.save(file, lambda: chosen)
    assert settings.load(file) == (chosen, [])
    assert file.stat().st_mode & 0o777 == 0o600


def test_no_file_is_every_default(file):
    assert settings.load(file) == (Settings(), [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('marker = "dots"', "settings.toml: marker = 'dots': expected one of braille, blocks, ascii"),
        ("mouse = 3", "settings.toml: mouse = 3: expected `bool`, got `int`"),
        ("decimals = 7", "settings.toml: decimals = 7: expected `int` <= 6"),
        ("notice_seconds = 0", "settings.toml: notice_seconds = 0: expected `int` >= 1"),
        ('"colour\\u001b" = 1', "settings.toml: colour\\x1b: no such setting; expected one of theme, marker, mouse"),
        ("= 1", "settings.toml: Invalid statement"),
    ],
)
def test_what_is_wrong_is_one_line_and_the_rest_is_taken(file, text, line):
    file.parent.mkdir()
    file.write_text(f'theme = "nord"\n{text}\n')
    found, complaints = settings.load(file)
    assert len(complaints) == 1
    assert complaints[0].startswith(line)
    assert found == Settings(theme="nord" if text != "= 1" else "mli-dark")


def test_a_file_that_can_not_be_one_is_refused(file):
    file.parent.mkdir()
    file.write_bytes(b"#" * (settings.LIMIT + 1))
    assert settings.load(file)[1] == ["settings.toml: is larger than 100000 bytes"]
    file.unlink()
    os.mkfifo(file)
    assert settings.load(file)[1] == ["settings.toml: can't be read: is not a regular file"]


def test_a_link_is_followed(file):
    file.parent.mkdir()
    (file.parent / "mine.toml").write_text("mouse = false")
    file.symlink_to("mine.toml")
    assert settings.load(file) == (Settings(mouse=False), [])


def test_the_newest_choice_is_what_stays_whoever_writes_last(file):
    """Threads that save at once each write what is chosen when they write, not when they were started."""
    now = Settings()
    settings.save(file, lambda: now)
    with settings._writing:
        late = threading.Thread(target=settings.save, args=(file, lambda: now))
        late.start()
        now = Settings(theme="nord")
    late.join()
    assert settings.load(file)[0].theme == "nord"
