"""events.jsonl: appended by one writer, read by anyone while it grows.

The writer repairs a torn end before it appends, so that no event is ever glued to half a line. The reader takes
whole lines only, notices a replaced or shortened file, and reports a damaged line instead of skipping it.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TypeVar

import msgspec

from backends.runs import durable, events
from backends.runs.events import AnyEvent, Event
from backends.runs.text import safe_line

MAX_LINE = 4 << 20
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_E = TypeVar("_E", bound=Event)


class Writer:
    """The single writer of a journal; the caller holds the run's lock."""

    def __init__(self, path: Path) -> None:
        """Open `path`, repair its end and go on with the next seq; raises OSError."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(path, flags, 0o600)
        dropped = self._repair()
        self.next_seq = self._last_seq() + 1
        if dropped:
            self.append(events.Recovered(dropped=dropped))

    def append(self, event: _E) -> _E:
        """Write one event with its seq and time, and return it so completed.

        Raises OSError, with the journal cut back to its last whole line.
        """
        complete = msgspec.structs.replace(event, seq=self.next_seq, time=round(time.time(), 3))
        size = os.fstat(self._file).st_size
        try:
            durable.write_all(self._file, _encoder.encode(complete) + b"\n")
        except OSError:
            os.ftruncate(self._file, size)
            raise
        self.next_seq += 1
        return complete

    def sync(self) -> None:
        """Put everything appended so far on the disk; raises OSError."""
        os.fsync(self._file)

    def close(self) -> None:
        """Put everything on the disk and close."""
        os.fsync(self._file)
        os.close(self._file)

    def _repair(self) -> int:
        """Cut half a line (or the NULs of a power cut) off the end; keep an event that only lacks its newline."""
        size = os.fstat(self._file).st_size
        tail = _tail(self._file, size)
        if not size or tail.endswith(b"\n"):
            return 0
        torn = tail.rpartition(b"\n")[2]
        if _decode(torn) is not None:
            durable.write_all(self._file, b"\n")
            return 0
        os.ftruncate(self._file, size - len(torn))
        return len(torn)

    def _last_seq(self) -> int:
        size = os.fstat(self._file).st_size
        for line in reversed(_tail(self._file, size).splitlines()):
            if (event := _decode(line)) is not None:
                return event.seq
        return -1


def _tail(file: int, size: int) -> bytes:
    start = max(0, size - 2 * MAX_LINE)
    return os.pread(file, size - start, start)


def _decode(line: bytes) -> AnyEvent | None:
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class Reader:
    """Follows a journal. Each `read` returns what is new; `restarted` says that it was read from its beginning."""

    def __init__(self, path: Path) -> None:
        """Remember `path`; it need not exist yet."""
        self._path = path
        self._inode = -1
        self._offset = 0
        self._expected = 0
        self.restarted = False
        self.damage: list[str] = []

    def read(self) -> list[AnyEvent]:
        """Return the events that are complete and not yet returned; raises OSError other than a missing file."""
        self.restarted = False
        try:
            with self._path.open("rb") as file:
                self._follow(os.fstat(file.fileno()))
                file.seek(self._offset)
                content = file.read()
        except FileNotFoundError:
            return []
        end = content.rfind(b"\n") + 1
        self._offset += end
        return [event for line in content[:end].splitlines() if (event := self._take(line)) is not None]

    def _follow(self, found: os.stat_result) -> None:
        if found.st_ino != self._inode or found.st_size < self._offset:
            self.restarted = self._inode != -1
            self._inode, self._offset, self._expected = found.st_ino, 0, 0
            self.damage = []

    def _take(self, line: bytes) -> AnyEvent | None:
        event = _decode(line) if len(line) <= MAX_LINE else None
        if event is None:
            self.damage.append(f"events.jsonl: line after seq {self._expected - 1} is damaged: {safe_line(line, 60)}")
            return None
        if event.seq != self._expected:
            self.damage.append(f"events.jsonl: seq {event.seq} where {self._expected} was expected")
        self._expected = event.seq + 1
        return event


def last_event(path: Path) -> AnyEvent | None:
    """Return the last whole event of a journal without reading the rest; None where there is none."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - 65_536))
            lines = file.read().split(b"\n")[:-1]
    except OSError:
        return None
    return _decode(lines[-1]) if lines else None
