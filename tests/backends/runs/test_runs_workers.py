import fcntl
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from backends.runs import workers
from backends.runs.errors import AlreadyRunning, BadRequest, RunError
from backends.runs.workers import Identity, Liveness, Lock, liveness, lock_held, lock_run, send_stop, worker_of
from tests.backends.runs.processes import Gate, child, eventually, kill_at_every_call
from tests.backends.runs.samples import run

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")


@pytest.fixture
def paths(tmp_path):
    return run(tmp_path)


def sign(paths, who):
    paths.lock.write_bytes(msgspec.json.encode(who))


def changed(who, **changes):
    return msgspec.structs.replace(who, **changes)


def working(paths):
    """Take the run's lock and work until a signal ends it."""

    def body(say):
        lock_run(paths)
        say("locked")
        while True:
            signal.pause()

    return body


# Who is alive


def test_this_process_is_alive():
    assert Identity.current().liveness() is Liveness.ALIVE


def test_a_process_that_was_killed_is_dead_already_as_a_zombie(paths):
    with child(working(paths)) as one:
        one.hear()
        assert liveness(paths) is Liveness.ALIVE
        assert worker_of(paths).pid == one.pid
        os.kill(one.pid, signal.SIGKILL)
        os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOWAIT)
        assert ") Z " in Path(f"/proc/{one.pid}/stat").read_text()
        assert liveness(paths) is Liveness.DEAD
        one.wait()
        assert liveness(paths) is Liveness.DEAD


def test_a_stopped_process_is_alive(paths):
    with child(working(paths)) as one:
        one.hear()
        os.kill(one.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, one.pid, os.WSTOPPED | os.WNOWAIT)
        assert liveness(paths) is Liveness.ALIVE


def test_a_process_name_with_brackets_and_spaces_hides_nothing(tmp_path):
    program = tmp_path / "a) Z 1 (b"
    program.symlink_to("/bin/sleep")
    process = subprocess.Popen([program, "60"])
    try:
        start = workers._start_time(process.pid)
        assert start is not None
        assert start >= workers._start_time(os.getpid())
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"start": 1}, Liveness.DEAD),
        ({"pid": 2**22 + 1}, Liveness.DEAD),
        ({"pid": 0}, Liveness.DEAD),
        ({"pid": -1}, Liveness.DEAD),
        ({"pid": 10**400}, Liveness.DEAD),
        ({"boot": "another boot"}, Liveness.DEAD),
        ({"namespace": 1}, Liveness.DEAD),
        ({"host": "elsewhere", "boot": "another boot"}, Liveness.ELSEWHERE),
        ({"host": "elsewhere", "boot": "another boot", "pid": 2**22 + 1}, Liveness.ELSEWHERE),
    ],
    ids=str,
)
def test_another_process_with_our_pid_is_not_us(paths, changes, expected):
    who = changed(Identity.current(), **changes)
    assert who.liveness() is expected
    sign(paths, who)
    assert liveness(paths) is expected


def test_a_container_of_this_machine_that_ended_is_dead(paths):
    """Its host name was another, but its boot is ours: then its lock would be seen."""
    sign(paths, changed(Identity.current(), host="3f2a9c", namespace=1))
    assert liveness(paths) is Liveness.DEAD
    with paths.lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert liveness(paths) is Liveness.ELSEWHERE


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"{}", b"\xff\xfe", b"[" * 4000, b'{"host":"\xff"}', b"x" * 1_000_000, b'{"host":"h","pid":"1"}'],
    ids=lambda content: repr(content[:12]),
)
def test_a_lock_file_with_anything_in_it_names_nobody(paths, content):
    paths.lock.write_bytes(content)
    assert worker_of(paths) is None
    assert liveness(paths) is Liveness.DEAD
    with pytest.raises(RunError, match="no worker to stop"):
        send_stop(paths)


