"""The list of runs through Pilot: every key, and what it leaves on the disk and on the screen."""

import csv
import subprocess
import threading

import msgspec
import pytest
from textual import events
from textual.containers import VerticalScroll
from textual.widgets import Input, OptionList, Static

from backends.runs import labels, listing, removal, workers
from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from backends.runs.paths import RunPaths
from mli_tui import app as app_module
from mli_tui import completing, exporting, settings, watch
from mli_tui.app import MliApp
from mli_tui.screens.compare import CompareScreen
from mli_tui.screens.export import ExportScreen
from mli_tui.screens.prompt import PromptScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.start import StartScreen
from mli_tui.screens.sweep import SweepScreen
from mli_tui.screens.text import TextScreen
from mli_tui.trash import Trash
from mli_tui.widgets import runs_table
from mli_tui.widgets.runs_list import Beginning
from mli_tui.widgets.runs_pane import RunsPane, alone_in
from presets import load, override
from presets.loader import to_toml
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.test_app import SIZE, notes, text_of, until  # noqa: F401 - notes is a fixture

HOSTILE = "\x1b]52;c;aGk=\x07[b]x[/] \u202e"


def run(root, number, *settings, made=make_run.finished, **written):
    """Make a run; the higher the number, the older."""
    paths = made(root, f"quick-20260921-1200{59 - number:02d}-{number:04x}")
    if settings:
        paths.experiment.write_text(to_toml(override(load("quick"), list(settings))))
    make_run.older(paths, number)
    if written:
        labels.change(paths, lambda _: Labels(**written))
    return paths


def pane_of(app):
    return app.screen_stack[1].query_one(RunsPane)


def shown(app):
    """Ids of the runs in the table, from top to bottom."""
    table = pane_of(app).table
    return [row.key.value for row in table.ordered_rows]


def cells(app, run_id):
    return [str(cell) for cell in pane_of(app).table.get_row(run_id)]


async def listed(pilot, count):
    await until(pilot, lambda: pane_of(pilot.app).table.row_count == count)
    await pilot.press("tab")


def title(app):
    return str(pane_of(app).table.border_title)


async def test_space_marks_and_c_opens_the_marked_together(tmp_path, notes):  # noqa: F811
    ids = [run(tmp_path, n).run_id for n in range(3)]
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 3)
        await pilot.press("space", "c")
        await until(pilot, lambda: notes)
        assert notes[0][0] == "compare needs two runs or more: space marks the one under the cursor"
        await pilot.press("space", "space")
        assert [cells(app, one)[0] for one in ids] == ["● quick"] * 3
        assert "3 marked" in title(app)
        await pilot.press("space")
        assert cells(app, ids[2])[0] == "quick"
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.comparison.groups)
        assert sorted(view.run_id for view in app.screen.comparison.views) == sorted(ids[:2])
        await pilot.press("escape", "escape")
        assert "marked" not in title(app)


async def test_a_marked_sweep_is_compared_by_all_its_runs(tmp_path):
    make_sweep.made(tmp_path, over=("model.depth=4,6", "train.seed=0..1"))
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("space", "c")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.comparison.groups)
        assert [group.seeds for group in app.screen.comparison.groups] == [(0, 1), (0, 1)]


async def test_slash_filters_while_typing_and_escape_clears(tmp_path):
    deep = run(tmp_path, 0, "model.depth=10", name="deep one", tags=("paper",))
    flat = run(tmp_path, 1, "model.depth=3")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        await pilot.press("slash", *"depth<5")
        assert shown(app) == [flat.run_id]
        assert "1 of 2" in title(app)
        app.screen.query_one(Input).value = "depht>5 tag:paper"
        await until(pilot, lambda: shown(app) == [deep.run_id])
        said = app.screen.query_one("#filter-said", Static)
        assert str(said.content) == "depht is no key; depth?"
        app.screen.query_one(Input).value = "tag:none"
        await until(pilot, lambda: shown(app) == [])
        assert "escape clears it" in str(app.screen.query_one("#empty", Static).content)
        app.screen.query_one(Input).value = "tag:paper"
        await pilot.press("enter")
        assert app.focused is pane_of(app).table
        assert shown(app) == [deep.run_id]
        await pilot.press("escape")
        assert shown(app) == [deep.run_id, flat.run_id]
        assert not app.screen.query_one("#filter-line").display
        await pilot.press("slash", "x", "y", "escape")
        assert len(shown(app)) == 2
        assert app.focused is pane_of(app).table


@pytest.mark.parametrize("key", ["tab", "right"])
async def test_the_filter_suggests_keys_and_values_of_the_runs_and_a_key_takes_them(tmp_path, key):
    deep = run(tmp_path, 0, "model.depth=10", tags=("paper",))
    run(tmp_path, 1, "model.depth=3")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        await pilot.press("slash", "t", "a")
        line = app.screen.query_one(Input)
        await until(pilot, lambda: line._suggestion == "tag:")
        await pilot.press(key)
        assert line.value == "tag:"
        await until(pilot, lambda: line._suggestion == "tag:paper")
        await pilot.press(key)
        assert line.value == "tag:paper"
        assert app.focused is line
        assert shown(app) == [deep.run_id]


