"""serve: the app in a browser, through an SSH tunnel."""

from __future__ import annotations

import errno
import getpass
import os
from typing import Annotated

import typer

from backends.runs.errors import BadRequest
from mli_tui.cli import output
from mli_tui.cli.options import RunsDir, root_of


def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on the loopback address.")] = 8000,
    runs_dir: RunsDir = None,
) -> None:
    """Serve the app to a browser, on the loopback address only (extra `serve`).

    From another machine it is reached through an SSH tunnel. The address has a key in it: whoever has it can do what
    you can do in the app.
    """
    try:
        from mli_tui.serving import LocalServer
    except ImportError as error:
        raise BadRequest(f"serve needs textual-serve ({error}): pip install 'mli-tui[serve]'") from None
    server = LocalServer(root_of(context, runs_dir), port)
    output.say(f"open {server.address}")
    output.say(f"from another machine, first: ssh -L {port}:127.0.0.1:{port} {getpass.getuser()}@{os.uname().nodename}")
    output.say("Ctrl-C ends it; runs go on")
    try:
        server.serve()
    except OSError as error:
        reason = "is taken; choose another" if error.errno == errno.EADDRINUSE else os.strerror(error.errno or 0)
        raise BadRequest(f"--port = {port}: {reason}") from None
