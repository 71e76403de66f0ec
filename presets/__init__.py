"""What to run: the typed `Experiment`, its loader, and one TOML file per preset."""

from presets.experiment import Data, Experiment, Interpolation, Model, Output, Own, Train
from presets.loader import Preset, SpecError, catalog, damaged, load, override

__all__ = [
    "Data",
    "Experiment",
    "Interpolation",
    "Model",
    "Output",
    "Own",
    "Preset",
    "SpecError",
    "Train",
    "catalog",
    "damaged",
    "load",
    "override",
]
