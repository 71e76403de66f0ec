"""Readings of the machine: /proc as text, and what is made of two of them."""

import os
import subprocess
import sys

import msgspec
import pytest

from backends.runs import workers
from mli_tui import proc
from mli_tui.device import DeviceReader, Worker
from mli_tui.proc import Memory, Process, Times, Who
from tests.mli_tui import make_run

STAT = "cpu  100 10 50 800 40 5 5 20 7 3\ncpu0 1 2 3 4 5 6 7 8 9 10\n"
PROCESS = "4242 (py (th) on) R 1 1 1 0 -1 4194560 1 0 0 0 {user} {system} 0 0 20 0 9 0 777 1000000 {pages} 18446744"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (STAT, Times(190, 1030)),
        ("", None),
        ("cpu  1 2 3\n", None),
        ("cpu  a b c d e f g h\n", None),
        ("intr 1 2 3 4 5 6 7 8\n", None),
    ],
)
def test_times_of_the_processors(text, found):
    assert proc.times(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MemTotal:       2000 kB\nMemFree: 1 kB\nMemAvailable:    500 kB\n", Memory(500 * 1024, 2000 * 1024)),
        ("MemTotal:       2000 kB\n", None),
        ("", None),
    ],
)
def test_memory_of_the_machine(text, found):
    assert proc.memory(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("3.24 1.10 0.52 2/310 4242\n", (3.24, 1.10, 0.52)), ("", None), ("3.24 1.10\n", None), ("a b c 1/2 3\n", None)],
)
def test_how_many_tasks_work_or_wait(text, found):
    assert proc.loads(text) == found


@pytest.fixture
def processes(tmp_path, monkeypatch):
    """A /proc of our own, in which a process is a folder with a command line."""
    monkeypatch.setattr(proc, "PROC", tmp_path)
    proc._user.cache_clear()

    def made(pid, words):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "cmdline").write_bytes(words)

    yield made
    proc._user.cache_clear()


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (b"/usr/bin/python3\0train.py\0--lr\x000.1\0", "python3 train.py --lr 0.1"),
        (b"python\0-c\0a\nb\0\0", "python -c a b"),
        (b"\x1b]52;c;aGk=\x07\0\xff\xe2\x80\xae\0", "\\x1b]52;c;aGk=\\x07 \\xff\\u202e"),
        (b"", "(no command line)"),
        (b"/bin/x\0" + b"y" * 10_000, "x " + "y" * 297 + "…"),
    ],
    ids=["python", "lines", "hostile", "none", "long"],
)
def test_a_command_is_short_and_can_command_nothing(processes, words, command):
    processes(7, words)
    assert proc.who(7).command == command


def test_whose_a_process_is(processes, monkeypatch):
    processes(7, b"x\0")
    monkeypatch.setattr(
        proc.pwd, "getpwuid", lambda uid: {os.geteuid(): msgspec.defstruct("U", ["pw_name"])("me\x1b")}[uid]
    )
    assert proc.who(7).user == "me\\x1b"


def test_a_user_without_a_name_is_a_number(processes, monkeypatch):
    def unknown(uid):
        raise KeyError(uid)

    processes(7, b"x\0")
    monkeypatch.setattr(proc.pwd, "getpwuid", unknown)
    assert proc.who(7).user == str(os.geteuid())


def test_what_is_not_seen_or_not_permitted_is_said(processes, monkeypatch):
    assert proc.who(8) == Who("?", "(not seen from here)")
    processes(7, b"x\0")
    monkeypatch.setattr(proc.Path, "open", lambda *_: (_ for _ in ()).throw(PermissionError))
    assert proc.who(7).command == "(its command may not be read)"


def test_a_real_process_has_its_command_and_a_real_user():
    program = [sys.executable, "-c", "print(flush=True); input()", "train"]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        assert proc.who(process.pid).command.endswith(" -c print(flush=True); input() train")
        assert proc.who(process.pid).user not in ("", "?")
    finally:
        process.communicate(b"\n")


def test_a_process_is_read_behind_its_name():
    assert proc.process(PROCESS.format(user=30, system=12, pages=10)) == Process(42, 10 * proc.PAGE_BYTES, 777)


@pytest.mark.parametrize(
    "text", ["", "4242 (x) R 1", PROCESS.format(user="x", system=1, pages=1), PROCESS.replace(") R", ") Z")]
)
def test_no_process_is_none(text):
    assert proc.process(text) is None


