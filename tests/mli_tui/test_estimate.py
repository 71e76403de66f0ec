"""What a run will cost, and when nothing is said."""

import msgspec
import pytest

from backends.runs.rates import Rate
from mli_tui import estimate
from presets import load, override

WIDE, SMALL = 200, 78
QUICK = load("quick")  # at most 150 epochs, two schemes of 101 points


def rate(*settings, **changes):
    given = {
        "run_id": "quick-1", "experiment": override(QUICK, list(settings)), "device": "CPU (x)", "threads": 2,
        "epochs": 50, "setup_seconds": 5.0, "epoch_seconds": 0.5, "grid_seconds": 20.2, "ends_seconds": 8.0,
        "memory": 400 << 20,
    }  # fmt: skip
    return Rate(**(given | changes))


def spec(*settings):
    return override(QUICK, list(settings))


def cost(wanted, rates):
    """Return what one run costs; None where that is not known."""
    return next(iter(estimate.costs([wanted], rates)[0]), None)


@pytest.mark.parametrize(
    ("settings", "at_most", "likely"),
    [
        # 5 to begin, 0.5 an epoch, 0.1 a point of the grid, 1 for each of 4 halvings of 2 schemes.
        ([], 5 + 75 + 20.2 + 8, 5 + 25 + 20.2 + 8),
        (["train.seed=9", "data.seed=9"], 5 + 75 + 20.2 + 8, 5 + 25 + 20.2 + 8),
        (["train.max_epochs=300"], 5 + 150 + 20.2 + 8, 5 + 25 + 20.2 + 8),
        (["train.max_epochs=20"], 5 + 10 + 20.2 + 8, 5 + 10 + 20.2 + 8),
        (["interpolation.points=201"], 5 + 75 + 40.2 + 6, 5 + 25 + 40.2 + 6),
        (["interpolation.points=5"], 5 + 75 + 1.0 + 16, 5 + 25 + 1.0 + 16),
        (["interpolation.resolution=0.1"], 5 + 75 + 20.2 + 2, 5 + 25 + 20.2 + 2),
        (['interpolation.schemes=["linear"]'], 5 + 75 + 10.1 + 4, 5 + 25 + 10.1 + 4),
        (["interpolation.alpha_to=1.5"], 5 + 75 + 30.2 + 8, 5 + 25 + 30.2 + 8),
        (["train.lr=0.1"], 5 + 75 + 20.2 + 8, None),
        (["model.init_scale=1.0"], 5 + 75 + 20.2 + 8, None),
        (["train.stop_loss=0.1"], 5 + 75 + 20.2 + 8, None),
        (["interpolation.by_layer=true"], None, None),
    ],
    ids=str,
)
def test_time_is_scaled_by_epochs_points_and_halvings(settings, at_most, likely):
    found = cost(spec(*settings), [rate()])
    assert found.at_most == (pytest.approx(at_most) if at_most else None)
    assert found.likely == (pytest.approx(likely) if likely else None)


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
    ],
)
def test_another_network_data_or_step_is_not_known(setting):
    assert cost(spec(setting), [rate()]) is None
    assert estimate.lines([spec(setting)], 1, [rate()], WIDE) == ("time and memory: not known", estimate.UNKNOWN)


def test_a_schedule_that_ends_with_the_epochs_says_nothing_of_another_length():
    cosine = rate("train.schedule=cosine")
    assert cost(spec("train.schedule=cosine", "train.max_epochs=99"), [cosine]).likely is None
    assert cost(spec("train.schedule=cosine"), [cosine]).likely is not None


def test_the_newest_of_the_runs_most_like_it_counts():
    plain, again = rate(run_id="plain"), rate(run_id="again")
    finer, by_layer = rate("interpolation.points=201", run_id="finer"), rate("interpolation.by_layer=true", run_id="l")
    assert cost(spec(), [by_layer, finer, plain, again]).rate.run_id == "plain"
    assert cost(spec(), [by_layer, finer]).rate.run_id == "finer"
    assert cost(spec(), [by_layer]).rate.run_id == "l"


def test_a_run_that_waited_takes_the_beginning_of_another():
    waited, other = rate(setup_seconds=None), rate("model.depth=4", setup_seconds=3.0)
    assert cost(spec(), [waited, other]).at_most == pytest.approx(3 + 75 + 20.2 + 8)
    assert cost(spec(), [waited]).at_most == pytest.approx(75 + 20.2 + 8)


def test_runs_of_a_sweep_count_with_the_threads_that_they_had_and_the_line_says_so():
    swept = [rate("train.threads=1", f"train.seed={n}", run_id=f"swept-{n}", threads=1) for n in (0, 1)]
    wanted = [spec("train.seed=0"), spec("train.seed=1")]
    first, second = estimate.lines(wanted, 2, swept, WIDE)
    assert first == "2 runs one after another at most 3:36, each 1:48, memory 400 MiB"
    assert second == "as swept-0 took with 1 thread: 0.5 s an epoch, 100 ms a point, 8 s to locate ends, CPU (x)"


