"""What every test has: device slots, presets and data folders of its own, and nothing of whoever runs the tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from mli_tui import format, panes, settings

for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:  # as nohup or a shell's background job has it: children inherit it
        signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Empty folders, for this process and all that it starts; no run of this machine's user is waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.setenv("MLI_TUI_PRESETS", str(tmp_path_factory.mktemp("nothing") / "presets"))
        patch.setenv("MLI_TUI_DATA", str(tmp_path_factory.mktemp("nothing") / "data"))
        patch.delenv("MLI_TUI_RUNS", raising=False)
        yield


@pytest.fixture(autouse=True)
def usual_decimals() -> Iterator[None]:
    """The digits that values are shown with are the process's: whoever chooses others chooses them for one test."""
    yield
    format.use_decimals(format.DECIMALS)


@pytest.fixture(autouse=True)
def usual_choices() -> Iterator[None]:
    """What is kept of settings and panes is the process's: whoever keeps something keeps it for one test."""
    yield
    for kept in (settings.settings_file(), panes.panes_file()):
        kept.unlink(missing_ok=True)
