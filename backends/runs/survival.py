"""Whether a worker outlives the logout of its user, and how to start it so that it does.

A new session is enough unless logind kills user processes at logout, which it does by cgroup: then only a scope of
the user's own service manager helps, and that lives on only where lingering is on.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from typing import NamedTuple

_MANAGER = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")


class Plan(NamedTuple):
    """The words to put before the worker's command, and what the user should know."""

    prefix: tuple[str, ...] = ()
    warning: str = ""


def plan(run_id: str) -> Plan:
    """Return how to start the worker of a run on this machine."""
    if not _kills_at_logout():
        return Plan()
    if not _lingers():
        return Plan(warning="logging out will stop this run here (KillUserProcesses); it resumes from its last save")
    scope = ("systemd-run", "--user", "--scope", "--collect", "--quiet", f"--unit=mli-{run_id}")
    return Plan(prefix=scope) if shutil.which("systemd-run") else Plan()


@cache
def _kills_at_logout() -> bool:
    return _answer("busctl", "get-property", *_MANAGER, "KillUserProcesses") == "b true"


@cache
def _lingers() -> bool:
    import getpass

    return _answer("loginctl", "show-user", getpass.getuser(), "-p", "Linger", "--value") == "yes"


def _answer(*command: str) -> str:
    """Return what a command prints, or "" where it is missing, fails or takes long: no logind, no killing."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=2, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
