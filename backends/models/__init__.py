"""Networks, and what is known of each of their tensors."""

from __future__ import annotations

from backends.models.graph import describe
from backends.models.layers import Layer, Layers, Role
from backends.models.networks import build

__all__ = ["Layer", "Layers", "Role", "build", "describe"]
