import errno
import json
import math
import os
import resource
import shutil
import signal
import tempfile
import tracemalloc
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.runs import events, journal
from backends.runs.journal import MAX_LINE, Reader, Writer
from tests.backends.runs.processes import Gate, child, kill_at_every_call
from tests.backends.runs.samples import epoch, note, whole


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


def write(path, *some):
    writer = Writer(path)
    for event in some:
        writer.append(event)
    writer.close()


def texts(found):
    return [event.text if isinstance(event, events.Note) else type(event).__name__ for event in found]


def seqs(found):
    return [event.seq for event in found]


# Writing and reading back


def test_every_event_reads_back_as_it_was_written(path):
    writer = Writer(path)
    written = [writer.append(event) for event in whole()]
    writer.close()
    reader = Reader(path)
    assert reader.read() == written
    assert seqs(written) == list(range(len(written)))
    assert all(event.time > 0 for event in written)
    assert reader.damage == []
    assert not reader.restarted


def test_numbers_that_are_not_finite_are_null_on_the_disk_and_none_when_read(path):
    write(path, epoch(1, loss=math.nan, error=math.inf, test_loss=-math.inf, biases=(math.nan, 0.1), class_error=()))
    line = path.read_text()
    assert json.loads(line, parse_constant=pytest.fail)["loss"] is None
    (event,) = Reader(path).read()
    assert (event.loss, event.error, event.test_loss, event.biases) == (None, None, None, (None, 0.1))


def test_floats_read_back_with_the_same_bits(path):
    values = (0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 2**53 + 0.0)
    write(path, epoch(1, biases=values))
    (event,) = Reader(path).read()
    assert [b.hex() for b in event.biases] == [v.hex() for v in values]


def test_a_second_writer_goes_on_with_the_next_seq(path):
    write(path, note("a"), note("b"))
    write(path, note("c"))
    assert seqs(Reader(path).read()) == [0, 1, 2]


def test_the_journal_is_private_and_a_link_in_its_place_is_refused(path, tmp_path):
    write(path, note())
    assert path.stat().st_mode & 0o777 == 0o600
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    link = tmp_path / "link"
    link.symlink_to(victim)
    with pytest.raises(OSError):
        Writer(link)
    with pytest.raises(OSError):
        Reader(link).read()
    assert victim.read_bytes() == b"precious"


def test_sync_puts_what_was_appended_on_the_disk(path, monkeypatch):
    synced = []
    writer = Writer(path)
    monkeypatch.setattr(os, "fsync", synced.append)
    writer.append(note())
    assert synced == []
    writer.sync()
    assert len(synced) == 1
    writer.close()
    assert len(synced) == 2


def test_an_event_that_no_reader_would_take_is_refused(path):
    write(path, note("a"))
    writer = Writer(path)
    with pytest.raises(ValueError, match="split it"):
        writer.append(note("x" * MAX_LINE))
    writer.append(note("b"))
    writer.close()
    reader = Reader(path)
    assert texts(reader.read()) == ["a", "b"]
    assert reader.damage == []


def test_the_largest_curve_fits_in_one_event():
    """10,001 points with ten classes, written with all their digits."""
    one = msgspec.json.encode(epoch(1, class_error=(1 / 3,) * 10, biases=(1 / 7,) * 10, loss=1 / 9, error=1 / 11))
    assert 2 * len(one) * 10_001 < MAX_LINE


def test_a_journal_that_was_removed_takes_no_more_events(path):
    writer = Writer(path)
    writer.append(note())
    path.unlink()
    with pytest.raises(FileNotFoundError, match="removed"):
        writer.append(note())


# Torn ends

TORN = {
    "half a line": b'{"type":"note","seq":2,"time":0.0,"te',
    "half a character": '{"type":"note","seq":2,"time":0.0,"text":"é'.encode()[:-1],
    "zeros of a power cut": b"\0" * 5000,
    "half a line and zeros": b'{"type":"note","se' + b"\0" * 5000,
    "garbage": b"\xff\xfe\x80garbage\r",
    "a brace": b"{",
    "longer than any line": b"x" * (MAX_LINE + 5_000_000),
    "more zeros than any line": b"\0" * (MAX_LINE + 5_000_000),
}


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize("torn", TORN.values(), ids=TORN.keys())
def test_a_torn_end_is_cut_off_and_no_event_is_lost(path, before, torn):
    write(path, *(note(str(n)) for n in range(before)))
    with path.open("ab") as file:
        file.write(torn)
    kept = [str(n) for n in range(before)]
    assert texts(Reader(path).read()) == kept, "before it is repaired"
    write(path, note("after"))
    reader = Reader(path)
    found = reader.read()
    assert texts(found) == [*kept, "Recovered", "after"]
    assert seqs(found) == list(range(before + 2))
    assert found[before].dropped == len(torn)
    assert reader.damage == []
    assert path.read_bytes().count(b"\n") == before + 2