async def test_tab_leaves_the_filter_where_nothing_is_suggested(tmp_path):
    run(tmp_path, 0)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("slash", *"quick", "tab")
        assert app.focused is pane_of(app).table


async def test_what_completes_is_looked_for_in_a_thread(tmp_path, monkeypatch):
    run(tmp_path, 0)
    threads = []
    monkeypatch.setattr(
        completing.Completer, "line", lambda self, typed: threads.append(threading.current_thread()) or None
    )
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("slash", "t")
        await until(pilot, lambda: threads)
    assert threading.main_thread() not in threads


async def test_a_sign_on_its_way_keeps_what_is_shown_and_is_told(tmp_path):
    deep = run(tmp_path, 0, "model.depth=10")
    run(tmp_path, 1, "model.depth=3")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        await pilot.press("slash", *"depth>5")
        assert shown(app) == [deep.run_id]
        await pilot.press("backspace")
        assert shown(app) == [deep.run_id]
        assert str(app.screen.query_one("#filter-said", Static).content) == "depth> needs a value"
        await pilot.press("backspace", *"!=10")
        assert len(shown(app)) == 1 and shown(app) != [deep.run_id]
        assert str(app.screen.query_one("#filter-said", Static).content) == ""


def labels_of(app):
    return [str(column.label) for column in pane_of(app).table.ordered_columns]


PLAIN = ["run", "seed", "status", "epochs", "lin./homog.", "age↑"]


async def test_columns_show_the_curve_and_what_differs_among_the_runs_listed(tmp_path):
    ids = [run(tmp_path, n, f"model.depth={depth}", "model.bias=all").run_id for n, depth in enumerate((10, 3, 8))]
    run(tmp_path, 3, made=make_run.live)
    app = MliApp(tmp_path)
    async with app.run_test(size=(140, 40)) as pilot:
        await listed(pilot, 4)
        assert labels_of(app)[:8] == [*PLAIN, "error(alpha)", "depth"]
        assert [cells(app, one)[6:8] for one in ids] == [["▇▇▇▇▇▇▇▇▅▁▁▁", depth] for depth in ("10", "3", "8")]
        assert cells(app, "quick-20260921-120056-0003")[6] == ""  # nothing is measured yet
        await pilot.press("slash", *"depth=3")
        assert labels_of(app)[7] == "depth"  # a column that goes at a letter comes back at the next one
        await pilot.press("enter")
        assert labels_of(app)[6:9] == ["error(alpha)", "bias gap", "train loss"]
        await pilot.press("escape")
        assert labels_of(app)[7] == "depth"


async def columns(pilot, line):
    await pilot.press("C")
    await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
    pilot.app.screen.query_one(Input).value = line
    await pilot.press("enter")


async def test_shift_c_asks_for_columns_which_are_sorted_by_and_remembered(tmp_path):
    deep, flat = run(tmp_path, 0, "model.depth=10"), run(tmp_path, 1, "model.depth=3")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        await columns(pilot, "gap dephth")
        assert str(app.screen.query_one("#said", Static).content) == "dephth is no key; depth?"
        line = app.screen.query_one(Input)
        line.value = "gap cur"
        await until(pilot, lambda: line._suggestion == "gap curve")
        line.value = "gap dep"
        await until(pilot, lambda: line._suggestion == "gap depth")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: labels_of(app)[6:8] == ["bias gap", "depth"])
        assert cells(app, deep.run_id)[6:8] == ["1.300", "10"]
        await pilot.press("o", "o")
        assert shown(app) == [flat.run_id, deep.run_id]
        assert labels_of(app)[7] == "depth↑"
        await until(pilot, lambda: settings.load(settings.settings_file())[0].columns == "gap depth")
    app = MliApp(tmp_path, chosen=settings.load(settings.settings_file())[0])
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        assert labels_of(app)[6:8] == ["bias gap", "depth"]
        await columns(pilot, "")
        await until(pilot, lambda: labels_of(app)[6:8] == ["error(alpha)", "depth"])


async def test_columns_that_have_no_room_are_named(tmp_path, notes):  # noqa: F811
    run(tmp_path, 0)
    app = MliApp(tmp_path)
    async with app.run_test(size=(92, 24)) as pilot:
        await listed(pilot, 1)
        await columns(pilot, "depth gap loss")
        await until(pilot, lambda: labels_of(app)[6:] == ["depth"])
        await until(pilot, lambda: notes)
        await pilot.resize_terminal(90, 24)
        await pilot.press("o", "down")
        await pilot.pause()
    assert [note[0] for note in notes] == [  # once, not again with each redraw
        "no room in 92 columns for bias gap, train loss; a wider terminal shows them"
    ]


