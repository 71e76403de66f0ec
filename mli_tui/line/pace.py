"""How much may be under way to the terminal: as much as the line carries in the time that a key may wait."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

QUEUE_SECONDS = 0.15
"""So long a key's answer may wait behind what was sent before it."""
FIRST_RATE = 16_000.0
LEAST, MOST = 600, 1 << 18
TELLING = 500
"""A smaller piece says little of the line's rate: its time is that of everybody else."""
LOST_SECONDS = 10.0


@dataclass(frozen=True)
class _Piece:
    size: int
    sent: float


class Pace:
    """Learns from the terminal's answers how fast the line is. Every time is in seconds of one monotonic clock.

    The pieces sent are answered in order. A terminal that never answers gets a piece whenever the one before has
    been written; one that stops answering does so, too, after a while.
    """

    def __init__(self) -> None:
        """Begin with a line that nothing is known of."""
        self._under_way: deque[_Piece] = deque()
        self._rate = FIRST_RATE
        self._quickest = float("inf")
        self._last = 0.0
        self._answers = False

    @property
    def window(self) -> int:
        """How many bytes may be under way at once."""
        back_and_forth = min(self._quickest, 0.5)
        return int(min(max(self._rate * (back_and_forth + QUEUE_SECONDS), LEAST), MOST))

    @property
    def idle(self) -> bool:
        """Whether every answer has come that can be hoped for."""
        return not self._answers or not self._under_way

    def room(self, now: float) -> int:
        """Return how many bytes may be sent now; 0 until an answer makes room."""
        if not self._answers:
            return LEAST * 6
        if self._under_way and now - self._under_way[0].sent > LOST_SECONDS:
            self._under_way.clear()
            self._answers = False
        free = self.window - sum(piece.size for piece in self._under_way)
        return free if free >= self.window // 4 else 0

    def sent(self, size: int, now: float) -> None:
        """Count a piece that was sent with a question behind it."""
        self._under_way.append(_Piece(size, now))
        if not self._answers and len(self._under_way) > 64:
            self._under_way.popleft()

    def answered(self, now: float) -> None:
        """Count an answer: the oldest piece has arrived."""
        self._answers = True
        if not self._under_way:
            return
        piece = self._under_way.popleft()
        self._quickest = min(self._quickest, now - piece.sent)
        # It was on its way alone from here on: the line's own time begins when the piece before had arrived.
        began = max(self._last, piece.sent + self._quickest)
        rate = piece.size / max(now - began, 0.001)
        if piece.size >= TELLING:
            self._rate = min(rate, (self._rate + rate) / 2)
        self._last = now