def test_pipes_links_and_folders_in_place_of_the_lock_neither_hang_nor_mislead(paths, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(msgspec.json.encode(Identity.current()))
    for make in (
        lambda: os.mkfifo(paths.lock),
        lambda: paths.lock.symlink_to(elsewhere),
        paths.lock.mkdir,
    ):
        make()
        assert worker_of(paths) is None
        assert liveness(paths) is Liveness.DEAD
        assert not lock_held(paths)
        paths.lock.rmdir() if paths.lock.is_dir() else paths.lock.unlink()
    assert not lock_held(paths), "without a lock file"


# The lock


def test_of_two_at_once_exactly_one_gets_the_run(paths):
    for _ in range(8):
        gate = Gate()

        def body(say, gate=gate):
            gate.wait()
            lock_run(paths)
            say("locked")
            while True:
                signal.pause()

        with child(body) as one, child(body) as two:
            gate.open()
            heard = {one.hear(): one, two.hear(): two}
            assert len(heard) == 2
            winner = heard.pop("locked")
            message, loser = heard.popitem()
            assert loser.wait() == AlreadyRunning.exit_code == 75
            expected = f"run {paths.run_id}: already running on {os.uname().nodename} pid {winner.pid}"
            assert message == f"AlreadyRunning: {expected}"
            assert worker_of(paths).pid == winner.pid
            assert liveness(paths) is Liveness.ALIVE


def test_the_lock_is_free_once_its_holder_is_killed(paths):
    with child(working(paths)) as one:
        one.hear()
        assert lock_held(paths)
        one.kill()
        assert not lock_held(paths)
    lock = lock_run(paths)
    assert worker_of(paths).pid == os.getpid()
    lock.release()
    assert not lock_held(paths)


def test_a_child_that_outlives_the_worker_holds_the_lock_but_is_no_worker(paths, monkeypatch):
    monkeypatch.setattr(workers, "TAKE_SECONDS", 0.1)

    def body(say):
        lock_run(paths)
        helper = os.fork()
        if helper == 0:
            signal.pause()
        say(str(helper))
        signal.pause()

    with child(body) as one:
        helper = int(one.hear())
        one.kill()
    try:
        assert lock_held(paths)
        assert liveness(paths) is Liveness.DEAD
        with pytest.raises(AlreadyRunning) as caught:
            lock_run(paths)
        assert workers.HELD_WITHOUT_WORKER in str(caught.value)
        with pytest.raises(RunError, match="no worker to stop"):
            send_stop(paths)
    finally:
        os.kill(helper, signal.SIGKILL)
    assert eventually(lambda: not lock_held(paths))


@pytest.mark.parametrize("last", [{"start": 1}, {"host": "elsewhere", "boot": "another"}], ids=["dead", "elsewhere"])
def test_a_viewer_that_looks_does_not_keep_a_worker_from_its_run(paths, last):
    sign(paths, changed(Identity.current(), **last))
    with paths.lock.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)

        def body(say):
            real, tried = Lock.take, itertools.count(1)
            Lock.take = lambda lock: (real(lock), say(f"try {next(tried)}"))[0]
            lock_run(paths)
            return 0

        with child(body) as one:
            assert one.hear() == "try 1"
            assert one.hear() == "try 2"
            fcntl.flock(looking, fcntl.LOCK_UN)
            assert one.wait() == 0


def test_lock_held_leaves_the_lock_as_it_was(paths):
    lock_run(paths).release()
    assert not lock_held(paths)
    with child(working(paths)) as one:
        assert one.hear() == "locked"
        assert lock_held(paths)
        assert lock_held(paths)


