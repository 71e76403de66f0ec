"""Other people's checkpoints: every usual form is read, nothing is guessed in silence, no code in them is run."""

from __future__ import annotations

import os

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from backends.checkpoints_in import CONTAINERS, MAX_HEADER, MAX_TENSORS, fit_state, load_state
from backends.runs.errors import BadRequest
from tests.backends.own_networks import header_only, many_tensors, net
from tests.backends.small import all_bits, calm, state


def refusal(action) -> str:
    with pytest.raises(BadRequest) as refused:
        action()
    line = str(refused.value)
    assert "\n" not in line
    assert refused.value.exit_code == 2
    return line


@pytest.mark.parametrize("name", ["a.safetensors", "a.pt", "a.pth", "a.ckpt", "a.bin"])
def test_every_form_gives_the_same_bits_without_a_note(tmp_path, name):
    network = net()
    save = safetensors.torch.save_file if name.endswith("s") else torch.save
    save(network.state_dict(), tmp_path / name)
    notes = []
    found = fit_state(load_state(tmp_path / name, notes.append), net(1), "x", notes.append)
    assert all_bits(found) == all_bits(state(network))
    assert list(found) == list(network.state_dict())
    assert notes == []


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_state_dict_one_level_down_is_taken_and_said(tmp_path, name):
    network = net()
    torch.save({name: network.state_dict(), "epoch": 3, "optimizer": {"lr": 0.1}}, tmp_path / "a.ckpt")
    notes = []
    assert all_bits(load_state(tmp_path / "a.ckpt", notes.append)) == all_bits(state(network))
    assert notes == [f"checkpoint {tmp_path}/a.ckpt: its state dict was taken from {name!r}"]


@pytest.mark.parametrize("prefix", ["model.", "module.", "_orig_mod.", "_orig_mod.module.", "model._orig_mod."])
def test_a_common_prefix_is_dropped_and_said(prefix):
    network, notes = net(), []
    found = fit_state({prefix + n: t for n, t in state(network).items()}, network, "x", notes.append)
    assert all_bits(found) == all_bits(state(network))
    assert notes == [f"x: the prefix {prefix!r} was dropped from every name"]


def test_a_prefix_that_the_network_has_itself_stays():
    network, notes = nn.Sequential(), []
    network.add_module("model", nn.Linear(3, 2))
    assert fit_state(state(network), network, "x", notes.append).keys() == {"model.weight", "model.bias"}
    assert notes == []


def test_a_prefix_of_some_names_only_is_not_dropped():
    tensors = state(net())
    tensors["model.0.weight"] = tensors.pop("0.weight")
    line = refusal(lambda: fit_state(tensors, net(), "x"))
    assert line == (
        "x: its names are not the network's: it lacks 0.weight; it has what the network does not: model.0.weight"
    )


def test_two_state_dicts_in_one_file_are_a_choice_that_nobody_made(tmp_path):
    torch.save({"model": net().state_dict(), "net": net(1).state_dict()}, tmp_path / "a.pt")
    assert "holds several state dicts (model, net)" in refusal(lambda: load_state(tmp_path / "a.pt"))


@pytest.mark.parametrize("content", [3, [1, 2], {}, {"epoch": 3}, {"state_dict": {"lr": 0.1}}, torch.zeros(3)])
def test_a_file_without_a_state_dict_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "a.pt")
    assert "holds no state dict, neither at its top nor under state_dict, " in refusal(
        lambda: load_state(tmp_path / "a.pt")
    )


def test_names_that_do_not_match_are_listed_up_to_a_dozen():
    line = refusal(lambda: fit_state({f"other{i}": torch.zeros(1) for i in range(30)}, net(), "x"))
    assert "it lacks 0.weight, 0.bias, 2.weight, 2.bias, 4.weight, 4.bias; " in line
    assert "other0, other1, other2" in line
    assert "other11 and 18 more" in line
    assert "other12" not in line


def test_another_shape_is_said_with_both_shapes():
    line = refusal(lambda: fit_state(state(net(width=9)), net(), "x"))
    assert line.startswith("x: its shapes are not the network's: 0.weight is 9 x 6, in the network 8 x 6, 0.bias is 9")


