"""Panes as one likes them, through Pilot: borders by keys and mouse, what is hidden, a resize, and the next start."""

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual import events

from mli_tui import settings
from mli_tui.app import MliApp
from mli_tui.panes import Border, Panes, panes_file
from mli_tui.screens.compare import CompareScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.start import StartScreen
from mli_tui.widgets.lines import Lines
from mli_tui.widgets.runs_pane import RunsPane
from presets import load, override
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.test_app import until
from tests.mli_tui.test_snapshots import settled

SIZES = [(80, 24), (120, 40)]


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    """A state folder of this test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@dataclass
class Screen:
    """A screen of the app with its two panes; `edge` is where the mouse takes the border."""

    name: str
    upper: str
    lower: str
    edge: str

    async def open(self, pilot, root: Path):
        app = pilot.app
        match self.name:
            case "run":
                app.open_run(make_run.finished(root))
                await settled(pilot)
            case "compare":
                runs = [make_run.finished(root, f"quick-{seed}", experiment=spec(seed)) for seed in (0, 1)]
                app.open_compare(runs)
                await until(
                    pilot, lambda: app.screen.comparison.groups and app.screen.query_one("#differences").row_count > 3
                )
            case "sweep":
                app.open_run(make_sweep.made(root, over=("model.depth=2..9", "model.init_scale=0.3,0.45")))
                await until(pilot, lambda: app.screen.query_one("#cells").row_count)
            case _:
                for number in range(4):
                    make_run.finished(root, f"quick-{number}")
                app.screen.query_one(RunsPane).look_again()  # one of them may have been seen half made
                await until(pilot, lambda: len(app.screen.rows) == 4)
        await pilot.pause(0.1)


def spec(seed):
    return override(load("quick"), [f"train.seed={seed}", f"model.depth={6 + seed}"])


START = Screen("start", "#upper", "#runs-pane", "#runs")
RUN = Screen("run", "#curves", "#lower", "#lower")
COMPARE = Screen("compare", "#curves", "#differences", "#differences")
SWEEP = Screen("sweep", "#picture", "#cells", "#cells")
SCREENS = [START, RUN, COMPARE, SWEEP]


def on(*which):
    return pytest.mark.parametrize("where", which, ids=lambda one: one.name)


def heights(app, where):
    """Return the rows of the upper and the lower pane; 0 of one that is not there."""
    return tuple(app.screen.query_one(name).region.height for name in (where.upper, where.lower))


async def mouse(pilot, kind, x, y, button=1):
    """Let the terminal tell of the mouse."""
    modifiers = {"shift": False, "meta": False, "ctrl": False}
    event = kind(None, x, y, 0, 0, button, **modifiers, screen_x=x, screen_y=y)
    pilot.app.post_message(event)
    await pilot.pause()


def edge(app, where):
    """Return a place on the border."""
    region = app.screen.query_one(where.edge).region
    return region.x + 3, region.y


async def taken(pilot, x, y):
    """Press the mouse's button on the border, and wait until the screen has it."""
    await mouse(pilot, events.MouseDown, x, y)
    await until(pilot, lambda: pilot.app.mouse_captured is pilot.app.screen)


async def drag(pilot, place, *to, release=True):
    x, y = place
    await taken(pilot, x, y)
    for y in to:
        await mouse(pilot, events.MouseMove, x, y)
    if release:
        await mouse(pilot, events.MouseUp, x, y)


def kept():
    return settings.load_as(panes_file(), Panes)[0]


@on(*SCREENS)
@pytest.mark.parametrize("size", SIZES)
async def test_keys_move_the_border_and_put_it_back(tmp_path, where, size):
    app = MliApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        await where.open(pilot, tmp_path)
        upper, lower = before = heights(app, where)
        await pilot.press(">")
        await until(pilot, lambda: heights(app, where) == (upper - 2, lower + 2))
        await pilot.press("<", "<")
        await until(pilot, lambda: heights(app, where) == (upper + 2, lower - 2))
        await pilot.press("full_stop")
        await until(pilot, lambda: heights(app, where) == before)


