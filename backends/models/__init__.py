"""Networks, and what each tensor of their state_dict is."""

from backends.models.fully_connected import build
from backends.models.layers import Layers, Role, describe

__all__ = ["Layers", "Role", "build", "describe"]