async def test_a_click_on_the_head_of_the_curves_sorts_by_nothing(tmp_path):
    run(tmp_path, 0)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        table = pane_of(app).table
        place = [column.key.value for column in table.ordered_columns].index("curve")
        x = sum(column.get_render_width(table) for column in table.ordered_columns[:place]) + 2
        await pilot.click(table, offset=(x, 1))
        assert labels_of(app)[:7] == [*PLAIN, "error(alpha)"]
        await pilot.click(table, offset=(2, 1))
        assert labels_of(app)[0] == "run↑"


async def test_settings_with_columns_that_are_no_keys_are_told_and_the_others_shown(tmp_path, notes):  # noqa: F811
    run(tmp_path, 0)
    app = MliApp(tmp_path, chosen=settings.Settings(columns="dephth gap"))
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        assert labels_of(app)[6] == "bias gap"
    assert notes[0][0] == "settings.toml: columns = 'dephth gap': dephth is no key; depth?"


async def test_the_app_begins_with_a_filter_and_groups(tmp_path):
    deep, mid = run(tmp_path, 0, "model.depth=10"), run(tmp_path, 1, "model.depth=8")
    run(tmp_path, 2, "model.depth=3")
    app = MliApp(tmp_path, beginning=Beginning("depth>5", "depth"))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: pane_of(app).table.row_count == 4)
        assert app.focused is pane_of(app).table
        assert [one for one in shown(app) if one in (deep.run_id, mid.run_id)] == [mid.run_id, deep.run_id]
        await until(pilot, lambda: "2 of 3  by model.depth" in title(app))
        assert app.screen.query_one("#filter", Input).value == "depth>5"
        await pilot.press("slash", "0")
        assert shown(app) == []
        await pilot.press("escape")
        await until(pilot, lambda: pane_of(app).table.row_count == 6)


async def test_o_sorts_by_the_next_column_and_shift_o_turns(tmp_path):
    old = run(tmp_path, 2, "train.seed=1")
    new = run(tmp_path, 1, "train.seed=5")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        assert shown(app) == [new.run_id, old.run_id]
        assert "age↑" in labels_of(app)
        await pilot.press("O")
        assert shown(app) == [old.run_id, new.run_id]
        assert "age↓" in labels_of(app)
        await pilot.press("o", "o", "o", "o")  # bias gap, train loss, run, seed: those that are shown
        assert "see↑" in labels_of(app)
        assert shown(app) == [old.run_id, new.run_id]
        await pilot.press("O")
        assert shown(app) == [new.run_id, old.run_id]


async def grouped(pilot, key):
    await pilot.press("b")
    await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
    pilot.app.screen.query_one(Input).value = key
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, PromptScreen))


async def test_b_groups_by_a_key_and_enter_on_a_heading_folds(tmp_path):
    new, old, flat = run(tmp_path, 0), run(tmp_path, 1), run(tmp_path, 2, "model.depth=3")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 3)
        await grouped(pilot, "depth")
        headings = ["model.depth:3", "model.depth:8"]
        assert shown(app) == [headings[0], flat.run_id, headings[1], new.run_id, old.run_id]
        assert cells(app, headings[1])[:4] == ["▾ depth 8", "", "2 runs", "median"]
        assert cells(app, flat.run_id)[0] == "  quick"
        assert "by model.depth" in title(app)
        assert str(app.screen.query_one("#about", Static).content).startswith("depth 3: 1 run (done); enter folds")
        await pilot.press("j", "j", "enter")
        assert shown(app) == [headings[0], flat.run_id, headings[1]]
        assert pane_of(app).table.chosen_group.id == headings[1]
        assert not isinstance(app.screen, RunScreen)
        await pilot.press("enter", "O")
        assert shown(app) == [headings[0], flat.run_id, headings[1], old.run_id, new.run_id]
        await grouped(pilot, "")
        assert shown(app) == [flat.run_id, old.run_id, new.run_id]


async def test_while_a_filter_is_typed_a_heading_still_tells_the_key_that_folds_it(tmp_path):
    run(tmp_path, 0)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await grouped(pilot, "depth")
        await pilot.press("k", "slash", "q")
        assert pane_of(app).table.chosen_group
        assert "; enter folds and unfolds" in str(app.screen.query_one("#about", Static).content)


async def test_the_key_to_group_by_is_completed_and_one_that_is_none_is_refused(tmp_path):
    run(tmp_path, 0)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("b", *"dpeth", "enter")
        assert isinstance(app.screen, PromptScreen)
        assert str(app.screen.query_one("#said", Static).content) == "dpeth is no key; depth?"
        line = app.screen.query_one(Input)
        line.value = ""
        await pilot.press(*"sta")
        await until(pilot, lambda: line._suggestion == "status")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: shown(app)[0] == "status:done")


