"""Whether the torch that is installed fits the driver, told without importing it: from its files and from NVML."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import NamedTuple

from backends.runs.text import safe_line


class Build(NamedTuple):
    """A torch: its version, and the CUDA that it was built for, such as `13.0`; "" for none."""

    version: str
    cuda: str


def why_not() -> str:
    """Return why torch can use no NVIDIA GPU here, as far as files and driver tell, in one line; "" else.

    This finds what is known for sure: a torch without CUDA, and a driver older than the CUDA of torch. What else may
    be wrong only torch itself can say (`backends.devices.cuda`).
    """
    build = installed()
    if build is None:
        return ""
    if not build.cuda:
        return f"torch {build.version} was built without CUDA"
    there = driver_cuda()
    if there is None or there[0] >= int(build.cuda.partition(".")[0]):  # newer minor versions run on the same driver
        return ""
    has = f"the driver has CUDA {there[0]}.{there[1]}"
    return f"{has}, torch {build.version} needs {build.cuda}: a newer driver, or a torch built for CUDA {there[0]}"


def installed() -> Build | None:
    """Return how torch was built; None where there is no torch, or its files don't say."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return None
    try:
        text = (Path(found.origin).parent / "version.py").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return build_of(text)


def build_of(text: str) -> Build | None:
    """Return what torch's version.py says; None for a torch for GPUs of another maker, or a file of another form."""
    said = dict(re.findall(r"^(\w+)(?:: *[\w\[\]. |]+)? = (None|'[^'\n]*')$", text, re.MULTILINE))
    cuda = said.get("cuda", "")
    if said.get("hip", "None") != "None" or not re.fullmatch(r"None|'\d+(\.\d+)*'", cuda):
        return None
    version = safe_line(said.get("__version__", "").strip("'"), 40)
    return Build(version, "" if cuda == "None" else cuda.strip("'"))


def driver_cuda() -> tuple[int, int] | None:
    """Return the newest CUDA that the driver has, as (12, 8); None where it does not say."""
    import pynvml

    try:
        pynvml.nvmlInit()
        number = int(pynvml.nvmlSystemGetCudaDriverVersion_v2())
    except pynvml.NVMLError:
        return None
    return number // 1000, number % 1000 // 10
