"""What every test has: neither presets nor data of whoever runs the tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def nobodys_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty folders of presets and data sets; Debian's stay where they are."""
    empty = Path(tmp_path_factory.getbasetemp()) / "nothing"
    monkeypatch.setenv("MLI_TUI_PRESETS", str(empty / "presets"))
    monkeypatch.setenv("MLI_TUI_DATA", str(empty / "data"))