async def test_space_on_a_heading_marks_its_runs_and_what_needs_a_run_does_nothing_there(tmp_path, notes):  # noqa: F811
    ids = [run(tmp_path, n).run_id for n in range(2)]
    run(tmp_path, 2, "model.depth=3")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 3)
        await grouped(pilot, "depth")
        await pilot.press("j", "j", "d", "p", "T", "s")
        assert app.screen is app.screen_stack[1]
        await pilot.press("space")
        assert [row.run_id for row in pane_of(app).marked] == ids
        assert "2 marked" in title(app)
        assert cells(app, "model.depth:8")[0] == "▾ ● depth 8"
        await pilot.press("k", "space")
        assert pane_of(app).marked == []
    assert [text for text, _ in notes] == ["no run is under the cursor"]


async def test_i_tells_all_of_a_run_without_leaving_the_list(tmp_path):
    told = run(tmp_path, 0, name="deep one")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        assert told.run_id in app.screen.text
        assert "bias" in app.screen.text
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)


async def test_i_tells_all_of_a_sweep(tmp_path):
    paths = make_sweep.made(tmp_path, over=("model.depth=4,6",), missing=1)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        assert app.screen.text.startswith("1 of 2 done, 1 waiting\n\nmodel.depth")
        assert paths.run_id in app.screen._title


async def test_a_table_wider_than_the_screen_scrolls_sideways_and_text_is_wrapped(tmp_path):
    make_sweep.made(tmp_path, over=("model.depth=4,6", "model.init_scale=0.5,0.7"))
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot, 1)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        text, table = app.screen.query(Static)
        assert table.region.height == len(app.screen.text.splitlines()) - 2  # a line a row
        assert table.region.width > 80 > text.region.width
        scroll = app.screen.query_one(VerticalScroll)
        for key, x in (("l", 8), ("l", 16), ("h", 8), ("h", 0), ("h", 0)):
            await pilot.press(key)
            assert scroll.scroll_offset.x == x


async def test_what_i_tells_of_a_run_has_a_line_a_row_in_80_columns(tmp_path):
    run(tmp_path, 0)
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot, 1)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        assert app.screen.query_one(VerticalScroll).show_horizontal_scrollbar is False
        rows = [line for line in app.screen.text.splitlines() if line.startswith(("path", "linear", "homogeneous"))]
        tables = [one for one in app.screen.query(Static) if str(one.content).startswith("path")]
        assert [str(one.content).splitlines() for one in tables] == [rows]
        assert [one.region.height for one in tables] == [5]


async def test_several_keys_make_a_tree_that_folds_and_marks_at_every_level(tmp_path):
    four, more = (run(tmp_path, n, "model.depth=4", f"train.seed={n}").run_id for n in (0, 1))
    six = run(tmp_path, 2, "model.depth=6").run_id
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 3)
        await grouped(pilot, "depth seed")
        outer, inner = "model.depth:4", "model.depth:4\nseed:0"
        rest = ["model.depth:4\nseed:1", more, "model.depth:6", "model.depth:6\nseed:0", six]
        assert "by model.depth, seed" in title(app)
        assert shown(app) == [outer, inner, four, *rest]
        assert [cells(app, one)[0] for one in (outer, inner, four)] == ["▾ depth 4", "  ▾ seed 0", "    quick"]
        await pilot.press("j", "enter")
        assert shown(app) == [outer, inner, *rest]
        await pilot.press("k", "enter")
        assert shown(app) == [outer, *rest[2:]]
        await pilot.press("space")
        assert [row.run_id for row in pane_of(app).marked] == [four, more]
        assert cells(app, outer)[0] == "▸ ● depth 4"
        await pilot.press("k", "enter")
        assert shown(app) == [outer, inner, *rest], "the fold below is remembered"
        assert cells(app, inner)[0] == "  ▸ ● seed 0"


async def test_a_marks_all_that_the_filter_leaves_and_unmarks_them(tmp_path):
    ids = {n: run(tmp_path, n, f"model.depth={depth}").run_id for n, depth in enumerate((8, 3, 8))}
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 3)
        await pilot.press("slash", *"depth", "equals_sign", "8", "enter", "A")
        assert {row.run_id for row in pane_of(app).marked} == {ids[0], ids[2]}
        await pilot.press("A")
        assert pane_of(app).marked == []
        await pilot.press("space", "A", "escape", "A")
        assert {row.run_id for row in pane_of(app).marked} == set(ids.values())


async def test_a_click_on_a_head_sorts_by_it_and_a_second_one_turns(tmp_path):
    first = run(tmp_path, 2, "train.seed=1")
    second = run(tmp_path, 1, "train.seed=5")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        await pilot.click("#runs", offset=(27, 1))
        assert shown(app) == [first.run_id, second.run_id]
        await pilot.click("#runs", offset=(27, 1))
        assert shown(app) == [second.run_id, first.run_id]


async def test_shift_t_tags_and_says_what_does_not_fit(tmp_path):
    paths = run(tmp_path, 0, tags=("old",))
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        line = app.screen.query_one(Input)
        assert line.value == "old"
        line.value = "x" * 31
        await until(pilot, lambda: "at most 30 characters" in str(app.screen.query_one("#said", Static).content))
        await pilot.press("enter")
        assert isinstance(app.screen, PromptScreen)
        line.value = "paper, v2"
        await pilot.press("enter")
        await until(pilot, lambda: "#paper #v2" in cells(app, paths.run_id)[-1])
    assert labels.read(paths).tags == ("paper", "v2")