@pytest.mark.parametrize("padding", [b"", b"\0" * 7])
def test_an_event_that_only_lacks_its_newline_is_kept(path, padding):
    write(path, note("a"), note("b"))
    path.write_bytes(path.read_bytes()[:-1] + padding)
    write(path, note("c"))
    reader = Reader(path)
    found = reader.read()
    assert texts(found) == ["a", "b", "Recovered", "c"]
    assert seqs(found) == [0, 1, 2, 3]
    assert found[2].dropped == len(padding)
    assert reader.damage == []


def test_a_newer_versions_event_that_only_lacks_its_newline_is_kept(path):
    write(path, note("a"))
    with path.open("ab") as file:
        file.write(b'{"type":"heat_map","seq":1,"time":0.0,"cells":[1,2]}')
    write(path, note("c"))
    assert b"heat_map" in path.read_bytes()
    assert seqs(Reader(path).read()) == [0, 2, 3]


@pytest.mark.parametrize("content", [b"", b"\n", b"garbage\n", b"\0\0\n\0"])
def test_a_file_without_any_event_is_no_obstacle(path, content):
    path.write_bytes(content)
    write(path, note("a"))
    reader = Reader(path)
    assert texts(reader.read())[-1] == "a"
    assert len(reader.damage) == content.count(b"\n")


def test_killed_at_any_call_of_an_append_no_event_is_lost(path):
    write(path, note("first"))

    def body():
        writer = Writer(path)
        writer.append(note("x" * 1000))
        writer.close()

    for call in kill_at_every_call(body):
        found = Reader(path).read()
        assert texts(found)[0] == "first", f"call {call}"
        write(path, note(f"after {call}"))
        reader = Reader(path)
        found = reader.read()
        assert texts(found)[-1] == f"after {call}"
        assert seqs(found) == list(range(len(found)))
        assert reader.damage == []


# A full disk


def test_no_room_in_the_middle_of_an_append_leaves_no_torn_line(path, monkeypatch):
    write(path, note("a"))
    before = path.read_bytes()
    writer = Writer(path)
    real, calls = os.write, []

    def full(file, content):
        calls.append(len(content))
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "no room")
        return real(file, bytes(content[:10]))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="no room"):
        writer.append(note("b"))
    monkeypatch.undo()
    assert len(calls) == 2
    assert path.read_bytes() == before
    writer.append(note("c"))
    writer.close()
    assert texts(Reader(path).read()) == ["a", "c"]
    assert seqs(Reader(path).read()) == [0, 1]


def test_a_real_file_size_limit_leaves_no_torn_line(path):
    write(path, note("a"))
    before = path.read_bytes()

    def limited(_):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        writer = Writer(path)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, resource.RLIM_INFINITY))
        with pytest.raises(OSError):
            writer.append(note("b" * 1000))
        assert path.read_bytes() == before
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        writer.append(note("c"))

    with child(limited) as one:
        assert one.wait() == 0
    assert texts(Reader(path).read()) == ["a", "c"]


def test_an_interrupted_append_leaves_no_torn_line(path, monkeypatch):
    writer = Writer(path)
    real = os.write

    def interrupted(file, content):
        real(file, bytes(content[:5]))
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        writer.append(note("a"))
    assert path.read_bytes() == b""


def test_a_writer_that_can_not_repair_leaves_no_open_file(path, monkeypatch):
    path.write_bytes(b"torn")

    def full(*_):
        raise OSError(errno.ENOSPC, "no room")

    before = sorted(Path("/proc/self/fd").iterdir())
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="no room"):
        Writer(path)
    monkeypatch.undo()
    assert sorted(Path("/proc/self/fd").iterdir()) == before


# Damage


def test_a_damaged_line_in_the_middle_is_told_once_and_hides_no_other(path):
    write(path, note("a"), note("b"), note("c"))
    lines = path.read_bytes().splitlines()
    lines[1] = lines[1].replace(b'"seq"', b'"s\x1bq"')
    path.write_bytes(b"\n".join(lines) + b"\n")
    reader = Reader(path)
    assert texts(reader.read()) == ["a", "c"]
    (complaint,) = reader.damage
    assert complaint.startswith("events.jsonl: line 2 is damaged")
    assert "\x1b" not in complaint


