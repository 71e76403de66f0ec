"""Textual's driver for terminals, with an eye on how much of what was written has arrived.

Textual renders a frame for every change and writes each of them: on a slow line its writer's queue fills, then the
event loop waits for it, and keys are answered after everything that was drawn before. Here the screen is put on a
canvas, and what the terminal lacks is sent when the line has room. Each piece ends with a question every terminal
answers (where is the cursor?), since neither a pseudo-terminal nor SSH tells how much is still under way.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import selectors
import threading
import time
from collections.abc import Callable, Iterable
from typing import IO, Any

from rich.color import ColorSystem
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Offset, Size
from textual.message import Message
from textual.strip import Strip

from mli_tui.line.canvas import Canvas
from mli_tui.line.keyboard import Keyboard
from mli_tui.line.pace import LOST_SECONDS, Pace

QUESTION = "\x1b[6n"
ANSWER_SECONDS = 0.3
"""What changes so soon after a key or a click is taken for its answer, and sent first."""
CALM_SECONDS = 1.0
"""After so long without a key, changes wait for one another: what is drawn in several threads is sent at once."""
FRAME_SECONDS = 0.4
"""So far apart are the pieces sent then, where the line is quick."""
TICK_SECONDS = 0.1
READ_BYTES = 1 << 14
FAREWELL_SECONDS = 1.5
"""How long quitting waits for answers that are under way: later ones would be typed into the shell."""


class Outlet:
    """The terminal's file for Textual's writer thread; tells when all that was written is in the terminal's hands."""

    def __init__(self, file: IO[str], drained: Callable[[], None]) -> None:
        """Wrap `file`; `drained` is called from the writer thread."""
        self._file, self._drained = file, drained

    def write(self, text: str) -> None:
        """Write, and wait until the terminal takes it."""
        self._file.write(text)

    def flush(self) -> None:
        """Flush; nothing is left in the queue then."""
        self._file.flush()
        self._drained()

    def fileno(self) -> int:
        """Return the file's descriptor."""
        return self._file.fileno()


class LineDriver(LinuxDriver):
    """Sends what the terminal lacks, as the line has room."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take what Textual gives a driver."""
        super().__init__(*arguments, **options)
        terminal = self._file
        assert terminal is not None, "the app needs a terminal on its standard error"
        self._file: Any = Outlet(terminal, lambda: self._from_thread(self._drained))
        self._canvas = Canvas(0, 0)
        self._cursor = Offset(0, 0)
        self._pace = Pace()
        self._writing = False
        self._input_at = time.monotonic()
        self._sent_at = 0.0
        self._answered_all = threading.Event()
        self._answered_all.set()
        self._later: asyncio.TimerHandle | None = None

    def show(self, size: Size, strips: list[tuple[int, int, Strip]], cursor: Offset, system: ColorSystem) -> None:
        """Put strips (column, row, strip) on a screen of this size, and send what there is room for."""
        if (self._canvas.width, self._canvas.height) != size:
            self._canvas = Canvas(*size, system)
        urgent = time.monotonic() - self._input_at < ANSWER_SECONDS
        for x, y, strip in strips:
            self._canvas.put(x, y, strip, urgent)
        self._cursor = cursor
        self._pump()

    def forget(self) -> None:
        """Send the whole screen again."""
        self._canvas.forget()
        self._pump()

    def start_application_mode(self) -> None:
        """Begin, or go on after the app was suspended: whatever was on the screen is gone."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._canvas.forget()

    def run_input_thread(self) -> None:
        """Read what the terminal sends until the app ends. Bytes that are no UTF-8 are replaced, and end nothing."""
        keyboard = Keyboard(self._debug)
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(TICK_SECONDS):
                    data = os.read(self.fileno, READ_BYTES)
                    if not data:  # the terminal has gone
                        return
                    self._process(keyboard.feed(decode(data)))
                self._process(keyboard.tick())
            if selector.select(TICK_SECONDS):  # what comes so late is not the shell's
                os.read(self.fileno, READ_BYTES)

    def _process(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def process_message(self, message: Message) -> None:
        """Take a message of the input thread: the terminal's answers stay here."""
        if isinstance(message, events.CursorPosition):
            self._pace.answered(time.monotonic())
            if self._pace.idle:
                self._answered_all.set()
            self._from_thread(self._pump)
            return
        if isinstance(
            message, (events.Key, events.Paste, events.MouseDown, events.MouseScrollDown, events.MouseScrollUp)
        ):
            self._input_at = time.monotonic()
        super().process_message(message)

    def disable_input(self) -> None:
        """Wait for answers under way before nobody reads them."""
        if not self._pace.idle:
            self._answered_all.wait(FAREWELL_SECONDS)
        super().disable_input()

    def _from_thread(self, call: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _drained(self) -> None:
        self._writing = False
        self._pump()

    def _pump(self) -> None:
        """Send a piece, where something waits, the last piece was taken, and there is room."""
        if self._writing or not self._canvas.waiting or self.exit_event.is_set() or not self._writer_thread:
            return
        now = time.monotonic()
        calm = now - self._input_at > CALM_SECONDS and not self._canvas.interrupted
        if calm and (early := self._sent_at + FRAME_SECONDS - now) > 0:
            self._look_again(early)
            return
        room = self._pace.room(now)
        if not room:
            self._look_again(LOST_SECONDS + 0.1)  # when an answer counts as lost
            return
        self._sent_at = now
        text = f"{self._canvas.take(room)}\x1b[{self._cursor.y + 1};{self._cursor.x + 1}H"
        if self._app._sync_available:
            text = f"{SYNC_START}{text}{SYNC_END}"
        self._writing = True
        self._answered_all.clear()
        self._pace.sent(len(text.encode()), now)
        self.write(text + QUESTION)

    def _look_again(self, seconds: float) -> None:
        """Pump again after so long, or before that where it was asked for earlier."""
        due = self._loop.time() + seconds
        if self._later is None or not self._loop.time() <= self._later.when() <= due:
            if self._later:
                self._later.cancel()
            self._later = self._loop.call_at(due, self._pump)
