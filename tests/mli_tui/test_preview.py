"""The preview of the run under the cursor: where it stands, what is read for it, what it says."""

import re
import threading

import msgspec
import pytest

from backends.runs import labels, listing
from backends.runs.journal import Writer
from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from mli_tui import placing, preview_lines, previewing, settings
from mli_tui.app import MliApp
from mli_tui.grouping import Group
from mli_tui.plotting.palette import Look
from mli_tui.previewing import Previewed, PreviewWatcher
from mli_tui.screens.run import RunScreen
from mli_tui.settings import Settings
from mli_tui.sweep_rows import folded
from mli_tui.widgets.lines import Lines
from mli_tui.widgets.plot import PlotView
from mli_tui.widgets.preview import Preview
from presets import load, override
from presets.loader import to_toml
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.test_app import until
from tests.mli_tui.test_runs_pane import HOSTILE, grouped, listed, pane_of, run
from tests.mli_tui.test_runs_pane import _quoted as quoted


@pytest.mark.parametrize(
    ("when", "width", "among_runs", "found"),
    [
        ("wide", 159, True, ""),
        ("wide", 160, False, "beside"),
        ("on", 159, True, "above"),
        ("on", 159, False, ""),
        ("on", 160, False, "beside"),
        ("off", 200, True, ""),
        ("off", 80, True, ""),
    ],
)
def test_where_it_stands(when, width, among_runs, found):
    assert placing.place(when, width, among_runs) == found


@pytest.mark.parametrize("when", ["off", "wide", "on"])
@pytest.mark.parametrize("width", [80, 159, 160, 240])
def test_the_key_shows_it_and_takes_it_away_at_every_width(when, width):
    shown = bool(placing.place(when, width, True))
    once = placing.toggled(when, width)
    assert bool(placing.place(once, width, True)) is not shown
    assert bool(placing.place(placing.toggled(once, width), width, True)) is shown


def test_what_was_chosen_on_a_narrow_terminal_takes_nothing_away_on_a_wide_one():
    assert placing.toggled(placing.toggled(Settings().preview, 80), 80) == Settings().preview


