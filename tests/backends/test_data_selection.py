"""Subsets, imbalance and label noise: pure functions of labels and specification, on the training split alone."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from backends import data
from backends.data import selection
from backends.data.preparing import padded, prepare
from backends.data.stored import Stored
from backends.runs.errors import BadData, BadRequest, RunError
from presets.experiment import Data
from tests.backends import small

K = 4
LABELS = torch.tensor([k for k, count in enumerate((9, 5, 12, 7)) for _ in range(count)])[
    torch.randperm(33, generator=torch.Generator().manual_seed(5))
]
SOME = Data(name="npz:x")


def counts(labels_N: torch.Tensor) -> list[int]:
    return torch.bincount(labels_N, minlength=K).tolist()


def given_as(**keys: object) -> Data:
    return Data(name="npz:x", **keys)  # type: ignore[arg-type]


def stored(labels_N: torch.Tensor = LABELS) -> Stored:
    """Images whose every pixel is the position of the input, so that each can be told again."""
    pixels_N = torch.arange(len(labels_N), dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 2, 2).contiguous()
    return Stored(pixels_N, labels_N, pixels_N, labels_N, ("a", "b", "c", "d"))


def prepared(**keys: object) -> data.Dataset:
    return prepare(stored(), given_as(**keys), small.CPU, torch.float64)


def test_the_defaults_keep_every_input_in_its_place() -> None:
    assert selection.kept(LABELS, SOME, K).tolist() == list(range(33))
    assert torch.equal(selection.with_noise(LABELS, SOME, K), LABELS)


@small.calm
@given(seed=st.integers(0, 2**31 - 1), per_class=st.integers(1, 5))
def test_per_class_draws_as_many_of_each_class_and_a_larger_draw_holds_the_smaller(seed: int, per_class: int) -> None:
    drawn = [selection.kept(LABELS, given_as(per_class=n, seed=seed), K) for n in (per_class, 5)]
    assert counts(LABELS[drawn[0]]) == [per_class] * K
    assert drawn[0].tolist() == sorted(set(drawn[0].tolist()))
    assert set(drawn[0].tolist()) <= set(drawn[1].tolist())


@small.calm
@given(weights=st.lists(st.floats(0.2, 1.0), min_size=K, max_size=K), per_class=st.sampled_from([0, 5]))
def test_class_weights_keep_that_share_of_each_class(weights: list[float], per_class: int) -> None:
    index = selection.kept(LABELS, given_as(class_weights=tuple(weights), per_class=per_class), K)
    before = [per_class] * K if per_class else counts(LABELS)
    assert counts(LABELS[index]) == [round(w * n) for w, n in zip(weights, before, strict=True)]


def test_the_weight_of_one_class_moves_no_input_of_another() -> None:
    one = selection.kept(LABELS, given_as(class_weights=(0.5, 1.0, 0.5, 0.5)), K)
    two = selection.kept(LABELS, given_as(class_weights=(0.5, 0.4, 0.5, 0.5)), K)
    assert one[LABELS[one] != 1].tolist() == two[LABELS[two] != 1].tolist()
    assert len(two) < len(one)


@small.calm
@given(noise=st.floats(0.0, 1.0), seed=st.integers(0, 2**31 - 1))
def test_label_noise_makes_exactly_that_share_wrong(noise: float, seed: int) -> None:
    noisy = selection.with_noise(LABELS, given_as(label_noise=noise, seed=seed), K)
    assert int((noisy != LABELS).sum()) == round(noise * len(LABELS))
    assert noisy.min() >= 0 and noisy.max() < K


def test_a_wrong_label_is_each_other_class_equally_often() -> None:
    many = torch.zeros(30_000, dtype=torch.int64)
    noisy = selection.with_noise(many, given_as(label_noise=1.0), K)
    # Of 30,000 draws among three, a count has the standard deviation 82: 500 is six of them.
    assert counts(noisy)[0] == 0
    assert all(abs(count - 10_000) < 500 for count in counts(noisy)[1:])


@pytest.mark.parametrize("keys", [{"per_class": 3}, {"class_weights": (0.5,) * K}, {"label_noise": 0.5}])
def test_the_seed_decides_and_the_train_seed_does_not(keys: dict[str, object]) -> None:
    def found(seed: int) -> tuple[list[int], list[int]]:
        part = prepared(**keys, seed=seed).train
        return part.raw_N[:, 0, 0, 0].tolist(), part.labels_N.tolist()

    assert found(1) == found(1)
    assert found(1) != found(2)


def test_the_test_split_and_the_statistics_stay_as_they_were() -> None:
    plain, changed = prepared(), prepared(per_class=3, class_weights=(1.0, 0.4, 1.0, 1.0), label_noise=0.3, pad=5)
    assert len(changed.train) == 10
    assert changed.test.labels_N.tolist() == LABELS.tolist()
    assert (changed.train.mean, changed.train.std) == (plain.train.mean, plain.train.std)
    assert (changed.test.mean, changed.test.std) == (plain.test.mean, plain.test.std)


def test_labels_stay_with_their_inputs() -> None:
    part = prepared(per_class=4, class_weights=(0.5, 1.0, 0.75, 1.0)).train
    assert part.labels_N.tolist() == LABELS[part.raw_N[:, 0, 0, 0].long()].tolist()


def test_the_largest_share_is_that_of_the_split_that_is_trained_on() -> None:
    """It decides the height of the error plateau, 1 - share."""
    imbalanced = data.load(Data(class_weights=(1.0, *[0.25] * 9)), small.CPU, torch.float32)
    assert torch.bincount(imbalanced.train.labels_N).tolist() == [400, *[100] * 9]
    assert imbalanced.train.largest_class_share == 400 / 1300
    assert imbalanced.test.largest_class_share == 0.1
    noisy = data.load(Data(label_noise=0.4), small.CPU, torch.float32).train
    assert noisy.largest_class_share == torch.bincount(noisy.labels_N).max().item() / 4000 > 0.1


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"per_class": 6}, "data.per_class = 6: expected at most 5, the training inputs of class 1"),
        (
            {"class_weights": (0.5, 1.0)},
            "data.class_weights = [0.5, 1.0]: expected 4 numbers, one for each class of npz:x; has 2",
        ),
        (
            {"class_weights": (1.0, 0.0, 1.0, 1.0)},
            "data.class_weights = [1.0, 0.0, 1.0, 1.0]: expected shares that leave each class an input; "
            "0 of 5 leaves class 1 none",
        ),
        ({"pad": 1}, "data.pad = 1: expected 0, or at least 2 for images of 2x2"),
    ],
)
def test_what_the_data_do_not_have_is_refused_with_key_value_and_what_is_allowed(
    keys: dict[str, object], line: str
) -> None:
    with pytest.raises(RunError) as refused:
        prepared(**keys)
    assert str(refused.value) == line


def test_a_class_that_noise_empties_is_refused() -> None:
    with pytest.raises(BadData, match=r"^class '[a-d]' has no input in the train split; every class needs one$"):
        prepare(stored(torch.tensor([0, 1, 2, 3])), given_as(label_noise=0.25), small.CPU, torch.float64)


def test_wrong_weights_are_refused_as_a_bad_request() -> None:
    with pytest.raises(BadRequest):
        selection.kept(LABELS, given_as(class_weights=(1.0,)), K)


@pytest.mark.parametrize(("height", "width", "size"), [(28, 28, 32), (3, 6, 6), (2, 5, 8), (4, 4, 4)])
def test_padding_puts_the_image_in_the_middle_of_zeros(height: int, width: int, size: int) -> None:
    images = torch.randint(1, 256, (2, 3, height, width), dtype=torch.uint8)
    found = padded(images, size)
    top, left = (size - height) // 2, (size - width) // 2
    assert tuple(found.shape) == (2, 3, size, size)
    assert torch.equal(found[..., top : top + height, left : left + width], images)
    assert int(found.sum()) == int(images.sum())


@pytest.mark.parametrize("inputs", [torch.zeros(3, 7, dtype=torch.uint8), torch.zeros(3, 1, 2, 2)])
def test_what_has_no_background_is_not_padded(inputs: torch.Tensor) -> None:
    assert padded(inputs, 0) is inputs
    with pytest.raises(BadData, match=r"^data\.pad = 9: expected 0 where the inputs are not images of whole numbers$"):
        padded(inputs, 9)


def test_padded_inputs_are_the_background_around_the_same_numbers() -> None:
    plain, wide = prepared(), prepared(pad=4)
    assert wide.input_shape == (1, 4, 4)
    assert torch.equal(wide.train.rows(0, 33)[..., 1:3, 1:3], plain.train.rows(0, 33))
    assert wide.train.rows(5, 6)[0, 0, 0, 0].item() == pytest.approx(-plain.train.mean / plain.train.std)


def test_colour_images_are_standardised_channel_by_channel() -> None:
    generator = torch.Generator().manual_seed(0)
    pixels_N = torch.randint(0, 256, (20, 3, 5, 4), generator=generator, dtype=torch.uint8)
    pixels_N[:, 1] //= 3
    labels_N = torch.arange(20) % 2
    found = prepare(Stored(pixels_N, labels_N, pixels_N[:4], labels_N[:4], ("a", "b")), SOME, small.CPU, torch.float64)
    scaled = pixels_N.double() / 255
    mean, std = scaled.mean((0, 2, 3)), scaled.std((0, 2, 3), correction=0)
    assert found.train.mean == pytest.approx(mean.tolist(), rel=1e-13)
    assert found.train.std == pytest.approx(std.tolist(), rel=1e-13)
    wanted = (scaled - mean[:, None, None]) / std[:, None, None]
    assert torch.allclose(found.train.rows(0, 20), wanted, rtol=0, atol=1e-13)
    assert torch.allclose(found.test.take(torch.tensor([3, 0]))[0], wanted[[3, 0]], rtol=0, atol=1e-13)


def test_images_of_one_value_are_refused() -> None:
    same = torch.full((4, 1, 2, 2), 7, dtype=torch.uint8)
    labels_N = torch.tensor([0, 1, 0, 1])
    with pytest.raises(BadData, match="all have one value"):
        prepare(Stored(same, labels_N, same, labels_N, ("a", "b")), SOME, small.CPU, torch.float32)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_orthogonal_is_the_basis_itself(dtype: torch.dtype) -> None:
    found = data.load(Data(name="orthogonal", classes=5), small.CPU, dtype)
    for part in (found.train, found.test):
        assert torch.equal(part.rows(0, 5), torch.eye(5, dtype=dtype))
        assert part.labels_N.tolist() == [0, 1, 2, 3, 4]
    found.train.rows(0, 5).add_(1.0)
    assert torch.equal(found.train.rows(0, 5), torch.eye(5, dtype=dtype))
    assert (found.classes, found.input_shape, found.train.largest_class_share) == (5, (5,), 0.2)
