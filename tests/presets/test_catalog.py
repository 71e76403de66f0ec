"""The presets: each valid, told apart by what it computes, and found again under the same identity."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presets import Experiment, catalog, load, override
from presets.allowed import known_keys
from presets.experiment import Group
from presets.loader import DEFAULT, parse, to_toml

IDENTITIES = {
    "fc10-ablation": "746dad321f82",
    "fc10-fashion": "774a83e71491",
    "fc10-mnist5k": "4a158558a864",
    "fc10-mnist5k-all-biases": "9cde48cfb9f8",
    "fc10-mnist5k-he": "7d3ace34aa13",
    "fc10-mnist5k-no-bias": "bdcf1070417f",
    "fc10-mnist5k-scale07": "455b7fa5cb31",
    "fc3-mnist5k": "75246c042478",
    "fc5-mnist5k-he": "3010ea9ff72d",
    "fc6-mnist5k": "d734eae646f3",
    "quick": "07d0fa73a980",
    "quick-epoch": "54c3dc613b9b",
    "quick-extrapolate": "d9170e9518d0",
    "quick-imbalance": "c21d06ff7db0",
    "quick-label-noise": "8f051078034c",
    "quick-layers": "d05855ff561f",
    "quick-noise": "c84ea7cb2490",
    "quick-starts": "07d0fa73a980",
    "quick-zero": "50bdae5b170b",
    "resnet18-cifar10": "5baebdc9d367",
    "resnet18-cifar100": "741fb78cbe9c",
    "resnet20-mnist5k": "08089df25547",
    "theory-r2": "6ee6e34e5b84",
    "theory-r3": "8a8709ae55db",
    "theory-r5": "53b240eec753",
    "vgg11-mnist5k": "1c9206a4a174",
    "vgg16-cifar10": "4ab607c8d6a3",
    "vgg16-cifar100": "dc2952ac9fe5",
}
"""Runs are told apart by these. One that changes means: older runs of that preset are another experiment now."""


def test_the_default_comes_first_then_claim_by_claim_and_every_name_is_its_file() -> None:
    groups = {preset.name: get_args(Group).index(preset.experiment.group) for preset in catalog()}
    names = [preset.name for preset in catalog()]
    assert names == [DEFAULT, *sorted(set(names) - {DEFAULT}, key=lambda name: (groups[name], name))]
    assert [preset.experiment.preset for preset in catalog()] == names


def test_identities_are_pinned() -> None:
    assert {preset.name: preset.experiment.identity() for preset in catalog()} == IDENTITIES


def test_every_preset_says_what_it_is_and_which_claim_it_shows() -> None:
    for preset in catalog():
        assert preset.experiment.title
        group = preset.experiment.group
        assert preset.experiment.shows.startswith("Claim" if group.startswith("claim") else "Beyond the paper")


def test_the_default_is_the_issues() -> None:
    spec = load(DEFAULT)
    assert (spec.model.depth, spec.model.width, spec.model.init_scale, spec.model.bias) == (10, 256, 0.45, "last")
    assert spec.train.lr == 0.02


@pytest.mark.parametrize("setting", ["title=x", "shows=x", "expected_time=x", "preset=x", "output.checkpoint_every=1"])
def test_names_and_what_is_kept_do_not_change_the_identity(setting: str) -> None:
    assert override(load("quick"), [setting]).identity() == IDENTITIES["quick"]


@pytest.mark.parametrize(
    "setting",
    ["train.seed=1", "model.depth=9", "model.bias=[1, 8]", "interpolation.tau=0.2", "interpolation.start=zero"],
)
def test_what_decides_the_numbers_changes_the_identity(setting: str) -> None:
    assert override(load("quick"), [setting]).identity() != IDENTITIES["quick"]


def test_a_default_written_out_is_the_same_experiment() -> None:
    assert override(load("quick"), ["train.seed=0", "interpolation.points=101"]).identity() == IDENTITIES["quick"]


def test_settings_apply_in_order_and_values_are_toml_or_words() -> None:
    spec = override(
        load("quick"), ["train.seed=1", "train.seed=2", "model.activation=tanh", 'data.name="mnist5k"', "train.lr=1"]
    )
    assert (spec.train.seed, spec.model.activation, spec.train.lr) == (2, "tanh", 1.0)
    assert isinstance(spec.train.lr, float)


def test_a_file_is_loaded_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('preset = "own"\n[train]\nseed = 7\n')
    assert load(str(path)).train.seed == 7


def test_every_key_is_written_out() -> None:
    text = to_toml(load("quick"))
    for key in known_keys():
        assert f"{key.rpartition('.')[2]} = " in text


@pytest.mark.parametrize("name", list(IDENTITIES))
def test_a_preset_survives_its_own_toml(name: str) -> None:
    assert parse(to_toml(load(name)).encode(), "again") == load(name)


@given(
    depth=st.integers(1, 100),
    bias=st.sampled_from(["none", "last", "all", (1,)]),
    lr=st.floats(1e-300, 1000),
    title=st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    schemes=st.sampled_from([("linear",), ("homogeneous", "linear")]),
    live_every=st.sampled_from(["auto", 0, 7]),
)
def test_any_experiment_survives_its_own_toml_bit_for_bit(
    depth: int, bias: object, lr: float, title: str, schemes: object, live_every: object
) -> None:
    tree = {
        "preset": "x",
        "title": title,
        "model": {"depth": depth, "bias": bias},
        "train": {"lr": lr},
        "interpolation": {"schemes": schemes, "live_every": live_every},
    }
    spec = msgspec.convert(tree, Experiment)
    assert parse(to_toml(spec).encode(), "again") == spec
