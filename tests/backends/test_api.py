"""`backends.api.interpolate`: the numbers of a slow computation and of somebody else's library; nothing is touched."""

from __future__ import annotations

import copy
import csv
import io
import math
import sys

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from backends import own_code
from backends.api import interpolate
from backends.data.tensors import from_tensors
from backends.own_code import private_copy
from backends.runs.errors import BadRequest
from presets import SpecError
from tests.backends.own_networks import CLASSES, net, pair
from tests.backends.small import CPU, all_bits, bits, state

START, END = net(1), net(2)


def curves(**options):
    data = {"train": pair(), "test": pair(12, seed=5)}
    return interpolate(net(), state(START), state(END), data, **({"points": 11} | options))


def slow(alpha: float, inputs, labels) -> tuple[float, float]:
    """Loss and error at an alpha of the linear path, tensor by tensor."""
    between = {n: (1 - alpha) * t + alpha * state(END)[n] for n, t in state(START).items()}
    with torch.no_grad():
        logits = functional_call(net(), between, (inputs,))
    return float(cross_entropy(logits, labels)), float((logits.argmax(1) != labels).double().mean())


def test_losses_and_errors_are_those_of_a_slow_computation():
    found = curves()
    assert found.alphas == tuple(i / 10 for i in range(11))
    for split, (inputs, labels) in (("train", pair()), ("test", pair(12, seed=5))):
        expected = [slow(alpha, inputs, labels) for alpha in found.alphas]
        assert found.loss["linear"][split] == pytest.approx([loss for loss, _ in expected], rel=1e-10)
        assert found.error["linear"][split] == pytest.approx([error for _, error in expected], abs=1e-12)


def test_losses_are_those_of_loss_landscapes(tmp_path):
    from loss_landscapes import linear_interpolation
    from loss_landscapes.metrics import Loss

    torch.save(START.state_dict(), tmp_path / "start.pt")
    torch.save(END.state_dict(), tmp_path / "end.pt")
    found = interpolate(net(), tmp_path / "start.pt", tmp_path / "end.pt", pair(), schemes=["linear"], points=51)
    inputs, labels = pair()
    with torch.no_grad():
        theirs = linear_interpolation(
            copy.deepcopy(START), copy.deepcopy(END), Loss(cross_entropy, inputs, labels), steps=50, deepcopy_model=True
        )
    # It adds a step before it evaluates: its i-th value belongs to alpha = (i + 1) / steps, and alpha = 0 is never
    # measured. So the first of ours has no counterpart.
    assert found.loss["linear"]["train"][1:] == pytest.approx(theirs.tolist(), abs=1e-6)


def test_model_states_and_data_are_as_they_were():
    model, start, end, data = net().train(), state(START), state(END), pair()
    model.append(nn.ReLU(inplace=True))  # what works in place must not reach the data either
    model.insert(0, nn.Flatten())
    start, end = ({rename(n): t for n, t in s.items()} for s in (start, end))
    before = copy.deepcopy((model.state_dict(), start, end, data))
    settings = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.get_rng_state().tolist()
    interpolate(model, start, end, data, points=5)
    after = (model.state_dict(), start, end, data)
    assert [all_bits(a) for a in after[:3]] == [all_bits(b) for b in before[:3]]
    assert all(torch.equal(a, b) for a, b in zip(data, before[3], strict=True))
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    now = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.get_rng_state().tolist()
    assert now == settings


def rename(name: str) -> str:
    number, _, kind = name.partition(".")
    return f"{int(number) + 1}.{kind}"


def test_the_ends_are_the_states_own_losses_bit_for_bit():
    from backends.interpolation.evaluate import measure

    found = curves()
    part = from_tensors(pair(), None, CLASSES, (), CPU, torch.float64).train
    for index, network in ((0, START), (-1, END)):
        own = measure(network, part, CPU)
        for scheme in ("linear", "homogeneous"):
            assert (found.loss[scheme]["train"][index], found.error[scheme]["train"][index]) == (own.loss, own.error)


