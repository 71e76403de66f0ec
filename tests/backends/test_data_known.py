"""The data sets that are downloaded, read by torchvision from small files in their own formats, whole and damaged."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision import datasets as theirs

from backends import data
from backends.data import known
from backends.runs import datasets
from backends.runs.errors import BadData, BadRequest
from presets.experiment import Data
from tests.backends import small

FASHION = Path("/usr/share/datasets/fashion-mnist")
TRAIN, TEST = 40, 20
SIZES = {
    "train-images-idx3-ubyte": 16 + TRAIN * 784,
    "train-labels-idx1-ubyte": 8 + TRAIN,
    "t10k-images-idx3-ubyte": 16 + TEST * 784,
    "t10k-labels-idx1-ubyte": 8 + TEST,
}


def idx_files(inputs: dict[str, int], seed: int = 0) -> dict[str, bytes]:
    """The four files of a small MNIST: a header of big-endian numbers, then the bytes."""
    generator = np.random.default_rng(seed)
    files = {}
    for prefix, count in inputs.items():
        pixels = generator.integers(0, 256, count * 784, dtype=np.uint8).tobytes()
        labels = bytes((np.arange(count) * 3 % 10).astype(np.uint8))
        files[f"{prefix}-images-idx3-ubyte"] = struct.pack(">IIII", 0x803, count, 28, 28) + pixels
        files[f"{prefix}-labels-idx1-ubyte"] = struct.pack(">II", 0x801, count) + labels
    return files


FILES = idx_files({"train": TRAIN, "t10k": TEST})


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, on a machine where nothing else is; MNIST is small here."""
    monkeypatch.setenv("MLI_TUI_DATA", str(tmp_path))
    monkeypatch.setattr(datasets, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr(datasets, "IDX_SIZES", SIZES)
    labels = hashlib.md5(FILES[datasets.IDX_LABELS]).hexdigest()
    tiny = replace(datasets.KNOWN["mnist"], train=TRAIN, test=TEST, fewest=4, labels_md5=labels)
    monkeypatch.setitem(datasets.KNOWN, "mnist", tiny)
    return tmp_path


def write(folder: Path, files: dict[str, bytes], *, packed: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    return folder


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("place", ["MNIST/raw", "mnist", "."])
def test_mnist_is_read_as_it_lies_there(root: Path, place: str, packed: bool) -> None:
    write(root / place, FILES, packed=packed)
    found = data.load(Data(name="mnist"), small.CPU, torch.float32)
    for part, prefix in ((found.train, "train"), (found.test, "t10k")):
        pixels = np.frombuffer(FILES[f"{prefix}-images-idx3-ubyte"], np.uint8, offset=16).reshape(-1, 1, 28, 28)
        labels = np.frombuffer(FILES[f"{prefix}-labels-idx1-ubyte"], np.uint8, offset=8)
        assert np.array_equal(part.raw_N.numpy(), pixels)
        assert part.labels_N.tolist() == labels.tolist()
    assert (found.class_names, found.input_shape) == (tuple("0123456789"), (1, 28, 28))


def test_torchvisions_own_class_reads_the_same(root: Path) -> None:
    write(root / "MNIST" / "raw", FILES)
    own, other = known.read("mnist"), theirs.MNIST(root, train=True)
    assert torch.equal(own.train_N.squeeze(1), other.data)
    assert torch.equal(own.train_labels_N, other.targets)


@pytest.mark.skipif(not FASHION.exists(), reason="Debian's package dataset-fashion-mnist is not installed")
def test_debians_fashion_mnist_is_found_and_is_the_real_one() -> None:
    found = data.load(Data(name="fashion-mnist"), small.CPU, torch.float32)
    assert torch.bincount(found.train.labels_N).tolist() == [6000] * 10
    assert torch.bincount(found.test.labels_N).tolist() == [1000] * 10
    # The two numbers that everybody who trains on Fashion-MNIST normalises with.
    assert (round(found.train.mean, 4), round(found.train.std, 4)) == (0.2860, 0.3530)
    assert found.class_names[9] == "Ankle boot"
    few = data.load(Data(name="fashion-mnist", per_class=7, pad=32), small.CPU, torch.float32)
    assert torch.bincount(few.train.labels_N).tolist() == [7] * 10
    assert few.input_shape == (1, 32, 32)


def cut(name: str, to: int) -> dict[str, bytes]:
    return {**FILES, name: FILES[name][:to]}


def other_magic(name: str) -> dict[str, bytes]:
    return {**FILES, name: b"\xff" * 4 + FILES[name][4:]}


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (cut("train-images-idx3-ubyte", 1000), "/MNIST/raw/train-images-idx3-ubyte has 1000 bytes; expected 31376; "),
        (cut("t10k-labels-idx1-ubyte", 0), "/MNIST/raw/t10k-labels-idx1-ubyte has 0 bytes; expected 28; "),
        (
            {**FILES, datasets.IDX_LABELS: b"\1" * (8 + TRAIN)},
            "/MNIST/raw/train-labels-idx1-ubyte is not that of mnist; ",
        ),
    ],
)
def test_files_that_a_glance_shows_to_be_wrong_are_refused_early(
    root: Path, files: dict[str, bytes], line: str
) -> None:
    write(root / "MNIST" / "raw", files)
    with pytest.raises(BadRequest) as refused:
        datasets.require(Data(name="mnist"))
    assert str(refused.value) == f"data.name = 'mnist': {root}{line}`mli-tui data get mnist` gets it anew"


