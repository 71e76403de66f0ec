"""demo: a recorded real run, played at once."""

from __future__ import annotations

from typing import Annotated

import typer

from mli_tui import demo as recording
from mli_tui.cli import starting
from mli_tui.cli.options import Plain


def demo(
    context: typer.Context,
    speed: Annotated[
        float, typer.Option(min=0.1, max=1000.0, help="How much faster than it was recorded.")
    ] = recording.SPEED,
    plain: Plain = False,
) -> None:
    """Play a recorded real run in the app: ten layers on MNIST, 33 seconds on two cores.

    Every key works as usual; nothing is started and nothing is left behind.
    """
    with recording.playing(speed) as paths:
        starting.watch(paths, starting.Way.of(context, plain, as_json=False))
