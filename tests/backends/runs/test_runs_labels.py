"""What people write on runs: what is kept, what is refused, and that a damaged file hides nothing."""

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.runs import labels, listing
from backends.runs.errors import BadRequest, Damaged
from backends.runs.labels import Labels
from mli_tui import labelling
from tests.mli_tui import make_run

HOSTILE = "\x1b]52;c;aGk=\x07\u202e\x9b31m"


def written(run):
    return labels.place(run).read_text()


def test_what_is_written_is_read_and_defaults_need_no_file(tmp_path):
    run = make_run.create(tmp_path)
    assert labels.read(run) == labels.NONE
    full = Labels(name="deep one", tags=("paper", "v2"), note="for figure 3", pinned=True)
    assert labels.change(run, lambda _: full) == full
    assert labels.read(run) == full
    assert 'name = "deep one"' in written(run)
    assert labels.change(run, lambda _: Labels(pinned=True)) == Labels(pinned=True)
    assert written(run) == "pinned = true\n"
    labels.change(run, lambda _: labels.NONE)
    assert not labels.place(run).exists()
    labels.change(run, lambda _: labels.NONE)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (labelling.named("x" * 61), "name: 61 characters; at most 60 are possible"),
        (labelling.named("last"), "name = 'last': means the newest run on the command line; choose another"),
        (labelling.tagged((), "x" * 31), f"tag '{'x' * 31}': at most 30 characters are possible"),
        (labelling.tagged((), " ".join(map(str, range(21)))), "tags: 21; at most 20 are possible"),
        (labelling.noted("x" * 501), "note: 501 characters; at most 500 are possible"),
        (labelling.named("fine"), ""),
    ],
)
def test_what_does_not_fit_is_said_while_typing_and_refused(tmp_path, typed, said):
    assert labelling.complaint([labels.NONE], typed) == said
    run = make_run.create(tmp_path)
    if said.startswith("name ="):
        with pytest.raises(BadRequest, match="means the newest run"):
            labels.change(run, typed)


def test_tags_are_words_each_once():
    assert labels.tags_of(" paper, v2 paper  x") == ("paper", "v2", "x")


@pytest.mark.parametrize(
    ("before", "common", "line", "after"),
    [
        ((), (), "a b", ("a", "b")),
        (("a", "own"), ("a",), "b", ("b", "own")),
        (("a", "own"), ("a",), "a own", ("a", "own")),
        (("a",), ("a",), "", ()),
    ],
)
def test_tags_in_common_are_changed_and_others_stay(before, common, line, after):
    assert labelling.tagged(common, line)(Labels(tags=before)).tags == after


def test_tags_in_common():
    found = [Labels(tags=("a", "b")), Labels(tags=("b", "c"))]
    assert labelling.common_tags(found) == ("b",)
    assert labelling.common_tags([]) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"name = ",
        b"nam = 'x'",
        b"name = 3",
        b"\xff",
        b"note = '" + b"x" * 501 + b"'",
        b"# " + b"x" * (1 << 15),
        b"[" * 10_000,
        f"name = 1 # {HOSTILE}".encode(),
    ],
)
def test_a_damaged_file_is_one_harmless_line_and_hides_no_run(tmp_path, content):
    run = make_run.finished(tmp_path)
    labels.place(run).write_bytes(content)
    with pytest.raises(Damaged, match=r"^run quick-20260921-120000-0001: labels.toml: "):
        labels.read(run)
    (row,) = listing.list_runs(tmp_path)
    assert row.status == "done"
    assert row.labels == labels.NONE
    assert row.labels_damage.startswith("run quick-20260921-120000-0001: labels.toml: ")
    assert row.labels_damage.isprintable()
    assert listing.read_run(run).notes[-1] == row.labels_damage


def test_a_link_or_a_pipe_in_its_place_is_not_followed(tmp_path):
    run = make_run.create(tmp_path)
    (tmp_path / "else.toml").write_text("name = 'x'")
    labels.place(run).symlink_to(tmp_path / "else.toml")
    with pytest.raises(Damaged, match="is a link"):
        labels.read(run)
    labels.place(run).unlink()
    os.mkfifo(labels.place(run))
    with pytest.raises(Damaged, match="not a regular file"):
        labels.read(run)


