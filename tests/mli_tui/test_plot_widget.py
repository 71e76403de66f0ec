"""The plot widget through Pilot: what it shows when, how often it builds, and which rows it repaints."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from mli_tui.plotting.figure import Look, draw
from mli_tui.plotting.palette import tint
from mli_tui.plotting.series import Plot, Series
from mli_tui.widgets import plot as module
from mli_tui.widgets.plot import PlotView

ALPHAS = tuple(i / 50 for i in range(51))


def picture(title: str = "loss", y: Callable[[float], float] = lambda a: 1 - a) -> Plot:
    return Plot(title, (Series(ALPHAS, tuple(y(a) for a in ALPHAS), "linear", "linear"),), y_limits=(0, 1))


class Host(App[None]):
    """An app with nothing but one plot."""

    def __init__(self, plot: Plot | None = None, look: Look | None = None) -> None:
        super().__init__()
        self.view = PlotView(plot, look=look)

    def compose(self) -> ComposeResult:
        yield self.view


def shown(view: PlotView) -> list[str]:
    return [view.render_line(y).text for y in range(view.size.height)]


def expected(view: PlotView, plot: Plot) -> list[str]:
    return ["".join(s.text for s in row) for row in draw(plot, *view.size, view.look)]


async def settle(pilot: Pilot[None]) -> None:
    """Wait until every build asked for is on the screen."""
    for _ in range(500):
        await pilot.pause()
        if not list(pilot.app.workers):
            await pilot.pause()
            return
        await asyncio.sleep(0.01)
    pytest.fail("the plot never came to rest")


async def test_it_says_what_is_missing_and_then_shows_the_picture() -> None:
    app = Host(Plot("loss", empty="starting ..."))
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.pause()
        assert [row.strip() for row in shown(app.view) if row.strip()] == ["loss", "starting ..."]
        app.view.show(picture())
        await settle(pilot)
        assert shown(app.view) == expected(app.view, picture())
        assert shown(app.view)[0].endswith("━━ linear")
        app.view.show(Plot("loss", empty="gone"))
        await settle(pilot)
        assert "gone" in "".join(shown(app.view))


async def test_what_is_shown_before_the_first_frame_appears_with_it() -> None:
    app = Host()
    app.view.show(picture("early"))
    async with app.run_test(size=(60, 16)) as pilot:
        await settle(pilot)
        assert shown(app.view) == expected(app.view, picture("early"))


async def test_the_newest_wins_and_nothing_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, drawn = threading.Event(), []

    def slow(plot: Plot, width: int, height: int, look: Look) -> list[list[Segment]]:
        drawn.append(plot.title)
        assert threading.current_thread() is not threading.main_thread()
        assert gate.wait(10)
        return draw(plot, width, height, look)

    monkeypatch.setattr(module, "draw", slow)
    app = Host(picture("0"))
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.pause()
        for n in range(1, 10):
            app.view.show(picture(str(n)))
            await pilot.pause()
        gate.set()
        await settle(pilot)
        assert drawn == ["0", "9"]
        assert shown(app.view) == expected(app.view, picture("9"))


async def test_a_picture_seen_before_is_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def counted(plot: Plot, width: int, height: int, look: Look) -> list[list[Segment]]:
        drawn.append(plot.title)
        return draw(plot, width, height, look)

    monkeypatch.setattr(module, "draw", counted)
    app = Host()
    async with app.run_test(size=(60, 16)) as pilot:
        for title in ("train", "test", "train", "train", "test"):
            app.view.show(picture(title))
            await settle(pilot)
            assert shown(app.view)[0].startswith(title)
    assert [title for title in drawn if title] == ["train", "test"]


async def test_only_the_rows_that_differ_are_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[int] = []
    original = PlotView.render_line

    def recorded(self: PlotView, y: int) -> Strip:
        painted.append(y)
        return original(self, y)

    # Textual remembers the name under which it found the method, so it has to be replaced on the class.
    monkeypatch.setattr(PlotView, "render_line", recorded)
    app = Host(picture())
    async with app.run_test(size=(60, 16)) as pilot:
        await settle(pilot)
        assert set(painted) == set(range(16))
        before = [original(app.view, y) for y in range(16)]
        painted.clear()
        app.view.show(picture(y=lambda a: 1 - a + (0.12 if 0.5 < a < 0.6 else 0)))
        await settle(pilot)
        changed = {y for y in range(16) if original(app.view, y) != before[y]}
        assert 0 < len(changed) < 8
        assert set(painted) == changed
        painted.clear()
        app.view.show(picture(y=lambda a: 1 - a + (0.12 if 0.5 < a < 0.6 else 0)))
        await settle(pilot)
        assert painted == []


async def test_it_follows_the_size_of_the_window() -> None:
    app = Host(picture())
    async with app.run_test(size=(60, 16)) as pilot:
        await settle(pilot)
        for size in ((98, 25), (36, 8), (12, 3), (1, 1), (60, 16)):
            await pilot.resize_terminal(*size)
            await settle(pilot)
            if size > (20, 5):
                assert shown(app.view) == expected(app.view, picture())
            elif size == (12, 3):
                assert " ".join(" ".join(shown(app.view)).split()) == "12x3: loss needs 20x5"
            else:
                assert [cell_len(row) for row in shown(app.view)] == [size[0]] * size[1]


async def test_it_follows_the_theme_unless_told_how_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")

    def colours(view: PlotView) -> set[str]:
        row = next(row for row in (view.render_line(y) for y in range(2, 16)) if set(row.text) & set("⠤⠢⢄⡀⠈⠑"))
        return {s.style.color.name for s in row if s.style and s.style.color and s.text.strip(" │┤.0257")}

    app = Host(picture())
    async with app.run_test(size=(60, 16)) as pilot:
        await settle(pilot)
        assert "#56b4e9" in colours(app.view)
        app.theme = "textual-light"
        await settle(pilot)
        await settle(pilot)
        assert "#0072b2" in colours(app.view)
        app.view.use(Look("ascii"))
        await settle(pilot)
        assert "".join(shown(app.view)).isascii()
        app.view.use(None)
        await settle(pilot)
        assert "#0072b2" in colours(app.view)


async def test_a_failed_build_is_said_and_the_next_one_works(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(plot: Plot, width: int, height: int, look: Look) -> list[list[Segment]]:
        raise RuntimeError("[b]kernel\x1b[31m gone[/b]")

    monkeypatch.setattr(module, "draw", broken)
    app = Host(picture())
    async with app.run_test(size=(60, 16)) as pilot:
        await settle(pilot)
        assert "No picture: [b]kernel[31m gone[/b]" in "".join(shown(app.view))
        monkeypatch.setattr(module, "draw", draw)
        app.view.show(picture("again"))
        await settle(pilot)
        assert shown(app.view) == expected(app.view, picture("again"))


async def test_text_of_a_plot_is_never_markup() -> None:
    app = Host(Plot("[red]loss[/red]", empty="[bold]nothing[/bold] \x1b[31myet"))
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.pause()
        text = "".join(shown(app.view))
        assert "[red]loss[/red]" in text and "[bold]nothing[/bold] [31myet" in text
        app.view.show(picture("[red]loss[/red]", lambda a: math.nan if a > 0.5 else a))
        await settle(pilot)
        assert shown(app.view)[0].startswith("[red]loss[/red]")


async def test_the_widget_wears_the_colours_of_its_stylesheet() -> None:
    app = Host(picture())
    async with app.run_test(size=(60, 16)) as pilot:
        await settle(pilot)
        app.view.styles.color = "#123456"
        await pilot.pause()
        title = next(iter(app.view.render_line(0)))
        assert title.style is not None and title.style.color is not None
        assert title.style.color.name == "#123456"


@pytest.mark.parametrize(
    ("term", "colours", "ground", "few"),
    [("xterm", "truecolor", True, False), ("xterm-256color", "", False, False), ("xterm-16color", "", True, True)],
)
async def test_a_ground_is_tinted_only_where_there_are_colours_between(
    monkeypatch: pytest.MonkeyPatch, term: str, colours: str, ground: bool, few: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLORTERM", colours)
    app = Host(picture())
    async with app.run_test(size=(60, 16)):
        assert app.view.look.few_colours is few
        assert (app.view.look.background is not None) is ground
        assert (tint("linear", app.view.look) is not None) is (ground and not few)