async def test_tags_of_marked_runs_change_together(tmp_path):
    first, second = run(tmp_path, 0, tags=("a", "own")), run(tmp_path, 1, tags=("a",))
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        await pilot.press("space", "space", "T")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        assert app.screen.query_one(Input).value == "a"
        app.screen.query_one(Input).value = "b"
        await pilot.press("enter")
        await until(pilot, lambda: labels.read(second).tags == ("b",))
    assert labels.read(first).tags == ("b", "own")


async def test_shift_r_renames_and_the_name_is_everywhere(tmp_path):
    paths = run(tmp_path, 0)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await pilot.press(*"deep", "space", *"one", "enter")
        await until(pilot, lambda: cells(app, paths.run_id)[0] == "deep one")
        await until(pilot, lambda: "deep one  quick-" in str(app.screen.query_one("#about", Static).content))
        await pilot.press("enter")
        await until(pilot, lambda: "deep one " in text_of(app, "heading"))
        assert isinstance(app.screen, RunScreen)
        await pilot.press("i")
        await until(pilot, lambda: str(app.screen.query_one("VerticalScroll").border_title).startswith("deep one"))


async def test_a_name_that_another_run_has_is_refused_while_it_is_typed(tmp_path):
    sweep = make_sweep.made(tmp_path, over=("train.seed=0,1",))
    inside = sorted(tmp_path.glob("quick-*"))[0]
    labels.change(RunPaths(inside), lambda _: Labels(name="inside"))
    own, other = run(tmp_path, 40, name="mine"), run(tmp_path, 41, name="deep")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 3)
        await until(pilot, lambda: shown(app) == [f"sweeps/{sweep.run_id}", own.run_id, other.run_id])
        await pilot.press("j", "R")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        said = lambda: str(app.screen.query_one("#said", Static).content)  # noqa: E731
        for typed, told in (
            ("deep", f"{other.run_id} has this name already"),
            (" deep ", f"{other.run_id} has this name already"),
            ("inside", f"{inside.name} has this name already"),
            (other.run_id, "this is the id of another run"),
            ("dee", "stands for the id everywhere, also on the command line; empty: none"),
            ("mine", "stands for the id everywhere, also on the command line; empty: none"),
        ):
            app.screen.query_one(Input).value = typed
            await until(pilot, lambda: said() == told)  # noqa: B023
        app.screen.query_one(Input).value = "deep"
        await pilot.press("enter")
        assert isinstance(app.screen, PromptScreen)
    assert labels.read(own).name == "mine"


async def test_a_prompt_that_is_left_changes_nothing(tmp_path):
    paths = run(tmp_path, 0, name="old")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        for key in ("R", "N", "T"):
            await pilot.press(key, "x", "escape")
            await until(pilot, lambda: not isinstance(app.screen, PromptScreen))
    assert labels.read(paths) == Labels(name="old")


async def test_shift_n_notes(tmp_path):
    paths = run(tmp_path, 0)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("N", *"why", "enter")
        await until(pilot, lambda: cells(app, paths.run_id)[-1] == "why")
    assert labels.read(paths) == Labels(note="why")


async def test_p_pins_to_the_top_and_lets_go(tmp_path):
    new, old = run(tmp_path, 0), run(tmp_path, 1)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        await pilot.press("j", "p")
        await until(pilot, lambda: shown(app) == [old.run_id, new.run_id])
        assert cells(app, old.run_id)[0] == "▲ quick"
        assert pane_of(app).chosen.run_id == old.run_id
        await pilot.press("p")
        await until(pilot, lambda: shown(app) == [new.run_id, old.run_id])
    assert labels.read(old) == labels.NONE


async def test_labels_of_a_strangers_run_are_refused_in_one_line(tmp_path, monkeypatch, notes):  # noqa: F811
    paths = run(tmp_path, 0)
    monkeypatch.setattr("backends.runs.paths.os.geteuid", lambda: paths.folder.stat().st_uid + 1)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("p")
        await until(pilot, lambda: notes)
    assert notes[0][0] == f"run {paths.run_id}: belongs to another user, so it is only shown"


async def test_d_deletes_without_asking_and_u_brings_it_back(tmp_path, notes):  # noqa: F811
    ids = [run(tmp_path, n).run_id for n in range(3)]
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 3)
        await pilot.press("j", "d")
        await until(pilot, lambda: shown(app) == [ids[0], ids[2]])
        assert notes[0][0] == f"{ids[1]}: deleted; u undoes (until the app quits)"
        assert pane_of(app).chosen.run_id == ids[2]
        await pilot.press("k", "space", "space", "d")
        await until(pilot, lambda: shown(app) == [ids[0], ids[2]] or shown(app) == [])
        await pilot.press("u")
        await until(pilot, lambda: len(shown(app)) == 2)
        await pilot.press("u")
        await until(pilot, lambda: shown(app) == ids)
        await pilot.press("u")
        await until(pilot, lambda: notes[-1][0] == "nothing was deleted that could come back")


