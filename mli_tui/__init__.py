"""Who looks at it: command line and terminal app for monotonic-linear-interpolation runs. Never torch, never numpy."""


def __getattr__(name: str) -> str:
    """Return the installed version as `__version__`, looked up only when it is asked for."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("mli-tui")
