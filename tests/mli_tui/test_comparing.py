"""Runs beside each other: groups, names, differences, results, curves, and what is written of them."""

import csv
import io
import tomllib

import msgspec
import pytest

from backends.runs import labels, listing
from mli_tui import compare_curves, comparing, labelling
from mli_tui.compare_lines import lines as lines_of
from mli_tui.compare_reading import CompareReading
from mli_tui.compare_reading import moved as read
from presets import load, override
from tests.mli_tui import make_run, make_sweep, synthetic
from tests.mli_tui.command import mli


@pytest.fixture
def views(tmp_path):
    """Two depths with seeds 0 to 2 and 1 to 3, whose plateau ends are made to differ by depth and seed."""
    found = []
    for depth, seeds in ((8, (0, 1, 2)), (6, (1, 2, 3))):
        for seed in seeds:
            spec = override(load("quick"), [f"model.depth={depth}", f"train.seed={seed}"])
            run = make_run.finished(tmp_path, f"quick-20260921-120000-{depth}{seed}", experiment=spec)
            found.append(moved(listing.read_run(run), 0.05 * depth + 0.01 * seed * seed))
    return found


def moved(view, end):
    """Return the view with another end of the linear plateau of the error."""
    key = ("linear", "train")
    measured = msgspec.structs.replace(view.plateaus[key].measured, error_plateau_end=end)
    found = msgspec.structs.replace(view.plateaus[key], measured=measured)
    return msgspec.structs.replace(view, plateaus={**view.plateaus, key: found})


def rows(found, split="train"):
    return {row.key: row.cells for row in (*comparing.spec_rows(found), *comparing.result_rows(found, split))}


def test_runs_that_differ_in_the_seed_alone_are_one_group(views):
    found = comparing.compare(views)
    assert [(g.letter, g.name, g.seeds) for g in found.groups] == [
        ("A", "quick depth=8", (0, 1, 2)),
        ("B", "quick depth=6", (1, 2, 3)),
    ]
    table = rows(found)
    assert table["model.depth"] == ("8", "6")
    assert table["train.seed"] == ("0..2", "1..3")
    assert set(table) & set(comparing.values(views[0].experiment)) == {"model.depth", "train.seed"}
    assert table["status"] == ("3 done", "3 done")
    assert table["epochs"] == ("37", "37")
    assert table["linear.error_plateau_end"] == ("0.410 (0.400..0.440)", "0.340 (0.310..0.390)")


def test_threads_part_no_group_and_name_none_but_stand_in_the_table(tmp_path, views):
    spec = override(views[0].experiment, ["train.seed=7", "train.threads=1"])
    swept = listing.read_run(make_run.finished(tmp_path, "quick-20260921-120000-0007", experiment=spec))
    found = comparing.compare([*views, swept])
    assert [(g.name, g.seeds) for g in found.groups] == [("quick depth=8", (0, 1, 2, 7)), ("quick depth=6", (1, 2, 3))]
    assert rows(found)["train.threads"] == ("0, 1", "0")
    apart = override(spec, ["interpolation.points=51", "train.threads=2"])
    other = listing.read_run(make_run.finished(tmp_path, "quick-20260921-120000-0008", experiment=apart))
    assert [g.name for g in comparing.compare([swept, other]).groups] == ["quick points=101", "quick points=51"]


def test_without_bands_each_run_stands_by_itself(views):
    found = comparing.compare(views, bands=False)
    assert [group.letter for group in found.groups] == list("ABCDEF")
    assert [group.name for group in found.groups][:2] == ["quick depth=8 seed=0", "quick depth=8 seed=1"]
    assert rows(found)["linear.error_plateau_end"] == ("0.400", "0.410", "0.440", "0.310", "0.340", "0.390")


def test_aligned_only_common_seeds_count_run_against_run(views):
    found = comparing.compare(views, aligned=True)
    assert [group.seeds for group in found.groups] == [(1, 2), (1, 2)]
    assert found.aligned
    # 0.410 and 0.440 against 0.310 and 0.340
    assert rows(found)["linear.error_plateau_end"] == ("0.425 (0.410..0.440)", "-0.100")
    assert rows(found)["epochs"] == ("37", "0")


def test_aligned_without_a_common_seed_says_so_and_shows_all(views):
    found = comparing.compare([views[0], views[5]], aligned=True)
    assert (found.aligned, found.complaint) == (False, "no seed is in all of them: not aligned")
    assert len(found.views) == 2