async def test_the_notice_of_a_deletion_names_the_users_own_key(tmp_path, notes):  # noqa: F811
    run(tmp_path, 0)
    app = MliApp(tmp_path, keymap={"runs.undo": "U"})
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("d")
        await until(pilot, lambda: notes and "deleted; U undoes" in notes[0][0])
        await pilot.press("U")
        await until(pilot, lambda: len(shown(app)) == 1)


async def test_marked_runs_are_deleted_together(tmp_path, notes):  # noqa: F811
    ids = [run(tmp_path, n).run_id for n in range(3)]
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 3)
        await pilot.press("space", "space", "k", "d")
        await until(pilot, lambda: shown(app) == [ids[2]])
        assert notes[0][0].startswith(f"{ids[0]} and 1 more: deleted")
        await pilot.press("u")
        await until(pilot, lambda: shown(app) == ids)


async def test_a_sweep_is_deleted_with_its_runs(tmp_path):
    paths = make_sweep.made(tmp_path, over=("train.seed=0..2",))
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("d")
        await until(pilot, lambda: shown(app) == [])
        assert listing.list_runs(tmp_path) == []
        await pilot.press("u")
        await until(pilot, lambda: shown(app) == [f"sweeps/{paths.run_id}"])
        await pilot.press("R", *"grid", "enter")
        await until(pilot, lambda: cells(app, f"sweeps/{paths.run_id}")[0] == "grid")
        await pilot.press("enter")
        await until(pilot, lambda: text_of(app, "heading").startswith("grid, sweep of quick"))
        assert isinstance(app.screen, SweepScreen)


async def test_a_live_run_is_not_deleted(tmp_path, notes):  # noqa: F811
    live = make_run.live(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("d")
        await pilot.pause(0.2)
        assert live.folder.exists()
    assert [text for text, _ in notes] == ["this run is running: stop it first, then delete it"]


async def test_s_r_and_e_do_to_the_run_under_the_cursor_what_they_did(tmp_path, monkeypatch, notes):  # noqa: F811
    live, done = make_run.live(tmp_path / "runs"), run(tmp_path / "runs", 30)
    stopped = run(tmp_path / "runs", 40, made=make_run.stopped)
    monkeypatch.chdir(tmp_path)
    asked = []
    monkeypatch.setattr(workers, "send_stop", lambda paths, *a: asked.append(("stop", paths.run_id)))
    monkeypatch.setattr("backends.runs.launch.start", lambda paths, **_: asked.append(("start", paths.run_id)) or "")
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 3)
        await pilot.press("r", "s")
        await until(pilot, lambda: asked == [("stop", live.run_id)])
        await pilot.press("j", "s", "r", "e", "c")
        await until(pilot, lambda: (tmp_path / f"{done.run_id}-curves.csv").exists())
        await pilot.press("j", "s", "r")
        await until(pilot, lambda: asked[1:] == [("start", stopped.run_id)])


async def test_e_exports_the_marked_runs_together(tmp_path, monkeypatch, notes):  # noqa: F811
    marked = [run(tmp_path / "runs", n).run_id for n in range(2)]
    run(tmp_path / "runs", 2)
    monkeypatch.chdir(tmp_path)
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 3)
        await pilot.press("space", "space", "k", "e")
        await until(pilot, lambda: isinstance(app.screen, ExportScreen))
        offers = app.screen.query_one(OptionList)
        said = [str(offers.get_option_at_index(i).prompt) for i in range(offers.option_count)]
        assert said[0] == "c   curves, biases, device of 2 runs as CSV"
        assert [line[0] for line in said] == ["c", "p", "v", "f", "s", "t", "w"]
        await pilot.press("c")
        await until(pilot, lambda: notes)
    (written,) = tmp_path.glob("2-runs-*-curves.csv")
    with written.open() as file:
        assert {row["run_id"] for row in csv.DictReader(file)} == set(marked)
    assert notes[0][0].startswith(f"written: {written} and 2-runs-")


async def test_e_copies_the_list_as_shown_and_the_folder(tmp_path, monkeypatch):
    deep, flat = run(tmp_path, 0, "model.depth=10"), run(tmp_path, 1, "model.depth=3")
    copied = []
    monkeypatch.setattr(MliApp, "copy_to_clipboard", lambda self, text: copied.append(text))
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        await pilot.press("slash", *"depth<5", "enter", "e", "t")
        await until(pilot, lambda: copied)
        await pilot.press("e", "w")
        await until(pilot, lambda: len(copied) == 2)
    head, *rows = copied[0].splitlines()
    assert head.split()[:3] == ["run", "preset", "status"]
    assert [row.split()[0] for row in rows] == [flat.run_id]
    assert copied[1] == str(flat.folder)
    assert deep.folder.exists()