@pytest.mark.parametrize("name", [*FILES])
@pytest.mark.parametrize("damage", ["cut", "magic", "cut gzip"])
def test_a_damaged_idx_file_is_one_line(root: Path, name: str, damage: str) -> None:
    """Packed, so that a glance at the sizes does not see it."""
    folder = write(root / "MNIST" / "raw", cut(name, 500 if "images" in name else 12), packed=True)
    if damage == "magic":
        write(folder, other_magic(name), packed=True)
    if damage == "cut gzip":
        write(folder, FILES, packed=True)
        whole = (folder / f"{name}.gz").read_bytes()
        (folder / f"{name}.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises((BadData, BadRequest)) as refused:
        data.load(Data(name="mnist"), small.CPU, torch.float32)
    line = str(refused.value)
    assert line.endswith("; `mli-tui data get mnist` gets it anew")
    assert str(folder) in line and "\n" not in line


def test_images_that_are_not_as_many_as_the_labels_are_refused(root: Path) -> None:
    fewer = {**FILES, "t10k-images-idx3-ubyte": idx_files({"t10k": TEST - 1})["t10k-images-idx3-ubyte"]}
    write(root / "MNIST" / "raw", fewer, packed=True)
    with pytest.raises(BadData, match=r"has 19 t10k images of \(28, 28\) and 20 labels; expected 20 of \(28, 28\)"):
        known.read("mnist")


def test_fashion_mnist_is_not_taken_for_mnist(root: Path) -> None:
    """Both have files of the same names and sizes: a folder of one must never be used as the other."""
    write(root, FILES)
    assert datasets.locate("mnist") == root
    with pytest.raises(BadRequest, match="is not that of fashion-mnist"):
        datasets.locate("fashion-mnist")


CIFARS = {"cifar10": (theirs.CIFAR10, 3, "cifar-10-batches-py"), "cifar100": (theirs.CIFAR100, 11, "cifar-100-python")}


def cifar_files(name: str) -> dict[str, dict[str, Any]]:
    """What the batches of a small CIFAR hold: the format is a pickled dict, written here, read by torchvision."""
    one, rows, _ = CIFARS[name]
    generator = np.random.default_rng(3)
    files: dict[str, dict[str, Any]] = {}
    labels_key = "labels" if name == "cifar10" else "fine_labels"
    classes = 10 if name == "cifar10" else 100
    for number, (file, _) in enumerate(one.train_list + one.test_list):
        count = rows * 10
        labels = [(number + i) % classes for i in range(count)]
        files[file] = {
            "data": generator.integers(0, 256, (count, 3072), dtype=np.uint8),
            labels_key: labels,
            "batch_label": f"batch {number}",
        }
    files[one.meta["filename"]] = {one.meta["key"]: [f"class {k}" for k in range(classes)]}
    return files


def write_cifar(monkeypatch: pytest.MonkeyPatch, name: str, folder: Path) -> dict[str, dict[str, Any]]:
    """Write a small CIFAR and let torchvision's class expect its checksums, as it expects the published ones."""
    one, _, _ = CIFARS[name]
    files = cifar_files(name)
    folder.mkdir(parents=True)
    sums = {}
    for file, content in files.items():
        raw = pickle.dumps(content, protocol=2)
        (folder / file).write_bytes(raw)
        sums[file] = hashlib.md5(raw).hexdigest()
    tables = {
        "train_list": [[file, sums[file]] for file, _ in one.train_list],
        "test_list": [[file, sums[file]] for file, _ in one.test_list],
        "meta": {**one.meta, "md5": sums[one.meta["filename"]]},
    }
    monkeypatch.setitem(known.CIFAR, name, type("Small", (one,), tables))
    return files


@pytest.mark.parametrize("name", [*CIFARS])
def test_cifar_in_its_own_pickled_format_is_read_by_torchvision(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    one, _, base = CIFARS[name]
    files = write_cifar(monkeypatch, name, root / base)
    found = data.load(Data(name=name), small.CPU, torch.float32)
    for part, batches in ((found.train, one.train_list), (found.test, one.test_list)):
        pixels = np.concatenate([files[file]["data"] for file, _ in batches]).reshape(-1, 3, 32, 32)
        assert np.array_equal(part.raw_N.numpy(), pixels)
    key = "labels" if name == "cifar10" else "fine_labels"
    assert found.test.labels_N.tolist() == files[one.test_list[0][0]][key]
    assert found.class_names[1] == "class 1"
    assert len(found.train.mean) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("damage", [lambda raw: raw[: len(raw) // 2], lambda raw: raw[:-1] + b"?", lambda _: b""])
def test_a_cifar_batch_that_is_not_the_published_one_is_never_unpickled(
    root: Path, monkeypatch: pytest.MonkeyPatch, damage: Any
) -> None:
    folder = root / "cifar-10-batches-py"
    write_cifar(monkeypatch, "cifar10", folder)
    batch = folder / "data_batch_3"
    batch.write_bytes(damage(batch.read_bytes()))
    monkeypatch.setattr("torchvision.datasets.cifar.pickle.load", lambda *_, **__: pytest.fail("unpickled"))
    with pytest.raises(BadData) as refused:
        known.read("cifar10")
    assert str(refused.value).startswith(f"cifar10: {folder}: Dataset not found or corrupted.")
    assert str(refused.value).endswith("`mli-tui data get cifar10` gets it anew")


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10", "cifar100"])
def test_the_table_names_the_files_and_classes_that_torchvision_has(name: str) -> None:
    entry = datasets.KNOWN[name]
    if name in known.IDX:
        one = known.IDX[name]
        assert {file.removesuffix(".gz") for file, _ in one.resources} == set(entry.files)
        assert entry.folders[0] == f"{one.__name__}/raw"
        assert entry.classes == len(one.classes)
    else:
        other = known.CIFAR[name]
        listed = [file for file, _ in other.train_list + other.test_list]
        assert sorted([*listed, other.meta["filename"]]) == sorted(entry.files)
        assert entry.folders[0] == other.base_folder
