"""environment.json: on what a run was computed, and what of it decides the last bits of its numbers."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import torch

from backends.devices.base import Device
from backends.runs import durable, events
from backends.runs.paths import RunPaths

FORMAT_VERSION = 1
RECORDED_VARIABLES = (
    "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "MKL_DYNAMIC", "CUBLAS_WORKSPACE_CONFIG",
    "ATEN_CPU_CAPABILITY", "PYTHONPATH", "PYTHONHASHSEED",
)  # fmt: skip


class Bits(msgspec.Struct, frozen=True, kw_only=True):
    """What two attempts must share for their numbers to agree bit for bit."""

    torch: str
    build: str
    device: str
    cpu_capability: str
    threads: int
    mkl: str

    def changed(self, now: Bits) -> tuple[str, ...]:
        """Return what differs, as `threads 2 -> 4`."""
        before, after = msgspec.structs.asdict(self), msgspec.structs.asdict(now)
        return tuple(f"{name} {before[name]} -> {after[name]}" for name in before if before[name] != after[name])


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One worker's environment. Of the environment variables only those named above are kept: no secrets."""

    attempt: int
    started: str
    host: str
    python: str
    versions: dict[str, str]
    bits: Bits
    commit: str
    command: list[str]
    variables: dict[str, str]


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """The file: one entry an attempt, the newest last."""

    format: int = FORMAT_VERSION
    attempts: tuple[Attempt, ...] = ()


def read(run: RunPaths) -> Environment:
    """Return the run's environment file, or an empty one where it is missing or damaged."""
    try:
        return msgspec.json.decode(run.environment.read_bytes(), type=Environment)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Environment()


def record(run: RunPaths, attempt: int, device: Device) -> tuple[str, ...]:
    """Add this process to the run's environment file; return what changed since the attempt before."""
    before = read(run)
    now = _current(attempt, device)
    after = Environment(attempts=(*before.attempts, now))
    durable.write(run.environment, msgspec.json.format(msgspec.json.encode(after)))
    return before.attempts[-1].bits.changed(now.bits) if before.attempts else ()


def started(attempt: int, device: Device) -> events.Started:
    """Return the event that says who works."""
    return events.Started(
        attempt=attempt,
        device=device.name,
        threads=torch.get_num_threads(),
        host=platform.node(),
        pid=os.getpid(),
    )


def _current(attempt: int, device: Device) -> Attempt:
    names = ("torch", "numpy", "scipy", "safetensors", "mlxtend", "mli-tui")
    return Attempt(
        attempt=attempt,
        started=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        host=platform.node(),
        python=sys.version.split()[0],
        versions={name: importlib.metadata.version(name) for name in names},
        bits=Bits(
            torch=str(torch.__version__),
            build=hashlib.sha256(torch.__config__.show().encode()).hexdigest()[:16],
            device=device.name,
            cpu_capability=torch.backends.cpu.get_cpu_capability(),
            threads=torch.get_num_threads(),
            mkl=os.environ.get("MKL_DYNAMIC", ""),
        ),
        commit=_commit(),
        command=sys.orig_argv,
        variables={name: os.environ[name] for name in RECORDED_VARIABLES if name in os.environ},
    )


def _commit() -> str:
    """Return the git commit of this source tree, with `+` where it was changed; "" outside a checkout."""
    git = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--abbrev=40", "--dirty=+", "--exclude=*"]
    try:
        done = subprocess.run(git, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