def test_figures_of_a_group_are_of_the_runs_that_are_done(views):
    stopped = msgspec.structs.replace(moved(views[2], 0.9), status="stopped")
    found = comparing.compare([*views[:2], stopped, *views[3:]])
    assert rows(found)["status"][0] == "2 done, 1 stopped"
    assert rows(found)["linear.error_plateau_end"][0] == "0.405 (0.400..0.410)"


def test_the_same_experiment_twice_is_told_apart_by_the_end_of_its_id(views):
    twin = msgspec.structs.replace(views[0], run_id="quick-20260921-120000-twin")
    found = comparing.compare([views[0], twin], bands=False)
    assert [group.name for group in found.groups] == ["quick 80", "quick twin"]
    assert comparing.spec_rows(found) == []


def test_what_decides_nothing_for_a_network_of_ones_own_is_no_difference_of_its_runs(views):
    model = msgspec.structs.replace(views[0].experiment.model, network="own", depth=10)
    spec = msgspec.structs.replace(views[0].experiment, model=model)
    own = msgspec.structs.replace(views[0], run_id="mine", experiment=spec)
    found = rows(comparing.compare([own, views[0]]))
    assert found["model.network"] == ("own", "fc")
    assert (found["model.depth"], found["train.lr"]) == (("-", "8"), ("-", "0.03"))


def test_names_stand_for_presets(views):
    named = msgspec.structs.replace(views[0], labels=labels.Labels(name="deep"))
    assert [g.name for g in comparing.compare([named, views[3]]).groups] == ["deep", "quick"]


def test_letters():
    assert [comparing.letter(i) for i in (0, 25, 26, 27, 52, 701, 702)] == ["A", "Z", "AA", "AB", "BA", "ZZ", "AAA"]


@pytest.mark.parametrize(
    ("seeds", "text"),
    [
        ((), ""),
        ((3,), "3"),
        ((0, 1), "0, 1"),
        ((0, 1, 2), "0..2"),
        ((0, 2, 5), "0, 2, 5"),
        (tuple(range(0, 99, 3)), "33 seeds"),
    ],
)
def test_seeds_in_few_characters(seeds, text):
    assert comparing.seeds_text(seeds) == text


def test_a_band_is_median_smallest_and_largest_of_what_was_measured(views):
    key = ("linear", "train")
    shifted = []
    for number, view in enumerate(views[:3]):
        points = tuple(msgspec.structs.replace(p, error=0.1 * (number + 1)) for p in view.curves[key])
        extra = msgspec.structs.replace(points[0], alpha=0.0123 + number)
        shifted.append(msgspec.structs.replace(view, curves={**view.curves, key: (*points, extra)}))
    found = comparing.compare([*shifted, views[3]])
    lines = {(line.group, line.statistic): line for line in lines_of(found, "linear", "train", "error")}
    assert set(lines) == {(0, "smallest"), (0, "largest"), (0, "median"), (1, "measured")}
    assert [lines[0, name].values[5] for name in ("smallest", "median", "largest")] == [0.1, 0.2, pytest.approx(0.3)]
    assert lines[0, "median"].alphas == tuple(p.alpha for p in views[0].curves[key])
    plot = compare_curves.plot(found, CompareReading(), "error")
    assert [s.label for s in plot.series if not s.thin] == ["A", "B"]
    assert sum(s.thin for s in plot.series) == 2
    assert plot.y_limits == (0.0, 1.0)
    assert [mark.label[0] for mark in plot.marks] == ["A", "B"]
    assert [level.label for level in plot.levels] == ["1 - 1/10"]


def test_a_run_that_trains_is_drawn_by_its_newest_live_curve(tmp_path, views):
    live = listing.read_run(make_run.live(tmp_path / "live", epochs=12))
    found = comparing.compare([views[0], live], bands=False)
    lines = lines_of(found, "linear", "train", "loss")
    assert len(lines[1].alphas) == len(live.live["linear"][-1].alphas)
    assert [line.group for line in lines_of(found, "linear", "test", "loss")] == [0]


def test_nothing_to_draw_is_said():
    plot = compare_curves.plot(comparing.Comparison(), CompareReading(), "loss")
    assert (plot.series, plot.empty) == ((), "reading ...")


