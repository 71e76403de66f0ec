"""A program on a pseudo-terminal behind a line: as fast as it gets, or so many bytes a second and so late."""

from __future__ import annotations

import fcntl
import heapq
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from tests.virtual_terminal import VirtualTerminal

PIECE_SECONDS = 0.02
"""How often a throttled line takes something."""


class Line:
    """A program at 120x40, what it shows, and the bytes it took to show it.

    `rate` bytes a second cross the line, `latency` seconds late in both directions. `buffer` bytes are taken from the
    program at once, as sshd and the kernel's sockets do. `answers` lets it answer as terminals do: where its cursor is.
    """

    def __init__(
        self,
        command: list[str],
        rate: float = 0,
        latency: float = 0.0,
        buffer: int = 0,
        answers: bool = True,
        **env: str,
    ) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.rate, self.latency, self.buffer, self.answers = rate, latency, buffer, answers
        self.screen, self.bytes = VirtualTerminal(), 0
        self._taken, self._due = deque[bytes](), list[tuple[float, int, bytes, bool]]()
        self._credit, self._last, self._count = 0.0, time.perf_counter(), 0
        self.t0 = time.perf_counter()
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **env}
        environment = {name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES", "TMUX")}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment
        )
        os.close(slave)

    def press(self, keys: str) -> None:
        """Press keys; they arrive late, too."""
        self._later(keys.encode(), up=True)

    def until(self, shown: Callable[[VirtualTerminal], object], limit: float = 60.0) -> float:
        """Return how many seconds pass until the screen shows something; `limit` where it never does."""
        began = time.perf_counter()
        while not shown(self.screen):
            if time.perf_counter() - began > limit:
                return limit
            self._step(0.05)
        return time.perf_counter() - began

    def run(self, seconds: float) -> int:
        """Let so many seconds pass; return how many bytes arrived."""
        before, end = self.bytes, time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._step(min(left, 0.05))
        return self.bytes - before

    def quiet(self, seconds: float, limit: float = 30.0) -> float:
        """Wait until nothing came for `seconds`; return how long something came."""
        began = last = time.perf_counter()
        before = self.bytes
        while time.perf_counter() - last < seconds and time.perf_counter() - began < limit:
            self._step(0.05)
            if self.bytes != before:
                before, last = self.bytes, time.perf_counter()
        return last - began

    def _step(self, most: float) -> None:
        now = time.perf_counter()
        wait = min([most, *(due - now for due, *_ in self._due[:1])])
        room = sum(map(len, self._taken)) <= self.buffer
        if self.rate:
            wait = min(wait, PIECE_SECONDS)
        if select.select([self.master] if room else [], [], [], max(wait, 0))[0]:
            try:
                self._taken.append(os.read(self.master, self._portion()))
            except OSError:
                return
        self._cross()
        self._arrive()

    def _portion(self) -> int:
        return max(1, int(self.rate * PIECE_SECONDS)) if self.rate and not self.buffer else 1 << 16

    def _cross(self) -> None:
        """Let what the line carries in the time since the last step leave."""
        now = time.perf_counter()
        self._credit = min(self._credit + (now - self._last) * self.rate, self.rate * 0.1)
        self._last = now
        while self._taken and (not self.rate or self._credit >= 1):
            piece = self._taken.popleft()
            if self.rate and len(piece) > self._credit:
                self._taken.appendleft(piece[int(self._credit) :])
                piece = piece[: int(self._credit)]
            self._credit -= len(piece)
            self._later(piece, up=False)

    def _later(self, data: bytes, up: bool) -> None:
        self._count += 1
        heapq.heappush(self._due, (time.perf_counter() + self.latency, self._count, data, up))

    def _arrive(self) -> None:
        while self._due and self._due[0][0] <= time.perf_counter():
            data, up = heapq.heappop(self._due)[2:]
            if up:
                os.write(self.master, data)
                continue
            self.bytes += len(data)
            before = self.screen.asked
            self.screen.feed(data)
            if self.answers:
                for _ in range(self.screen.asked - before):
                    self._later(b"\x1b[1;1R", up=True)

    def resident_mb(self) -> float:
        """Return the memory of the program and its children."""
        status = [Path(f"/proc/{pid}/status").read_text() for pid in self._family()]
        return sum(int(text.split("VmRSS:")[1].split()[0]) for text in status) / 1024

    def cpu_seconds(self) -> float:
        """Return the processor time that the program and its children took so far."""
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self._family()]
        return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")

    def _family(self) -> list[int]:
        family = [self.process.pid]
        for pid in family:
            for task in Path(f"/proc/{pid}/task").iterdir():
                family += map(int, (task / "children").read_text().split())
        return family

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
