"""Augmentation against shifting and mirroring one image after the other."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from backends import models
from backends.runs.errors import BadRequest
from backends.training.augment import REACH, Augmentation, shifted
from backends.training.loop import Trainer
from presets.experiment import Model, Train
from tests.backends import small

CPU = torch.device("cpu")
BOTH = Train(augment=("crop", "flip"))


def moved_by_hand(image, down, right):
    """Return an image (C, H, W) whose pixel (y, x) is that at (y + down, x + right), 0 where there is none."""
    height, width = image.shape[1:]
    result = np.zeros_like(image)
    for y in range(height):
        for x in range(width):
            if 0 <= y + down < height and 0 <= x + right < width:
                result[:, y, x] = image[:, y + down, x + right]
    return result


@small.calm
@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 9), st.integers(1, 9)),
    seed=st.integers(0, 1000),
)
def test_a_shift_is_that_of_each_image_with_background_around_it(shape, seed):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
    shift = torch.randint(-REACH, REACH + 1, (2, shape[0]), generator=generator)
    wanted = [moved_by_hand(i.numpy(), int(d), int(r)) for i, d, r in zip(images, *shift, strict=True)]
    assert np.array_equal(shifted(images, shift).numpy(), np.stack(wanted))


def test_flip_mirrors_about_half_of_the_images_left_to_right_and_leaves_the_others():
    images = torch.arange(1000 * 6, dtype=torch.int64).view(1000, 1, 2, 3)
    seen = Augmentation(Train(augment=("flip",)), 0, 1000, CPU).apply(images, 0)
    flipped = (seen != images).flatten(1).any(1)
    assert torch.equal(seen[~flipped], images[~flipped])
    assert torch.equal(seen[flipped], images[flipped].flip(3))
    assert 400 < int(flipped.sum()) < 600  # 6.3 standard deviations


def test_crop_draws_every_shift():
    image = torch.zeros(1, 1, 9, 9, dtype=torch.uint8)
    image[..., 4, 4] = 1
    seen = Augmentation(Train(augment=("crop",)), 0, 2000, CPU).apply(image.expand(2000, -1, -1, -1), 0)
    places = {divmod(int(place), 9) for place in seen.flatten(1).argmax(1)}
    assert places == {(y, x) for y in range(9) for x in range(9)}


@small.calm
@given(st.integers(0, 2**31 - 1), st.integers(0, 10**6), st.integers(1, 22))
def test_a_batch_is_augmented_alike_whichever_batches_came_before(seed, epoch, first):
    spec = Train(augment=("crop", "flip"), seed=seed)
    images = small.coloured().train.raw_N
    whole = Augmentation(spec, epoch, 23, CPU).apply(images, 0)
    torch.rand(1)  # the global generator moves on, and nothing changes
    assert torch.equal(whole[first:], Augmentation(spec, epoch, 23, CPU).apply(images[first:], first))


def test_epochs_and_seeds_are_augmented_differently():
    images = small.coloured().train.raw_N
    seen = {
        Augmentation(Train(augment=("crop", "flip"), seed=seed), epoch, 23, CPU).apply(images, 0).numpy().tobytes()
        for seed in range(5)
        for epoch in range(5)
    }
    assert len(seen) == 25


@pytest.mark.parametrize("augment", [("crop",), ("flip",), ("crop", "flip")])
def test_inputs_that_are_no_images_are_refused_in_one_line(augment):
    data = small.dataset()
    network = models.build(Model(depth=2, width=3), data.input_shape, data.classes, 0)
    with pytest.raises(BadRequest) as refused:
        Trainer(Train(augment=augment), network, data, small.CPU)
    assert str(refused.value) == (
        f"train.augment = {list(augment)}: expected [] for inputs that are not images: these have the shape [6]"
    )
