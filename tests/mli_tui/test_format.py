"""Measured values with the decimals that the user chose, wherever they are shown; nothing else changes."""

import pytest

from backends.runs import export, listing
from mli_tui import class_table, format, heading, readouts, sweep_pictures, tables
from mli_tui.app import MliApp
from mli_tui.plotting.palette import Look
from mli_tui.reading import Reading
from mli_tui.screens.settings import SettingsScreen, SettingsTable
from tests.mli_tui import make_run
from tests.mli_tui.test_app import SIZE, text_of, until


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return listing.read_run(make_run.finished(tmp_path_factory.mktemp("runs")))


@pytest.fixture
def chosen():
    return format.use_decimals


@pytest.mark.parametrize(
    ("decimals", "error", "loss", "short"),
    [(2, "0.12", "2.30", "2.30"), (3, "0.123", "2.303", "2.303"), (6, "0.123457", "2.302585", "2.302585")],
)
def test_values_have_the_decimals_that_were_chosen(chosen, decimals, error, loss, short):
    chosen(decimals)
    assert (format.measured(0.1234567), format.alpha(0.1234567)) == (error, error)
    assert (format.loss(2.302585093), format.short_loss(2.302585093)) == (loss, short)
    assert format.alpha_read(0.4375) == "0.4375", "where something was measured is told as it is"


@pytest.mark.parametrize(("decimals", "small", "tiny"), [(3, "0.0123", "1.2e-5"), (5, "0.012346", "1.235e-5")])
def test_a_small_loss_gets_more_digits_too(chosen, decimals, small, tiny):
    chosen(decimals)
    assert (format.short_loss(0.0123456), format.short_loss(0.0000123456)) == (small, tiny)


@pytest.mark.parametrize("decimals", [2, 3, 4, 5])
@pytest.mark.parametrize("width", [78, 114, 118, 153])
@pytest.mark.parametrize("splits", [("train",), ("train", "test")])
def test_the_ends_are_never_cut(chosen, done, decimals, width, splits):
    chosen(decimals)
    lines = [line.plain for line in tables.ends_table(done, splits, Look(), width)]
    end = done.plateaus["linear", "train"].measured.error_plateau_end
    assert f"{end:.{decimals}f}" in lines[0]
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("decimals", [2, 3, 6])
@pytest.mark.parametrize("width", [44, 60, 100])
def test_the_columns_of_the_class_table_stay_below_their_heads(chosen, done, decimals, width):
    chosen(decimals)
    _, head, *body = (line.plain for line in class_table.lines(done, Reading(), width, 12, Look()))
    assert {len(line) for line in body} == {len(head)}
    assert len(head) <= width
    largest = export.bias_rows(done)[0].bias
    assert f"{largest:+.{decimals}f}" in body[0]


def test_readouts_headings_and_sweeps_have_them(chosen, done):
    chosen(5)
    (line, *_) = readouts.lines(done, Reading(alpha=0.5), Look(), 200, 4)
    point = next(p for p in done.curves["linear", "train"] if p.alpha == 0.5)
    assert f"error {point.error:.5f}" in line.plain
    assert f"error {done.epochs[-1].error:.5f}" in str(heading._progress(done, ("train",)))
    assert sweep_pictures.Band(0.25, 0.125, 0.5, 2).text() == "0.25000 (0.12500..0.50000)"


def test_files_have_all_digits_whatever_is_chosen(chosen, done):
    before = export.curves_csv([done]), export.summary_json(done)
    chosen(2)
    assert (export.curves_csv([done]), export.summary_json(done)) == before


async def test_a_choice_is_seen_at_once_below_the_settings(tmp_path, chosen):
    run = make_run.finished(tmp_path)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "error plateau" in text_of(app, "ends"))
        screen = app.screen
        before = screen.query_one("#ends").content.plain
        await pilot.press("comma")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        table = app.screen.query_one(SettingsTable)
        while str(table.get_row_at(table.cursor_row)[0]) != "decimals":
            await pilot.press("down")
        await pilot.press("l")
        assert app.chosen.decimals == format.DECIMALS + 1
        await until(pilot, lambda: screen.query_one("#ends").content.plain != before)
        await pilot.press("h", "escape")
        await until(pilot, lambda: screen.query_one("#ends").content.plain == before)
