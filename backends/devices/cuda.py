"""NVIDIA GPUs."""

from __future__ import annotations

import torch

from backends.devices.base import Device, DeviceError
from backends.runs.gpus import Gpu, Gpus
from backends.runs.text import safe_line


def why_unusable() -> str:
    """Return why torch can't compute on the first GPU that this process sees, in one line; "" where it can."""
    try:
        torch.ones(1, device="cuda").add(1).item()
    except torch.OutOfMemoryError:  # it can, once others leave it room
        return ""
    except (RuntimeError, AssertionError) as error:  # a driver that is missing or too old, a card that is too old
        return safe_line(str(error).partition("\n")[0].partition(". ")[0]).removesuffix(".")
    return ""


class Cuda(Device):
    """The first GPU that this process sees."""

    kind = "cuda"
    chunk_rows = 8192
    conv_chunk_rows = 1024

    def __init__(self) -> None:
        """Open the GPU; raises `DeviceError` where torch can use none."""
        if why := why_unusable():
            raise DeviceError(f"backend = 'cuda': {why}; expected auto or cpu")
        self.torch_device = torch.device("cuda", 0)
        self.name = torch.cuda.get_device_name(self.torch_device)
        uuid = str(torch.cuda.get_device_properties(self.torch_device).uuid)
        self._gpus = Gpus(f"GPU-{uuid.removeprefix('GPU-')}")

    def memory_budget(self) -> int:
        """Return half of the GPU memory that is free now, in bytes; the rest is for what torch keeps aside."""
        free, _total = torch.cuda.mem_get_info(self.torch_device)
        return free // 2

    def peak_memory(self) -> int | None:
        """Return the most bytes of GPU memory that torch held at a time."""
        return torch.cuda.max_memory_reserved(self.torch_device)

    def use(self) -> Gpu | None:
        """Return what the driver says of this GPU now; None where there is no word of it."""
        found = self._gpus.read().gpus
        return found[0] if found else None

    def synchronise(self) -> None:
        """Wait for every kernel that was launched on this GPU."""
        torch.cuda.synchronize(self.torch_device)