def test_a_damaged_last_line_keeps_its_seq(path):
    write(path, note("a"), note("b"))
    path.write_bytes(path.read_bytes().replace(b'"type":"note","seq":1', b'"typ_":"note","seq":1'))
    write(path, note("c"))
    reader = Reader(path)
    assert texts(reader.read()) == ["a", "c"]
    assert Reader(path).read()[-1].seq == 2
    assert len(reader.damage) == 1, reader.damage


def test_a_missing_event_is_told(path):
    write(path, note("a"), note("b"), note("c"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    reader = Reader(path)
    assert texts(reader.read()) == ["a", "c"]
    assert reader.damage == ["events.jsonl: seq 2 where 1 was expected"]


def test_an_event_of_a_newer_version_is_told_and_its_seq_counts(path):
    write(path, note("a"))
    with path.open("ab") as file:
        file.write(b'{"type":"heat_map","seq":1}\n{"type":"phase","seq":2,"phase":"dreaming"}\n')
    write(path, note("b"))
    reader = Reader(path)
    found = reader.read()
    assert seqs(found) == [0, 3]
    assert [text.partition(": ")[2] for text in reader.damage] == [
        "seq 1: an event 'heat_map' that this version can't read",
        "seq 2: an event 'phase' that this version can't read",
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"type":"checkpoint","seq":0,"name":"x","epoch":' + b"9" * 6000 + b"}",
        b'{"type":"checkpoint","seq":0,"name":"x","epoch":1e999}',
        b'{"type":"checkpoint","seq":0,"name":"x","epoch":-2}',
        b'{"type":"checkpoint","seq":99999999999999999999999999,"name":"x","epoch":1}',
        b'{"type":"note","seq":0,"text":"\\ud800"}',
        b'{"type":"note","seq":0,"text":"\xff"}',
        b'{"type":["note"],"seq":0}',
        b'{"type":"epoch","seq":0,"loss":NaN}',
        b"null",
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda line: repr(line[:24]),
)
def test_a_hostile_line_is_damage_and_nothing_else(path, line):
    path.write_bytes(line + b"\n")
    write(path, note("after"))
    reader = Reader(path)
    assert texts(reader.read()) == ["after"]
    assert reader.damage


def test_the_tale_of_damage_has_an_end(path):
    path.write_bytes(b"\n" * 100_000)
    reader = Reader(path)
    assert reader.read() == []
    assert len(reader.damage) == journal.MAX_DAMAGE + 1
    assert "more" in reader.damage[-1]


def test_skipped_types_are_passed_over_and_counted(path):
    write(path, *whole())
    reader = Reader(path, ("points", "live"))
    found = reader.read()
    assert [type(event) for event in found] == [
        type(event) for event in whole() if not isinstance(event, events.Points | events.LiveCurve)
    ]
    assert reader.damage == []
    assert reader.next_seq == len(whole())


# Following


def test_half_a_line_waits_for_its_other_half(path):
    write(path, note("a"), note("b"))
    content = path.read_bytes()
    path.write_bytes(content[:-9])
    reader = Reader(path)
    assert texts(reader.read()) == ["a"]
    assert reader.read() == []
    with path.open("ab") as file:
        file.write(content[-9:])
    assert texts(reader.read()) == ["b"]
    assert not reader.restarted
    assert reader.damage == []


def test_a_file_that_is_not_there_yet_is_empty(path):
    reader = Reader(path)
    assert reader.read() == []
    write(path, note("a"))
    assert texts(reader.read()) == ["a"]
    assert not reader.restarted


def shortened(path):
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])


def replaced(path):
    other = path.with_name("other")
    write(other, note("x"), note("y"), note("z"), note("longer than what was there before"))
    other.replace(path)


def rewritten_in_place(path):
    """The inode stays, as it may where a file is removed and made again: file systems use inodes again."""
    other = path.with_name("other")
    write(other, *(note(f"x{n}") for n in range(20)))
    with path.open("r+b") as file:
        file.truncate()
        file.write(other.read_bytes())


def remade(path):
    path.unlink()
    write(path, note("x"), note("y"), note("z"), note("w"))


@pytest.mark.parametrize("change", [shortened, replaced, rewritten_in_place, remade])
def test_a_file_that_is_not_the_same_any_more_is_read_from_its_beginning(path, change):
    write(path, note("a"), note("b"), note("c"))
    reader = Reader(path)
    assert texts(reader.read()) == ["a", "b", "c"]
    change(path)
    found = reader.read()
    assert reader.restarted
    assert found == Reader(path).read()
    assert reader.damage == []
    assert reader.read() == []
    assert not reader.restarted


def test_a_removed_file_is_no_error_and_its_successor_is_read(path):
    write(path, note("a"), note("b"))
    reader = Reader(path)
    reader.read()
    path.unlink()
    assert reader.read() == []
    write(path, note("c"))
    assert texts(reader.read()) == ["c"]
    assert reader.restarted