async def test_e_draws_one_run_as_the_command_does_and_a_sweep_by_its_own(tmp_path, monkeypatch):
    paths = make_sweep.made(tmp_path, over=("model.depth=4,6",))
    alone = run(tmp_path, 0, "model.depth=10")
    asked = []
    ended = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(exporting.subprocess, "run", lambda command, **_: asked.append(command) or ended)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        await grouped(pilot, "status")
        await pilot.press("e")
        assert app.screen is app.screen_stack[1], "a heading has nothing to export"
        await grouped(pilot, "")
        for _ in range(2):
            await pilot.press("e", "v")
            await until(pilot, lambda: app.screen is app.screen_stack[1])
            await pilot.press("j")
        await until(pilot, lambda: len(asked) == 2)
    told = {" ".join(command).partition("--runs-dir")[2].partition(" --save")[0] for command in asked}
    assert told == {f" {tmp_path} plot {alone.run_id} --metric both", f" {tmp_path} sweep-show {paths.run_id}"}


async def test_labels_that_somebody_else_wrote_are_shown_harmless(tmp_path):
    paths = run(tmp_path, 0)
    content = f"name = {_quoted(HOSTILE)}\ntags = [{_quoted(HOSTILE)}]\nnote = {_quoted(HOSTILE)}\n"
    labels.place(paths).write_text(content)
    app = MliApp(tmp_path)
    async with app.run_test(size=(200, 60)) as pilot:
        await listed(pilot, 1)
        texts = [*cells(app, paths.run_id), str(app.screen.query_one("#about", Static).content)]
        assert all(text.isprintable() for text in texts)
        assert texts[0].startswith("\\x1b]52;c;aGk=\\x07[b]x[/] \\u202e")
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        assert app.screen.query_one(Input).value.isprintable()
        await pilot.press("escape", "enter")
        await until(pilot, lambda: "[b]x[/]" in text_of(app, "heading"))
        assert text_of(app, "heading").isprintable()


def _quoted(text):
    return '"' + "".join(f"\\u{ord(c):04x}" for c in text) + '"'


async def test_thousands_of_rows_are_taken_by_and_by_and_only_what_differs_is_changed(tmp_path, monkeypatch):
    rows = tuple(
        listing.RunRow(run_id=f"quick-{n:04}", preset="quick", seed=n, status="done", created=-float(n))
        for n in range(2_000)
    )
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        pane = pane_of(app)
        pane._watcher.stop()
        await pilot.press("tab")
        pane.post_message(watch.RunsListed(rows))
        await until(pilot, lambda: pane.table.row_count == runs_table.STEP)
        assert "2,000" in title(app)
        await pilot.press("ctrl+end")
        await until(pilot, lambda: pane.chosen.run_id == "quick-1999")
        await pilot.press("ctrl+home")
        updated = []
        monkeypatch.setattr(pane.table, "update_cell", lambda *place, **_: updated.append(place[:2]))
        monkeypatch.setattr(pane.table, "clear", lambda **_: pytest.fail("filled anew"))
        changed = msgspec.structs.replace(rows[3], epochs=5)
        pane.post_message(watch.RunsListed((*rows[:3], changed, *rows[4:])))
        await until(pilot, lambda: updated)
        assert updated == [("quick-0003", "epochs")]


async def test_while_the_list_fills_the_cursor_is_on_the_first_row_unless_it_was_moved(tmp_path):
    new, old = (listing.RunRow(run_id=f"q-{n}", preset="q", seed=n, status="done", created=-float(n)) for n in (0, 1))
    pinned = listing.RunRow(
        run_id="p", preset="q", seed=0, status="done", created=-9.0, labels=Labels(name="", pinned=True)
    )
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        pane = pane_of(app)
        pane._watcher.stop()
        for rows, complete in (((new, old), False), ((new, old, pinned), True)):
            pane.post_message(watch.RunsListed(rows, complete))
            await until(pilot, lambda: pane.table.row_count == len(rows))  # noqa: B023
        await until(pilot, lambda: pane.chosen.run_id == "p")
        await pilot.press("tab", "j")
        assert pane.chosen.run_id == "q-0"
        pane.post_message(watch.RunsListed((msgspec.structs.replace(pinned, run_id="p2"), new, old, pinned), True))
        await until(pilot, lambda: pane.table.row_count == 4)
        assert pane.chosen.run_id == "q-0"


async def test_scrolling_near_the_end_takes_more_rows(tmp_path):
    rows = tuple(
        listing.RunRow(run_id=f"quick-{n:04}", preset="quick", seed=n, status="done", created=-float(n))
        for n in range(700)
    )
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        pane = pane_of(app)
        pane._watcher.stop()
        pane.post_message(watch.RunsListed(rows))
        await until(pilot, lambda: pane.table.row_count == 300)
        pane.table.scroll_to(y=280, animate=False)
        await until(pilot, lambda: pane.table.row_count == 600)


