"""Networks, and what is known of each of their tensors."""

from __future__ import annotations

from backends.models.fully_connected import build
from backends.models.layers import Layers, Role, describe

__all__ = ["Layers", "Role", "build", "describe"]
