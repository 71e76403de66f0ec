"""events.jsonl: appended by one writer, read by anyone while it grows.

Line n holds the event with seq n. The writer repairs a torn end before it appends, so that no event is ever glued
to half a line. The reader takes whole lines only, notices a replaced or shortened file, and reports a damaged line
instead of skipping it.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from backends.runs import durable, events
from backends.runs.events import AnyEvent, Event
from backends.runs.text import safe_line

MAX_LINE = 16 << 20
"""All points of the largest curve fit in one line; of what is longer nothing is kept in memory."""
MAX_FILE = 1 << 30
"""What is longer is no journal (a run of a million epochs writes half of it)."""
MAX_DAMAGE = 20
_BLOCK = 1 << 20
_MARK = 128
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_E = TypeVar("_E", bound=Event)
Briefly = Callable[[bytes], AnyEvent | None]
"""Reads a line in part; None for one of which nothing is wanted, or which is damaged."""


class _Header(msgspec.Struct):
    """What every event has, of whatever version."""

    type: str
    seq: events.Whole


_header_decoder = msgspec.json.Decoder(_Header)


def unread(_line: bytes) -> None:
    """Read nothing of a line."""


class Writer:
    """The single writer of a journal; the caller holds the run's lock."""

    def __init__(self, path: Path) -> None:
        """Open `path`, repair its end and go on with the next seq; raises OSError."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._path = path
        self._file = os.open(path, flags, 0o600)
        try:
            self._repair()
        except BaseException:
            os.close(self._file)
            raise

    def append(self, event: _E) -> _E:
        """Write one event with its seq and time, and return it so completed.

        Raises OSError, with the journal cut back to its last whole line, or where the journal was removed;
        ValueError for an event that no reader would take, because it is too long.
        """
        complete = msgspec.structs.replace(event, seq=self.next_seq, time=round(time.time(), 3))
        line = _encoder.encode(complete) + b"\n"
        if len(line) > MAX_LINE:
            raise ValueError(f"an event has at most {MAX_LINE} bytes, this one {len(line)}: split it")
        found = os.fstat(self._file)
        if not found.st_nlink:
            raise FileNotFoundError(errno.ENOENT, "the journal was removed", str(self._path))
        try:
            durable.write_all(self._file, line)
        except BaseException:
            os.ftruncate(self._file, found.st_size)
            raise
        self.next_seq += 1
        return complete

    def sync(self) -> None:
        """Put everything appended so far on the disk; raises OSError."""
        os.fsync(self._file)

    def close(self) -> None:
        """Put everything on the disk and close."""
        try:
            os.fsync(self._file)
        finally:
            os.close(self._file)

    def _repair(self) -> None:
        """Cut half a line (or the NULs of a power cut) off the end; keep an event that only lacks its newline."""
        reader = Reader(self._path)
        reader.read()
        self.next_seq, start = reader.next_seq, reader.line_start
        tail = os.pread(self._file, MAX_LINE, start)
        if not tail:
            return
        whole = tail.rstrip(b"\0")
        if (header := _header(whole)) is None:
            whole = b""
        dropped = os.fstat(self._file).st_size - start - len(whole)
        os.ftruncate(self._file, start + len(whole))
        if header is not None:
            durable.write_all(self._file, b"\n")
            self.next_seq = header.seq + 1
        self.append(events.Recovered(dropped=dropped))


class Reader:
    """Follows a journal. Each `read` returns what is new; `restarted` says that it was read from its beginning."""

    def __init__(self, path: Path, skip: tuple[str, ...] = (), briefly: Briefly = unread) -> None:
        """Remember `path`; it need not exist yet. Of events of the types in `skip`, `briefly` reads what is wanted."""
        self._path = path
        self._skip = tuple(f'{{"type":"{name}",'.encode() for name in skip)
        self._briefly = briefly
        self._inode = -1
        self.restarted = False
        self._start_over()

    def _start_over(self) -> None:
        self._offset = 0
        self._mark = b""
        self.line_start = 0
        """Where the line begins that is not complete yet: the end of the last whole one."""
        self.next_seq = 0
        """The seq that the next event must have."""
        self.damage: list[str] = []

    def read(self) -> list[AnyEvent]:
        """Return the events that are complete and not yet returned; raises OSError other than a missing file."""
        self.restarted = False
        try:
            file = durable.open_regular(self._path)
        except FileNotFoundError:
            return []
        try:
            size = self._follow(file)
            new = [event for line in self._lines(file, size) if (event := self._take(line)) is not None]
            self._mark = self._before(file)
        finally:
            os.close(file)
        return new

    def _follow(self, file: int) -> int:
        """Return the size of the file; start over where it is not the file of the last read, grown.

        Inodes are used again, so the last bytes that were read must be there still.
        """
        found = os.fstat(file)
        if found.st_size > MAX_FILE:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(self._path))
        if found.st_ino != self._inode or found.st_size < self._offset or self._before(file) != self._mark:
            self.restarted = self._inode != -1
            self._inode = found.st_ino
            self._start_over()
        return found.st_size

    def _before(self, file: int) -> bytes:
        start = max(0, self._offset - _MARK)
        return os.pread(file, self._offset - start, start)

    def _lines(self, file: int, size: int) -> Iterator[bytes]:
        """Yield whole lines. Of one that grows beyond `MAX_LINE` only the end is kept, so memory is bounded."""
        rest = b""
        while block := os.pread(file, min(_BLOCK, size - self._offset - len(rest)), self._offset + len(rest)):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line if self._offset == self.line_start else b""
                self._offset += len(line) + 1
                self.line_start = self._offset
            if len(rest) > MAX_LINE:
                self._offset += len(rest)
                rest = b""

    def _take(self, line: bytes) -> AnyEvent | None:
        if line.startswith(self._skip):
            self.next_seq += 1
            return self._briefly(line)
        event, header = _parse(line)
        if header is None:
            self._complain(f"line {self.next_seq + 1} is damaged: {safe_line(line, 60) or 'empty, or far too long'}")
            self.next_seq += 1
            return None
        if header.seq != self.next_seq:
            self._complain(f"seq {header.seq} where {self.next_seq} was expected")
        self.next_seq = header.seq + 1
        if isinstance(header, _Header):
            self._complain(f"seq {header.seq}: an event {safe_line(header.type, 30)!r} that this version can't read")
        return event

    def _complain(self, text: str) -> None:
        if len(self.damage) < MAX_DAMAGE:
            self.damage.append(f"events.jsonl: {text}")
        elif len(self.damage) == MAX_DAMAGE:
            self.damage.append("events.jsonl: and more damage")


def _parse(line: bytes) -> tuple[AnyEvent | None, AnyEvent | _Header | None]:
    """Return the event in a line, None where this version can't read it, and its header, None where it is damaged."""
    if len(line) > MAX_LINE:
        return None, None
    try:
        event = _decoder.decode(line)
    except (ValueError, RecursionError):  # msgspec's own errors are ValueErrors, too
        return None, _header(line)
    return event, event


def _header(line: bytes) -> _Header | None:
    try:
        return _header_decoder.decode(line)
    except (ValueError, RecursionError):  # msgspec's own errors are ValueErrors, too
        return None
