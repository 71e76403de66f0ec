"""Shares and errors by class along alpha, and classes by epoch, against the measured numbers."""

import msgspec
import pytest

from backends.runs import listing
from mli_tui import class_pictures, classes, epoch_pictures, views
from mli_tui.plotting.multiples import Multiples
from mli_tui.plotting.series import Plot
from mli_tui.reading import PICTURES, Reading
from tests.mli_tui import make_run, synthetic
from tests.mli_tui.test_class_table import of_many

ORDER = sorted(range(10), key=lambda i: -synthetic.BIASES[i])


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return listing.read_run(make_run.finished(tmp_path_factory.mktemp("runs")))


@pytest.mark.parametrize("split", ["train", "test"])
def test_shares_are_the_measured_histograms_with_the_largest_bias_at_the_bottom(done, split):
    plot = class_pictures.shares(done, Reading(splits=(split,)), "linear")
    points = done.curves["linear", split]
    assert plot.bands.x == tuple(p.alpha for p in points)
    assert [layer.label for layer in plot.bands.layers] == [str(i) for i in ORDER]
    for layer, index in zip(plot.bands.layers, ORDER, strict=True):
        assert layer.share == tuple(p.histogram[index] for p in points)
        assert (layer.colour, layer.letter) == (f"class-{index}", str(index))
    assert [mark.x for mark in plot.marks] == [done.plateaus["linear", split].measured.error_plateau_end]


def test_two_schemes_stand_side_by_side_and_the_one_that_is_read_is_first(done):
    pictures = views.pictures(done, Reading(picture="shares"))
    assert [plot.title for plot in pictures] == ["share by class, linear, train", "share by class, homog., train"]
    pictures = views.pictures(done, Reading(picture="shares", scheme=1))
    assert [plot.title for plot in pictures] == ["share by class, homog., train", "share by class, linear, train"]


def test_a_single_scheme_has_all_the_room(done):
    interpolation = msgspec.structs.replace(done.experiment.interpolation, schemes=("linear",))
    alone = msgspec.structs.replace(
        done, experiment=msgspec.structs.replace(done.experiment, interpolation=interpolation)
    )
    assert len(views.pictures(alone, Reading(picture="shares"))) == 1


def test_errors_have_a_panel_a_class_and_a_line_a_scheme(done):
    (picture,) = views.pictures(done, Reading(picture="classes"))
    assert isinstance(picture, Multiples)
    assert [panel.title for panel in picture.panels] == [str(i) for i in ORDER]
    for panel, index in zip(picture.panels, ORDER, strict=True):
        assert panel.title_colour == f"class-{index}"
        for series, scheme in zip(panel.series, ("linear", "homogeneous"), strict=True):
            assert series.colour == scheme
            assert series.y == tuple(p.class_error[index] for p in done.curves[scheme, "train"])


def test_of_many_classes_eight_are_drawn_and_the_others_together(done):
    many = of_many(done)
    plot = class_pictures.shares(many, Reading(), "linear")
    assert len(plot.bands.layers) == 9
    assert "animal 42" in [layer.label for layer in plot.bands.layers]
    assert plot.bands.layers[-1].label == "92 others"
    assert len({layer.letter for layer in plot.bands.layers}) == 9
    total = [sum(layer.share[i] for layer in plot.bands.layers) for i in range(len(plot.bands.x))]
    assert total == pytest.approx([1.0] * len(total))
    (errors,) = views.pictures(many, Reading(picture="classes"))
    assert [panel.title for panel in errors.panels] == [*(f"animal {i}" for i in range(8)), "92 others, mean"]
    assert set(errors.panels[-1].series[0].y) == {0.5}


def test_of_many_classes_the_others_biases_are_drawn_as_their_edges(done):
    many = of_many(done)
    (*edges,) = [s for s in epoch_pictures.biases(many).series if s.thin]
    assert [s.y[-1] for s in edges] == [-0.99, -0.08]
    assert len(epoch_pictures.biases(many).series) == 2 + 8


@pytest.mark.parametrize("make", [make_run.live, make_run.queued])
def test_before_the_final_curves_it_says_what_is_waited_for(tmp_path, make):
    view = listing.read_run(make(tmp_path))
    for picture in ("shares", "classes"):
        for plot in views.pictures(view, Reading(picture=picture)):
            assert not plot.drawable
            assert plot.empty


def test_points_of_another_number_of_classes_are_left_out(done):
    points = list(done.curves["linear", "train"])
    points[3] = msgspec.structs.replace(points[3], histogram=(1.0,), class_error=())
    damaged = msgspec.structs.replace(done, curves={**done.curves, ("linear", "train"): tuple(points)})
    plot = class_pictures.shares(damaged, Reading(), "linear")
    assert points[3].alpha not in plot.bands.x
    assert points[3].alpha not in class_pictures.errors(damaged, Reading()).panels[0].series[0].x


def test_each_class_is_named_where_it_was_learned(done):
    learned = done.learned_epochs()
    tags = {tag.text: tag for tag in epoch_pictures.biases(done).tags}
    assert set(tags) == {str(i) for i in range(10) if learned[i] is not None}
    for text, tag in tags.items():
        index = int(text)
        assert tag.x == learned[index]
        assert tag.y == done.epochs[learned[index]].biases[index]
        assert tag.colour == f"class-{index}"


def test_letters_are_names_where_those_are_letters_and_always_different(done):
    assert classes.letters(done, [3, 1]) == {3: "3", 1: "1"}
    named = classes.letters(of_many(done), list(range(20)))
    assert len(set(named.values())) == 20


def test_zoom_is_the_same_in_every_view(done):
    for picture in set(PICTURES) - {"device"}:  # which is not over alpha
        for plot in views.pictures(done, Reading(picture=picture, window=(0.25, 0.5))):
            shown = plot.panels if isinstance(plot, Multiples) else (plot,)
            assert {one.x_limits for one in shown} == {(0.25, 0.5)}
            assert all(isinstance(one, Plot) for one in shown)


def test_on_a_stretch_the_errors_of_all_classes_share_one_axis_that_fits(done):
    whole = class_pictures.errors(done, Reading(picture="classes"))
    assert {panel.y_limits for panel in whole.panels} == {(0.0, 1.0)}
    end = class_pictures.errors(done, Reading(picture="classes", splits=("test",), window=(0.95, 1.0)))
    ((low, high),) = {panel.y_limits for panel in end.panels}
    inside = [y for p in end.panels for s in p.series for x, y in zip(s.x, s.y, strict=True) if x >= 0.95]
    assert set(inside) == {0.0, 0.2}, "the weakest test input of most classes stays wrong"
    assert (low, high) == (0.0, 0.2)


def test_of_the_losses_by_split_only_those_are_shown_that_were_measured(done):
    reading = Reading(picture="splits", splits=("train", "test"))
    assert [plot.title for plot in views.pictures(done, reading)] == ["loss, train", "loss, test"]
    train = {key: points for key, points in done.curves.items() if key[1] == "train"}
    (alone,) = views.pictures(msgspec.structs.replace(done, curves=train), reading)
    assert alone.title == "loss, train"
    (live,) = views.pictures(msgspec.structs.replace(done, curves={}), reading)
    assert live.title.startswith("loss to epoch ")
