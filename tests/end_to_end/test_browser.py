"""`mli-tui serve` as a person meets it: in a browser, with the key in the address, and shut to everyone else."""

import asyncio
import base64
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mli_tui import make_run

pytest.importorskip("textual_serve", reason="textual-serve (the extra `serve`) is not installed")
import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_SECONDS = 60.0


@pytest.fixture
def served(tmp_path):
    """The lines that `serve` prints; it runs meanwhile."""
    make_run.finished(tmp_path / "runs")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mli_tui", "serve", "--port", str(port), "--runs-dir", str(tmp_path / "runs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment()) as process:
        yield [process.stdout.readline().strip() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 0


def environment():
    found = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(found)}


async def status(address, method="get", **headers):
    for _ in range(100):
        try:
            async with aiohttp.ClientSession() as session, session.request(method, address, headers=headers) as answer:
                return answer.status
        except aiohttp.ClientConnectorError:  # it is not up yet
            await asyncio.sleep(0.1)
    raise AssertionError("nobody answers")


async def test_only_who_has_the_key_is_answered(served):
    address = served[0].removeprefix("open ")
    plain = address.partition("?")[0]
    assert served[1].startswith("from another machine, first: ssh -L ")
    assert plain.startswith("http://127.0.0.1:")
    assert await status(address) == 200
    for bad in (plain, f"{plain}?key=wrong", f"{plain}ws", f"{plain}static/js/textual.js"):
        assert await status(bad) == 403
    assert await status(address, Host="evil.example") == 403
    assert await status(address, Origin="http://evil.example") == 403
    assert await status(f"{plain}ws?key={address.partition('key=')[2]}", Origin="http://127.0.0.1:1") == 403


class Page:
    """A page of a headless browser, through its own protocol."""

    def __init__(self, socket):
        self.socket, self.ids = socket, itertools.count(1)

    async def call(self, method, **parameters):
        number = next(self.ids)
        await self.socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            said = await self.socket.receive_json(timeout=PATIENCE_SECONDS)
            if said.get("id") == number:
                return said["result"]

    async def until(self, expression):
        for _ in range(300):
            found = await self.call("Runtime.evaluate", expression=f"Boolean({expression})")
            if found["result"]["value"]:
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"never: {expression}")

    async def picture(self):
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])

    async def press(self, key):
        code = f"Key{key.upper()}"
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if kind == "keyDown" else {}
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=code, windowsVirtualKeyCode=ord(key.upper()), **text
            )


@pytest.fixture
async def page(tmp_path):
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    profile = tmp_path / "profile"
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
    command += [f"--user-data-dir={profile}", "--window-size=1280,800", "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
        try:
            told = profile / "DevToolsActivePort"
            for _ in range(300):
                if told.exists() and told.read_text().count("\n"):
                    break
                await asyncio.sleep(0.1)
            port = told.read_text().split("\n")[0]
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = [one for one in await answer.json() if one["type"] == "page"]
                async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as talk:
                    yield Page(talk)
        finally:
            browser.terminate()


async def test_the_app_opens_in_a_browser_and_obeys_keys(served, page, tmp_path):
    await status(served[0].removeprefix("open "))
    await page.call("Page.navigate", url=served[0].removeprefix("open "))
    await page.until("document.body && document.body.classList.contains('-first-byte')")
    await asyncio.sleep(2.0)
    before = await page.picture()
    if keep := os.environ.get("MLI_TUI_SCREENSHOT"):
        Path(keep).write_bytes(before)
    assert len(before) > 30_000  # a screen full of text; before it comes there is a logo, in a third of that
    await page.call("Runtime.evaluate", expression="document.querySelector('textarea')?.focus()")
    await page.press("q")
    await page.until("document.body.classList.contains('-closed')")