def test_a_link_in_place_of_the_lock_is_refused_in_one_line(paths, tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    paths.lock.symlink_to(victim)
    with pytest.raises(RunError, match=r"worker\.lock: is a link"):
        lock_run(paths)
    assert victim.read_bytes() == b"precious"


def test_a_lock_that_can_not_be_taken_or_signed_is_one_line_and_given_back(paths, monkeypatch):
    for call in ("write", "ftruncate"):
        with monkeypatch.context() as patch:

            def full(*_):
                raise OSError(28, "No space left on device")

            patch.setattr(os, call, full)
            with pytest.raises(RunError, match=r"worker\.lock: No space left on device"):
                lock_run(paths)
        assert not lock_held(paths)
    with monkeypatch.context() as patch:

        def no_locks(*_):
            raise OSError(37, "No locks available")

        patch.setattr(fcntl, "flock", no_locks)
        with pytest.raises(RunError, match=r"worker\.lock: No locks available"):
            lock_run(paths)


def test_no_reader_ever_finds_the_lock_file_without_a_name(paths):
    """Killed at any call while it signs, it leaves the identity before or its own; half a name is none."""
    before = changed(Identity.current(), start=1)

    def again():
        lock = Lock(paths.lock)
        lock.take()
        lock.sign()

    again()
    whole = paths.lock.read_bytes()
    for call in kill_at_every_call(again, calls=("open", "ftruncate", "close")):
        assert worker_of(paths) is not None, f"call {call}"
    assert len(paths.lock.read_bytes()) == len(whole), "one name covers the other: no call leaves the file empty"
    sign(paths, changed(before, host="h" * 2000))
    again()
    assert worker_of(paths).host == before.host, "nothing is left of a longer name"


def test_the_lock_is_private_and_not_given_to_programs_that_a_worker_starts(paths):
    lock = lock_run(paths)
    assert paths.lock.stat().st_mode & 0o777 == 0o600
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        lock.release()
        assert eventually(lambda: not lock_held(paths)), "while the program still runs"
        assert process.poll() is None
    finally:
        process.communicate(b"\n")


def test_taking_the_run_clears_what_a_killed_worker_left_half_written(paths):
    left = [paths.folder / ".curves.csv.0123abcd.tmp", paths.checkpoints / ".final.json.0123abcd.tmp"]
    for path in left:
        path.write_bytes(b"half")
    lock_run(paths).release()
    assert not any(path.exists() for path in left)
    paths.checkpoints.rmdir()
    lock_run(paths).release()


# Stopping


def test_stop_signals_the_worker_and_nobody_else(paths):
    with child(working(paths)) as one, child(lambda say: say("here") and signal.pause()) as bystander:
        one.hear(), bystander.hear()
        assert send_stop(paths).pid == one.pid
        assert one.wait() == -signal.SIGTERM
        with pytest.raises(RunError, match="no worker to stop"):
            send_stop(paths)
        os.kill(bystander.pid, 0)
        assert os.waitpid(bystander.pid, os.WNOHANG) == (0, 0)


def test_stop_can_kill(paths):
    with child(working(paths)) as one:
        one.hear()
        send_stop(paths, signal.SIGKILL)
        assert one.wait() == -signal.SIGKILL


@pytest.fixture
def bystander():
    process = subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], stdin=-1, stdout=-1)
    process.stdout.readline()
    yield process
    assert process.poll() is None, "nobody signalled it"
    process.communicate(b"\n")
    assert process.returncode == 0


def identity(process):
    return changed(Identity.current(), pid=process.pid, start=workers._start_time(process.pid))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 12345}, "no worker to stop"),
        ({"boot": "another"}, "no worker to stop"),
        ({"namespace": 1}, "no worker to stop"),
        ({"host": "else\x1bwhere", "boot": "another"}, r"its worker is on host else\\x1bwhere; stop it there"),
        ({}, "no worker to stop"),
    ],
    ids=["pid used again", "before a reboot", "other container", "other host", "named, but without the lock"],
)
def test_a_bystander_is_never_signalled(paths, bystander, changes, message):
    sign(paths, changed(identity(bystander), **changes))
    with pytest.raises(RunError, match=message):
        send_stop(paths)


@needs_root
def test_a_strangers_run_that_names_our_process_signals_nobody(paths, bystander):
    sign(paths, identity(bystander))
    os.chown(paths.folder, 12345, -1)
    with paths.lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(BadRequest, match="another user"):
            send_stop(paths)


def test_a_pid_that_becomes_another_process_at_the_last_moment_is_not_signalled(paths, bystander, monkeypatch):
    sign(paths, identity(bystander))
    answers = iter([Liveness.ALIVE, Liveness.DEAD])
    monkeypatch.setattr(Identity, "liveness", lambda _: next(answers))
    with paths.lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(RunError, match="just ended"):
            send_stop(paths)
    assert list(answers) == [], "it was asked again once the pidfd was open"


@pytest.mark.parametrize(
    ("error", "message"), [(ProcessLookupError(), "just ended"), (PermissionError(1, "not permitted"), "not permitted")]
)
def test_a_signal_that_does_not_arrive_is_one_line(paths, bystander, monkeypatch, error, message):
    sign(paths, identity(bystander))

    def fail(*_):
        raise error

    monkeypatch.setattr(signal, "pidfd_send_signal", fail)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with paths.lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(RunError, match=message):
            send_stop(paths)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_clock_of_the_wall_plays_no_part(paths, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    lock = lock_run(paths)
    assert liveness(paths) is Liveness.ALIVE
    lock.release()
