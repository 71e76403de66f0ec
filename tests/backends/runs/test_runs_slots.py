import os
import signal
import time
from contextlib import ExitStack, contextmanager

import pytest

from backends.runs import slots
from backends.runs.slots import SlotQueue
from backends.runs.workers import Lock
from tests.backends.runs.processes import Gate, child, kill_at_every_call


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch):
    monkeypatch.setattr(slots, "POLL_SECONDS", 0.01)


def never():
    return False


def waiter(folder, units=("a",), kind="cpu"):
    """Take a ticket, then a unit, and hold it until a signal ends the process."""

    def body(say):
        queue = SlotQueue(folder, kind, list(units))
        say("ticket")
        unit, _lock = queue.wait(never, lambda ahead: say(f"ahead {ahead}"))
        say(f"got {unit}")
        while True:
            signal.pause()

    return body


@contextmanager
def in_line(folder):
    """A waiter that has its ticket before the next one comes: so the order is known."""
    with child(waiter(folder)) as one:
        assert one.hear() == "ticket"
        yield one


def tickets(folder):
    return sorted(path.name for path in (folder / "cpu" / "tickets").iterdir())


def got(one):
    """Return the unit that a waiter gets in the end."""
    while (line := one.hear()).startswith(("ahead", "ticket")):
        pass
    return line.removeprefix("got ") if line.startswith("got") else None


def test_a_free_unit_is_taken_at_once_and_signed(tmp_path):
    told = []
    unit, lock = SlotQueue(tmp_path, "cpu", ["a"]).wait(never, told.append)
    assert (unit, told, tickets(tmp_path)) == ("a", [], [])
    (signed,) = (tmp_path / "cpu").glob("unit-*.lock")
    assert f'"pid":{os.getpid()}' in signed.read_text()
    lock.release()
    SlotQueue(tmp_path, "cpu", ["a"]).wait(never, told.append)[1].release()


def test_units_are_given_in_the_order_of_the_tickets(tmp_path):
    order = []
    with child(waiter(tmp_path)) as holder:
        assert got(holder) == "a"
        with in_line(tmp_path) as one, in_line(tmp_path) as two, in_line(tmp_path) as three:
            waiters = {"one": one, "two": two, "three": three}
            # The last to come looks most often; still nobody is overtaken.
            holder.kill()
            for name, process in waiters.items():
                assert got(process) == "a"
                order.append(name)
                others = [w for w in waiters if w not in order]
                assert len(tickets(tmp_path)) == len(others)
                process.kill()
    assert order == ["one", "two", "three"]


def first_in(folder, unit, number):
    """Take tickets in a known order, then use the unit for an instant: nobody else may be in it."""

    def body(say):
        queue = SlotQueue(folder, "cpu", [unit])
        say("ticket")
        _, lock = queue.wait(never, lambda _: None)
        inside = folder / "inside"
        os.close(os.open(inside, os.O_CREAT | os.O_EXCL))
        with (folder / "order").open("a") as file:
            file.write(f"{number}\n")
        inside.unlink()
        lock.release()
        return 0

    return body


def test_many_processes_come_one_at_a_time_and_in_order(tmp_path):
    with child(waiter(tmp_path)) as holder:
        assert got(holder) == "a"
        processes = []
        try:
            for number in range(8):
                processes.append(child(first_in(tmp_path, "a", number)))
                assert processes[-1].__enter__().hear() == "ticket"
            holder.kill()
            assert [p.gen.gi_frame.f_locals["made"].wait() for p in processes] == [0] * 8
        finally:
            for process in processes:
                process.__exit__(None, None, None)
    assert (tmp_path / "order").read_text().split() == [str(n) for n in range(8)]
    assert tickets(tmp_path) == []


def test_everyone_who_comes_at_once_gets_a_ticket_of_their_own(tmp_path):
    gate = Gate()

    def body(say):
        gate.wait()
        say(str(SlotQueue(tmp_path, "cpu", ["a"])._number))
        signal.pause()

    with child(body) as a, child(body) as b, child(body) as c, child(body) as d:
        gate.open()
        assert sorted(int(one.hear()) for one in (a, b, c, d)) == [1, 2, 3, 4]


def test_when_the_holder_is_killed_exactly_one_waiter_gets_the_unit(tmp_path):
    with child(waiter(tmp_path)) as holder:
        assert got(holder) == "a"
        with in_line(tmp_path) as one, in_line(tmp_path) as two, in_line(tmp_path) as three:
            for ahead, process in enumerate((one, two, three)):
                assert process.hear() == f"ahead {ahead}"
            holder.kill()
            assert got(one) == "a"
            assert two.hear() == "ahead 0"
            assert three.hear() == "ahead 1"
            two.kill()  # its ticket dies with it
            assert three.hear() == "ahead 0"
            assert three.hear(0.2) == "", "the unit is still the first one's"
            assert len(tickets(tmp_path)) == 1
            one.kill()
            assert got(three) == "a"
            assert tickets(tmp_path) == []