@on(*SCREENS)
@pytest.mark.parametrize("size", SIZES)
async def test_keys_go_until_a_pane_is_shut_and_never_leave_one_of_no_use(tmp_path, where, size):
    app = MliApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        await where.open(pilot, tmp_path)
        room, place = sum(heights(app, where)), app.screen.PLACE
        seen = []
        for key in ("<", ">"):
            for _ in range(25):
                await pilot.press(key)
                seen.append(heights(app, where))
        title = 1 if where is START else 0
        for upper, lower in seen:
            assert upper + lower == room
            assert upper >= place.least_upper or upper == title
            assert lower >= place.least_lower or (lower == 0 and where is not START)
        assert seen[24] == ((room - 5, 5) if where is START else (room, 0))
        assert seen[25][1] == 5 + 2 * (where is START) or where in (COMPARE, SWEEP)  # opened as it was
        assert seen[-1] == (title, room - title)


@on(*SCREENS)
async def test_keys_in_one_burst_add_up(tmp_path, where):
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 50)) as pilot:
        await where.open(pilot, tmp_path)
        _, lower = heights(app, where)
        for _ in range(3):
            app.post_message(events.Key("greater_than_sign", ">"))
        await until(pilot, lambda: heights(app, where)[1] == lower + 6)


@on(*SCREENS)
async def test_the_mouse_drags_the_border_live_and_it_is_kept_when_let_go(tmp_path, where):
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await where.open(pilot, tmp_path)
        upper, lower = heights(app, where)
        x, y = edge(app, where)
        await drag(pilot, (x, y), y - 1, y - 4, release=False)
        await until(pilot, lambda: heights(app, where) == (upper - 4, lower + 4))
        assert edge(app, where) == (x, y - 4)
        assert not panes_file().exists()
        await mouse(pilot, events.MouseUp, x, y - 4)
        await until(pilot, lambda: getattr(kept(), where.name).lower == (lower + 4) / (upper + lower))
        assert app.screen.selections == {}
        await mouse(pilot, events.MouseMove, x, y + 5, button=0)
        assert heights(app, where) == (upper - 4, lower + 4)


@on(*SCREENS)
async def test_a_double_click_on_the_border_puts_it_back(tmp_path, where):
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await where.open(pilot, tmp_path)
        before = heights(app, where)
        await pilot.press(">")
        await until(pilot, lambda: heights(app, where) != before)
        moved = heights(app, where)
        place = edge(app, where)
        for _ in range(2):
            assert heights(app, where) == moved
            await taken(pilot, *place)
            await mouse(pilot, events.MouseUp, *place)
            await until(pilot, lambda: app.mouse_captured is None)
        await until(pilot, lambda: heights(app, where) == before)
        assert app.screen.selections == {}


