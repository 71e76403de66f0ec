"""plot: in the terminal as text, in a file as a figure."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backends.runs import labels, listing
from backends.runs.view import RunView
from mli_tui import exporting, figures, labelling
from mli_tui import views as screen
from mli_tui.cli import drawing
from mli_tui.cli.program import execute
from mli_tui.panes import SHOWN, Shown
from mli_tui.plotting.series import Mark, Plot, Ribbon, Series
from mli_tui.reading import PICTURES, SPLITS, Picture, Reading
from presets.experiment import Split
from tests.mli_tui import make_run
from tests.mli_tui.command import mli

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIGNATURES = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The runs folder; the terminal has 80 columns and 24 lines."""
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    return tmp_path / "runs"


def views(root: Path) -> list[RunView]:
    return [listing.read_run(make_run.finished(root, f"quick-{name}")) for name in "ab"]


@pytest.mark.parametrize(("metric", "level"), [("error", "1 - 1/10"), ("loss", "ln 10")])
def test_a_plot_fits_the_terminal_and_has_its_reference_line(
    metric: str, level: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run.finished(root)
    answer = mli(capsys, "plot", "last", "--metric", metric)
    lines = answer.out.splitlines()
    assert (answer.code, answer.err, len(lines)) == (0, "", 22)
    assert {len(line) for line in lines} == {80}
    assert any(line.endswith(level) for line in lines)
    assert lines[0].startswith(f"quick-20260921-120000-0001: {metric}")


def test_several_runs_share_a_picture_with_a_key(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    views(root)
    lines = mli(capsys, "plot", "quick-a", "quick-b").out.splitlines()
    assert lines[-2:] == ["A  quick-a", "B  quick-b"]
    assert lines[0].startswith("error, train of 2 runs")


def test_several_runs_keep_their_own_numbers_and_say_which_path_is_which(root: Path) -> None:
    two = views(root)
    drawn = drawing.picture(two, "error", ["A", "B"], Reading())
    assert [series.label[:5] for series in drawn.series] == ["A lin", "A hom", "B lin", "B hom"]
    assert [series.thin for series in drawn.series] == [False, True, False, True]
    assert drawn.series[0].y == tuple(point.error for point in two[0].curves["linear", "train"])
    assert len({series.colour for series in drawn.series}) == 2


def test_a_run_without_curves_says_so(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run.queued(root)
    assert "queued" in mli(capsys, "plot", "last").out


@pytest.mark.parametrize(("no_colour", "coloured"), [("1", False), ("", True)])
def test_colours_only_at_a_terminal_and_never_with_no_color(
    no_colour: str, coloured: bool, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    make_run.finished(root)
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_colour:
        monkeypatch.setenv("NO_COLOR", no_colour)
    assert execute(["plot", "last"]) == 0
    assert ("\x1b[38;5;" in screen.getvalue()) is coloured


def test_ascii_where_the_terminal_knows_nothing_else(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run.finished(root)
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", errors="backslashreplace"))
    assert execute(["plot", "last"]) == 0
    sys.stdout.flush()
    assert b"*" in raw.getvalue()
    assert b"\\u28" not in raw.getvalue()


@pytest.mark.parametrize("suffix", list(SIGNATURES))
def test_a_figure_is_saved_in_the_format_of_its_name(
    suffix: str, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="the extra `figures` is not installed")
    views(root)
    target = tmp_path / f"figure{suffix}"
    assert mli(capsys, "plot", "quick-a", "quick-b", "--save", target) == (0, f"{target}\n", "")
    assert target.read_bytes().startswith(SIGNATURES[suffix])


def test_without_matplotlib_the_extra_is_named(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run.finished(root)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    answer = mli(capsys, "plot", "last", "--save", tmp_path / "figure.png")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("mli-tui: --save needs matplotlib (")
    assert answer.err.endswith("pip install 'mli-tui[figures]'\n")


def test_a_figure_of_nothing_is_refused(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run.queued(root)
    answer = mli(capsys, "plot", "last", "--save", tmp_path / "figure.png")
    assert answer.code == 2
    assert answer.err.startswith("mli-tui: no figure: queued")
    assert not (tmp_path / "figure.png").exists()


def test_both_metrics_on_either_split_and_scale(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run.finished(root)
    shown = mli(capsys, "plot", "last", "--metric", "both", "--split", "test", "--log").out.splitlines()
    assert len(shown) == 44
    assert "error (log), test" in shown[0]
    assert "loss (log), test" in shown[22]
    assert any(line.lstrip().startswith("10┤") for line in shown[22:])  # a decade above a loss of ln 10
    target = tmp_path / "both.svg"
    assert mli(capsys, "plot", "last", "--metric", "both", "--log", "--save", target).code == 0
    assert target.read_text().count('id="axes_') == 2


@pytest.mark.parametrize(
    ("places", "sides"),
    [
        ((0.1, 0.5), ["center", "center"]),
        ((0.43, 0.41), ["right", "left"]),
        ((0.40, 0.42, 0.44), ["right", "center", "left"]),
        ((0.1, 0.40, 0.42), ["center", "right", "left"]),
    ],
)
def test_labels_of_marks_side_by_side_do_not_cover_each_other(places: tuple[float, ...], sides: list[str]) -> None:
    marks = tuple(Mark(x, f"{x:.3f}", "linear") for x in places)
    sided = list(figures.sided(Plot("loss", marks=marks, x_limits=(0.0, 1.0))))
    assert [mark.x for mark, _ in sided] == sorted(places)
    assert [side for _, side in sided] == sides


@pytest.mark.parametrize(
    ("label", "long"),
    [
        ("homog.", "homogeneous"),
        ("A last lin.", "A last_bias_linear"),
        ("share by class, equal, train", "share by class, equal_last_bias, train"),
        ("fixed", "fixed_bias"),
        ("linear", "linear"),
        ("fixedly", "fixedly"),
    ],
)
def test_a_figure_writes_the_names_of_paths_out(label: str, long: str) -> None:
    assert figures._long(label) == long


@pytest.mark.parametrize(
    ("metric", "axes", "words"),
    [
        ("shares", 2, "share of inputs, homogeneous"),
        ("classes", 10, "error by class, test"),
        ("splits", 2, "loss, test"),
        ("both", 2, "error, test"),
    ],
)
def test_a_figure_of_each_view_has_its_axes(metric: str, axes: int, words: str, root: Path, tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="the extra `figures` is not installed")
    make_run.finished(root)
    target = tmp_path / "figure.svg"
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        assert execute(["plot", "last", "--metric", metric, "--split", "test", "--save", str(target)]) == 0
    text = target.read_text()
    assert text.count('id="axes_') == axes
    assert words in text


def test_a_stretch_and_a_scheme_are_drawn(root: Path, tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="the extra `figures` is not installed")
    make_run.finished(root)
    target = tmp_path / "figure.svg"
    options = ["--metric", "shares", "--scheme", "homogeneous", "--limits", "alpha 0.3..0.6", "--save", str(target)]
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        assert execute(["plot", "last", *options]) == 0
    text = target.read_text()
    assert text.index("share of inputs, homogeneous") < text.index("share of inputs, linear")
    assert ">0.30<" in text
    assert ">0.8<" not in text.split("share of inputs, homogeneous")[0].split("alpha")[0]


@pytest.mark.parametrize("metric", ["both", "classes", "shares"])
def test_a_figure_has_the_axes_of_the_screen(metric: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib", reason="the extra `figures` is not installed")
    from matplotlib.figure import Figure

    made: list[Figure] = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **k: (made.append(self), save(self, *a, **k))[1])
    make_run.finished(root)
    limits = "alpha 0..1" if metric == "shares" else "error 0.1..0.9"
    options = ["--log-alpha", "--log", "--limits", limits, "--shared", "--save", str(root / "figure.png")]
    assert execute(["plot", "last", "--metric", metric, *options]) == 0
    axes = made[0].axes[0]
    assert axes.get_xscale() == "log"
    assert axes.get_xlim() == pytest.approx((0.01, 1.0))
    assert axes.get_xticks() == pytest.approx([0.01, 0.1, 1])
    lowest = made[0].axes[5 if metric == "classes" else 0]
    assert [label.get_text() for label in lowest.get_xticklabels()] == ["0.01", "0.1", "1"]
    if metric == "shares":
        assert axes.get_ylim() == (0.0, 1.0)
        assert "log alpha > 0" in axes.get_title(loc="left")
        assert min(collection.get_datalim(axes.transData).x0 for collection in axes.collections) >= 0.01
        return
    assert axes.get_yscale() == "log"
    assert axes.get_ylim() == (0.1, 0.9)
    said = made[0].get_suptitle() if metric == "classes" else axes.get_title(loc="left")
    assert said.endswith("log-log > 0, shared y" if metric == "classes" else "log-log > 0, y as test")
    shades = [patch.get_extents().transformed(axes.transData.inverted()) for patch in axes.patches]
    assert shades and all(shade.x0 == pytest.approx(0.01) for shade in shades)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--limits", "error 0.2..0.1"], "--limits: error 0.2..0.1: expected the lower number first"),
        (["--limits", "alpha 0..0.5 alpha 0..1"], "--limits: alpha: is there twice"),
        (["--limits", "loss 0..1"], "--limits: loss: not in this view; expected alpha or error"),
        (["--metric", "device", "--limits", "loss 0..1"], "--limits: loss: not in this view; expected none"),
        (["--scheme", "cubic"], "--scheme = 'cubic': expected one of linear, homogeneous"),
        (
            ["--metric", "shares", "--split", "both"],
            "--split = 'both': not for --metric shares; expected train or test",
        ),
    ],
)
def test_what_can_t_be_drawn_is_one_line(
    options: list[str], line: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run.finished(root)
    answer = mli(capsys, "plot", "last", *options)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith(f"mli-tui: {line}")


def test_several_runs_are_of_one_split_that_the_title_names_and_of_what_is_not_done_it_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="the extra `figures` is not installed")
    from matplotlib.figure import Figure

    made: list[Figure] = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **k: (made.append(self), save(self, *a, **k))[1])
    done, live = make_run.finished(root), make_run.live(root)
    options = ["plot", done.run_id, live.run_id, "--metric", "loss", "--limits", "loss 0..2"]
    assert mli(capsys, *options, "--split", "both").err.startswith("mli-tui: --split = 'both': not for several runs")
    assert mli(capsys, *options, "--save", str(root / "two.png")).code == 0
    axes = made[0].axes[0]
    assert axes.get_title(loc="left") == "loss, train of 2 runs"
    said = [text.get_text() for text in axes.get_legend().get_texts()]
    assert f"{live.run_id} (running) linear" in said
    assert f"{done.run_id} linear" in said
    assert not any("ln" in text.get_text() for text in axes.texts), "it lies above the limits"
    assert mli(capsys, *options[:-1], "alpha 0.9..1", "--save", str(root / "near.png")).code == 0
    drawn = [point for line in made[1].axes[0].lines if len(line.get_xdata()) > 2 for point in line.get_xydata()]
    low, high = made[1].axes[0].get_ylim()
    assert low == 0.0
    assert max(y for x, y in drawn if x >= 0.9) <= high < 1.0 < max(y for _, y in drawn)


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Every matplotlib figure that is written."""
    figure = pytest.importorskip("matplotlib.figure", reason="the extra `figures` is not installed")
    made: list[Figure] = []
    save = figure.Figure.savefig
    monkeypatch.setattr(figure.Figure, "savefig", lambda self, *a, **k: (made.append(self), save(self, *a, **k))[1])
    return made


@pytest.mark.parametrize("grid", [False, True])
def test_a_grid_is_in_the_terminal_and_in_the_figure(
    grid: bool, root: Path, saved: list[Figure], capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [view.run_id for view in views(root)]
    more = ["--grid"] if grid else []
    assert ("· ·" in mli(capsys, "plot", "quick-a", *more).out) == grid
    for command in (["plot", "quick-a"], ["plot", "quick-a", "--metric", "classes"], ["compare", *runs]):
        assert mli(capsys, *command, *more, "--save", root / "figure.png").code == 0
    assert len(saved) == 3
    for made in saved:
        axes = made.axes[0]
        assert {line.get_visible() for line in axes.get_xgridlines() + axes.get_ygridlines()} == {grid}
        assert not grid or axes.get_axisbelow() is True


def test_points_and_their_names_are_in_the_figure(root: Path, saved: list[Figure]) -> None:
    curve = Series((0.0, 1.0), (0.2, 0.4), "linear", "linear", points=True)
    names = ((0.0, "$seven$"), (1.0, "eight"))
    figures.figure({"error": Plot("t", (curve,), x_limits=(-0.5, 1.5), x_names=names, y_limits=(0, 1))}, "png")
    axes = saved[0].axes[0]
    (line,) = axes.lines
    assert (line.get_linestyle(), line.get_marker()) == ("None", "o")
    assert [label.get_text() for label in axes.get_xticklabels()] == [r"\$seven\$", "eight"]
    assert list(axes.get_xticks()) == [0.0, 1.0]


@pytest.mark.parametrize("log", [False, True])
def test_what_lies_between_two_edges_is_filled_and_breaks_at_a_gap(log: bool, saved: list[Figure]) -> None:
    x = (0.0, 0.25, 0.5, 0.75, 1.0)
    ribbon = Ribbon(x, (0.0, 0.1, None, 0.1, 0.2), (0.5, 0.6, 0.6, 0.6, 0.9), "linear")
    curve = Series(x, (0.3, 0.3, 0.3, 0.3, 0.3), "linear", "A")
    figures.figure({"error": Plot("t", (curve,), ribbons=(ribbon,), y_limits=(0.01, 1), log=log, log_x=log)}, "png")
    (filled,) = saved[0].axes[0].collections
    corners = [point for path in filled.get_paths() for point in path.vertices.tolist()]
    assert (0.75, 0.1) in [tuple(point) for point in corners] and (1.0, 0.9) in [tuple(point) for point in corners]
    assert not any(0.25 < px < 0.75 for px, _ in corners), "nothing is known there"
    assert not log or all(px > 0 and py > 0 for px, py in corners)


def test_a_figure_leaves_the_names_of_runs_alone_and_writes_those_of_paths_out(root: Path, saved: list[Figure]) -> None:
    two = [make_run.finished(root, name) for name in ("quick-a", "quick-b")]
    labels.change(two[1], labelling.named("my fixed"))
    assert execute(["plot", *(run.run_id for run in two), "--save", str(root / "figure.png")]) == 0
    told = [text.get_text() for text in saved[0].axes[0].get_legend().get_texts()]
    assert told == ["quick-a linear", "quick-a homogeneous", "my fixed linear", "my fixed homogeneous"]
    assert execute(["compare", *(run.run_id for run in two), "--no-bands", "--save", str(root / "other.png")]) == 0
    told = [text.get_text() for text in saved[1].axes[0].get_legend().get_texts()]
    assert told[1] == "B my fixed"
    assert execute(["plot", two[0].run_id, "--save", str(root / "one.png")]) == 0
    assert "homogeneous" in [text.get_text() for text in saved[2].axes[0].get_legend().get_texts()]


def test_classes_are_of_one_run_alone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    views(root)
    answer = mli(capsys, "plot", "quick-a", "quick-b", "--metric", "shares")
    assert answer.code == 2
    assert "of one run alone" in answer.err


def test_the_options_of_what_is_shown_draw_it_again(root: Path) -> None:
    view = views(root)[0]
    reading = Reading(
        picture="shares", splits=("test",), scheme=1, log=True, log_alpha=True, shared=True, window=(0.1, 0.7),
        loss=(1 / 3, 2.0),
    )  # fmt: skip
    told = exporting.as_options(view, reading)
    assert told == [
        "--metric", "shares", "--split", "test", "--scheme", "homogeneous", "--log", "--log-alpha", "--shared",
        "--limits", "alpha 0.1..0.7",
    ]  # fmt: skip
    told = exporting.as_options(view, Reading(window=(0.1, 0.7), loss=(1 / 3, 2.0)))
    assert told[-1] == "alpha 0.1..0.7 loss 0.3333333333333333..2.0"
    assert exporting.as_options(view, Reading(splits=("train", "test")))[:4] == ["--metric", "both", "--split", "both"]


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("splits", SPLITS)
def test_a_figure_has_what_is_shown_and_nothing_that_is_hidden(
    picture: Picture, shown: Shown, splits: tuple[Split, ...], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = listing.read_run(make_run.finished(root))
    reading = Reading(
        picture=picture, shown=shown, splits=splits, scheme=1, window=(0.1, 0.9), loss=(0, 2), error=(0, 0.5)
    )
    drawn: list[object] = []
    monkeypatch.setattr(figures, "figure", lambda found, kind, grid: drawn.extend(found.values()) or b"")
    execute(["plot", view.run_id, *exporting.as_options(view, reading), "--save", str(root / "figure.png")])
    titled = [replace(one, title=f"{view.title}: {one.title}") for one in screen.pictures(view, reading)]
    assert sorted(drawn, key=str) == sorted(titled, key=str)


def test_one_scheme_is_of_shares_alone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run.finished(root)
    answer = mli(capsys, "plot", "last", "--metric", "error", "--one-scheme")
    assert (answer.code, answer.err) == (2, "mli-tui: --one-scheme: of --metric shares alone, not of error\n")


def test_the_axes_of_the_device_are_in_the_units_of_their_titles(root: Path, saved: list[Figure]) -> None:
    run = make_run.stopped(root)
    make_run.append(run, make_run.used("interpolating", 3, memory=700 << 20, gpu_load=0.5, samples=2_000_000.0))
    assert execute(["plot", run.run_id, "--metric", "device", "--save", str(root / "device.png")]) == 0
    axes = {one.get_title(loc="left"): one for one in saved[0].axes}
    tops = {"memory to 800 MiB": (800.0, 700.0), "GPU load to 100 %": (100.0, 50.0), "samples/s to 2M": (2e6, 2e6)}
    for title, (top, value) in tops.items():
        one = axes[title]
        assert one.get_ylim() == (0.0, top)
        assert set(one.lines[0].get_ydata()) == {value}
        assert one.yaxis.get_offset_text().get_text() == ""


@pytest.mark.parametrize("more", [[], ["--one-scheme"], ["--limits", "alpha 0.2..0.4"]], ids=str)
def test_a_figure_of_shares_has_every_class_in_one_legend_below(
    more: list[str], root: Path, saved: list[Figure]
) -> None:
    run = make_run.finished(root)
    assert execute(["plot", run.run_id, "--metric", "shares", *more, "--save", str(root / "shares.png")]) == 0
    (legend,) = saved[0].legends
    assert {text.get_text() for text in legend.get_texts()} == {str(number) for number in range(10)}
    top = legend.get_window_extent().y1
    assert all(top < axes.get_tightbbox().y0 for axes in saved[0].axes)