@given(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=20), st.text(max_size=500))
def test_no_text_of_a_label_can_reach_a_terminal_as_a_command(name, tags, note):
    clean = labels._clean(Labels(name=name, tags=tuple(tags), note=note))
    assert all(text.isprintable() for text in (clean.name, *clean.tags, clean.note))
    assert all(tag and " " not in tag for tag in clean.tags)
    assert labels._clean(clean) == clean


def test_the_list_follows_labels_of_runs_that_are_done_and_of_live_ones(tmp_path):
    run = make_run.finished(tmp_path)
    lister = listing.Lister(tmp_path)
    assert lister.rows()[0].title == run.run_id
    labels.change(run, labelling.named("mine"))
    assert lister.rows(thorough=False)[0].title == run.run_id
    assert lister.rows()[0].title == "mine"
    labels.change(run, labelling.named(""))
    assert lister.rows()[0].labels == labels.NONE


def test_a_follower_tells_of_a_changed_label(tmp_path):
    run = make_run.finished(tmp_path)
    follower = listing.RunFollower(run)
    first = follower.poll()
    assert follower.poll() is None
    labels.change(run, labelling.named("mine"))
    second = follower.poll()
    assert (first.title, second.title) == (run.run_id, "mine")
    assert second.version > first.version


def test_runs_of_others_are_only_shown(tmp_path, monkeypatch):
    run = make_run.create(tmp_path)
    monkeypatch.setattr("backends.runs.paths.os.geteuid", lambda: run.folder.stat().st_uid + 1)
    with pytest.raises(BadRequest, match=r"^run \S+: belongs to another user, so it is only shown$"):
        labels.change(run, labelling.named("x"))
    assert not labels.place(run).exists()


def test_a_run_is_found_by_its_name_where_that_is_unique(tmp_path):
    first, second = make_run.create(tmp_path, "a-0001"), make_run.create(tmp_path, "b-0002")
    labels.change(first, labelling.named("my deep one"))
    assert labels.find(tmp_path, "my deep one").run_id == "a-0001"
    assert labels.find(tmp_path, "b").run_id == "b-0002"
    labels.place(second).write_text('name = "a-0001"')
    assert labels.find(tmp_path, "a-0001").run_id == "a-0001"
    labels.place(second).write_text('name = "my deep one"')
    with pytest.raises(BadRequest) as caught:
        labels.find(tmp_path, "my deep one")
    told = sorted(re.findall(r"[ab]-000\d", str(caught.value)))
    assert (told, str(caught.value).count(": ambiguous: ")) == (["a-0001", "b-0002"], 1)
    with pytest.raises(BadRequest, match="no such run"):
        labels.find(tmp_path, "nothing")


def test_a_name_is_given_once(tmp_path):
    first, second = make_run.create(tmp_path, "a-0001"), make_run.create(tmp_path, "b-0002")
    labels.change(first, labelling.named("deep"))
    for name, told in (
        ("deep", "name = 'deep': a-0001 has this name already"),
        (" a-0001", "this is the id of another run"),
    ):
        with pytest.raises(BadRequest, match=told):
            labels.change(second, labelling.named(name))
    assert labels.read(second) == labels.NONE
    labels.change(first, labelling.named(" deep "))
    labels.change(first, labelling.named("a-0001"))
    labels.change(second, labelling.named("deep"))
    labels.place(first).write_text('name = "deep"')
    labels.change(second, labelling.noted("a copy from elsewhere keeps its name"))
    assert labels.read(second).name == "deep"


def test_a_list_of_very_many_begins_with_the_newest_and_goes_on(tmp_path):
    for number in range(5):
        run = make_run.create(tmp_path, f"quick-{number}")
        os.utime(run.experiment, (number, number))
    lister = listing.Lister(tmp_path)
    assert lister.rows(0.0) == []
    assert not lister.complete
    found = lister.rows(1e-9)
    assert [row.run_id for row in found] == ["quick-4"]
    assert len(lister.rows(60.0)) == 5
    assert lister.complete


def test_between_thorough_looks_new_runs_and_live_ones_are_seen(tmp_path):
    make_run.finished(tmp_path)
    lister = listing.Lister(tmp_path)
    lister.rows()
    live = make_run.live(tmp_path)
    assert len(lister.rows(thorough=False)) == 2
    make_run.append(live, [])
    live.lock.unlink()
    assert "interrupted" in {row.status for row in lister.rows(thorough=False)}
