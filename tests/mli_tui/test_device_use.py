"""What a run's workers had of their device: the figures, the line, the picture, the columns of the device panel."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from backends.runs import events, listing
from backends.runs.view import RunView
from mli_tui import device_cursor, device_pictures, device_use, reading, readouts, worker_lines
from mli_tui.cli import report
from mli_tui.plotting.figure import draw
from mli_tui.plotting.palette import Look
from presets import load
from tests.backends.runs.anything import strategy
from tests.mli_tui import make_run
from tests.mli_tui.command import mli

GIB = 1 << 30
PLAIN = RunView(run_id="r", experiment=load("quick"))
GPU = {
    "gpu_load": 0.5, "gpu_memory": 20 * GIB, "gpu_total": 80 * GIB, "gpu_temperature": 61.0, "gpu_power": 300.0
}  # fmt: skip


def view_of(tmp_path, *used):
    run = make_run.stopped(tmp_path)
    make_run.append(run, used)
    return listing.read_run(run)


def test_an_old_run_is_said_to_be_not_recorded_wherever_it_is_shown(tmp_path, capsys):
    view = view_of(tmp_path)
    assert device_use.line(view) == "not recorded"
    assert "use      not recorded" in report.whole(view)
    assert device_pictures.history(view).empty == "what it used of the device was not recorded"
    assert not device_pictures.history(view).drawable
    assert [line.plain for line in worker_lines.recorded(view, 78, False)] == ["Over the run  not recorded"]
    answer = mli(capsys, "plot", view.run_id, "--metric", "device", "--runs-dir", tmp_path)
    assert "was not recorded" in answer.out


def test_the_line_has_means_of_the_training_and_peaks_of_all(tmp_path):
    used = [*make_run.used(count=3, **GPU), *make_run.used("interpolating", 2, cores=0.5, memory=900 << 20)]
    assert device_use.line(view_of(tmp_path, *used)) == (
        "1.90 cores, 9.5k samples/s, at most 900 MiB, GPU load 50%, GPU memory at most 20 GiB, 300 W, at most 61 C; "
        "over 0:10 of work"
    )


def test_figures_that_were_never_reported_have_no_panel(tmp_path):
    view = view_of(tmp_path, *make_run.used(samples=None, memory=None))
    assert [panel.title for panel in device_pictures.history(view).panels] == ["cores to 2", "samples/s to 10k"]


def test_a_gpu_has_a_panel_a_figure_and_its_memory_goes_to_what_there_is(tmp_path):
    many = device_pictures.history(view_of(tmp_path, *make_run.used(**GPU)))
    assert [panel.title for panel in many.panels] == [
        "cores to 2", "samples/s to 10k", "memory to 800 MiB", "GPU load to 100 %", "VRAM to 80 GiB",
        "power to 300 W", "GPU temp. to 80 C",
    ]  # fmt: skip
    for width, height in ((78, 9), (118, 20)):
        text = "\n".join("".join(s.text for s in row) for row in draw(many, width, height, Look()))
        shown = [panel.title for panel in many.panels if panel.title in text]
        assert len(shown) == 7, text
        assert "1│" not in text


def test_no_title_is_cut_with_the_largest_gpus_at_80_columns(tmp_path):
    largest = GPU | {"gpu_memory": 130 << 30, "gpu_total": 288 << 30}
    many = device_pictures.history(view_of(tmp_path, *make_run.used(**largest)))
    text = "\n".join("".join(s.text for s in row) for row in draw(many, 78, 9, Look()))
    assert "VRAM to 288 GiB" in text and "…" not in text


def test_each_stretch_is_a_level_line_and_a_resumed_run_has_a_gap_in_it(tmp_path):
    first, second = make_run.used(count=2, cores=1.0), make_run.used(count=1, cores=2.0, attempt=2)
    line = device_pictures.history(view_of(tmp_path, *first, *second)).panels[0].series[0]
    assert line.x == (0.0, 2.0, 2.0, 4.0, 4.0, 4.0, 6.0)
    assert line.y == (1.0, 1.0, 1.0, 1.0, None, 2.0, 2.0)


def test_the_time_after_the_training_is_shaded(tmp_path):
    used = [*make_run.used(count=2), *make_run.used("interpolating", 3), *make_run.used(count=1, attempt=2)]
    (shade,) = device_pictures.history(view_of(tmp_path, *used)).panels[0].shades
    assert (shade.start, shade.end) == (4.0, 10.0)


@pytest.mark.parametrize(
    ("seconds", "title", "end"),
    [(10.0, "seconds", 100.0), (60.0, "minutes", 10.0), (3_600.0, "hours", 10.0)],
)
def test_long_runs_are_drawn_in_longer_units(tmp_path, seconds, title, end):
    one = events.DeviceUse(attempt=1, phase="training", epoch=1, seconds=seconds, cores=1.0, memory=1, samples=1.0)
    many = device_pictures.history(view_of(tmp_path, *[one] * 10))
    assert many.title == f"device use by {title} of work"
    assert many.panels[0].x_limits == (0.0, end)


def test_a_column_of_the_panel_is_the_mean_over_its_part_of_the_time(tmp_path):
    stretches = [(1.0, 4.0), (1.0, 0.0), (2.0, 3.0), (4.0, None)]
    used = [
        events.DeviceUse(attempt=1, phase="training", epoch=1, seconds=s, cores=c, memory=None, samples=None)
        for s, c in stretches
    ]
    view = view_of(tmp_path, *used)
    (cores,) = device_use.figures(view)
    assert device_use.columns(view, cores, 4) == [2.0, 3.0, None, None]
    assert device_use.columns(view, cores, 0) == []
    assert device_use.columns(view, cores, 1) == [2.5]


def test_the_panel_has_a_row_a_figure(tmp_path):
    view = view_of(tmp_path, *make_run.used(count=12, cores=1.0))
    title, cores, samples, memory = (line.plain for line in worker_lines.recorded(view, 78, True))
    assert title == "Over the run  0:24 of work, each column a part of it"
    assert cores == "  cores to 2         " + "=" * 37 + "  at most 1"
    assert samples.startswith("  samples/s to 10k   ") and samples.endswith("  at most 10k")
    assert samples.count("#") == 9, "three of the twelve stretches are above seven eighths"
    assert memory.startswith("  memory to 800 MiB  ") and memory.endswith("  at most 700 MiB")


def test_on_a_narrow_terminal_a_row_is_what_there_was_at_most(tmp_path):
    view = view_of(tmp_path, *make_run.used(count=12, cores=1.0))
    shown = [line.plain for line in worker_lines.recorded(view, 36, True)]
    assert shown == [
        "Over the run  0:24 of work", "  cores to 2           1", "  samples/s to 10k     10k",
        "  memory to 800 MiB    700 MiB",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [36, 56, 76, 116, 196])
def test_no_row_is_cut_and_the_width_is_used(tmp_path, width):
    lengths = [len(line.plain) for line in worker_lines.recorded(view_of(tmp_path, *make_run.used(**GPU)), width, True)]
    assert max(lengths) <= width
    assert max(lengths) >= width - 6


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (812.4, "812"), (12_345.0, "12.3k"), (4.1e6, "4.1M"), (2e9, "2G"), (1e15, "1e+15")]
)
def test_counts_are_short(value, text):
    assert device_use.count(value) == text


@pytest.mark.parametrize("size", [0, 5 << 20, 80 * GIB, 2**53])
def test_amounts_are_short(size):
    assert len(device_use.amount(size)) <= 8


def test_plot_draws_it_for_one_run_alone(tmp_path, capsys):
    one = view_of(tmp_path, *make_run.used())
    shown = mli(capsys, "plot", one.run_id, "--metric", "device", "--runs-dir", tmp_path)
    assert (shown.code, "samples/s to 10k" in shown.out) == (0, True)
    other = make_run.finished(tmp_path)
    refused = mli(capsys, "plot", one.run_id, other.run_id, "--metric", "device", "--runs-dir", tmp_path)
    assert (refused.code, "of one run alone" in refused.err) == (2, True)


def test_a_figure_of_it_has_axes_of_their_own(tmp_path):
    pytest.importorskip("matplotlib")
    from mli_tui import figures

    many = device_pictures.history(view_of(tmp_path, *make_run.used(**GPU)))
    assert figures.figure({"device": many}, "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("value", [0.0, 63.4, 99_999.0, 1e14, -1e300])
def test_no_figure_of_a_gpu_is_longer_than_its_place(value):
    told = {name: text(value) for field, name, text in device_use._KINDS if field.startswith("gpu_") and name != "VRAM"}
    assert max(map(len, told.values())) <= len("99999 %") + 2, told


@given(st.lists(strategy(inspect.type_info(events.DeviceUse)), max_size=12), st.integers(1, 120))
@settings(max_examples=60, deadline=None)
def test_whatever_a_journal_holds_is_shown(used, width):
    view = msgspec.structs.replace(PLAIN, use=tuple(used))
    assert "\n" not in device_use.line(view)
    draw(device_pictures.history(view), width, 12, Look())
    for line in worker_lines.recorded(view, width, False):
        assert line.cell_length < 140


# The cursor over time


@pytest.fixture
def stretches(tmp_path):
    """Ten stretches of two seconds of training, from 10,000 samples a second down to 5,500."""
    return view_of(tmp_path, *make_run.used(count=10, **GPU))


@pytest.mark.parametrize(
    ("moves", "moment"),
    [
        (["right"], 9.0), (["left"], 9.0), (["right", "right"], 11.0), (["right", "left", "left"], 5.0),
        (["first"], 1.0), (["last"], 19.0), (["end"], 19.0), (["to-5"], 9.0), (["to-0", "left"], 1.0),
        (["last", "right"], 19.0), (["first", "far-right"], 11.0), (["last", "far-left"], 9.0),
        (["right", "no-cursor"], None),
    ],
)  # fmt: skip
def test_the_cursor_stands_on_a_stretch(stretches, moves, moment):
    here = reading.Reading(picture="device")
    for move in moves:
        here = reading.moved(stretches, here, move)
    assert here.moment == moment
    assert (here.alpha, here.window) == (None, None), "the cursor over alpha is another one"
    assert here.pointed is (moment is not None)
    assert here.pointer(stretches) == moment


def test_what_was_measured_under_the_cursor_is_told(stretches):
    here = reading.Reading(picture="device", moment=9.0)
    assert [line.plain for line in readouts.lines(stretches, here, Look(), 78, 5)] == [
        "0:08 to 0:10 of work: training, epoch 4  cores 1.9  samples/s 8k",
        "memory 700 MiB  GPU load 50 %  VRAM 20 GiB  power 300 W  GPU temp. 61 C",
    ]
    assert len(device_cursor.lines(stretches, 9.0, 40, 2)) == 2


def test_there_are_as_many_lines_as_without_a_cursor(tmp_path):
    view = view_of(tmp_path, *make_run.used(count=10))
    here = reading.Reading(picture="device", moment=9.0)
    assert len(readouts.lines(view, here, Look(), 118, 5)) == len(view.experiment.interpolation.schemes) == 2


def test_a_figure_that_was_not_reported_there_is_said_so(tmp_path):
    used = [*make_run.used(count=1), *make_run.used("interpolating", 1, cores=None, attempt=2)]
    view = msgspec.structs.replace(view_of(tmp_path, *used), attempt=2)
    first, *_ = device_cursor.lines(view, 3.0, 200, 5)
    assert first.plain.startswith("0:02 to 0:04 of work: interpolating, epoch 0, attempt 2  cores not reported")


def test_a_stretch_of_alpha_is_not_zoomed_where_none_is_seen(stretches):
    here = reading.Reading(picture="device", moment=9.0)
    assert {reading.moved(stretches, here, move) for move in ("zoom-in", "zoom-out", "pan-left", "whole")} == {here}
    assert reading.zoomed_at(stretches, here, 5.0, 0.8) == here


def test_a_click_is_taken_by_the_unit_that_time_is_counted_in(tmp_path):
    view = view_of(tmp_path, *make_run.used("interpolating", 100))
    here = reading.clicked(view, reading.Reading(picture="device"), 2.0)
    assert (here.moment, here.pointer(view)) == (119.0, pytest.approx(119 / 60))
    assert device_pictures.history(view).title.startswith("device use by minutes of work")


def test_a_run_of_hours_has_a_hundred_stops(tmp_path):
    view = view_of(tmp_path, *make_run.used("interpolating", 1_000))
    assert device_cursor.moved(view, 1.0, "right") == 21.0


def test_without_a_record_there_is_no_cursor():
    for move in device_cursor.MOVES:
        assert device_cursor.moved(PLAIN, None, move) is None
    assert device_cursor.lines(PLAIN, 0.0, 78, 5)[0].plain == "not recorded"


@given(
    st.lists(strategy(inspect.type_info(events.DeviceUse)), max_size=12), st.sampled_from(sorted(device_cursor.MOVES))
)
@settings(max_examples=60, deadline=None)
def test_wherever_the_cursor_goes_there_is_something_to_read(used, move):
    view = msgspec.structs.replace(PLAIN, use=tuple(used))
    for before in (None, 0.0, 7.0):
        moment = device_cursor.moved(view, before, move)
        assert moment is None or device_cursor.lines(view, moment, 78, 4)