async def test_a_double_click_in_one_burst_selects_no_text(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await RUN.open(pilot, tmp_path)
        before = heights(app, RUN)
        await pilot.press(">")
        await until(pilot, lambda: heights(app, RUN) != before)
        x, y = edge(app, RUN)
        for kind in (events.MouseDown, events.MouseUp) * 2:
            app.post_message(kind(None, x, y, 0, 0, 1, False, False, False, screen_x=x, screen_y=y))
        await until(pilot, lambda: heights(app, RUN) == before)
        await pilot.pause(0.2)
        assert app.screen.selections == {}
        await mouse(pilot, events.MouseMove, x, y + 5, button=0)
        assert app.mouse_captured is None
        assert heights(app, RUN) == before


@on(*SCREENS)
async def test_the_border_stays_where_the_mouse_was_let_go_unseen(tmp_path, where):
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await where.open(pilot, tmp_path)
        x, y = edge(app, where)
        await drag(pilot, (x, y), y - 2, release=False)
        moved = heights(app, where)
        await mouse(pilot, events.MouseMove, x, y - 6, button=0)
        await mouse(pilot, events.MouseMove, x, y - 7)
        assert heights(app, where) == moved
        await until(pilot, lambda: getattr(kept(), where.name) != Border())


@on(RUN, COMPARE, SWEEP)
async def test_the_mouse_shuts_either_pane_and_opens_it_where_it_pulls(tmp_path, where):
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await where.open(pilot, tmp_path)
        room = sum(heights(app, where))
        x, y = edge(app, where)
        await drag(pilot, (x, y), 38)
        await until(pilot, lambda: heights(app, where) == (room, 0))
        await drag(pilot, (x, 38), 30)  # the row above the footer
        await until(pilot, lambda: edge(app, where) == (x, 30))
        await drag(pilot, (x, 30), 2)
        await until(pilot, lambda: heights(app, where) == (0, room))
        y = edge(app, where)[1]
        await drag(pilot, (x, y), y + 8)
        await until(pilot, lambda: heights(app, where) == (8, room - 8))


@on(RUN, COMPARE, SWEEP)
@pytest.mark.parametrize("size", SIZES)
async def test_full_height_is_the_lower_pane_shut_by_whichever_key(tmp_path, where, size):
    app = MliApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        await where.open(pilot, tmp_path)
        before = heights(app, where)
        await pilot.press("f")
        await until(pilot, lambda: heights(app, where) == (sum(before), 0))
        await pilot.press(">")
        await until(pilot, lambda: heights(app, where) == before)
        await pilot.press("<", "f")
        await until(pilot, lambda: heights(app, where)[1] == 0)
        await pilot.press("f")
        await until(pilot, lambda: heights(app, where) == (before[0] + 2, before[1] - 2))
        for _ in range(20):
            await pilot.press("<")
        assert heights(app, where)[1] == 0
        await pilot.press("f")
        await until(pilot, lambda: heights(app, where)[1] == app.screen.PLACE.least_lower)


@on(COMPARE, SWEEP)
async def test_a_table_that_is_shut_has_no_keys_and_has_them_again_when_it_is_opened(tmp_path, where):
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await where.open(pilot, tmp_path)
        screen = app.screen
        await pilot.press("f", "question_mark")
        await until(pilot, lambda: app.screen is not screen)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("j", "enter")
        await pilot.pause(0.2)
        assert app.screen is screen
        assert screen.query_one(where.lower).cursor_row == 0
        await pilot.press("f")
        await until(pilot, lambda: screen.focused is screen.query_one(where.lower))
        await pilot.press("j")
        assert screen.query_one(where.lower).cursor_row == 1


async def test_presets_that_are_shut_keep_their_title_and_open_while_they_have_the_keys(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await START.open(pilot, tmp_path)
        presets, runs = app.screen.query_one("#presets"), app.screen.query_one("#runs")
        usual = presets.region.height
        assert app.focused is presets
        for _ in range(10):
            await pilot.press(">")
        await until(pilot, lambda: presets.region.height == 1)
        assert app.focused is runs
        await pilot.press("tab")
        await until(pilot, lambda: presets.region.height == usual)
        await pilot.press("tab")
        await until(pilot, lambda: presets.region.height == 1)
    app = MliApp(tmp_path, panes=kept())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused and app.focused.id == "runs")
        await until(pilot, lambda: app.screen.query_one("#presets").region.height == 1)


async def test_the_cursor_of_a_table_stays_in_sight(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await START.open(pilot, tmp_path)
        table = app.screen.query_one("#presets")
        await pilot.press(*["j"] * 7)
        for _ in range(3):
            await pilot.press(">")
        await until(pilot, lambda: table.region.height == 5)
        await until(pilot, lambda: table.scroll_y <= 7 < table.scroll_y + table.size.height - 1)


@on(*SCREENS)
async def test_the_border_has_its_share_of_a_terminal_of_another_size(tmp_path, where):
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await where.open(pilot, tmp_path)
        usual = {(120, 40): heights(app, where)}
        for size in ((120, 18), (120, 60)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.1)
            usual[size] = heights(app, where)
        await pilot.resize_terminal(120, 40)
        await pilot.press(*[">"] * 2)
        await until(pilot, lambda: heights(app, where)[1] == usual[120, 40][1] + 4)
        share = heights(app, where)[1] / sum(heights(app, where))
        await pilot.resize_terminal(120, 60)
        await until(pilot, lambda: sum(heights(app, where)) > sum(usual[120, 40]))
        upper, lower = heights(app, where)
        assert lower == pytest.approx(share * (upper + lower), abs=1)
        await pilot.resize_terminal(120, 22)
        await until(pilot, lambda: sum(heights(app, where)) < 22)
        assert all(have >= 4 for have in heights(app, where))
        assert heights(app, where)[0] >= app.screen.PLACE.least_upper
        await pilot.resize_terminal(120, 18)  # no room for what both must have
        await until(pilot, lambda: heights(app, where) == usual[120, 18])
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: heights(app, where)[1] == usual[120, 40][1] + 4)


@on(*SCREENS)
async def test_the_next_start_has_the_border_where_it_was(tmp_path, where):
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await where.open(pilot, tmp_path)
        await pilot.press("<")
        moved = heights(app, where)
        await until(pilot, lambda: getattr(kept(), where.name) != Border())
    again = MliApp(tmp_path, panes=kept())
    async with again.run_test(size=(120, 40)) as pilot:
        await where.open(pilot, tmp_path / "others")
        assert heights(again, where) == moved


async def test_the_app_is_started_with_what_was_kept(tmp_path, monkeypatch):
    from mli_tui import app as app_module

    settings.save(panes_file(), lambda: Panes(pictures="second"))
    begun = []
    monkeypatch.setattr(MliApp, "run", lambda app, **_: begun.append(app.arrangement.panes))
    app_module.run_app(tmp_path)
    assert begun == [Panes(pictures="second")]


async def test_what_changes_while_it_is_written_is_written_too(tmp_path, monkeypatch):
    begun, release, write = threading.Event(), threading.Event(), settings.durable.write

    def write_slowly(path, content):
        begun.set()
        assert release.wait(30)
        write(path, content)

    monkeypatch.setattr(settings.durable, "write", write_slowly)
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#presets"))
        await pilot.press("<")
        await until(pilot, begun.is_set)
        await pilot.press(">", ">", ">")
        release.set()
        await until(pilot, lambda: kept() == app.arrangement.panes != Panes())


async def test_a_screen_below_takes_what_was_moved_on_another_of_its_kind(tmp_path):
    first, second = (make_run.finished(tmp_path, f"quick-{name}") for name in "ab")
    app = MliApp(tmp_path, first.run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        _, lower = heights(app, RUN)
        app.open_run(second)
        await settled(pilot)
        await pilot.press(">", "W")
        await pilot.press("escape")
        await settled(pilot)
        assert app.screen.view.run_id == first.run_id
        await until(pilot, lambda: heights(app, RUN)[1] == lower + 2)
        await until(pilot, lambda: not app.screen.query_one("#bias").region)


async def test_a_start_screen_that_is_filled_later_has_the_border_where_it_was(tmp_path):
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id, panes=Panes(start=Border(shut="upper")))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, StartScreen) and app.screen.query("#presets"))
        await until(pilot, lambda: app.screen.query_one("#presets").region.height == 1)
        assert app.focused.id == "runs"


