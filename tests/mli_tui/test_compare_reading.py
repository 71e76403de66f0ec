"""What keys do to a comparison: what is read at one alpha, which stretch is shown, whose curves are seen."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends.runs import listing
from mli_tui import compare_curves, compare_lines, compare_reading, comparing
from mli_tui.compare_reading import MOVES, CompareReading, in_column, moved
from presets import load, override
from tests.mli_tui import make_run

KEY = ("linear", "train")


@pytest.fixture(scope="module")
def views(tmp_path_factory):
    """Depth 8 with the seeds 0 to 2, depth 6 with the seeds 1 and 2; each run has losses of its own."""
    root, found = tmp_path_factory.mktemp("runs"), []
    for depth, seeds in ((8, (0, 1, 2)), (6, (1, 2))):
        for seed in seeds:
            spec = override(load("quick"), [f"model.depth={depth}", f"train.seed={seed}"])
            view = listing.read_run(make_run.finished(root, f"quick-20260921-120000-{depth}{seed}", experiment=spec))
            found.append(with_points(view, lambda p, seed=seed, depth=depth: loss(p, depth / 10 + seed)))
    return found


def loss(point, value):
    return msgspec.structs.replace(point, loss=value + point.alpha)


def with_points(view, of, keep=lambda _alpha: True):
    points = tuple(of(p) for p in view.curves[KEY] if keep(p.alpha))
    return msgspec.structs.replace(view, curves={**view.curves, KEY: points})


def without(view, *alphas):
    return with_points(view, lambda p: p, lambda a: a not in alphas)


def read(comparison, alpha, **how):
    reading = CompareReading(alpha=alpha, **how)
    return {row.key: (row.label, *row.cells) for row in compare_reading.rows(comparison, reading)}


def after(comparison, *moves, start=CompareReading()):  # noqa: B008
    for move in moves:
        start = moved(comparison, start, move)
    return start


def test_at_one_alpha_each_group_has_median_and_range(views):
    found = read(comparing.compare(views), 0.4)
    assert found["cursor.loss"] == ("loss at 0.40", "2.200 (1.200..3.200)", "2.500 (2.000..3.000)")
    error = next(p.error for p in views[0].curves[KEY] if p.alpha == 0.4)
    assert found["cursor.error"] == ("error at 0.40", f"{error:.4f}", f"{error:.4f}")


def test_without_a_cursor_nothing_is_read(views):
    assert compare_reading.rows(comparing.compare(views), CompareReading()) == []


def test_a_run_with_another_grid_says_which_alpha_was_read_and_nothing_is_interpolated(views):
    coarse = without(views[3], 0.4, 0.41)
    found = comparing.compare([views[0], coarse], bands=False)
    assert read(found, 0.4)["cursor.loss"][1:] == ("1.200", "1.990 at 0.39")
    ended = with_points(views[3], lambda p: p, lambda a: a <= 0.3)
    assert read(comparing.compare([views[0], ended], bands=False), 0.4)["cursor.loss"][1:] == ("1.200", "-")


def test_a_band_is_read_where_all_its_runs_were_measured(views):
    found = comparing.compare([views[0], without(views[1], 0.4, 0.41), *views[3:]])
    assert read(found, 0.4)["cursor.loss"][1] == "1.690 (1.190..2.190) at 0.39"


def test_a_band_with_a_run_that_diverged_there_has_no_number(views):
    diverged = with_points(views[1], lambda p: loss(p, 0.0) if p.alpha != 0.4 else loss(p, float("nan")))
    found = comparing.compare([views[0], diverged])
    assert read(found, 0.4)["cursor.loss"][1] == "-"
    assert read(found, 0.41)["cursor.loss"][1] != "-"


def test_aligned_each_group_has_its_differences_to_the_first_seed_by_seed(views):
    found = comparing.compare(views, aligned=True)
    assert found.aligned
    assert read(found, 0.4)["cursor.loss"][1:] == ("2.700 (2.200..3.200)", "-0.2000")
    apart = with_points(views[4], lambda p: msgspec.structs.replace(p, loss=p.loss + 1))
    found = comparing.compare([*views[:4], apart], aligned=True)
    assert read(found, 0.4)["cursor.loss"][2] == "+0.3000 (-0.2000..+0.8000)"


def test_the_cursor_begins_where_the_plateau_of_the_column_ends(views):
    found = comparing.compare(views)
    end = views[0].plateaus[KEY].measured.error_plateau_end
    assert after(found, "right").alpha == pytest.approx(end, abs=0.006)
    later = msgspec.structs.replace(views[4].plateaus[KEY].measured, error_plateau_end=0.3)
    plateaus = {**views[4].plateaus, KEY: msgspec.structs.replace(views[4].plateaus[KEY], measured=later)}
    found = comparing.compare([views[0], msgspec.structs.replace(views[4], plateaus=plateaus)], bands=False)
    assert after(found, "right", start=CompareReading(column=1)).alpha == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("moves", "alpha"),
    [
        (["to-4", "right"], 0.41),
        (["to-4", "left"], 0.39),
        (["to-4", "far-right"], 0.45),
        (["to-4", "far-left"], 0.35),
        (["to-4", "end"], 1.0),
        (["to-4", "no-cursor"], None),
    ],
)
def test_moves_of_the_cursor(views, moves, alpha):
    assert after(comparing.compare(views), *moves).alpha == (None if alpha is None else pytest.approx(alpha))


@pytest.mark.parametrize(
    ("moves", "window"),
    [
        (["zoom-in"], (0.25, 0.75)),
        (["to-2", "zoom-in", "zoom-in"], (0.075, 0.325)),
        (["zoom-in", "zoom-out"], None),
        (["zoom-in", "pan-right"], (0.375, 0.875)),
        (["zoom-in", "pan-left", "pan-left"], (0.0, 0.5)),
        (["zoom-in", "whole"], None),
    ],
)
def test_stretches_of_alpha(views, moves, window):
    assert after(comparing.compare(views), *moves).window == (None if window is None else pytest.approx(window))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=20))
def test_wherever_keys_lead_the_cursor_is_on_a_measured_alpha_that_is_shown(views, moves):
    found = comparing.compare([views[0], without(views[3], 0.4, 0.5)], bands=False)
    now = after(found, *moves)
    low, high = now.limits(found)
    assert 0.0 <= low < high <= 1.0
    for metric in ("loss", "error"):
        assert compare_curves.plot(found, now, metric).x_limits == (low, high)
    if now.alpha is not None:
        assert low <= now.alpha <= high
        assert now.alpha in {p.alpha for view in found.views for p in view.curves[now.scheme(found), now.split]}


def test_on_a_stretch_loss_and_error_fit_to_what_is_there(views):
    found = comparing.compare(views)
    whole = compare_curves.plot(found, CompareReading(), "loss")
    assert whole.y_limits == (0.0, 4.0)
    near = compare_curves.plot(found, CompareReading(window=(0.2, 0.4), hidden=runs_of(found, 0)), "loss")
    assert near.y_limits == (1.5, 3.0)
    typed = CompareReading(window=(0.2, 0.4), loss=(0.0, 9.0))
    assert compare_curves.plot(found, typed, "loss").limits() == (0.0, 9.0)


def runs_of(comparison, number):
    return frozenset(view.run_id for view in comparison.groups[number].views)


def test_a_shared_axis_holds_the_stretch_of_all_schemes_and_splits(views):
    found = comparing.compare(views[:1])
    shared = [
        compare_curves.plot(found, CompareReading(window=(0.2, 0.4), shared=True, split=split, number=number), "loss")
        for split in ("train", "test")
        for number in (0, 1)
    ]
    assert len({plot.y_limits for plot in shared}) == 1


def test_the_limits_of_a_stretch_hold_what_a_run_in_training_had_before(tmp_path):
    live = listing.read_run(make_run.live(tmp_path, epochs=12))
    found = comparing.compare([live])
    plot = compare_curves.plot(found, CompareReading(window=(0.9, 1.0)), "loss")
    low, high = plot.y_limits
    before = [y for c in live.live["linear"] for a, y in zip(c.alphas, c.loss, strict=True) if a >= 0.9]
    drawn = [y for s in plot.series for a, y in zip(s.x, s.y, strict=True) if a >= 0.9]
    assert max(before) > 1.5 * max(drawn)
    assert low <= min(before) and high >= max(before)


def test_another_column_lets_its_curves_stand_out_and_a_key_makes_all_alike(views):
    found = comparing.compare(views)
    start = in_column(CompareReading(), 0)
    assert start.accent(found) == ""
    assert in_column(start, 1).accent(found) == "B"
    assert in_column(in_column(start, 1), 0).accent(found) == "A"
    assert in_column(in_column(start, 1), -1).accent(found) == ""
    alike = moved(found, in_column(start, 1), "single")
    assert alike.accent(found) == ""
    assert in_column(alike, 0).accent(found) == ""
    assert moved(found, alike, "single").accent(found) == "B"
    assert moved(found, start, "single").accent(found) == "A"


def test_what_stands_out_is_drawn_over_all_others_which_fade(views):
    found = comparing.compare(views)
    alike = compare_curves.plot(found, CompareReading(), "error")
    plot = compare_curves.plot(found, CompareReading(column=1, single=True), "error")
    assert [s.label for s in plot.series if s.strong and not s.thin] == ["B"]
    assert {s.colour for s in plot.series if s.strong} <= {s.colour for s in alike.series}
    assert all("@" in s.colour for s in plot.series if not s.strong)
    assert [ribbon.colour for ribbon in plot.ribbons] == [compare_curves.colour_of(1)]
    assert plot.y_limits == alike.y_limits


def test_of_many_groups_the_plateau_of_the_one_that_stands_out_is_marked(views):
    found = comparing.compare(views, bands=False)
    assert compare_curves.plot(found, CompareReading(), "error").marks == ()
    marks = compare_curves.plot(found, CompareReading(column=2, single=True), "error").marks
    assert [mark.label[0] for mark in marks] == ["C"]


def test_one_curve_alone_has_nothing_to_stand_out_from(views):
    found = comparing.compare(views)
    assert CompareReading(column=1, single=True, hidden=runs_of(found, 0)).accent(found) == ""
    assert CompareReading(column=0, single=True).accent(comparing.compare(views[:1])) == ""


def test_what_is_hidden_is_told_and_not_drawn_written_or_fitted_to(views):
    found = comparing.compare(views)
    hidden = moved(found, CompareReading(column=0), "hide")
    plot = compare_curves.plot(found, hidden, "loss")
    assert [s.label for s in plot.series if not s.thin] == ["B"]
    assert [s.label for s in plot.series if not s.x] == ["A hidden"]
    assert [mark.label[0] for mark in plot.marks] == ["B"]
    assert [ribbon.colour for ribbon in plot.ribbons] == [compare_curves.colour_of(1)]
    assert plot.y_limits == (0.0, 4.0)
    assert {line.split(",")[0] for line in compare_curves.curves_csv(found, hidden).splitlines()} == {"group", "B"}
    assert 'hidden = [\n    "A",\n]' in compare_curves.specs_toml(found, hidden)
    assert "[A" not in compare_curves.specs_toml(found, hidden)
    assert compare_curves.heads(found, hidden, 24)[0][0] == "(A) quick depth=8"
    assert moved(found, hidden, "hide") == CompareReading(column=0)


@pytest.mark.parametrize(
    ("name", "telling", "head"),
    [
        ("fc10-mnist5k-no-bias", " seed=3", "A fc10-mnist5k-no-… seed=3"),
        ("fc10-mnist5k", " bias=none seed=3", "A fc10-m… bias=none seed=3"),
        ("fc10-mnist5k-all-biases", " 5e81", "A fc10-mnist5k-all-b… 5e81"),
        ("one-word-that-is-longer-than-all", "", "A one-word-that-is-longer…"),
        ("a name of many words, the last alone", "", "A a name of many words, t…"),
    ],
)
def test_what_tells_a_group_from_the_others_is_not_what_is_cut_from_its_head(views, name, telling, head):
    found = comparing.compare(views)
    named = replace(found, groups=(replace(found.groups[0], name=name + telling, telling=telling),))
    assert compare_curves.heads(named, CompareReading(), 24)[0][0] == head


def test_a_hidden_group_is_hidden_run_by_run_and_a_band_needs_all_of_its_runs(views):
    bands, alone = comparing.compare(views), comparing.compare(views, bands=False)
    hidden = moved(bands, CompareReading(column=0), "hide")
    assert [alone.groups[i].letter for i in range(5) if hidden.hides(alone.groups[i])] == ["A", "B", "C"]
    shown = moved(alone, hidden, "hide")
    assert [group.letter for group in bands.groups if shown.hides(group)] == []


def test_where_all_is_hidden_the_picture_says_so(views):
    found = comparing.compare(views)
    hidden = CompareReading(hidden=runs_of(found, 0) | runs_of(found, 1))
    plot = compare_curves.plot(found, hidden, "loss")
    assert not plot.drawable
    assert plot.empty == "all curves are hidden"


def test_the_heading_counts_and_begins_with_what_no_picture_says(views):
    def told(some, reading=CompareReading(), **how):  # noqa: B008
        return compare_reading.summary(comparing.compare(some, **how), reading)

    assert told(views) == "5 runs in 2 groups, bands over seeds · linear · train split"
    assert told(views[:3]) == "3 runs in 1 group, a band over seeds · linear · train split"
    assert told(views[:1]) == "1 run · linear · train split"
    assert told(views[::3], bands=False).startswith("2 runs · ")
    hidden = CompareReading(hidden=runs_of(comparing.compare(views), 1), split="test")
    assert told(views, hidden) == "5 runs in 2 groups, bands over seeds, B hidden · linear · test split"
    assert told(views, aligned=True).endswith(" · aligned by 2 seeds, differences to A")
    assert told([views[0], views[4]], aligned=True).endswith(" · no seed is in all of them: not aligned")


@pytest.mark.parametrize("log_alpha", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_a_picture_gathers_the_curves_of_a_group_once_and_for_a_log_axis_once_more(
    views, monkeypatch, log_alpha, shared
):
    comparison, gathered, original = comparing.compare(views), [], compare_lines.curves_of
    monkeypatch.setattr(compare_lines, "curves_of", lambda group, *of: gathered.append(group) or original(group, *of))
    reading = CompareReading(log_alpha=log_alpha, shared=shared, window=(0.2, 0.6))
    plot = compare_curves.plot(comparison, reading, "loss")
    assert plot.across() == (0.2, 0.6)
    assert len(gathered) == (2 if log_alpha else 1) * len(comparison.groups)