# What is read


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is told otherwise."""

    class Clock:
        now = 100.0

    monkeypatch.setattr(previewing.time, "monotonic", lambda: Clock.now)
    return Clock


def watching(root, said):
    return PreviewWatcher(root, said.append)


def row_of(paths):
    return next(row for row in listing.list_runs(paths.folder.parent) if row.run_id == paths.run_id)


def test_a_run_is_read_once_the_cursor_rests_on_it(tmp_path, clock):
    passed, rested = run(tmp_path, 0), run(tmp_path, 1)
    said = []
    watcher = watching(tmp_path, said)
    watcher.look_at(row_of(passed))
    assert 0 < watcher.poll() < 1
    clock.now += 0.1
    watcher.look_at(row_of(rested))
    clock.now += 0.1
    watcher.poll()
    assert said == []
    clock.now += 0.1
    watcher.poll()
    assert [message.run.run_id for message in said] == [rested.run_id]
    watcher.poll()
    assert len(said) == 1, "nothing new, nothing said"


def test_of_fifty_runs_that_the_cursor_passes_while_one_is_read_the_last_one_is_read(tmp_path, monkeypatch):
    rows = [row_of(run(tmp_path, 0))]
    rows += [msgspec.structs.replace(rows[0], run_id=f"quick-passed-{n:02d}") for n in range(49)]
    rows.append(row_of(run(tmp_path, 1)))
    reads, begun, release, there = [], threading.Event(), threading.Event(), threading.Event()

    class Slow(listing.RunFollower):
        def __init__(self, paths, skip=()):
            reads.append(paths.run_id)
            begun.set()
            release.wait(10)
            super().__init__(paths, skip)

    def post(message):
        if message.row.run_id == rows[-1].run_id:
            there.set()

    monkeypatch.setattr(previewing, "RunFollower", Slow)
    monkeypatch.setattr(previewing, "SETTLED_SECONDS", 0.0)
    watcher = PreviewWatcher(tmp_path, post)
    watcher.start()
    watcher.look_at(rows[0])
    assert begun.wait(10)
    for row in rows[1:]:
        watcher.look_at(row)
    release.set()
    assert there.wait(10)
    watcher.stop()
    assert reads == [rows[0].run_id, rows[-1].run_id]


def test_a_live_run_is_followed_and_nothing_is_looked_at_while_nobody_sees_it(tmp_path, clock):
    live = make_run.live(tmp_path, epochs=5)
    said = []
    watcher = watching(tmp_path, said)
    watcher.look_at(row_of(live))
    clock.now += 1
    watcher.poll()
    with_more = Writer(live.events)
    with_more.append(make_run.training(6)[-1])
    watcher.look_at(row_of(live))
    assert watcher.poll() == previewing.SLOW_SECONDS
    assert [message.run.epoch for message in said] == [5, 6]
    watcher.look_at(None)
    with_more.append(make_run.training(7)[-1])
    with_more.close()
    assert watcher.poll() > 10
    assert len(said) == 2


def test_what_cant_be_read_is_said_once_and_read_when_it_can_be(tmp_path, clock):
    paths = run(tmp_path, 0)
    row = row_of(paths)
    good = paths.experiment.read_bytes()
    paths.experiment.write_text('preset = "\\u001b]0;x"')
    said = []
    watcher = watching(tmp_path, said)
    watcher.look_at(row)
    clock.now += 1
    watcher.poll()
    watcher.poll()
    assert len(said) == 1
    assert said[0].failure.startswith(f"run {paths.run_id}: experiment.toml: preset = ")
    assert said[0].failure.isprintable()
    paths.experiment.write_bytes(good)
    watcher.poll()
    assert said[1].run.run_id == paths.run_id


def test_a_sweep_is_told_from_its_file_and_from_what_the_list_knows_of_its_runs(tmp_path, clock, monkeypatch):
    made = make_sweep.made(tmp_path, over=("model.depth=4,6",), missing=1)
    runs = listing.list_runs(tmp_path)
    (row,) = folded(runs, previewing.sweeps.Sweeps(tmp_path).views(runs))
    monkeypatch.setattr(listing, "list_runs", lambda _root: pytest.fail("all runs were read"))
    said = []
    watcher = watching(tmp_path, said)
    watcher.look_at(row)
    clock.now += 1
    watcher.poll()
    watcher.poll()
    (message,) = said
    assert message.sweep.sweep.name == made.run_id
    assert message.sweep.counts == {"done": 1, "waiting": 1}


@pytest.mark.parametrize(
    ("settings", "preset", "changed"),
    [
        ([], "quick", ()),
        (["model.depth=4", "train.seed=3"], "quick", (("model.depth", "4"), ("train.seed", "3"))),
        (["train.lr=0.01"], "gone", (("model.depth", "8"), ("model.width", "128"), ("model.init_scale", "0.4"))),
    ],
)
def test_what_differs_from_the_preset_or_without_one_from_the_defaults(tmp_path, clock, settings, preset, changed):
    paths = run(tmp_path, 0)
    spec = override(load("quick"), [*settings, f"preset={preset}"])
    paths.experiment.write_text(to_toml(spec))
    said = []
    watcher = watching(tmp_path, said)
    watcher.look_at(row_of(paths))
    clock.now += 1
    watcher.poll()
    assert said[0].changed[: len(changed)] == changed
    assert bool(said[0].changed) == bool(changed)


# What is said


def told(view, changed=(), width=78, height=8):
    return [line.plain for line in preview_lines.rest(view, changed, Look(), width, height, "i")]


def test_below_the_curves_stand_the_ends_what_was_changed_tags_and_note(tmp_path):
    paths = run(tmp_path, 0, tags=("paper", "v2"), note="why")
    lines = told(listing.read_run(paths), (("model.depth", "4"), ("own.model_sha256", "ab" * 32)))
    assert [line.split()[0] for line in lines] == ["linear", "homogeneous", "changed", "tags", "note"]
    assert lines[2:] == ["changed   model.depth = 4", "tags      #paper #v2", "note      why"]
    assert told(listing.read_run(paths))[2] == "changed   nothing: as its preset is"


@pytest.mark.parametrize("height", range(9))
def test_it_never_has_more_lines_than_there_is_room_for_and_says_so(tmp_path, height):
    paths = run(tmp_path, 0, note="word " * 90)
    lines = told(listing.read_run(paths), [(f"train.key{n}", "value") for n in range(20)], 78, height)
    assert len(lines) == height
    assert not height or lines[-1].endswith("more lines: i shows all")
    assert all(len(line) <= 78 for line in lines)


@pytest.mark.parametrize(("width", "figures"), [(20, 1), (78, 2), (200, 5)])
def test_a_sweeps_table_is_cut_by_whole_columns(tmp_path, width, figures):
    make_sweep.made(tmp_path, over=("model.depth=2,4,6,8", "train.seed=0,1"))
    (view,) = previewing.sweeps.Sweeps(tmp_path).views(listing.list_runs(tmp_path))
    lines = [line.plain for line in preview_lines.sweep(view, width, 10, "i")]
    assert [line.split()[0] for line in lines] == ["model.depth", "2", "4", "6", "8"]
    assert re.split("  +", lines[0])[2:] == [
        "error, linear", "error, homogeneous", "loss, linear", "loss, homogeneous", "bias gap"
    ][:figures]  # fmt: skip
    assert max(map(len, lines)) <= width or figures == 1


def test_a_heading_has_its_medians_and_of_how_many_runs_they_are():
    rows = [
        RunRow(run_id=f"r{n}", preset="q", seed=n, status="done", error_plateau_end={"linear": n / 10})
        for n in range(3)
    ]
    group = Group(("preset",), ("q",), tuple(rows))
    assert preview_lines.of_group(group) == "q: 3 runs (done)"
    assert [line.plain.split() for line in preview_lines.group(group, 9)][1:] == [["linear", "0.100", "of", "3"]]


def test_under_a_heading_no_key_is_said_to_show_all(tmp_path):
    ends = dict.fromkeys(("linear", "homogeneous", "fixed_bias", "equal_last_bias", "last_bias_linear"), 0.5)
    row = RunRow(run_id="a", preset="p", seed=0, status="done", error_plateau_end=ends)
    lines = [line.plain for line in preview_lines.group(Group(("preset",), ("p",), (row,)), 4)]
    assert (len(lines), lines[-1]) == (4, "and 3 more lines")


# On the screen


def preview(app):
    return app.screen_stack[1].query_one(Preview)


def said(app):
    return preview(app).query_one("#preview-sentence", Lines).content.plain


def below(app):
    return preview(app).query_one("#preview-rest", Lines).content.plain


def plot(app, metric):
    return preview(app).query_one(f"#preview-{metric}", PlotView)


def previewed(app):
    return str(preview(app).border_title).partition("  ")[2]


def displayed(app, name):
    found = app.screen_stack[1].query_one(name)
    return found.display and found.region.height > 0


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_v_puts_it_in_place_of_the_presets_while_the_runs_have_the_keys(tmp_path, size):
    new, old = run(tmp_path, 0, "model.depth=4", tags=("paper",)), run(tmp_path, 1)
    app = MliApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        await listed(pilot, 2)
        assert not app.screen.query(Preview)
        await until(pilot, lambda: displayed(app, "#presets") and pane_of(app).region.height > 5)
        rows = pane_of(app).region
        await pilot.press("v")
        await until(pilot, lambda: previewed(app) == new.run_id)
        await until(pilot, lambda: said(app).startswith("error stays above 0.81 until alpha = 0.68"))
        await until(pilot, lambda: plot(app, "error").plot.title == "error, train")
        assert preview(app).query_one("#preview-sentence").region.height == 2
        await until(pilot, lambda: plot(app, "error").region.height >= 8)
        assert displayed(app, "#above")
        assert not displayed(app, "#presets")
        assert pane_of(app).region == rows, "the list stays where it was"
        high = size[1] == 40
        assert displayed(app, "#preview-rest") == high
        assert [text in below(app) for text in ("changed   model.depth = 4", "#paper")] == [high] * 2
        await pilot.press("j")
        await until(pilot, lambda: previewed(app) == old.run_id)
        await pilot.press("tab")
        await until(pilot, lambda: displayed(app, "#presets") and not displayed(app, "#above"))
        assert app.focused.id == "presets"
        await pilot.press("tab")
        await until(pilot, lambda: displayed(app, "#above"))
        await until(pilot, lambda: settings.load(settings.settings_file())[0].preview == "on")
        await pilot.press("v")
        await until(pilot, lambda: displayed(app, "#presets") and not displayed(app, "#above"))
        assert app.chosen.preview == "wide"


async def test_on_a_wide_terminal_it_stands_beside_the_lists_from_the_beginning(tmp_path):
    new, old = run(tmp_path, 0), run(tmp_path, 1, name="deep one")
    app = MliApp(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: previewed(app) == new.run_id)
        assert displayed(app, "#presets")
        left, right = app.screen.query_one("#lists").region, app.screen.query_one("#beside").region
        assert (left.right, right.right) == (right.x, 160)
        assert [str(column.label) for column in pane_of(app).table.ordered_columns][-1] == "age↑"
        await pilot.press("tab", "j")
        await until(pilot, lambda: previewed(app) == "deep one")
        assert old.folder.exists()
        await pilot.press("v")
        await until(pilot, lambda: not displayed(app, "#beside"))
        assert app.screen.query_one("#lists").region.width == 160
        await pilot.press("v")
        await until(pilot, lambda: displayed(app, "#beside"))


async def test_what_was_read_for_a_run_that_the_cursor_has_left_is_not_shown(tmp_path):
    new, old = run(tmp_path, 0), run(tmp_path, 1)
    app = MliApp(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await listed(pilot, 2)
        await until(pilot, lambda: previewed(app) == new.run_id)
        late = Previewed(row_of(old), run=listing.read_run(old))
        preview(app).post_message(late)
        await pilot.pause(0.1)
        assert previewed(app) == new.run_id
        await grouped(pilot, "status")
        await until(pilot, lambda: said(app).startswith("done: 2 runs"))
        preview(app).post_message(late)
        await pilot.pause(0.1)
        assert said(app).startswith("done: 2 runs")


@pytest.mark.parametrize("size", [(160, 10), (160, 3), (40, 12), (20, 6), (1, 1)])
async def test_any_size_draws(tmp_path, size):
    run(tmp_path, 0)
    app = MliApp(tmp_path, chosen=Settings(preview="on"))
    async with app.run_test(size=(120, 40)) as pilot:
        await listed(pilot, 1)
        await until(pilot, lambda: previewed(app))
        await pilot.resize_terminal(*size)
        await pilot.press("j", "tab", "tab")
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: displayed(app, "#preview-error"))
    assert app.return_code in (0, None)


async def test_it_moves_when_the_terminal_becomes_narrow_and_back(tmp_path):
    new = run(tmp_path, 0)
    app = MliApp(tmp_path, chosen=Settings(preview="on"))
    async with app.run_test(size=(200, 60)) as pilot:
        await listed(pilot, 1)
        await until(pilot, lambda: previewed(app) == new.run_id)
        for size, slot in (((120, 40), "above"), ((200, 60), "beside")):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: preview(app).parent.id == slot and previewed(app) == new.run_id)  # noqa: B023
            assert displayed(app, f"#{slot}")
            assert len(app.screen.query(Preview)) == 1


async def test_a_sweep_and_a_heading_are_told_in_lines_and_a_run_again_in_curves(tmp_path):
    make_sweep.made(tmp_path, over=("model.depth=4,6",), missing=1)
    new = run(tmp_path, 40)
    app = MliApp(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await listed(pilot, 2)
        await until(pilot, lambda: said(app) == "1 of 2 done, 1 waiting")
        assert displayed(app, "#preview-text")
        assert not displayed(app, "#preview-curves")
        assert preview(app).query_one("#preview-text", Lines).content.plain.split()[0] == "model.depth"
        await grouped(pilot, "status")
        await until(pilot, lambda: said(app) == "done: 1 run (done)")
        await grouped(pilot, "")
        await pilot.press("G")
        await until(pilot, lambda: previewed(app) == new.run_id)
        await until(pilot, lambda: displayed(app, "#preview-curves") and not displayed(app, "#preview-text"))


async def test_it_follows_a_live_run_and_rests_below_another_screen(tmp_path, monkeypatch):
    live = make_run.live(tmp_path, epochs=5)
    app = MliApp(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await listed(pilot, 1)
        await until(pilot, lambda: plot(app, "loss").plot.title == "loss to epoch 5")
        writer = Writer(live.events)
        for event in make_run.training(10)[-3:]:
            writer.append(event)
        await until(pilot, lambda: plot(app, "loss").plot.title == "loss to epoch 10")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view)
        await until(pilot, lambda: preview(app)._watcher._asked[0] is None)
        for event in make_run.training(15)[-3:]:
            writer.append(event)
        writer.close()
        await pilot.press("escape")
        await until(pilot, lambda: plot(app, "loss").plot.title == "loss to epoch 15")


async def test_a_run_that_is_renamed_is_called_so_above_its_preview(tmp_path):
    paths = run(tmp_path, 0)
    app = MliApp(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await listed(pilot, 1)
        await until(pilot, lambda: previewed(app) == paths.run_id)
        labels.change(paths, lambda _: Labels(name="deep one"))
        pane_of(app).look_again()
        await until(pilot, lambda: str(preview(app).border_title) == "Preview  deep one")


async def test_nothing_is_taken_from_the_presets_for_it_before_the_first_run(tmp_path):
    app = MliApp(tmp_path, first_start=True)
    async with app.run_test(size=(200, 60)) as pilot:
        await until(pilot, lambda: pane_of(app).listed)
        assert not displayed(app, "#beside")
        new = run(tmp_path, 0)
        pane_of(app).look_again()
        await until(pilot, lambda: displayed(app, "#beside") and previewed(app) == new.run_id)


async def test_without_runs_it_says_what_it_is_for(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: said(app) == "the run under the cursor of the list is shown here in small")


async def test_what_a_stranger_wrote_is_shown_harmless(tmp_path):
    paths = run(tmp_path, 0)
    labels.place(paths).write_text(f"name = {quoted(HOSTILE)}\ntags = [{quoted(HOSTILE)}]\nnote = {quoted(HOSTILE)}\n")
    app = MliApp(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: "\\x1b]52" in below(app) and "\\x1b]52" in previewed(app))
        assert "".join(below(app).split("\n")).isprintable()
        assert previewed(app).isprintable()
    assert labels.read(paths) != Labels()


@pytest.mark.parametrize("key", ["", "status"])
async def test_nothing_is_painted_where_nothing_changes(tmp_path, monkeypatch, key):
    run(tmp_path, 0)
    app = MliApp(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await listed(pilot, 1)
        await grouped(pilot, key)
        await until(pilot, lambda: said(app).startswith("done: 1 run" if key else "error stays"))
        await pilot.pause(0.5)
        painted = []
        for widget in (preview(app), *preview(app).query("*")):
            monkeypatch.setattr(widget, "refresh", lambda *regions, **_: painted.append(regions))
        pane_of(app).look_again()
        pane_of(app)._show()
        await pilot.pause(0.3)
        assert painted == []