def test_damage_of_a_file_that_was_replaced_is_forgotten(path):
    path.write_bytes(b"garbage\n")
    reader = Reader(path)
    reader.read()
    assert reader.damage
    path.unlink()
    write(path, note("longer than garbage"))
    assert texts(reader.read()) == ["longer than garbage"]
    assert reader.damage == []


def test_a_read_that_broke_off_loses_nothing(path, monkeypatch):
    write(path, note("a"))
    reader = Reader(path)
    reader.read()
    write(path, *(note("x" * 700_000) for _ in range(3)))
    real, calls = os.pread, []

    def broken(*arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise OSError(errno.EIO, "broken")
        return real(*arguments)

    monkeypatch.setattr(os, "pread", broken)
    with pytest.raises(OSError, match="broken"):
        reader.read()
    monkeypatch.undo()
    found = reader.read()
    assert seqs(found) == ([0, 1, 2, 3] if reader.restarted else [1, 2, 3])


def test_a_reader_follows_a_writer_under_load(path):
    gate = Gate()

    def writing(say):
        writer = Writer(path)
        writer.append(note("first"))
        say("ready")
        gate.wait()
        for number in range(1, 1500):
            writer.append(note(f"{number} " + "x" * (number * 7919 % 60_000)))
        writer.append(events.Finished(status="done"))
        writer.close()

    reader = Reader(path)
    with child(writing) as one:
        assert one.hear() == "ready"
        found = reader.read()
        assert texts(found) == ["first"]
        gate.open()
        while not isinstance(found[-1], events.Finished):
            found += reader.read()
            assert not reader.restarted
        assert one.wait() == 0
    assert seqs(found) == list(range(1501))
    assert reader.damage == []


def test_memory_is_bounded_by_the_longest_line_whatever_the_file(path):
    with path.open("wb") as file:
        file.truncate(160 << 20)
    reader = Reader(path)
    tracemalloc.start()
    try:
        assert reader.read() == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * MAX_LINE
    assert reader.line_start == 0
    with path.open("ab") as file:
        file.write(b'\n{"type":"note","seq":1,"text":"after"}\n')
    assert texts(reader.read()) == ["after"]
    assert len(reader.damage) == 1


def test_what_is_far_too_large_is_not_read_at_all(path):
    with path.open("wb") as file:
        file.truncate(journal.MAX_FILE + 1)
    with pytest.raises(OSError) as caught:
        Reader(path).read()
    assert caught.value.errno == errno.EFBIG


def test_a_pipe_in_place_of_a_journal_does_not_hang(path):
    os.mkfifo(path)
    with pytest.raises(OSError, match="regular"):
        Reader(path).read()


# Any bytes


def journal_bytes():
    folder = Path(tempfile.mkdtemp())
    try:
        write(folder / "j", *whole(), note("é – \U0001f600 " + "x" * 50))
        return (folder / "j").read_bytes()
    finally:
        shutil.rmtree(folder)


CONTENT = journal_bytes()
EVENTS = [msgspec.json.decode(line, type=events.AnyEvent) for line in CONTENT.splitlines()]


@settings(max_examples=100, deadline=None)
@given(cut=st.integers(0, len(CONTENT)), garbage=st.binary(max_size=300))
def test_any_prefix_reads_as_a_prefix_and_any_garbage_after_it_harms_nothing(cut, garbage):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "j"
        path.write_bytes(CONTENT[:cut])
        known = EVENTS[: CONTENT[:cut].count(b"\n")]
        assert Reader(path).read() == known
        path.write_bytes(CONTENT[:cut] + garbage)
        assert Reader(path).read()[: len(known)] == known
        write(path, note("after"))
        found = Reader(path).read()
        assert found[: len(known)] == known
        assert texts(found)[-1] == "after"
        assert path.read_bytes().startswith(CONTENT[:cut][: CONTENT[:cut].rfind(b"\n") + 1])


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(0, len(CONTENT)), max_size=8))
def test_however_a_journal_grows_it_is_read_once(cuts):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "j"
        reader, found = Reader(path), []
        for cut in [*sorted(cuts), len(CONTENT)]:
            path.write_bytes(CONTENT[:cut])
            found += reader.read()
            assert not reader.restarted
        assert found == EVENTS
        assert reader.damage == []


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, len(CONTENT) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_never_raises_and_costs_at_most_two_events(place, bit):
    flipped = bytearray(CONTENT)
    flipped[place] ^= 1 << bit
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "j"
        path.write_bytes(flipped)
        found = Reader(path).read()
        assert len([event for event in EVENTS if event in found]) >= len(EVENTS) - 2
