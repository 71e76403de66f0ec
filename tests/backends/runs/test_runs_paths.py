import os
import stat
import time
from pathlib import Path

import pytest

from backends.runs import paths
from backends.runs.errors import BadRequest
from backends.runs.labels import find
from backends.runs.paths import RunPaths, make_private, newest_first, runs_folder, runs_in, slots_folder
from tests.backends.runs.samples import run

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")


def names(root):
    return sorted(r.run_id for r in runs_in(root))


def at(root, run_id, seconds):
    made = run(root, run_id)
    os.utime(made.experiment, (seconds, seconds))
    return made


# Which folders are runs


def test_runs_are_folders_with_a_specification_and_a_usable_name(tmp_path):
    for name in ("a", "A-1.b_c", "0", "x" * 64):
        run(tmp_path, name)
    for name in (".hidden", "-dash", "x" * 65, "sp ace", "esc\x1b]0;x\x07", "new\nline", "é", "a[b]"):
        run(tmp_path, name)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "etc").symlink_to("/etc")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    assert names(tmp_path) == sorted(["a", "A-1.b_c", "0", "x" * 64])


def test_a_missing_runs_folder_has_no_runs_and_a_file_is_refused(tmp_path):
    assert names(tmp_path / "missing") == []
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRequest, match="Not a directory"):
        names(tmp_path / "file")


def test_a_folder_that_can_not_be_looked_into_hides_no_other(tmp_path, monkeypatch):
    run(tmp_path, "a")
    run(tmp_path, "locked")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    real = os.lstat

    def lstat(path, **more):
        if "locked" in str(path):
            raise PermissionError(13, "Permission denied")
        return real(path, **more)

    monkeypatch.setattr(os, "lstat", lstat)
    assert names(tmp_path) == ["a", "locked", "loop"]


def test_the_newest_come_first_and_ties_are_in_order_of_their_names(tmp_path):
    at(tmp_path, "b", 100)
    at(tmp_path, "a", 100)
    at(tmp_path, "c", 300)
    at(tmp_path, "d", 200)
    assert [r.run_id for r in newest_first(tmp_path)] == ["c", "d", "b", "a"]


STAMPED = ("quick-20260921-120001-ffff", "fc10-mnist5k-20260921-120002-0000", "quick-20251231-235959-0001")


def test_a_copy_keeps_the_order_that_the_ids_tell(tmp_path):
    for seconds, run_id in enumerate(STAMPED):
        at(tmp_path, run_id, 100 - seconds)
    assert [r.run_id for r in newest_first(tmp_path)] == [STAMPED[1], STAMPED[0], STAMPED[2]]


def test_ids_of_their_own_seconds_need_no_look_at_a_file(tmp_path, monkeypatch):
    for run_id in STAMPED:
        run(tmp_path, run_id)
    monkeypatch.setattr(paths, "spec_written", lambda one: pytest.fail(f"looked at {one.run_id}"))
    assert len(newest_first(tmp_path)) == 3


def test_of_one_second_the_files_decide_and_an_id_without_a_time_stands_among_the_others(tmp_path):
    second = time.mktime((2026, 9, 21, 12, 0, 1, 0, 0, -1))
    at(tmp_path, "quick-20260921-120001-0001", 200)
    at(tmp_path, "quick-20260921-120001-0002", 100)
    at(tmp_path, "mine", second + 1)
    at(tmp_path, "older-99999999-999999-0001x", second - 1)
    assert [r.run_id[-5:] for r in newest_first(tmp_path)] == ["mine", "-0001", "-0002", "0001x"]


@pytest.mark.parametrize("run_id", ["mine", "quick-20269921-120001-0001", "quick-20260921-120001-00zz"])
def test_a_run_whose_id_tells_no_time_was_made_when_its_file_was_written(tmp_path, run_id):
    assert paths.made(at(tmp_path, run_id, 1234)) == 1234
    assert paths.made(at(tmp_path, "quick-20260921-120001-0001", 99)) == time.mktime((2026, 9, 21, 12, 0, 1, 0, 0, -1))


# Finding one


