"""Devices: `select` gives the one to compute on, `prepare` makes a process ready for repeatable numbers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TextIO

import torch

from backends.devices.base import Device, DeviceError
from backends.devices.cpu import Cpu, keep_freed_memory
from backends.devices.cuda import Cuda, why_unusable

__all__ = ["Device", "DeviceError", "indeterminate_told", "prepare", "select", "why_unusable"]

_INDETERMINATE = re.compile(
    r"(.+?) (does not have a deterministic implementation|defaults to a non-deterministic algorithm)"
)


def select(kind: Literal["cpu", "cuda"]) -> Device:
    """Return the device of this kind; for `cuda` the first one that this process sees.

    Raises `DeviceError`, one line, where `cuda` is asked for and torch can't use any.
    """
    return Cuda() if kind == "cuda" else Cpu()


def prepare(threads: int) -> None:
    """Make this process a worker's: the same bits for the same wheel, CPU capability and thread count, and no waste.

    `threads` >= 1 is the number of CPU threads of one operation; sums are split by it, so it decides last bits.
    float32 is float32: by themselves a GPU's convolutions and recurrent layers would round their inputs to the 10 bits
    of TF32. An operation whose result is not deterministic on the device is used all the same; `indeterminate_told`
    hears of it.
    """
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    torch.set_float32_matmul_precision("highest")
    # In both of torch's ways to say it: where they disagree, whoever asks is given an error.
    torch.backends.cudnn.allow_tf32 = False
    for operation in ("conv", "rnn"):
        getattr(torch.backends.cudnn, operation).fp32_precision = "ieee"
    keep_freed_memory()


@contextmanager
def indeterminate_told(say: Callable[[str], object]) -> Iterator[None]:
    """Tell, once an operation, whose results are not deterministic on this device, as torch warns of them.

    Such are on a GPU the gradients of an adaptive pooling (torchvision's AlexNet and VGG) and of fused attention. Other
    warnings go on, and whatever filters the user has set are for these.
    """
    told = set[str]()
    before = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        found = _INDETERMINATE.match(str(message))
        if found is None:
            before(message, category, filename, lineno, file, line)
        elif found[1] not in told:
            told.add(found[1])
            say(f"{found[1]} is not deterministic here: the last bits of a repetition may differ")

    with warnings.catch_warnings():
        warnings.filterwarnings("always", _INDETERMINATE.pattern)
        warnings.showwarning = show
        yield