def test_proc_of_this_very_machine_can_be_read():
    assert proc.times(proc.read("stat")).total > 0
    assert proc.memory(proc.read("meminfo")).total > 0
    assert len(proc.loads(proc.read("loadavg"))) == 3
    assert proc.process(proc.read(f"{os.getpid()}/stat")).memory > 1 << 20
    assert proc.read("no/such/file") == ""


class Machine:
    """A /proc that is told what to say, and a clock."""

    def __init__(self, monkeypatch):
        self.now, self.files = 100.0, {}
        monkeypatch.setattr(proc, "read", lambda name: self.files.get(name, ""))

    def tell(self, *, busy=0, idle=0, ticks=0, pages=0, start=777, seconds=1.0):
        self.now += seconds
        stat = PROCESS.format(user=ticks, system=0, pages=pages).replace(" 777 ", f" {start} ")
        self.files = {"stat": f"cpu  {busy} 0 0 {idle} 0 0 0 0\n", f"{os.getpid()}/stat": stat}


@pytest.fixture
def machine(monkeypatch):
    return Machine(monkeypatch)


def test_loads_are_those_between_two_readings(machine, tmp_path):
    reader = DeviceReader(make_run.live(tmp_path), lambda: machine.now)
    machine.tell(busy=1000, idle=1000, ticks=500, pages=3)
    first = reader.read()
    assert (first.load, first.worker) == (None, Worker(os.getpid(), None, 3 * proc.PAGE_BYTES))
    machine.tell(busy=1150, idle=1050, ticks=500 + 3 * proc.TICKS, pages=4, seconds=2.0)
    second = reader.read()
    assert second.load == pytest.approx(0.75)
    assert second.worker == Worker(os.getpid(), pytest.approx(1.5), 4 * proc.PAGE_BYTES)
    assert second.view.epoch == 12


def test_a_pid_that_became_another_process_begins_anew(machine, tmp_path):
    reader = DeviceReader(make_run.live(tmp_path), lambda: machine.now)
    machine.tell(ticks=500)
    reader.read()
    machine.tell(ticks=9000, start=778)
    assert reader.read().worker.cores is None


def test_counters_that_stand_still_or_are_gone_are_no_load(machine, tmp_path):
    reader = DeviceReader(make_run.live(tmp_path), lambda: machine.now)
    machine.tell(busy=10, idle=10)
    reader.read()
    machine.tell(busy=10, idle=10)
    assert reader.read().load is None
    machine.files = {}
    reading = reader.read()
    assert (reading.load, reading.memory, reading.worker) == (None, None, Worker(os.getpid(), None, None))


def test_an_ended_run_has_no_worker(machine, tmp_path):
    reading = DeviceReader(make_run.finished(tmp_path), lambda: machine.now).read()
    assert (reading.worker, reading.no_worker) == (None, "no worker is at it")
    assert reading.view.status == "done"


def test_a_worker_of_another_host_is_not_looked_for_here(machine, tmp_path):
    run = make_run.live(tmp_path)
    who = msgspec.structs.replace(workers.Identity.current(), host="far\x1b", boot="another")
    run.lock.write_bytes(msgspec.json.encode(who))
    reading = DeviceReader(run, lambda: machine.now).read()
    assert reading.no_worker == "its worker is on host far\\x1b, which can't be seen from here"


def test_a_run_that_is_deleted_meanwhile_leaves_the_machine_shown(machine, tmp_path):
    run = make_run.create(tmp_path)
    reader = DeviceReader(run, lambda: machine.now)
    assert reader.read().view is not None
    run.experiment.unlink()
    run.checkpoints.rmdir()
    run.folder.rmdir()
    machine.tell(busy=1, idle=1)
    assert reader.read().cores >= 1


def test_followed_runs_are_read_until_they_are_followed_no_more(machine, tmp_path):
    one, two = make_run.live(tmp_path), make_run.interrupted(tmp_path)
    reader = DeviceReader(None, lambda: machine.now)
    reader.followed = (one, two)
    machine.tell(ticks=100, pages=3)
    reader.read()
    machine.tell(ticks=100 + proc.TICKS, pages=3, seconds=2.0)
    found = reader.read().runs
    assert found[one.run_id].worker == Worker(os.getpid(), pytest.approx(0.5), 3 * proc.PAGE_BYTES)
    assert found[one.run_id].view.epoch == 12
    assert (found[two.run_id].worker, found[two.run_id].no_worker) == (None, "no worker is at it")
    reader.followed = ()
    assert reader.read().runs == {}
