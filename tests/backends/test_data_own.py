"""The user's own data: what is read from an .npz file or an image folder, and the one line for what can't be."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import presets
from backends import data
from backends.runs import datasets, launch
from backends.runs.errors import BadData, BadRequest, RunError
from presets.experiment import Data
from tests.backends import small, worker_runs

RANDOM = np.random.default_rng(1)
GREY = RANDOM.integers(0, 256, (12, 5, 4), dtype=np.uint8)
COLOUR = RANDOM.integers(0, 256, (12, 3, 5, 4), dtype=np.uint8)
FLAT = RANDOM.integers(0, 256, (12, 7), dtype=np.uint8)
FEATURES = RANDOM.normal(size=(12, 7))
LABELS = np.arange(12) % 3
GOOD = {"x_train": GREY, "y_train": LABELS, "x_test": GREY[:6], "y_test": LABELS[:6]}


def npz(folder: Path, **arrays: Any) -> str:
    np.savez_compressed(folder / "own.npz", **{**GOOD, **arrays})
    return f"npz:{folder / 'own.npz'}"


def load(name: str, dtype: torch.dtype = torch.float64) -> data.Dataset:
    return data.load(Data(name=name), small.CPU, dtype)


@pytest.mark.parametrize(("x", "shape"), [(GREY, (1, 5, 4)), (COLOUR, (3, 5, 4)), (FLAT, (7,))])
def test_pixels_of_an_npz_file_are_standardised(tmp_path: Path, x: Any, shape: tuple[int, ...]) -> None:
    found = load(npz(tmp_path, x_train=x, x_test=x[:6]))
    scaled = x / 255
    axes = (0, 2, 3) if x.ndim == 4 else None
    wanted = (scaled - scaled.mean(axes, keepdims=True)) / scaled.std(axes, keepdims=True)
    assert (found.input_shape, found.classes, found.class_names) == (shape, 3, ("0", "1", "2"))
    assert np.abs(found.train.rows(0, 12).numpy() - wanted.reshape(12, *shape)).max() < 1e-13
    assert np.abs(found.test.rows(0, 6).numpy() - wanted[:6].reshape(6, *shape)).max() < 1e-13
    assert found.train.labels_N.tolist() == LABELS.tolist()


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.float16, ">f8"])
def test_floats_of_an_npz_file_are_taken_as_they_are(tmp_path: Path, kind: Any) -> None:
    x = FEATURES.astype(kind)
    found = load(npz(tmp_path, x_train=x, x_test=x[:6]))
    assert np.array_equal(found.train.rows(0, 12).numpy(), x.astype(np.float64))
    assert np.array_equal(found.test.rows(2, 5).numpy(), x[2:5].astype(np.float64))


def test_reading_features_leaves_them_as_they_are(tmp_path: Path) -> None:
    part = load(npz(tmp_path, x_train=FEATURES, x_test=FEATURES[:6])).train
    before = part.raw_N.clone()
    part.rows(0, 5).add_(1.0)
    assert torch.equal(part.raw_N, before)


@pytest.mark.parametrize(
    ("arrays", "line"),
    [
        ({"x_train": np.array([{}, "x"] * 6, dtype=object)}, "Object arrays cannot be loaded when allow_pickle=False"),
        ({"x_train": GREY.astype(np.int64)}, "x_train has the type int64; expected uint8 pixels or floats"),
        (
            {"x_train": LABELS.astype(np.uint8)},
            "x_train has the shape (12,); expected (N, D), (N, H, W) or (N, C, H, W)",
        ),
        ({"x_test": GREY[:0]}, "x_test has the shape (0, 5, 4); expected (N, D), (N, H, W) or (N, C, H, W)"),
        (
            {"x_train": COLOUR.transpose(0, 2, 3, 1)},
            "x_train has the shape (12, 5, 4, 3), channels last; expected (N, C, H, W)",
        ),
        ({"x_test": COLOUR[:6]}, "x_train holds (5, 4) of uint8, x_test (3, 5, 4) of uint8"),
        ({"x_test": GREY[:6] / 255}, "x_train holds (5, 4) of uint8, x_test (5, 4) of float64"),
        (
            {"x_train": np.full((12, 5), np.nan), "x_test": np.ones((6, 5))},
            "x_train has values that are not finite",
        ),
        (
            {"y_train": LABELS[:11]},
            f"y_train has the shape (11,) and type {LABELS.dtype}; expected (12,) whole numbers",
        ),
        (
            {"y_test": LABELS[:6] / 2},
            "y_test has the shape (6,) and type float64; expected (6,) whole numbers",
        ),
        ({"y_train": LABELS - 1}, "y_train has labels from -1 to 1; expected 0 to 999"),
        ({"y_train": LABELS * 1000}, "y_train has labels from 0 to 2000; expected 0 to 999"),
        ({"y_train": LABELS * 0, "y_test": LABELS[:6] * 0}, "y has labels up to 0; expected 2 to 1000 classes"),
    ],
)
def test_arrays_that_are_no_data_set_are_one_line(tmp_path: Path, arrays: dict[str, Any], line: str) -> None:
    name = npz(tmp_path, **arrays)
    with pytest.raises(BadData) as refused:
        load(name)
    assert str(refused.value).startswith(f"{name}: {line}")


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_class_that_a_split_lacks_is_named(tmp_path: Path, split: str) -> None:
    labels = {"train": LABELS, "test": LABELS[:6]}[split]
    name = npz(tmp_path, **{f"y_{split}": np.where(labels == 1, 0, labels)})
    with pytest.raises(BadData, match=rf"^class '1' has no input in the {split} split; every class needs one$"):
        load(name)


def files_that_are_no_npz(folder: Path) -> dict[str, str]:
    """A file of each wrong kind, with what is to be said about it before a run is made."""
    whole = Path(npz(folder).partition(":")[2]).read_bytes()
    (folder / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.npz").write_bytes(b"")
    np.save(folder / "array.npz.npy", GREY)
    np.savez(folder / "few.npz", x_train=GREY, y_train=LABELS)
    return {
        "cut.npz": "not an .npz file, or cut off",
        "empty.npz": "not an .npz file, or cut off",
        "array.npz.npy": "not an .npz file, or cut off",
        "few.npz": "lacks x_test, y_test; expected the arrays x_train, y_train, x_test, y_test",
        "missing.npz": "can't be read: No such file or directory",
        ".": "can't be read: Is a directory",
    }


def test_files_that_are_no_npz_are_refused_before_a_run_is_made_and_by_the_worker(tmp_path: Path) -> None:
    for file, line in files_that_are_no_npz(tmp_path).items():
        name = f"npz:{tmp_path / file}"
        with pytest.raises(BadRequest) as early:
            datasets.require(Data(name=name))
        assert str(early.value) == f"data.name = {name!r}: {line}"
        with pytest.raises(BadRequest) as late:
            load(name)
        assert str(late.value) == str(early.value)


def test_damage_inside_a_whole_archive_is_one_line(tmp_path: Path) -> None:
    name = npz(tmp_path)
    path = Path(name.partition(":")[2])
    raw = bytearray(path.read_bytes())
    raw[60:90] = b"\0" * 30
    path.write_bytes(bytes(raw))
    with pytest.raises(BadData) as refused:
        load(name)
    assert str(refused.value).startswith(f"{name}: ")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """An image folder: two classes, PNG and BMP, grey and colour."""
    for split, count in (("train", 6), ("test", 4)):
        for i in range(count):
            folder = tmp_path / "images" / split / ("cat", "dog")[i % 2]
            folder.mkdir(parents=True, exist_ok=True)
            image = Image.fromarray(GREY[i]) if i == 0 else Image.fromarray(COLOUR[i].transpose(1, 2, 0))
            image.save(folder / f"{i}.{'png' if i else 'bmp'}")
    return tmp_path / "images"


def test_an_image_folder_is_read_as_rgb_classes_by_name(images: Path) -> None:
    found = load(f"imagefolder:{images}")
    order = [0, 2, 4, 1, 3, 5]  # cats, then dogs
    wanted = [np.stack([GREY[0]] * 3) if i == 0 else COLOUR[i] for i in order]
    assert np.array_equal(found.train.raw_N.numpy(), np.stack(wanted))
    assert found.train.labels_N.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.test.labels_N.tolist() == [0, 0, 1, 1]
    assert (found.class_names, found.input_shape) == (("cat", "dog"), (3, 5, 4))


def test_class_folders_that_are_missing_are_refused_before_a_run_is_made(images: Path) -> None:
    name = f"imagefolder:{images}"
    shutil.move(images / "test" / "dog", images / "test" / "wolf")
    with pytest.raises(BadRequest) as refused:
        datasets.require(Data(name=name))
    assert str(refused.value) == f"data.name = {name!r}: class 'dog' is in one of train and test only"
    shutil.rmtree(images / "train" / "dog")
    with pytest.raises(BadRequest, match="train has 1 class folders; expected at least 2"):
        load(name)
    shutil.rmtree(images / "test")
    with pytest.raises(BadRequest, match=r"/test: No such file or directory; expected train/CLASS/\* and test/CLASS/"):
        load(name)


def test_an_empty_class_folder_is_one_line(images: Path) -> None:
    for file in (images / "train" / "dog").iterdir():
        file.unlink()
    with pytest.raises(BadData, match=r"^imagefolder:.*: Found no valid file for the classes dog\."):
        load(f"imagefolder:{images}")


@pytest.mark.parametrize(
    "content", [lambda raw: raw[: len(raw) // 2], lambda _: b"", lambda _: b"\x89PNG\r\n\x1a\n" + b"x" * 50]
)
def test_an_image_that_is_damaged_is_named(images: Path, content: Any) -> None:
    path = images / "test" / "dog" / "3.png"
    path.write_bytes(content(path.read_bytes()))
    with pytest.raises(BadData) as refused:
        load(f"imagefolder:{images}")
    assert str(refused.value).startswith(f"imagefolder:{images}: {path}: ")
    assert "\n" not in str(refused.value)


def test_images_of_different_sizes_are_refused(images: Path) -> None:
    path = images / "train" / "dog" / "3.png"
    Image.fromarray(RANDOM.integers(0, 256, (6, 4, 3), dtype=np.uint8)).save(path)
    with pytest.raises(BadData, match=r"3\.png is 6x4; expected 5x4, as the first$"):
        load(f"imagefolder:{images}")


def test_the_worker_gets_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no folder of the user's: what is relative is so to where the run was asked for."""
    npz(tmp_path)
    monkeypatch.chdir(tmp_path)
    spec = presets.override(presets.load("quick"), ["data.name=npz:own.npz"])
    assert datasets.ready(spec).data.name == f"npz:{tmp_path}/own.npz"
    assert datasets.ready(presets.load("quick")) == presets.load("quick")


