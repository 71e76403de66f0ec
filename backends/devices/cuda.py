"""One NVIDIA GPU: the one that CUDA_VISIBLE_DEVICES leaves."""

from __future__ import annotations

import torch

from backends.devices.base import Device, DeviceError

MOST_ALPHAS = 64


class Cuda(Device):
    """Evaluates blocks of alphas, as many as its memory holds."""

    kind = "cuda"

    def __init__(self) -> None:
        """Open the device; raises `DeviceError` where there is none."""
        if not torch.cuda.is_available():
            raise DeviceError("backend = 'cuda': torch sees no CUDA device here; expected auto or cpu")
        self.torch_device = torch.device("cuda", 0)
        self.name = torch.cuda.get_device_name(0)
        self.chunk_rows = 16384

    def alphas_per_block(self, bytes_per_alpha: int) -> int:
        """Return how many alphas fit into the budget, at most 64."""
        return max(1, min(MOST_ALPHAS, self.memory_budget() // max(1, bytes_per_alpha)))

    def memory_budget(self) -> int:
        """Return half of the memory that is free now."""
        return torch.cuda.mem_get_info(0)[0] // 2

    def synchronise(self) -> None:
        """Wait for the stream."""
        torch.cuda.synchronize()