def test_runs_with_the_same_threads_come_first_however_old_they_are():
    swept = rate("train.threads=1", run_id="swept", threads=1, epoch_seconds=9.0)
    assert cost(spec(), [swept, rate()]).rate.run_id == "quick-1"
    assert cost(spec("train.threads=1"), [rate(), swept]).rate.run_id == "swept"
    _, second = estimate.lines([spec()], 1, [swept, rate()], WIDE)
    assert second.startswith("as quick-1 took: ") and second.endswith("threads: 2")


def test_what_runs_with_different_threads_took_is_never_added_up():
    swept = [rate("train.threads=1", f"model.depth={n}", run_id=f"swept-{n}", threads=1) for n in (4, 6, 8)]
    fast = rate("model.depth=4", run_id="fast", epoch_seconds=0.1)
    quad = rate("train.threads=4", "model.depth=10", run_id="quad", threads=4)
    wanted = [spec(f"model.depth={n}") for n in (4, 6, 8, 10)]
    known, threads = estimate.costs(wanted, [quad, fast, *swept])
    assert ([one.rate.run_id for one in known], threads) == (["swept-4", "swept-6", "swept-8"], 1)
    assert estimate.lines(wanted, 4, [quad, fast, *swept], WIDE)[0].startswith("3 of 4 runs at most 5:25, the others")


def test_lines_of_one_run_say_where_the_figures_are_from():
    first, second = estimate.lines([spec()], 1, [rate()], WIDE)
    assert first == "time at most 1:48, 0:58 if it ends at epoch 50 as that run; memory 400 MiB"
    assert second == ("as quick-1 took: 0.5 s an epoch, 100 ms a point, 8 s to locate ends, CPU (x), threads: 2")


def test_what_is_known_in_part_is_told_in_part():
    first, second = estimate.lines([spec("interpolation.by_layer=true")], 1, [rate(memory=None)], WIDE)
    assert first == "training at most 1:15, curves not known; memory not known"
    assert second == "as quick-1 took: 0.5 s an epoch, CPU (x), threads: 2"
    first, _ = estimate.lines([spec()], 1, [rate(gpu_memory=2 << 30)], WIDE)
    assert first.endswith("memory 400 MiB, GPU 2,048 MiB")


def test_a_sweep_is_the_sum_of_its_runs_and_each_of_them():
    same, other = spec("train.seed=1"), spec("model.depth=4")
    first, second = estimate.lines([same, same], 2, [rate()], WIDE)
    assert first == "2 runs one after another at most 3:36, each 1:48, memory 400 MiB"
    assert second.startswith("as quick-1 took: ")
    known, _ = estimate.lines([same, other], 2, [rate()], WIDE)
    assert known == "1 of 2 runs at most 1:48, the others not known; each memory 400 MiB"
    unknown, _ = estimate.lines([same, same], 2, [rate("interpolation.by_layer=true", memory=None)], WIDE)
    assert unknown == "time of 2 runs: not known; each memory not known"
    assert estimate.lines([], 900, [rate()], WIDE)[0] == "time and memory: not known"


@pytest.mark.parametrize("runs", [1, 2, 400])
@pytest.mark.parametrize("gpu", [None, 79 << 30])
@pytest.mark.parametrize("seconds", [0.01, 0.5, 600.0])
@pytest.mark.parametrize("settings", [[], ["model.depth=4"], ["interpolation.by_layer=true"]])
def test_no_line_is_longer_than_a_small_terminal_has_room_for(runs, gpu, seconds, settings):
    long = "r" * 55 + "-20261125-205701-5e81"[:9]
    told = {"run_id": long, "device": "NVIDIA H100 80GB HBM3 (4 of 8)", "epoch_seconds": seconds}
    told |= {"gpu_memory": gpu, "memory": 24 << 30}
    specs = [spec(*settings), *[spec()] * (runs - 1)]
    assert max(map(len, estimate.lines(specs, runs, [rate(**told)], SMALL))) <= SMALL
    other = rate("train.threads=128", threads=128, **told)
    first, second = estimate.lines(specs, runs, [other], SMALL)
    assert max(len(first), len(second)) <= SMALL
    assert (settings == ["model.depth=4"] and runs == 1) or "with 128 threads" in second


def test_where_there_is_little_room_the_most_telling_is_kept():
    first, second = estimate.lines([spec()], 1, [rate(gpu_memory=79 << 30)], 60)
    assert first == "time at most 1:48; memory 400 MiB, GPU 79 GiB"
    assert second == "as quick-1 took: 0.5 s an epoch, 100 ms a point"


def test_gradient_flow_scales_with_its_time():
    base = load("theory-r2")
    ran = rate(experiment=base)
    assert cost(base, [ran]) is not None
    shorter = msgspec.structs.replace(base, train=msgspec.structs.replace(base.train, flow_time=1.0))
    assert cost(shorter, [ran]) is None
