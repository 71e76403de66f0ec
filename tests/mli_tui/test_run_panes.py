"""Which panes of a run are shown, through Pilot: one picture or two, the table, the plots, and what is exported."""

import pytest

from backends.runs import listing
from mli_tui import exporting, views
from mli_tui.app import MliApp
from mli_tui.panes import Panes
from mli_tui.reading import PICTURES, Reading
from mli_tui.widgets.entry import Entry
from mli_tui.widgets.plot import PlotView
from mli_tui.words import fitted, sentence
from tests.mli_tui import make_run
from tests.mli_tui.test_app import plot_of, text_of, until
from tests.mli_tui.test_border import SIZES, kept, state  # noqa: F401 - state is a fixture
from tests.mli_tui.test_snapshots import settled


def shown(app):
    """Return the pictures and panes of a run that are on the screen, by id."""
    names = ("loss", "error", "classes", "bias", "training")
    return [name for name in names if app.screen.query_one(f"#{name}").region]


@pytest.mark.parametrize("size", SIZES)
async def test_one_picture_has_the_whole_width_and_cursor_and_zoom_follow_it(tmp_path, size):
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        both = app.screen.query_one("#loss").size.width
        for title in ("loss, train", "error, train"):
            await pilot.press("w")
            await settled(pilot)
            assert shown(app)[:2] == ["loss", "classes"]
            plot = app.screen.query_one("#loss", PlotView)
            assert plot.size.width == size[0] - 2 > both
            assert plot.plot.title == title
            await pilot.press("4", "+")
            await settled(pilot)
            assert plot.plot.x_limits == pytest.approx((0.15, 0.65))
            (frame,) = plot._frames
            await pilot.click(plot, offset=(frame.column(0.3), frame.top + 1))
            assert plot.cursor == app.screen.reading.alpha == pytest.approx(0.3, abs=0.02)
            assert text_of(app, "classes").startswith("classes at 0.3")
            await pilot.press("z", "c")
        await pilot.press("w")
        await settled(pilot)
        assert shown(app)[:2] == ["loss", "error"]
        assert [plot_of(app, name).title for name in ("loss", "error")] == ["loss, train", "error, train"]


async def test_one_picture_is_of_every_view_that_has_two(tmp_path):
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("w", "w")
        titles = []
        for _ in range(4):
            await settled(pilot)
            assert shown(app)[:2] == ["loss", "classes"]
            titles.append(plot_of(app, "loss").title)
            await pilot.press("v")
        assert titles == [
            "error, train",
            "share by class, homog., train",
            "error by class, train, shared y",
            "loss, test",
        ]


async def test_a_view_with_one_picture_says_so(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(MliApp, "notify", lambda self, message, **options: said.append(message))
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("v", "v", "w")
        assert said == ["this view has one picture"]
        assert app.screen.reading.shown == "both"


async def test_a_held_key_says_once_that_a_view_has_one_picture(tmp_path):
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("v", "v", "w", "w", "w")
        assert [one.message for one in app._notifications] == ["this view has one picture"]


async def test_the_sentence_is_of_the_split_whose_picture_is_shown(tmp_path):
    view = listing.read_run(make_run.finished(tmp_path))
    app = MliApp(tmp_path, view.run_id)
    async with app.run_test(size=(160, 40)) as pilot:
        await settled(pilot)
        await pilot.press("v", "v", "v", "w", "w")
        await settled(pilot)
        assert plot_of(app, "loss").title == "loss, test"
        assert sentence(view, "test", False) != sentence(view, "train", False)
        assert text_of(app, "sentence") == fitted(sentence(view, "test", False), 160)


async def test_limits_are_asked_for_the_picture_that_is_shown(tmp_path):
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("A", *"loss 0..2 error 0..0.5", "enter", "w", "A")
        assert app.screen.query_one(Entry).value == "loss 0..2"
        await pilot.press("escape", "w", "A")
        assert app.screen.query_one(Entry).value == "error 0..0.5"
        await pilot.press("ctrl+u", *"error 0..1", "enter", "w", "A")
        assert app.screen.query_one(Entry).value == "loss 0..2 error 0..1"


@pytest.mark.parametrize("picture", PICTURES)
def test_the_pictures_of_a_view_are_counted_as_they_are_drawn(tmp_path, picture):
    view, reading = listing.read_run(make_run.finished(tmp_path)), Reading(picture=picture)
    assert views.count(view, reading) == len(views.every(view, reading))


async def test_below_the_table_the_plots_or_all(tmp_path):
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("W")
        await until(pilot, lambda: shown(app)[2:] == ["classes"])
        assert app.screen.query_one("#classes").size.width == 118
        await until(pilot, lambda: len(text_of(app, "classes").splitlines()[2]) > 70)
        await pilot.press("W")
        await until(pilot, lambda: shown(app)[2:] == ["bias", "training"])
        await pilot.press("W")
        await until(pilot, lambda: shown(app)[2:] == ["classes", "bias", "training"])


async def test_in_a_narrow_window_the_plots_alone_are_both_there(tmp_path):
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert shown(app)[2:] == ["classes", "bias"]
        await pilot.press("W", "W")
        await until(pilot, lambda: shown(app)[2:] == ["bias", "training"])
        await settled(pilot)
        assert all(app.screen.query_one(f"#{name}", PlotView)._frames for name in ("bias", "training"))


async def test_what_is_shut_is_opened_by_the_key_of_its_panes_as_it_was(tmp_path):
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        every = shown(app)
        await pilot.press("f")
        await until(pilot, lambda: shown(app) == every[:2])
        await pilot.press("W")
        await until(pilot, lambda: shown(app) == every)
        await pilot.press(*[">"] * 15)
        await until(pilot, lambda: shown(app) == every[2:])
        await pilot.press("w")
        await until(pilot, lambda: shown(app) == every)


async def test_the_panes_of_a_run_are_hidden_at_the_next_start_too_until_they_are_usual(tmp_path):
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("w", "w", "W")
        await until(pilot, lambda: (kept().pictures, kept().below) == ("second", "table"))
    app = MliApp(tmp_path, run.run_id, panes=kept())
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert shown(app) == ["loss", "classes"]
        assert plot_of(app, "loss").title == "error, train"
        await pilot.press("full_stop")
        await until(pilot, lambda: shown(app) == ["loss", "error", "classes", "bias", "training"])
        await until(pilot, lambda: kept() == Panes())


async def test_a_figure_is_of_the_picture_that_is_shown(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(exporting, "draw", lambda root, command, target: drawn.append((command, target.name)) or "")
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("w", "w", "e", "p")
        await until(pilot, lambda: drawn)
    options = ["--metric", "error", "--split", "train", "--scheme", "linear"]
    assert drawn == [(["plot", run.run_id, *options], f"{run.run_id}-error-train.png")]


async def test_a_pane_that_was_shut_is_filled_as_before_when_all_is_as_usual(tmp_path):
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        before = text_of(app, "classes")
        await pilot.press(*"<" * 14)
        await settled(pilot)
        assert "classes" not in shown(app)
        await pilot.press("full_stop")
        await until(pilot, lambda: text_of(app, "classes") == before)
