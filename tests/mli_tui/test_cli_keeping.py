"""stop, delete, export: what is done to runs, and what is refused."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from backends.runs import durable, export, listing, removal, workers
from backends.runs.paths import RunPaths
from mli_tui.cli import keeping
from presets import load
from tests.mli_tui import make_run
from tests.mli_tui.command import mli

ROOT = Path(__file__).parents[2]
WORKER = """
import signal, sys, time
from pathlib import Path
from backends.runs import events, workers
from backends.runs.journal import Writer
from backends.runs.paths import RunPaths
paths = RunPaths(Path(sys.argv[1]))
def stop(*_):
    if sys.argv[2] == "obeys":
        Writer(paths.events).append(events.Finished(status="stopped"))
        sys.exit(143)
signal.signal(signal.SIGTERM, stop)
lock = workers.lock_run(paths)
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The runs folder, and a current folder of its own."""
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path / "runs"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "runs"


def work_on(paths: RunPaths, how: str) -> subprocess.Popen[str]:
    """Start a process that holds the run's lock as its worker."""
    child = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(paths.folder), how], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


@pytest.fixture
def worker(root: Path) -> Iterator[tuple[RunPaths, subprocess.Popen[str]]]:
    paths = make_run.interrupted(root)
    child = work_on(paths, "obeys")
    yield paths, child
    child.kill()
    child.communicate()


