"""The GPUs that the driver shows, and whether torch can use them, asked without loading torch."""

from __future__ import annotations

import subprocess
import sys

from backends.runs import torch_cuda
from backends.runs.errors import BadRequest
from backends.runs.gpus import Gpu, Gpus
from backends.runs.text import safe_line
from presets.experiment import Experiment


def gpus() -> tuple[list[Gpu], str]:
    """Return the GPUs that work, and why there are none where there are none."""
    asked = Gpus()
    try:
        now = asked.read()
    finally:
        asked.close()
    found = [gpu for gpu in now.gpus if not gpu.trouble]
    return found, now.missing or ("" if found else now.gpus[0].trouble)


ASK_TORCH = ("-P", "-m", "backends.devices")
PATIENCE_SECONDS = 60.0
"""How long torch is waited for: a driver that hangs lets it hang, too."""


def usable() -> tuple[list[Gpu], str]:
    """Return the GPUs that torch may use, as far as can be told at once, and why there are none."""
    found, reason = gpus()
    why = torch_cuda.why_not() if found else reason
    return ([] if why else found), why


def refused_by_torch() -> str:
    """Return why torch can't use the GPUs that there are; "" where it can. It is loaded in a process of its own."""
    why = torch_cuda.why_not()
    if why:
        return why
    command = [sys.executable, *ASK_TORCH]
    try:
        asked = subprocess.run(command, capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"it has not answered for {PATIENCE_SECONDS:.0f} s"
    if asked.returncode:
        said = asked.stderr.splitlines() or [f"it ended with {asked.returncode}".encode()]
        return safe_line(said[-1])
    return safe_line(asked.stdout)


def require(backend: str) -> None:
    """Raise `BadRequest` where CUDA is asked for and no GPU is there: before a run is made, not after."""
    if backend != "cuda":
        return
    found, reason = usable()
    if not found:
        raise BadRequest(f"--backend = 'cuda': no CUDA device can be used here ({reason}); expected auto or cpu")


def require_for(experiment: Experiment) -> None:
    """Raise `BadRequest` where an experiment would take days without a GPU, and none is there."""
    if not experiment.needs_gpu:
        return
    found, reason = usable()
    if not found:
        raise BadRequest(
            f"needs_gpu = true: no CUDA device can be used here ({reason}), and without one {experiment.preset} takes "
            "days; --set needs_gpu=false runs it all the same"
        )
