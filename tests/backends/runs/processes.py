"""Real processes for tests: forked children that talk, and children that die at their n-th call of the system."""

import itertools
import os
import select
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

from backends.runs.errors import RunError

PATIENCE_SECONDS = 30.0
CALLS = ("open", "write", "pwrite", "fsync", "replace", "rename", "unlink", "ftruncate", "close")


def fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns where a thread lives
        return os.fork()


class Child:
    """A forked process that runs `body(say)`; its exit code is what `body` returns, or an error's own exit code."""

    def __init__(self, body: Callable[[Callable[[str], object]], int | None]) -> None:
        ear, mouth = os.pipe()
        self.code: int | None = None
        self.pid = fork()
        if self.pid == 0:
            code = 70
            try:
                code = body(lambda text: os.write(mouth, f"{text}\n".encode())) or 0
            except (AssertionError, OSError, RuntimeError, ValueError, RunError) as error:
                os.write(mouth, f"{type(error).__name__}: {error}\n".encode())
                code = getattr(error, "exit_code", 70)
            finally:
                os._exit(code)
        os.close(mouth)
        self._ear = os.fdopen(ear, "rb", buffering=0)

    def hear(self, seconds: float = PATIENCE_SECONDS) -> str:
        """Return the next line that the child says, "" where it ended or said nothing for that long."""
        line = b""
        while not line.endswith(b"\n") and select.select([self._ear], [], [], seconds)[0]:
            byte = self._ear.read(1)
            if not byte:
                break
            line += byte
        return line.decode().strip()

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Signal the child, unless it was waited for, and return its exit code (minus a signal)."""
        if self.code is None:
            os.kill(self.pid, number)
        return self.wait()

    def wait(self) -> int:
        if self.code is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            self._ear.close()
        return self.code


@contextmanager
def child(body: Callable[[Callable[[str], object]], int | None]) -> Iterator[Child]:
    """A child that does not outlive the block."""
    made = Child(body)
    try:
        yield made
    finally:
        made.kill()


class Gate:
    """Children that `wait` go through all at once when the parent `open`s it."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe()

    def wait(self) -> None:
        os.close(self._in)
        os.read(self._out, 1)

    def open(self) -> None:
        os.close(self._in)
        os.close(self._out)


def eventually(condition: Callable[[], object]) -> bool:
    """Wait until `condition` holds; False where it does not in half a minute."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def kill_at_every_call(body: Callable[[], object], calls: tuple[str, ...] = CALLS) -> Iterator[int]:
    """Run `body` in a child that dies at its first call of the system, then at its second, until it gets through.

    Yields after each death the number of the call; a `write` dies with half of its bytes written.
    """
    for number in itertools.count(1):
        with child(lambda _, n=number: _dying(body, calls, n)) as one:
            code = one.wait()
        assert code in (0, 9), f"call {number}: exit {code}"
        if code == 0:
            assert number > 1, "nothing was called"
            return
        yield number


def _dying(body: Callable[[], object], calls: tuple[str, ...], number: int) -> int:
    left = itertools.count(number - 1, -1)

    def dying(name: str) -> Callable[..., object]:
        real = getattr(os, name)

        def call(*arguments, **more):
            if next(left) == 0:
                if name == "write":
                    real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os._exit(9)
            return real(*arguments, **more)

        return call

    with mock.patch.multiple(os, **{name: dying(name) for name in calls}):
        body()
    return 0
