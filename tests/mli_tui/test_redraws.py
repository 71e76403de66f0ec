"""What is drawn anew: only changed lines and spans; and what of an update is put on the canvas."""

from rich.segment import Segment
from textual import _compositor
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.geometry import Region
from textual.strip import Strip

from mli_tui.app import MliApp
from mli_tui.line.app import placed
from tests.mli_tui import make_run
from tests.mli_tui.test_snapshots import settled


def texts(update):
    return [(x, y, strip.text) for x, y, strip in placed(update)]


def test_of_an_update_only_its_spans_are_put():
    row = {0: Strip([Segment("abcd")]), 4: None, 6: Strip([Segment("efghij")])}
    assert texts(ChopsUpdate([{}, row], [(1, 2, 4), (1, 5, 8)], [[], [4, 6, 12]])) == [(2, 1, "cd"), (6, 1, "ef")]


def test_of_a_whole_screen_every_row_is_put():
    rows = [[Strip([Segment("ab")]), Strip([Segment("cd")])], [Strip([Segment("efgh")])]]
    assert texts(LayoutUpdate(rows, Region(0, 0, 4, 2))) == [(0, 0, "abcd"), (0, 1, "efgh")]


def test_the_private_names_of_textual_are_still_there(tmp_path):
    app = MliApp(tmp_path)
    assert callable(App._display)
    assert {"_driver", "_batch_count", "_sync_available", "_running", "_closed"} <= set(vars(app)) | set(dir(App))


async def test_a_cursor_that_moves_sends_a_few_cells_of_each_row(tmp_path, monkeypatch):
    sent = []
    original = _compositor.Compositor.render_partial_update

    def recorded(self):
        sent.append(original(self))
        return sent[-1]

    monkeypatch.setattr(_compositor.Compositor, "render_partial_update", recorded)
    app = MliApp(tmp_path, make_run.finished(tmp_path).run_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("4", "right")
        await settled(pilot)
        sent.clear()
        await pilot.press("right")
        await settled(pilot)
        updates = [update for update in sent if update is not None]
        assert updates
        top, bottom = (app.screen.query_one("#loss").region.y + n for n in (2, 17))
        cells = [b - a for update in updates for y, a, b in update.spans if top <= y < bottom]
        assert cells
        assert max(cells) <= 2
