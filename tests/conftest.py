"""What every test has: device slots, presets and data folders of its own, and nothing of whoever runs the tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from mli_tui import format, panes, settings

for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:  # as nohup or a shell's background job has it: children inherit it
        signal.signal(number, handler)

# More threads are at work here than there are cores: those that wait must not spin, and what a test computes itself is
# small. Workers set their own number.
os.environ |= {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1"}

LONGEST = (
    "test_snapshots", "test_worker", "test_worker_networks", "test_sweep", "test_exact_checks", "test_border",
    "test_ends", "test_curves", "test_line", "test_refine", "test_run_screen", "test_own_runs",
)  # fmt: skip
"""The modules that take longest come first: one that is begun last is waited for by processes without work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest modules first; within a module, and among the others, the order stays."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))


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