async def test_where_one_pane_has_room_the_keys_go_between_them_and_move_nothing(tmp_path):
    app = MliApp(tmp_path, panes=Panes(run=Border(0.4)))
    async with app.run_test(size=(60, 15)) as pilot:
        await RUN.open(pilot, tmp_path)
        room = sum(heights(app, RUN))
        assert heights(app, RUN) == (room, 0)
        for key, wanted in ((">", (0, room)), (">", (0, room)), ("<", (room, 0)), ("<", (room, 0)), ("f", (0, room))):
            await pilot.press(key)
            await until(pilot, lambda wanted=wanted: heights(app, RUN) == wanted)
        await pilot.press("f")
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: heights(app, RUN)[1] == round(0.4 * sum(heights(app, RUN))))


async def test_pictures_below_each_other_keep_twice_the_rows(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=(44, 40)) as pilot:
        await COMPARE.open(pilot, tmp_path)
        for _ in range(12):
            await pilot.press(">")
            assert heights(app, COMPARE)[0] in (0, *range(10, 40))
        assert heights(app, COMPARE)[0] == 0


async def test_pictures_have_twice_the_rows_when_the_window_gets_so_slim_that_they_are_stacked(tmp_path):
    app = MliApp(tmp_path, panes=Panes(compare=Border(0.8)))
    async with app.run_test(size=(120, 36)) as pilot:
        await COMPARE.open(pilot, tmp_path)
        assert heights(app, COMPARE)[0] < 10
        await pilot.resize_terminal(44, 36)
        await until(pilot, lambda: heights(app, COMPARE)[0] == 10)


