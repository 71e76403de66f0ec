import errno
import hashlib
import os
import resource
import signal
import stat
from pathlib import Path

import pytest

from backends.runs import durable
from tests.backends.runs.processes import child, kill_at_every_call

OLD, NEW = b"old " * 10_000, b"new " * 20_000


def left_over(folder):
    return [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "curves.csv"
    path.write_bytes(OLD)
    return path


def test_replaces_the_content_and_returns_its_checksum(target):
    assert durable.write(target, NEW) == hashlib.sha256(NEW).hexdigest() == durable.checksum(target)
    assert target.read_bytes() == NEW
    assert left_over(target.parent) == []


def test_the_file_is_private_whatever_the_umask(target):
    before = os.umask(0)
    try:
        durable.write(target, NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_killed_at_any_call_it_leaves_the_old_or_the_new_content(target):
    deaths = {}
    for call in kill_at_every_call(lambda: durable.write(target, NEW)):
        deaths[call] = target.read_bytes()
        assert deaths[call] in (OLD, NEW), f"call {call}"
        durable.write(target, OLD)  # what a death left behind is in nobody's way
        assert target.read_bytes() == OLD
    assert set(deaths.values()) == {OLD, NEW}, "deaths before and after the rename"
    assert target.read_bytes() == NEW


def test_killed_at_any_call_it_leaves_nothing_or_the_whole_of_a_first_file(tmp_path):
    target = tmp_path / "new"
    for call in kill_at_every_call(lambda: durable.write(target, NEW)):
        assert not target.exists() or target.read_bytes() == NEW, f"call {call}"
        target.unlink(missing_ok=True)


def test_the_order_is_write_sync_verify_rename_sync_of_the_folder(target, monkeypatch):
    order = []

    def traced(name, label):
        real = getattr(os, name)

        def call(*arguments, **more):
            order.append(label(*arguments))
            return real(*arguments, **more)

        monkeypatch.setattr(os, name, call)

    traced("write", lambda *_: "write")
    traced("fsync", lambda file: "sync folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "sync file")
    traced("replace", lambda *_: "rename")
    real = durable.checksum
    monkeypatch.setattr(durable, "checksum", lambda path: order.append("verify") or real(path))
    durable.write(target, NEW)
    assert order == ["write", "sync file", "verify", "rename", "sync folder"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_an_error_leaves_the_old_content_and_no_temporary_file(target, monkeypatch, call, number):
    calls = []

    def failing(*arguments, **more):
        calls.append(call)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(OSError) as caught:
        durable.write(target, NEW)
    monkeypatch.undo()
    assert caught.value.errno == number
    assert (caught.value.errno in durable.OUT_OF_SPACE) == (number != errno.EIO)
    assert calls == [call], "an fsync that failed is not repeated: it would report success"
    assert target.read_bytes() == OLD
    assert left_over(target.parent) == []


def test_the_first_error_is_told_even_if_tidying_fails_too(target, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "no room")

    def broken(*_, **__):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "write", full)
    monkeypatch.setattr(os, "unlink", broken)
    with pytest.raises(OSError, match="no room"):
        durable.write(target, NEW)


def test_a_real_file_size_limit_leaves_the_old_content(target):
    def limited(_):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        with pytest.raises(OSError):
            durable.write(target, NEW)

    with child(limited) as one:
        assert one.wait() == 0
    assert target.read_bytes() == OLD
    assert left_over(target.parent) == []


def test_writes_all_although_each_call_takes_a_little(target, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, content: real(file, bytes(content[:999])))
    durable.write(target, NEW)
    monkeypatch.undo()
    assert target.read_bytes() == NEW


def test_a_disk_that_stores_something_else_is_noticed(target, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, content: real(file, bytes(content).replace(b"w", b"W")))
    with pytest.raises(OSError, match="differs") as caught:
        durable.write(target, NEW)
    assert caught.value.errno == errno.EIO
    assert target.read_bytes() == OLD


def test_a_link_in_place_of_the_temporary_file_is_not_followed(target, monkeypatch, tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    monkeypatch.setattr(durable.secrets, "token_hex", lambda _: "guessed")
    (tmp_path / ".curves.csv.guessed.tmp").symlink_to(victim)
    with pytest.raises(FileExistsError):
        durable.write(target, NEW)
    assert victim.read_bytes() == b"precious"
    assert target.read_bytes() == OLD


def test_a_link_in_place_of_the_target_is_replaced_and_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    target = tmp_path / "link"
    target.symlink_to(victim)
    durable.write(target, NEW)
    assert victim.read_bytes() == b"precious"
    assert target.read_bytes() == NEW
    assert not target.is_symlink()


def test_two_writers_of_one_file_do_not_mix(target):
    def writing(content):
        def body(_):
            for _ in range(30):
                durable.write(target, content)

        return body

    with child(writing(NEW)) as one, child(writing(OLD)) as two:
        assert (one.wait(), two.wait()) == (0, 0)
    assert target.read_bytes() in (OLD, NEW)


def test_sweep_removes_what_a_killed_writer_left(target):
    deaths = sum(bool(left_over(target.parent)) for _ in kill_at_every_call(lambda: durable.write(target, NEW)))
    assert deaths
    assert left_over(target.parent)
    durable.sweep(target.parent)
    assert left_over(target.parent) == []


def test_sweep_leaves_what_is_being_written_and_what_is_no_temporary_file(target):
    def slow(say):
        os.fsync = lambda _: (say("writing"), signal.pause())
        durable.write(target, NEW)

    others = [target.parent / ".reserve", target.parent / ".hidden", target.parent / "curves.tmp"]
    for other in others:
        other.write_bytes(b"")
    with child(slow) as one:
        assert one.hear() == "writing"
        durable.sweep(target.parent)
        assert len([path for path in left_over(target.parent) if path.suffix == ".tmp"]) == 1
    durable.sweep(target.parent)
    assert [path for path in left_over(target.parent) if path.suffix == ".tmp"] == []
    assert all(other.exists() for other in others)


def test_sweep_neither_follows_links_nor_waits_for_pipes(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / ".a.tmp").symlink_to(victim)
    os.mkfifo(tmp_path / ".b.tmp")
    (tmp_path / ".c.tmp").mkdir()
    durable.sweep(tmp_path)
    durable.sweep(tmp_path / "missing")
    assert victim.read_bytes() == b"precious"


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"0123456789")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "folder").mkdir()
    assert durable.read_regular(tmp_path / "file", 4) == b"0123"
    with pytest.raises(FileNotFoundError):
        durable.open_regular(tmp_path / "missing")
    with pytest.raises(OSError, match="is a link"):
        durable.open_regular(tmp_path / "link")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for name in ("pipe", "folder"):
        with pytest.raises(OSError, match="not a regular file"):
            durable.open_regular(tmp_path / name)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