def test_another_number_of_classes_is_said():
    line = refusal(lambda: fit_state(state(net(classes=7)), net(), "x"))
    assert line == (
        "x: its shapes are not the network's: 4.weight is 7 x 8, in the network 4 x 8, 4.bias is 7, in the network 4"
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_said_with_its_place(value):
    tensors = state(net())
    tensors["2.weight"][1, 3] = tensors["2.weight"][0, 0] = value
    assert (
        refusal(lambda: fit_state(tensors, net(), "x"))
        == "x: 2.weight has 2 values that are not finite (NaN or infinite)"
    )


def test_another_type_is_cast_and_said():
    half, notes = {n: t.half() for n, t in state(net()).items()}, []
    found = fit_state(half, net(), "x", notes.append)
    assert notes == ["x: cast from float16 to float64"]
    assert all(t.dtype == torch.float64 and torch.equal(t, half[n].double()) for n, t in found.items())


def test_what_is_fitted_is_a_copy():
    tensors = state(net())
    for tensor in fit_state(tensors, net(), "x").values():
        tensor.zero_()
    assert all_bits(tensors) == all_bits(state(net()))


@pytest.mark.parametrize("keep", [0, 5, 20, 300, -1])
@pytest.mark.parametrize("ending", ["safetensors", "pt"])
def test_a_truncated_file_is_refused(tmp_path, ending, keep):
    path = tmp_path / f"a.{ending}"
    (safetensors.torch.save_file if ending == "safetensors" else torch.save)(net().state_dict(), path)
    path.write_bytes(path.read_bytes()[:keep])
    assert refusal(lambda: load_state(path)).startswith(f"checkpoint {path}: ")


def test_a_header_of_hostile_size_is_refused_before_it_is_read(tmp_path):
    path = header_only(tmp_path / "a.safetensors", b"{}", claimed=1 << 40)
    assert f"its header has {1 << 40} bytes; at most {MAX_HEADER} are read" in refusal(lambda: load_state(path))


def test_too_many_tensors_are_refused(tmp_path):
    path = header_only(tmp_path / "a.safetensors", many_tensors(MAX_TENSORS + 2))
    assert path.stat().st_size < MAX_HEADER
    assert f"holds {MAX_TENSORS + 2} tensors; at most {MAX_TENSORS} are read" in refusal(lambda: load_state(path))


class Bomb:
    """Pickled, it is a call."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("old_format", [False, True])
def test_a_pickle_with_code_is_refused_and_its_code_not_run(tmp_path, old_format):
    content = {"state_dict": net().state_dict(), "callbacks": Bomb(tmp_path / "was-here")}
    torch.save(content, tmp_path / "a.pt", _use_new_zipfile_serialization=not old_format)
    line = refusal(lambda: load_state(tmp_path / "a.pt"))
    assert "is no plain file of tensors: with code in it (posix.mkdir), which is never run" in line
    assert not (tmp_path / "was-here").exists()


def test_a_whole_module_is_code(tmp_path):
    torch.save(net(), tmp_path / "a.pt")
    assert "with code in it (torch.nn.modules" in refusal(lambda: load_state(tmp_path / "a.pt"))


def test_what_is_no_checkpoint_by_its_name_is_not_opened(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"x")
    assert "expected a file that ends in .safetensors, .pt, .pth, .ckpt, .bin" in refusal(
        lambda: load_state(tmp_path / "a.pkl")
    )
    assert refusal(lambda: load_state(tmp_path / "b.pt")).endswith(": no such file")
    (tmp_path / "c.pt").mkdir()
    assert refusal(lambda: load_state(tmp_path / "c.pt")).endswith(": not a file")


@calm
@given(st.binary(max_size=400), st.sampled_from(["safetensors", "pt"]))
def test_any_bytes_are_refused_in_one_line(tmp_path_factory, content, ending):
    path = tmp_path_factory.mktemp("bytes") / f"a.{ending}"
    path.write_bytes(content)
    try:
        assert load_state(path) == {}
    except BadRequest as error:
        assert "\n" not in str(error)
