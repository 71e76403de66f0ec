"""Whether a worker outlives the logout of its user, and how to start it so that it does.

A new session is enough unless logind kills user processes at logout, which it does by cgroup: then only a scope of
the user's own service manager helps, and that lives on only where lingering is on.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from typing import NamedTuple

STOPS_AT_LOGOUT = "logging out will stop this run here (KillUserProcesses); it resumes from its last save"
MAY_STOP_AT_LOGOUT = "logging out may stop this run here (systemd before 256.3); it resumes from its last save"
_MANAGER = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
_SURE = (256, 3)
"""The first systemd that never stops a lingering user's manager at the last logout."""


class Plan(NamedTuple):
    """The words to put before the worker's command, and what the user should know."""

    prefix: tuple[str, ...] = ()
    warning: str = ""


def plan(run_id: str) -> Plan:
    """Return how to start the worker of a run on this machine."""
    if not _kills_at_logout():
        return Plan()
    if shutil.which("systemd-run") is None or not _lingers():
        return Plan(warning=STOPS_AT_LOGOUT)
    scope = ("systemd-run", "--user", "--scope", "--collect", "--quiet", f"--unit=mli-{run_id}")
    return Plan(scope, "" if _version() >= _SURE else MAY_STOP_AT_LOGOUT)


def _kills_at_logout() -> bool:
    if _property("KillUserProcesses") != "b true":
        return False
    only, spared = _users("KillOnlyUsers"), _users("KillExcludeUsers")
    return _user() not in spared and (not only or _user() in only)


def _users(name: str) -> set[str]:
    """Return the users in a list of logind's, which is printed as: as 2 "root" "ann"."""
    return set(re.findall(r'"([^"]*)"', _property(name)))


def _property(name: str) -> str:
    return _answer("busctl", "get-property", *_MANAGER, name)


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _lingers() -> bool:
    return _answer("loginctl", "show-user", _user(), "-p", "Linger", "--value") == "yes"


def _version() -> tuple[int, int]:
    found = re.match(r"systemd (\d+)(?: \(\1\.(\d+))?", _answer("systemd-run", "--version"))
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def _answer(*command: str) -> str:
    """Return what a command prints, or "" where it is missing, fails or takes long: no logind, no killing."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=2, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