async def test_a_preview_in_place_of_the_presets_has_room_for_its_pictures(tmp_path):
    app = MliApp(tmp_path, panes=Panes(start=Border(0.8)))
    async with app.run_test(size=(80, 24)) as pilot:
        await START.open(pilot, tmp_path)
        few = heights(app, START)[0]
        assert few < 8
        await pilot.press("tab", "v")
        await until(pilot, lambda: heights(app, START)[0] == 8)
        await until(pilot, lambda: app.screen.query_one("#preview-error").region.height == 5)
        await pilot.press("tab")
        await until(pilot, lambda: heights(app, START)[0] == few)


async def test_the_preview_opens_presets_that_are_shut(tmp_path):
    app = MliApp(tmp_path, panes=Panes(start=Border(shut="upper")))
    async with app.run_test(size=(80, 24)) as pilot:
        await START.open(pilot, tmp_path)
        await until(pilot, lambda: heights(app, START)[0] == 1)
        await pilot.press("v")
        await until(pilot, lambda: heights(app, START)[0] >= 8)


async def test_a_heat_map_with_fewer_rows_than_it_has_is_whole_and_scrolled(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await SWEEP.open(pilot, tmp_path)
        picture, heat = app.screen.query_one("#picture"), app.screen.query_one("#heat", Lines)
        whole = heat.content.plain
        assert not picture.show_vertical_scrollbar
        await pilot.press(*[">"] * 2)
        await until(pilot, lambda: picture.show_vertical_scrollbar)
        assert heat.content.plain == whole
        await pilot.press("full_stop")
        await until(pilot, lambda: not picture.show_vertical_scrollbar)


async def test_a_sweep_without_a_picture_has_no_border(tmp_path):
    over = ("model.depth=2,4", "model.init_scale=0.3,0.45", "model.width=16,32")
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_run(make_sweep.made(tmp_path, over=over))
        await until(pilot, lambda: app.screen.query_one("#cells").row_count)
        await pilot.pause(0.1)
        before = heights(app, SWEEP)
        assert before[0] == 0
        await pilot.press("<", "f", ">", ">")
        await mouse(pilot, events.MouseDown, *edge(app, SWEEP))
        assert heights(app, SWEEP) == before
        assert app.arrangement.panes == Panes()


async def test_lines_of_a_sweep_have_the_room_they_are_given(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_run(make_sweep.made(tmp_path, over=("model.depth=2,4,6,8", "train.seed=0,1")))
        await until(pilot, lambda: app.screen.query_one("#lines").region.height > 5)
        upper, lower = heights(app, SWEEP)
        await pilot.press("<")
        await until(pilot, lambda: heights(app, SWEEP) == (upper + 2, lower - 2))
        assert app.screen.query_one("#lines").size.height == upper + 2


async def test_a_comparison_that_is_left_while_its_border_is_dragged_lets_the_mouse_go(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await COMPARE.open(pilot, tmp_path)
        x, y = edge(app, COMPARE)
        await drag(pilot, (x, y), y + 2, release=False)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, CompareScreen))
        assert app.mouse_captured is None
        await mouse(pilot, events.MouseUp, x, y + 2)