def test_nothing_is_made_where_the_data_are_missing(tmp_path: Path) -> None:
    spec = presets.override(presets.load("quick"), ["data.name=cifar100"])
    with pytest.raises(
        BadRequest, match=r"^data.name = 'cifar100': is not in .*; `mli-tui data get cifar100` gets it$"
    ):
        launch.create(tmp_path / "runs", spec)
    assert not (tmp_path / "runs").exists()


@pytest.fixture
def own_slots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.usefixtures("own_slots")
def test_a_run_on_own_data_tells_the_share_of_what_it_trains_on(tmp_path: Path) -> None:
    name = npz(tmp_path, x_train=np.repeat(FEATURES, 4, 0), y_train=np.repeat(LABELS, 4), x_test=FEATURES[:6])
    run = worker_runs.make(
        tmp_path / "runs", f"data.name={name}", "data.class_weights=[1.0, 0.5, 0.25]", "train.max_epochs=2"
    )
    view = worker_runs.finish(run)
    assert (view.status, view.message) == ("done", "")
    assert view.dataset is not None
    assert (view.dataset.train, view.dataset.test) == (16 + 8 + 4, 6)
    assert view.dataset.largest_class_share == {"train": 16 / 28, "test": 1 / 3}


@pytest.mark.usefixtures("own_slots")
def test_a_run_whose_data_are_damaged_meanwhile_fails_with_one_line(tmp_path: Path) -> None:
    name = npz(tmp_path)
    run = worker_runs.make(tmp_path / "runs", f"data.name={name}")
    npz(tmp_path, y_train=LABELS[:5])
    view = worker_runs.finish(run)
    assert view.status == "failed"
    assert view.message.startswith(f"{name}: y_train has the shape (5,) and type int64; expected (12,) whole numbers")
    assert "Traceback" not in run.log.read_text()


def test_more_of_a_class_than_there_is_is_refused_before_a_run_is_made() -> None:
    for data_set, most in (("mnist5k", 400), ("cifar100", 500)):
        with pytest.raises(RunError) as refused:
            datasets.require(Data(name=data_set, per_class=most + 1))
        what = f"the training inputs of the smallest class of {data_set}"
        assert str(refused.value) == f"data.per_class = {most + 1}: expected at most {most}, {what}"
