"""What every test has: device slots of its own, so that no run of this machine's user is waited for or held up."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_slots(tmp_path_factory):
    """Slots and user folders in a temporary place, for this process and all that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.delenv("MLI_TUI_RUNS", raising=False)
        yield