def test_plateaus_by_scheme_and_split():
    found = curves(settings=["interpolation.tau=0.3"])
    assert {scheme: set(splits) for scheme, splits in found.plateaus.items()} == {
        "linear": {"train", "test"},
        "homogeneous": {"train", "test"},
    }
    loss = found.loss["linear"]["train"]
    rise = max(b - a for i, a in enumerate(loss) for b in loss[i:])
    assert found.plateaus["linear"]["train"].max_rise_loss.rise == pytest.approx(rise, abs=1e-12)


def test_csv_and_dataframe_hold_the_same_bits(tmp_path):
    found = curves()
    text = found.to_csv(tmp_path / "curves.csv")
    assert (tmp_path / "curves.csv").read_text() == text
    rows = [r for r in csv.DictReader(io.StringIO(text)) if (r["scheme"], r["split"]) == ("homogeneous", "test")]
    assert tuple(float(r["loss"]) for r in rows) == found.loss["homogeneous"]["test"]
    assert {r["start"] for r in rows} == {"file:start_state"}
    pandas = pytest.importorskip("pandas")
    frame = found.to_dataframe()
    assert isinstance(frame, pandas.DataFrame)
    chosen = frame[(frame.scheme == "homogeneous") & (frame.split == "test")]
    assert tuple(chosen.loss) == found.loss["homogeneous"]["test"]


def test_without_pandas_it_says_so_in_one_line(monkeypatch):
    found = curves(points=5)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"^to_dataframe needs pandas, which is not installed: pip install pandas$"):
        found.to_dataframe()


def test_a_data_set_of_the_tool_and_its_tensors_give_the_same_bits():
    data = from_tensors(pair(), pair(12, seed=5), CLASSES, (), CPU, torch.float64)
    found = interpolate(net(), state(START), state(END), data, points=11)
    assert found.loss == curves().loss


def test_a_pair_alone_is_the_training_split():
    found = interpolate(net(), state(START), state(END), pair(), points=5)
    assert {scheme: list(splits) for scheme, splits in found.loss.items()} == {
        "linear": ["train"],
        "homogeneous": ["train"],
    }
    assert found.error["linear"]["train"] == curves(points=5).error["linear"]["train"]


def test_float32_stays_float32():
    start, end = net(1, dtype=torch.float32), net(2, dtype=torch.float32)
    found = interpolate(net(dtype=torch.float32), state(start), state(end), pair(), points=5)
    with torch.no_grad():
        own = float(cross_entropy(end(pair(dtype=torch.float32)[0]).double(), pair()[1]))
    assert found.loss["linear"]["train"][-1] == pytest.approx(own, rel=1e-6)
    assert found.view.experiment.model.dtype == "float32"


def test_the_copy_to_measure_with_is_in_evaluation_mode():
    model = nn.Sequential(nn.Linear(6, 4), nn.Dropout()).train()
    copied = private_copy(model)
    assert not any(module.training for module in copied.modules())
    assert all(module.training for module in model.modules())
    assert torch.equal(copied(torch.ones(2, 6)), model[0](torch.ones(2, 6)))


def test_where_the_network_gives_nan_the_curve_says_nan():
    huge = {n: torch.full_like(t, 1e300) for n, t in state(END).items()}
    found = interpolate(net(), state(START), huge, pair(), points=5)
    assert math.isnan(found.loss["linear"]["train"][-1])
    assert math.isfinite(found.loss["linear"]["train"][0])