@pytest.fixture
def three(tmp_path):
    at(tmp_path, "quick-1", 100)
    at(tmp_path, "quick-12", 300)
    at(tmp_path, "slow-1", 200)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "expected"),
    [("quick-1", "quick-1"), ("quick-12", "quick-12"), ("s", "slow-1"), ("slow-1", "slow-1"), ("last", "quick-12")],
)
def test_a_run_is_found_by_id_by_prefix_or_as_the_last(three, name, expected):
    found = find(three, name)
    assert (found.run_id, found.folder) == (expected, three / expected)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("quick", "ambiguous: 2 runs begin so (quick-12, quick-1); give more of it"),
        ("no", "no such run"),
        ("", "no such run"),
        ("..", "no such run"),
        ("../x", "no such run"),
        ("/etc", "no such run"),
        ("slow-1/", "no such run"),
        ("./slow-1", "no such run"),
        ("*", "no such run"),
        ("\x1b]0;x\x07", r"no such run"),
    ],
)
def test_what_is_not_one_run_is_refused_in_one_harmless_line(three, name, message):
    with pytest.raises(BadRequest) as caught:
        find(three, name)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()
    assert caught.value.exit_code == 2


def test_an_empty_name_is_not_the_only_run(tmp_path):
    run(tmp_path, "only")
    with pytest.raises(BadRequest):
        find(tmp_path, "")


@pytest.mark.parametrize("name", ["last", "x"])
def test_where_there_are_no_runs_it_says_so(tmp_path, name):
    with pytest.raises(BadRequest, match="there are no runs in"):
        find(tmp_path / "missing", name)


# Own runs and others'


def test_a_folder_of_ours_is_ours(tmp_path):
    run(tmp_path, "a").require_own()


def test_a_link_is_only_shown(tmp_path):
    run(tmp_path, "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert names(tmp_path) == ["link", "real"]
    with pytest.raises(BadRequest, match="only shown"):
        RunPaths(tmp_path / "link").require_own()


@needs_root
def test_another_users_run_is_only_shown(tmp_path):
    made = run(tmp_path, "a")
    os.chown(made.folder, 12345, -1)
    with pytest.raises(BadRequest, match="belongs to another user, so it is only shown"):
        made.require_own()


def test_a_folder_that_is_gone_is_named(tmp_path):
    with pytest.raises(BadRequest, match="run gone: No such file"):
        RunPaths(tmp_path / "gone").require_own()


# Where things are


def test_the_files_of_a_run_have_the_names_of_the_contract():
    made = RunPaths(Path("/runs/a"))
    found = {p.name for p in vars(made).values() if isinstance(p, Path)} - {"a"}
    assert found == {
        "experiment.toml", "environment.json", "events.jsonl", "checkpoints", "curves.csv", "biases.csv", "device.csv",
        "summary.json", "worker.lock", "worker.log", ".reserve",
    }  # fmt: skip


def test_the_runs_folder_is_chosen_by_option_then_environment_then_default(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(paths.ENVIRONMENT_NAME, str(tmp_path / "env"))
    assert runs_folder(str(tmp_path / "chosen")) == tmp_path / "chosen"
    assert runs_folder("~/mine") == tmp_path / "mine"
    assert runs_folder() == tmp_path / "env"
    monkeypatch.setenv(paths.ENVIRONMENT_NAME, "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert runs_folder() == tmp_path / "data" / "mli-tui" / "runs"
    assert list(tmp_path.iterdir()) == [], "nothing is made by looking"


def test_a_relative_runs_folder_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert runs_folder("here") == tmp_path / "here"


def test_the_home_of_nobody_is_refused():
    with pytest.raises(BadRequest, match="no such user"):
        runs_folder("~nobody-has-this-name/runs")


def test_private_folders_are_private(tmp_path):
    before = os.umask(0)
    try:
        made = make_private(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert make_private(made) == made
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRequest, match="can't be made"):
        make_private(tmp_path / "file" / "x")
    with pytest.raises(BadRequest, match="can't be made"):
        make_private(tmp_path / "file")


def test_every_session_of_a_user_has_the_same_slots(tmp_path, monkeypatch):
    """The runtime folder comes with a login and goes with the last logout; a queue must outlive both."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    from_cron = slots_folder()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "runtime").mkdir()
    assert slots_folder() == from_cron
    assert from_cron.is_relative_to(tmp_path)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert from_cron.name == f"{os.uname().nodename}-{boot}", "another host or another boot is another queue"
