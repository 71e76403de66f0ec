"""What a run will cost, and when nothing is said."""

import msgspec
import pytest

from backends.runs.rates import Rate
from mli_tui import estimate
from presets import load, override

QUICK = load("quick")  # at most 150 epochs, two schemes of 101 points


def rate(*settings, **changes):
    given = {
        "run_id": "quick-1", "experiment": override(QUICK, list(settings)), "device": "CPU (x)", "threads": 2,
        "epochs": 50, "setup_seconds": 5.0, "epoch_seconds": 0.5, "curve_seconds": 20.2, "memory": 400 << 20,
    }  # fmt: skip
    return Rate(**(given | changes))


def spec(*settings):
    return override(QUICK, list(settings))


@pytest.mark.parametrize(
    ("settings", "at_most", "likely"),
    [
        ([], 5 + 75 + 20.2, 5 + 25 + 20.2),
        (["train.seed=9", "data.seed=9"], 5 + 75 + 20.2, 5 + 25 + 20.2),
        (["train.max_epochs=300"], 5 + 150 + 20.2, 5 + 25 + 20.2),
        (["train.max_epochs=20"], 5 + 10 + 20.2, 5 + 10 + 20.2),
        (["interpolation.points=201"], 5 + 75 + 40.2, 5 + 25 + 40.2),
        (['interpolation.schemes=["linear"]'], 5 + 75 + 10.1, 5 + 25 + 10.1),
        (["interpolation.alpha_to=1.5"], 5 + 75 + 30.2, 5 + 25 + 30.2),
        (["train.lr=0.1"], 5 + 75 + 20.2, None),
        (["model.init_scale=1.0"], 5 + 75 + 20.2, None),
        (["train.stop_loss=0.1"], 5 + 75 + 20.2, None),
        (["interpolation.by_layer=true"], None, None),
        (["interpolation.resolution=0.0001"], None, None),
    ],
    ids=str,
)
def test_time_is_scaled_by_epochs_and_points(settings, at_most, likely):
    found = estimate.cost(spec(*settings), [rate()])
    assert found.at_most == pytest.approx(at_most) if at_most else found.at_most is None
    assert found.likely == pytest.approx(likely) if likely else found.likely is None


@pytest.mark.parametrize(
    "setting",
    [
        "model.depth=9",
        "model.width=64",
        "model.bias=all",
        "model.dtype=float64",
        "data.name=mnist",
        "data.per_class=100",
        "train.batch_size=50",
        "train.optimiser=adam",
        "train.threads=1",
    ],
)
def test_another_network_data_or_step_is_not_known(setting):
    assert estimate.cost(spec(setting), [rate()]) is None
    assert estimate.lines([spec(setting)], 1, [rate()]) == ("time and memory: not known", estimate.UNKNOWN)


def test_a_schedule_that_ends_with_the_epochs_says_nothing_of_another_length():
    cosine = rate("train.schedule=cosine")
    assert estimate.cost(spec("train.schedule=cosine", "train.max_epochs=99"), [cosine]).likely is None
    assert estimate.cost(spec("train.schedule=cosine"), [cosine]).likely is not None


def test_the_newest_run_with_curves_of_the_same_kind_counts():
    by_layer, plain = rate("interpolation.by_layer=true", run_id="new"), rate(run_id="old")
    assert estimate.cost(spec(), [by_layer, plain]).rate.run_id == "old"
    assert estimate.cost(spec(), [rate(run_id="new"), plain]).rate.run_id == "new"


def test_lines_of_one_run_say_where_the_figures_are_from():
    first, second = estimate.lines([spec()], 1, [rate()])
    assert first == "time: at most 1:40, 0:50 if it ends after 50 epochs as that run did; memory 400 MiB"
    assert second == "150 epochs at 0.5 s, 202 curve points at 100 ms; measured in quick-1 on CPU (x), threads: 2"


def test_what_is_known_in_part_is_told_in_part():
    first, _ = estimate.lines([spec("interpolation.by_layer=true")], 1, [rate(memory=None)])
    assert first == "time: training at most 1:20, the curves not known; memory not known"
    first, _ = estimate.lines([spec()], 1, [rate(gpu_memory=2 << 30)])
    assert first.endswith("memory 400 MiB, GPU 2,048 MiB")


def test_a_sweep_is_the_sum_of_its_runs():
    same, other = spec("train.seed=1"), spec("model.depth=4")
    assert estimate.lines([same, same], 2, [rate()])[0] == (
        "time of 2 runs, one after another: at most 3:20; memory 400 MiB a run"
    )
    assert "at most 1:40 for 1 of them, the others not known" in estimate.lines([same, other], 2, [rate()])[0]
    assert estimate.lines([], 900, [rate()])[0] == "time and memory: not known"


def test_until_the_runs_are_read_nothing_is_said():
    assert estimate.lines([spec()], 1, None)[0].endswith("reading what earlier runs took ...")


def test_gradient_flow_scales_with_its_time():
    base = load("theory-r2")
    ran = rate(experiment=base)
    assert estimate.cost(base, [ran]) is not None
    shorter = msgspec.structs.replace(base, train=msgspec.structs.replace(base.train, flow_time=1.0))
    assert estimate.cost(shorter, [ran]) is None
