"""The app on a pseudo-terminal, whose screen is read as a person reads it."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

from tests.virtual_terminal import VirtualTerminal

PATIENCE_SECONDS = 30.0


class Terminal:
    """The app on a pseudo-terminal of its own."""

    def __init__(self, root, *, controlling=True, ignore_hangup=False, size=(40, 120), options=(), **environment):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))

        def prepare():
            os.setsid()
            if controlling:
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            if ignore_hangup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)

        self.process = subprocess.Popen(
            [sys.executable, "-m", "mli_tui", "--runs-dir", str(root), *options],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            preexec_fn=prepare,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
        )
        os.close(slave)
        self.output = b""
        self.screen = VirtualTerminal(size[1], size[0], copies=True)

    def read_until(self, text: bytes) -> None:
        """Read until the screen shows a text, or until a sequence came."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.output and text.decode() not in self.screen.text:
            assert time.monotonic() < deadline, self.screen.text
            self._read(0.1)

    def _read(self, seconds: float) -> bool:
        """Read what is there, and answer as terminals do; return whether the terminal is still the app's."""
        if select.select([self.master], [], [], seconds)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return False
            before = self.screen.asked
            self.output += data
            self.screen.feed(data)
            os.write(self.master, b"\x1b[1;1R" * (self.screen.asked - before))
        return True

    def drain(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self._read(0.05):
                return

    def wait_for(self, condition) -> None:
        """Read until a condition holds."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.screen.text
            self._read(0.1)

    def place_of(self, text: str) -> tuple[int, int]:
        """Return column and row, from 1 on, of a text on the screen."""
        row = next(y for y, line in enumerate(self.screen.lines) if text in line)
        return self.screen.lines[row].index(text) + 1, row + 1

    def resize(self, width: int, height: int) -> None:
        """Become another size, as when a window is dragged."""
        self.screen.resize(width, height)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def terminal(tmp_path):
    opened = []

    def open_terminal(**options):
        opened.append(Terminal(tmp_path, **options))
        return opened[-1]

    yield open_terminal
    for each in opened:
        each.end()
        assert not each.screen.forbidden