def test_the_trash_is_emptied_when_the_app_has_quit(tmp_path, monkeypatch):
    paths = run(tmp_path, 0)

    def quits(self, **_how):
        self.trash.delete([paths])
        assert list((tmp_path / removal.TRASH).iterdir())

    monkeypatch.setattr(MliApp, "run", quits)
    monkeypatch.setattr("mli_tui.terminal.end_with_the_terminal", lambda: None)
    monkeypatch.setattr("mli_tui.terminal.follow_its_size", lambda: None)
    assert app_module.run_app(tmp_path) == 0
    assert not (tmp_path / removal.TRASH).exists()


async def test_what_a_killed_app_left_goes_at_the_next_start(tmp_path, monkeypatch):
    paths = run(tmp_path, 0)
    Trash(tmp_path).delete([paths])
    now = removal.time.time()
    monkeypatch.setattr(removal.time, "time", lambda: now + removal.DAY + 2)
    async with MliApp(tmp_path).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: not (tmp_path / removal.TRASH).exists())


async def test_a_run_that_is_new_while_the_list_is_scrolled_moves_no_cursor(tmp_path):
    for number in range(1, 41):
        run(tmp_path, number)
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot, 40)
        await pilot.press("G")
        table = pane_of(app).table
        await until(pilot, lambda: table.scroll_y > 0)
        chosen = table.chosen.run_id
        new = run(tmp_path, 0)
        pane_of(app).look_again()
        await until(pilot, lambda: shown(app)[0] == new.run_id)
        assert len(shown(app)) == 41
        assert table.chosen.run_id == chosen


async def test_a_key_that_changes_only_the_complaint_leaves_the_cursor(tmp_path):
    for number in range(3):
        run(tmp_path, number, f"train.seed={number}")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 3)
        await pilot.press("slash", *"seed>0", "enter", "j")
        chosen = pane_of(app).chosen.run_id
        assert chosen == shown(app)[1]
        line = pane_of(app).query_one(Input)
        line.value = "seed>0 depth>x"  # as one more key of a word that was wrong before
        await until(pilot, lambda: "depth" in str(app.screen.query_one("#filter-said", Static).render()))
        assert pane_of(app).chosen.run_id == chosen


async def test_keys_in_one_burst_after_the_filter_are_the_lists(tmp_path):
    first, second = run(tmp_path, 0), run(tmp_path, 1, "train.seed=5")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        for key in ("slash", *"seed=0", "enter", "d"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: not (tmp_path / first.run_id).exists())
        assert pane_of(app).query_one(Input).value == "seed=0"
        assert (tmp_path / second.run_id).exists()


async def test_what_came_back_has_the_cursor(tmp_path):
    old, new = run(tmp_path, 2), run(tmp_path, 1, "train.seed=5")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        await pilot.press("G", "d")
        await until(pilot, lambda: shown(app) == [new.run_id])
        await pilot.press("u")
        await until(pilot, lambda: pane_of(app).chosen.run_id == old.run_id)


async def test_tab_goes_from_the_presets_to_the_runs_whatever_the_filter(tmp_path):
    run(tmp_path, 0)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 1)
        await pilot.press("slash", *"quick", "enter", "tab")
        assert app.focused is app.screen.query_one("#presets")
        await pilot.press("tab")
        assert app.focused is pane_of(app).table


async def test_a_run_that_is_listed_already_gets_the_cursor_at_once_and_only_once(tmp_path):
    old, new = run(tmp_path, 2), run(tmp_path, 1, "train.seed=5")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        pane = pane_of(app)
        await pilot.press("g")
        pane.go_to(old.run_id)
        await pilot.pause()
        assert pane.chosen.run_id == old.run_id
        await pilot.press("g")
        newest = run(tmp_path, 0, "train.seed=6")
        pane.look_again()
        await until(pilot, lambda: shown(app) == [newest.run_id, new.run_id, old.run_id])
        assert pane.chosen.run_id == new.run_id


async def test_what_came_back_behind_a_filter_takes_no_cursor_later(tmp_path):
    old, new = run(tmp_path, 2), run(tmp_path, 1, "train.seed=5")
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, 2)
        await pilot.press("G", "d")
        await until(pilot, lambda: shown(app) == [new.run_id])
        await pilot.press("slash", *"seed=5", "enter", "u")
        await until(pilot, lambda: len(pane_of(app).rows) == 2)
        await pilot.press("escape")
        await until(pilot, lambda: shown(app) == [new.run_id, old.run_id])
        assert pane_of(app).chosen.run_id == new.run_id


def test_a_run_that_two_sweeps_have_goes_with_the_last_of_them():
    rows = [RunRow(run_id=name, preset="quick", seed=0, status="done") for name in ("a", "b", "c")]
    one = RunRow(run_id="sweeps/one", preset="quick sweep", seed=0, status="done", runs=(rows[0], rows[1]))
    two = RunRow(run_id="sweeps/two", preset="quick sweep", seed=0, status="done", runs=(rows[1], rows[2]))
    assert alone_in([one], [one, two]) == ["a"]
    assert alone_in([one, two], [one, two]) == ["a", "b", "c"]
    assert alone_in([rows[0]], [rows[0], one]) == []
