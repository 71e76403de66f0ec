"""The terminal the app is in: when it goes away the app ends and the runs go on; when it is resized the app follows."""

from __future__ import annotations

import os
import select
import signal
import threading


def end_with_the_terminal() -> None:
    """End this process when its terminal hangs up.

    SIGHUP gets its default action back (a parent such as nohup may have ignored it: Textual would then spin on a
    dead terminal), and a thread waits for the hang-up itself, for a terminal that sends no signal. The app keeps
    no state of its own, so there is nothing to save.
    """
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    threading.Thread(target=_wait_for_hangup, args=(0,), daemon=True, name="terminal").start()


def _wait_for_hangup(descriptor: int) -> None:
    poller = select.poll()
    poller.register(descriptor, 0)  # no event asked for: hang-up and error are reported all the same
    poller.poll()
    os.kill(os.getpid(), signal.SIGHUP)


def follow_its_size() -> None:
    """Forget COLUMNS and LINES: where a shell exports them, Textual believes them and misses every later resize."""
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