def test_what_is_written_is_what_is_drawn(views):
    found = comparing.compare(views)
    table = list(csv.DictReader(io.StringIO(compare_curves.curves_csv(found, CompareReading()))))
    for metric in ("loss", "error"):
        for line in lines_of(found, "linear", "train", metric):
            wanted = (found.groups[line.group].letter, metric, line.statistic)
            mine = [row for row in table if (row["group"], row["metric"], row["statistic"]) == wanted]
            assert tuple(float(row["alpha"]) for row in mine) == line.alphas
            assert tuple(float(row["value"]) for row in mine) == line.values
    assert table[0]["seeds"] == "0 1 2"
    beside = tomllib.loads(compare_curves.specs_toml(found, CompareReading()))
    assert beside["A"]["experiment"]["model"]["depth"] == 8
    assert beside["B"]["runs"] == [view.run_id for view in views[3:]]
    assert (beside["scheme"], beside["split"], beside["aligned_by_seed"]) == ("linear", "train", False)


def test_of_a_stretch_of_alpha_only_that_is_written(views):
    found = comparing.compare(views)
    closer = read(found, read(found, CompareReading(), "zoom-in"), "zoom-in")
    low, high = closer.limits(found)
    assert high - low == pytest.approx(0.25)
    table = list(csv.DictReader(io.StringIO(compare_curves.curves_csv(found, closer))))
    (alphas,) = {line.alphas for line in lines_of(found, "linear", "train", "loss")}
    assert {float(row["alpha"]) for row in table} == {a for a in alphas if low <= a <= high}


def test_the_command_prints_the_table(tmp_path, capsys, monkeypatch, views):
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path))
    labels.change(make_run.RunPaths(tmp_path / views[0].run_id), labelling.named("deep one"))
    answer = mli(capsys, "compare", "deep one", views[3].run_id)
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[:2] == [f"A  deep one: {views[0].run_id}", f"B  quick: {views[3].run_id}"]
    table = {line.split()[0]: line.split()[1:] for line in lines[3:]}
    assert table["model.depth"] == ["8", "6"]
    assert table["train.seed"] == ["0", "1"]
    end = f"{synthetic.ends('linear', 'train').error_plateau_end:.3f}"
    assert any(line.split() == ["linear", "error", "plateau", end, end] for line in lines)


def test_the_command_as_json(tmp_path, capsys, monkeypatch, views):
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path))
    ids = [view.run_id for view in views]
    found = msgspec.json.decode(mli(capsys, "compare", *ids, "--align", "--json").out)
    assert [group["seeds"] for group in found["groups"]] == [[1, 2], [1, 2]]
    assert found["spec"]["model.depth"] == ["8", "6"]
    assert found["results"]["epochs"] == ["37", "0"]
    assert found["aligned"] is True
    alone = msgspec.json.decode(mli(capsys, "compare", *ids, "--no-bands", "--split", "test", "--json").out)
    assert (len(alone["groups"]), alone["split"]) == (6, "test")


def test_a_sweep_stands_for_its_runs_that_are_done(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path))
    sweep = make_sweep.made(tmp_path, over=("train.seed=0..3",), missing=1)
    labels.change(sweep, labelling.named("seeds"))
    done = [f"quick-20260921-120000-{number:04x}" for number in range(3)]
    alone = make_run.finished(tmp_path, "fc10-20260921-120000-0009").run_id
    for name in (sweep.run_id, "seeds", sweep.run_id[:-2]):
        found = msgspec.json.decode(mli(capsys, "compare", alone, name, done[1], "--json").out)
        assert [group["runs"] for group in found["groups"]] == [[alone], done]
    assert mli(capsys, "compare", "seeds").code == 0
    labels.change(make_run.RunPaths(tmp_path / alone), labelling.named("seeds"))
    assert mli(capsys, "compare", "seeds", done[0], "--json").out.count(alone) == 1, "a run's name comes first"


def test_what_is_no_run_nor_a_sweep_with_runs_that_are_done_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path))
    sweep = make_sweep.made(tmp_path, over=("train.seed=0..3",), missing=4).run_id
    other = make_sweep.made(tmp_path, over=("train.lr=0.1,0.2",)).run_id
    for name, line in (
        (sweep, f"sweep '{sweep}': none of its runs is done"),
        ("nothing", "run 'nothing': no such run; `mli-tui runs` lists them, `mli-tui sweeps` the sweeps"),
        ("quick-2026", "run 'quick-2026': ambiguous: 2 runs begin so"),
        ("q", "run 'q': ambiguous: 2 runs begin so"),
    ):
        answer = mli(capsys, "compare", other, name)
        assert (answer.code, answer.out) == (2, "")
        assert answer.err.startswith(f"mli-tui: {line}")