X, Y = pair()
BAD = {
    "labels": ((X, Y + 1), "train: classes run from 1 to 4; expected 0 to 3, the model's outputs"),
    "float labels": ((X, Y.double()), "train: classes are torch.float64 of shape (40,); expected 40 whole numbers"),
    "fewer labels": ((X, Y[:-1]), "train: classes are torch.int64 of shape (39,); expected 40 whole numbers"),
    "no pair": (X, "train: expected a pair of inputs and their classes"),
    "whole inputs": ((X.long(), Y), "train: inputs are torch.int64 with 2 axes; expected (N, ...) of floats"),
    "empty": ((X[:0], Y[:0]), "train: classes are torch.int64 of shape (0,); expected 0 whole numbers, at least 1"),
    "nan": ((X * math.nan, Y), "train: some inputs are not finite"),
    "names": ({"train": (X, Y), "valid": (X, Y)}, "data: has train, valid; expected train, and maybe test"),
    "test shape": (
        {"train": (X, Y), "test": (X[:, None], Y)},
        "test: inputs have the shape (1, 6), those of train (6,)",
    ),
    "other inputs": ((X[:, :5], Y), "model: does not take an input of shape (5,): RuntimeError: "),
}


@pytest.mark.parametrize("case", BAD)
def test_data_that_do_not_fit_are_one_line(case):
    data, line = BAD[case]
    with pytest.raises(BadRequest) as refused:
        interpolate(net(), state(START), state(END), data)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("model", "line"),
    [
        (nn.Sequential(nn.Linear(6, 4).half()), "model: has float16; expected all parameters to be float32, or all"),
        (nn.Sequential(nn.ReLU()), "model: has no parameters; expected"),
        (nn.Sequential(nn.Linear(6, 1).double()), "model: gives (1, 1) for one input; expected logits of shape (1, K)"),
    ],
    ids=["half", "none", "one output"],
)
def test_models_that_can_not_be_measured_are_one_line(model, line):
    with pytest.raises(BadRequest) as refused:
        interpolate(model, state(START), state(END), pair())
    assert str(refused.value).startswith(line)


def test_a_network_whose_layers_can_not_be_told_is_one_line(monkeypatch):
    def puzzled(network):
        raise ValueError("not a chain of linear layers")

    monkeypatch.setattr(own_code.models, "describe", puzzled)
    with pytest.raises(BadRequest, match=r"^model: not a chain of linear layers$"):
        interpolate(net(), state(START), state(END), pair())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_is_refused_in_one_line_where_there_is_none():
    with pytest.raises(BadRequest, match=r"^backend = 'cuda': Found no NVIDIA driver .*; expected auto or cpu$"):
        interpolate(net(), state(START), state(END), pair(), device="cuda")


def test_states_that_do_not_fit_are_named():
    with pytest.raises(BadRequest, match=r"^end_state: its shapes are not the network's: 4\.weight is 7 x 8, in the "):
        interpolate(net(), state(START), state(net(classes=7)), pair())


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"points": 2}, "interpolation.points = 2: expected a whole number from 5 to 10001"),
        ({"schemes": ["cubic"]}, "interpolation.schemes = ['cubic']: expected a list of: one of "),
        ({"settings": ["interpolation.tua=0.2"]}, "interpolation.tua = 0.2: unknown key; did you mean "),
    ],
)
def test_options_out_of_range_are_the_lines_of_the_specification(options, line):
    with pytest.raises(SpecError) as refused:
        curves(**options)
    assert str(refused.value).startswith(line)


def test_one_layer_moves_while_the_others_stay_at_the_end():
    found, whole = curves(only=["2"], points=5), curves(points=5)
    assert found.loss["linear"]["train"][-1] == whole.loss["linear"]["train"][-1]
    assert found.loss["linear"]["train"][0] != whole.loss["linear"]["train"][0]


def test_a_network_without_running_statistics_has_none_to_recalibrate():
    with pytest.raises(BadRequest, match=r"^interpolation\.batch_norm = 'recalibrate': "):
        curves(batch_norm="recalibrate")


def test_a_prefix_that_was_dropped_is_noted():
    found = interpolate(net(), {f"module.{n}": t for n, t in state(START).items()}, state(END), pair(), points=5)
    assert found.notes == ("start_state: the prefix 'module.' was dropped from every name",)
    assert bits(torch.tensor(found.loss["linear"]["train"])) == bits(
        torch.tensor(curves(points=5).loss["linear"]["train"])
    )