def test_stop_asks_the_worker_and_waits_for_its_end(
    worker: tuple[RunPaths, subprocess.Popen[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    paths, child = worker
    answer = mli(capsys, "stop", "last")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"run {paths.run_id}: stopped (5 of at most 150 epochs, loss ")
    assert child.wait(timeout=30) == 143


def test_stop_says_so_where_the_worker_takes_its_time(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(keeping, "STOP_SECONDS", 0.0)
    paths = make_run.interrupted(root)
    child = work_on(paths, "goes on")
    try:
        answer = mli(capsys, "stop", "last")
    finally:
        child.kill()
        child.communicate()
    assert answer == (0, "", f"run {paths.run_id}: asked to stop, and still saving after 0 s\n")


@pytest.mark.parametrize(("write", "status"), [(make_run.finished, "done"), (make_run.interrupted, "interrupted")])
def test_a_run_without_a_worker_is_not_stopped(
    write: object, status: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = write(root)  # type: ignore[operator]
    line = f"mli-tui: run {paths.run_id}: has no worker to stop; it is {status}\n"
    assert mli(capsys, "stop", "last") == (2, "", line)


def test_delete_removes_the_run_and_nothing_else(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, gone = make_run.stopped(root), make_run.finished(root)
    assert mli(capsys, "delete", gone.run_id, "--yes") == (0, f"run {gone.run_id}: deleted\n", "")
    assert list(root.iterdir()) == [kept.folder]


@pytest.mark.parametrize(("word", "gone"), [("y", True), ("YES", True), ("n", False), ("", False), ("yet", False)])
def test_delete_asks(
    word: str, gone: bool, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = make_run.stopped(root)
    typed = io.StringIO(f"{word}\n")
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    answer = mli(capsys, "delete", "last")
    assert answer.code == 0
    assert answer.err.startswith(f"Delete run {paths.run_id} and all its files? [y/N] ")
    assert paths.folder.exists() is not gone
    assert answer.err.endswith("kept\n") is not gone


def test_delete_needs_yes_where_nobody_can_be_asked(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = make_run.stopped(root)
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    line = f"mli-tui: run {paths.run_id}: nobody is there to ask; `--yes` deletes without asking\n"
    assert mli(capsys, "delete", "last") == (2, "", line)
    assert paths.folder.exists()


def test_an_empty_name_deletes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_run.stopped(root)
    assert mli(capsys, "delete", "", "--yes").code == 2
    assert paths.folder.exists()


def test_a_live_run_is_not_deleted(
    worker: tuple[RunPaths, subprocess.Popen[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    paths, _ = worker
    line = f"mli-tui: run {paths.run_id}: is running; stop it first\n"
    assert mli(capsys, "delete", "last", "--yes") == (2, "", line)
    assert paths.events.exists()


def test_a_run_of_another_host_is_deleted_only_when_it_has_ended(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = msgspec.structs.replace(workers.Identity.current(), host="far", boot="another")
    going, ended = make_run.interrupted(root), make_run.stopped(root)
    for paths in (going, ended):
        paths.lock.write_bytes(msgspec.json.encode(elsewhere))
    line = f"mli-tui: run {going.run_id}: may be running on host far; stop and delete it there\n"
    assert mli(capsys, "delete", going.run_id, "--yes") == (2, "", line)
    assert mli(capsys, "delete", ended.run_id, "--yes").code == 0
    assert list(root.iterdir()) == [going.folder]


def test_a_linked_run_is_not_deleted_through_its_link(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real = make_run.stopped(tmp_path / "elsewhere")
    root.mkdir()
    (root / "link").symlink_to(real.folder)
    answer = mli(capsys, "delete", "link", "--yes")
    assert answer.code == 2
    assert answer.err == "mli-tui: run link: not a folder of its own (a link?), so it is only shown\n"
    assert real.events.exists()


def test_what_a_link_inside_a_run_points_to_stays(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    (make_run.stopped(root).checkpoints / "more").symlink_to(precious)
    assert mli(capsys, "delete", "last", "--yes").code == 0
    assert (precious / "file").read_text() == "kept"


def test_a_deletion_that_breaks_off_leaves_no_half_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = make_run.stopped(root)

    def rmtree(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(removal.shutil, "rmtree", rmtree)
    with pytest.raises(OSError, match="Input/output error"):
        removal.remove(paths)
    assert listing.list_runs(root) == []
    assert [left.name[: len(removal.ASIDE)] for left in removal.leftovers(root)] == [removal.ASIDE]


def test_a_damaged_run_can_be_deleted(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_run.stopped(root)
    paths.experiment.write_text("=")
    assert mli(capsys, "delete", "last", "--yes").code == 0
    assert list(root.iterdir()) == []


def test_export_without_options_writes_all_tables_here(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_run.finished(root)
    make_run.append(paths, make_run.used())
    here = Path.cwd()
    first, again = mli(capsys, "export", "last"), mli(capsys, "export", "last")
    assert first == (0, f"{here}/curves.csv\n{here}/biases.csv\n{here}/device.csv\n", "")
    names = ("curves", "biases", "device")
    assert again.out == "".join(f"{here}/{name}.csv (replaced)\n" for name in names)
    assert (here / "curves.csv").read_bytes() == paths.curves.read_bytes()
    assert (here / "biases.csv").read_bytes() == paths.biases.read_bytes()


def test_no_empty_table_of_the_device_is_written_unless_it_is_asked_for(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run.finished(root)
    here = Path.cwd()
    answer = mli(capsys, "export", "last")
    assert answer.out == f"{here}/curves.csv\n{here}/biases.csv\n"
    assert answer.err == "no device use was recorded: no device.csv is written\n"
    assert not (here / "device.csv").exists()
    answer = mli(capsys, "export", "last", "--device", "-")
    assert answer == (0, ",".join(export.DEVICE_HEADER) + "\n", "no device use was recorded: no rows\n")


def test_export_of_the_device_is_a_row_a_stretch(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_run.stopped(root)
    make_run.append(paths, make_run.used(count=3))
    out = mli(capsys, "export", "last", "--device", "-").out
    assert out == export.device_csv([listing.read_run(paths)])
    assert len(out.splitlines()) == 4


def test_export_to_stdout_keeps_it_clean(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_run.finished(root)
    answer = mli(capsys, "export", "last", "--curves", "-", "--biases", "b.csv")
    assert answer == (0, paths.curves.read_text(), f"{Path.cwd()}/b.csv\n")


def test_export_of_several_runs_is_one_table(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done, stopped = make_run.finished(root), make_run.stopped(root)
    out = mli(capsys, "export", done.run_id, stopped.run_id, done.run_id, "--biases", "-").out
    views = [listing.read_run(done), listing.read_run(stopped)]
    assert out == export.biases_csv(views)
    assert out.count(done.run_id) == 38 * 10


def test_export_of_events_names_the_run_in_every_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_run.stopped(root)
    found = [json.loads(line) for line in mli(capsys, "export", "last", "--events", "-").out.splitlines()]
    written = [json.loads(line) for line in paths.events.read_text().splitlines()]
    assert {event.pop("run_id") for event in found} == {paths.run_id}
    assert [event["seq"] for event in found] == list(range(len(written)))
    assert [event["type"] for event in found] == [event["type"] for event in written]


def test_export_of_a_damaged_journal_says_what_is_missing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_run.stopped(root)
    lines = paths.events.read_bytes().splitlines(keepends=True)
    paths.events.write_bytes(b"".join([*lines[:3], b"{broken\x1b\n", *lines[4:]]))
    answer = mli(capsys, "export", "last", "--events", "-")
    assert answer.err.startswith(f"run {paths.run_id}: events.jsonl: line 4 is damaged: {{broken\\x1b\n")
    assert len(answer.out.splitlines()) == len(lines) - 1


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ["--curves", "-", "--biases", "-"],
            "export: only one of --curves, --biases, --device and --events can go to stdout",
        ),
        (["--curves", "no/such/folder/c.csv"], "no/such/folder/c.csv: can't be written: No such file or directory"),
        (["--curves", "."], ".: can't be written: Is a directory"),
    ],
)
def test_exports_that_can_not_be(options: list[str], line: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run.stopped(root)
    assert mli(capsys, "export", "last", *options) == (2, "", f"mli-tui: {line}\n")


def test_an_exported_file_has_the_mode_that_other_files_have(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run.stopped(root)
    before = os.umask(0o027)
    try:
        mli(capsys, "export", "last", "--curves", "new.csv")
    finally:
        os.umask(before)
    Path("old.csv").write_text("")
    Path("old.csv").chmod(0o604)
    mli(capsys, "export", "last", "--curves", "old.csv")
    assert [Path(name).stat().st_mode & 0o777 for name in ("new.csv", "old.csv")] == [0o640, 0o604]


def test_a_link_is_written_through_and_a_device_is_not_replaced(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = make_run.finished(root)
    Path("target.csv").write_text("")
    Path("link.csv").symlink_to("target.csv")
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    mli(capsys, "export", "last", "--curves", "link.csv")
    assert mli(capsys, "export", "last", "--biases", "pipe").out == f"{Path.cwd()}/pipe\n"
    assert Path("link.csv").is_symlink()
    assert Path("target.csv").read_bytes() == paths.curves.read_bytes()
    assert Path("pipe").is_fifo()
    assert os.read(reader, 1 << 20) == paths.biases.read_bytes()
    os.close(reader)


def test_a_run_with_a_specification_of_its_own_is_exported(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = msgspec.structs.replace(load("quick"), preset="own")
    paths = make_run.create(root, experiment=spec)
    durable.sync_folder(paths.folder)
    assert mli(capsys, "export", "last", "--curves", "-").out == ",".join(export.CURVES_HEADER) + "\n"