@pytest.fixture
def saved(monkeypatch):
    """Every matplotlib figure that is written."""
    figure = pytest.importorskip("matplotlib.figure", reason="the extra `figures` is not installed").Figure
    made, save = [], figure.savefig
    monkeypatch.setattr(figure, "savefig", lambda self, *a, **k: (made.append(self), save(self, *a, **k))[1])
    return made


def test_the_command_saves_what_the_screen_draws(tmp_path, capsys, monkeypatch, views, saved):
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path))
    ids = [view.run_id for view in views]
    target = tmp_path / "figure.svg"
    options = ["--scheme", "homogeneous", "--split", "test", "--limits", "error 0..0.5"]
    assert mli(capsys, "compare", *ids, *options, "--save", target).out == f"{target}\n"
    loss, error = saved[0].axes
    assert [axes.get_ylabel() for axes in (loss, error)] == ["loss", "error"]
    assert error.get_ylim() == (0.0, 0.5)
    drawn = compare_curves.plot(comparing.compare(views), CompareReading(number=1, split="test"), "loss")
    assert [list(line.get_ydata()) for line in loss.lines if len(line.get_ydata()) > 2] == [
        list(series.y) for series in drawn.series
    ]
    assert len(loss.collections) == 2, "a band a group"
    assert [text.get_text() for text in loss.get_legend().get_texts()] == [
        "A quick depth=8, median of 3 runs",
        "B quick depth=6, median of 3 runs",
    ]
    assert mli(capsys, "compare", *ids, "--no-bands", "--save", target).out == f"{target} (replaced)\n"
    assert len(saved[1].axes[0].get_legend().get_texts()) == 6


def test_what_is_hidden_is_not_in_the_figure_and_the_others_keep_letters_and_colours(
    tmp_path, capsys, monkeypatch, views, saved
):
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path))
    ids = [view.run_id for view in views]
    assert mli(capsys, "compare", *ids, "--save", tmp_path / "all.svg").code == 0
    assert mli(capsys, "compare", *ids, "--hide", "A", "--save", tmp_path / "one.svg").code == 0
    (whole, _), (loss, error) = (figure.axes for figure in saved)
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["B quick depth=6, median of 3 runs"]
    colours = {one.get_label(): one.get_color() for one in whole.lines}
    shown = [one for one in loss.lines if one.get_label().startswith("B quick")]
    assert [one.get_color() for one in shown] == [colours["B quick depth=6, median of 3 runs"]]
    assert [text.get_text()[0] for text in error.texts] == ["B", "1"], "a mark and the level"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--save", "x.gif"], "--save = 'x.gif': expected a name that ends in one of .png, .svg, .pdf"),
        (["--hide", "A"], "--hide: of a figure alone, which --save writes"),
        (["--scheme", "linear"], "--scheme: of a figure alone, which --save writes"),
        (["--limits", "error 0..1"], "--limits: of a figure alone, which --save writes"),
        (["--log"], "--log: of a figure alone, which --save writes"),
        (["--log-alpha", "--json"], "--log-alpha: of a figure alone, which --save writes"),
        (["--shared"], "--shared: of a figure alone, which --save writes"),
        (["--grid"], "--grid: of a figure alone, which --save writes"),
        (["--save", "x.png", "--json"], "--json: of the table alone, not with --save"),
        (["--save", "x.png", "--scheme", "cubic"], "--scheme = 'cubic': expected one of linear, homogeneous"),
        (["--save", "x.png", "--hide", "C"], "--hide = 'C': expected one of A, B"),
        (["--save", "x.png", "--hide", "A", "--hide", "B"], "no figure: all curves are hidden"),
        (["--save", "x.png", "--limits", "alpha 1..2"], "--limits: alpha 1..2: measured from 0 to 1"),
    ],
)
def test_a_figure_that_can_not_be_is_one_line(tmp_path, capsys, monkeypatch, views, options, line):
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    answer = mli(capsys, "compare", views[0].run_id, views[3].run_id, *options)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert answer.err.startswith(f"mli-tui: {line}")
    assert not list(tmp_path.glob("x.*"))


def test_one_run_is_not_compared(tmp_path, capsys, monkeypatch, views):
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path))
    answer = mli(capsys, "compare", views[0].run_id, views[0].run_id)
    assert answer.code == 2
    assert answer.err == "mli-tui: compare: 1 run; from 2 to 100 different ones are possible\n"
