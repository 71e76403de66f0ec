"""The app in a browser, for whoever has the key: textual-serve behind a check of host, origin and key.

The loopback address alone is no protection: every user of the machine can reach it, and so can every web page that
the browser at the other end of an SSH tunnel shows.
"""

from __future__ import annotations

import secrets
import shlex
import sys
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler
from textual_serve.server import Server

LOOPBACK = "127.0.0.1"
HOSTS = frozenset({LOOPBACK, "localhost"})
COOKIE = "mli-tui-key"


class LocalServer(Server):
    """Serves one app a visitor, each a process of its own, on the loopback address."""

    def __init__(self, root: Path, port: int) -> None:
        """Serve the runs in `root` on a port; nothing is opened yet."""
        command = [sys.executable, "-P", "-m", "mli_tui", "--runs-dir", str(root)]
        super().__init__(shlex.join(command), host=LOOPBACK, port=port, title="mli-tui")
        self.key = secrets.token_urlsafe(16)

    @property
    def address(self) -> str:
        """What is to be opened in the browser."""
        return f"http://{LOOPBACK}:{self.port}/?key={self.key}"

    def initialize_logging(self) -> None:
        """Leave the terminal to the lines that the command prints."""

    async def on_startup(self, app: web.Application) -> None:
        """Print nothing: the command has said all."""

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer only who came by this machine's own name, from no other page, and has the key."""
        origin = request.headers.get("Origin")
        if request.url.host not in HOSTS or (origin is not None and origin != f"http://{request.host}"):
            raise web.HTTPForbidden(text="mli-tui serve: only from this machine, or through a tunnel to it")
        given = request.query.get("key") or request.cookies.get(COOKIE, "")
        if not secrets.compare_digest(given.encode(), self.key.encode()):
            raise web.HTTPForbidden(text="mli-tui serve: the key in the address is missing or wrong")
        if request.path != "/":
            return await handler(request)
        # The far end of a tunnel may have another port: the page names its parts as the browser names the page.
        self.public_url = f"http://{request.host}"
        response = await handler(request)
        response.set_cookie(COOKIE, self.key, httponly=True, samesite="Strict")
        return response