def test_two_units_serve_two_and_the_third_waits(tmp_path):
    units = ("GPU-1", "GPU-2")
    with child(waiter(tmp_path, units)) as one, child(waiter(tmp_path, units)) as two:
        first, second = got(one), got(two)
        assert {first, second} == set(units)
        with child(waiter(tmp_path, units)) as three:
            assert three.hear() == "ticket"
            assert three.hear() == "ahead 0"
            two.kill()
            assert got(three) == second


def test_queues_of_other_kinds_are_others(tmp_path):
    with child(waiter(tmp_path, kind="cpu")) as one, child(waiter(tmp_path, kind="cuda")) as two:
        assert (got(one), got(two)) == ("a", "a")


def test_who_is_asked_to_stop_leaves_the_queue(tmp_path):
    _, lock = SlotQueue(tmp_path, "cpu", ["a"]).wait(never, print)
    told = []
    queue = SlotQueue(tmp_path, "cpu", ["a"])
    assert len(tickets(tmp_path)) == 1
    assert queue.wait(lambda: bool(told), told.append) is None
    assert told == [0]
    assert tickets(tmp_path) == []
    lock.release()
    assert SlotQueue(tmp_path, "cpu", ["a"]).wait(lambda: True, told.append) is None


def test_who_is_killed_at_any_call_leaves_the_queue_usable(tmp_path):
    def body():
        SlotQueue(tmp_path, "cpu", ["a"]).wait(never, lambda _: None)

    for call in kill_at_every_call(body):
        found = SlotQueue(tmp_path, "cpu", ["a"]).wait(never, lambda _: None)
        assert found is not None, f"call {call}"
        found[1].release()
        assert tickets(tmp_path) == []


def test_who_is_killed_with_the_lock_of_the_queue_blocks_nobody(tmp_path):
    def body(say):
        queue = SlotQueue(tmp_path, "cpu", ["a"])
        with queue._alone():
            say("alone")
            signal.pause()

    with child(body) as one:
        assert one.hear() == "alone"
        with child(waiter(tmp_path)) as two:
            assert two.hear(0.1) == ""
            one.kill()
            assert two.hear() == "ticket"
            assert got(two) == "a"


def test_other_files_among_the_tickets_are_no_tickets(tmp_path):
    SlotQueue(tmp_path, "cpu", ["a"]).wait(never, print)[1].release()
    for name in (".nfs0001", "README", "12", "9999999999999", "-00000000001"):
        (tmp_path / "cpu" / "tickets" / name).write_text("")
    found = SlotQueue(tmp_path, "cpu", ["a"]).wait(never, print)
    assert found is not None


@pytest.mark.parametrize("unit", ["MIG-GPU-8f/1/0", "../../up", "queue", "tickets", "é"])
def test_the_name_of_a_unit_is_no_path(tmp_path, unit):
    folder = tmp_path / "deep" / "er"
    found = SlotQueue(folder, "cuda", [unit]).wait(never, print)
    assert found is not None
    assert found[0] == unit
    assert not Lock(next((folder / "cuda").glob("unit-*.lock"))).take()
    assert {p.name for p in tmp_path.iterdir()} == {"deep"}


def test_who_stands_far_back_looks_less_often(tmp_path, monkeypatch):
    monkeypatch.setattr(slots, "POLL_SECONDS", 0.2)
    slept = []
    queue = SlotQueue(tmp_path, "cpu", ["a"])
    answers = iter([0, 1, 3, 50])
    monkeypatch.setattr(queue, "_try", lambda: (next(answers), None))
    monkeypatch.setattr(time, "sleep", slept.append)
    queue.wait(lambda: len(slept) == 4, lambda _: None)
    assert slept == [0.2, 0.2, pytest.approx(0.6), 1.0]


def test_random_kills_neither_starve_nor_double(tmp_path):
    """Twelve come and hold; whoever has the unit is killed, waiters in between too: each survivor gets it once."""
    with ExitStack() as stack:
        order = [stack.enter_context(in_line(tmp_path)) for _ in range(12)]
        served = []
        for number, one in enumerate(order):
            if number % 4 == 3:
                one.kill()
            elif got(one) == "a":
                served.append(number)
                one.kill()
        assert served == [0, 1, 2, 4, 5, 6, 8, 9, 10]
