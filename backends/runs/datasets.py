"""Which data sets there are, where their files lie, and what can be told of them without torch.

Worker and viewer look with the same code, so that what is missing is said before a run is made.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
import platformdirs

from backends.runs.errors import BadRequest
from backends.runs.text import safe_line
from presets.experiment import Data, Experiment

ENVIRONMENT_NAME = "MLI_TUI_DATA"
SYSTEM = Path("/usr/share/datasets")
"""Where Debian's packages put data sets."""
NPZ_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
IDX_SIZES = {
    "train-images-idx3-ubyte": 47_040_016,
    "train-labels-idx1-ubyte": 60_008,
    "t10k-images-idx3-ubyte": 7_840_016,
    "t10k-labels-idx1-ubyte": 10_008,
}
"""Bytes of the unpacked files of MNIST and of its drop-in replacements, which have the same names."""
IDX_LABELS = "train-labels-idx1-ubyte"
CIFAR10_FILES = (*(f"data_batch_{n}" for n in range(1, 6)), "test_batch", "batches.meta")


@dataclass(frozen=True)
class Known:
    """A data set that is known by its name.

    `train` and `test` are its inputs, `fewest` those of the smallest class of the training split; `folders` where it
    may lie in the data folder, torchvision's own place first; `files` its files there, as they are unpacked;
    `labels_md5` the checksum that tells MNIST from its drop-in replacements; `download` the bytes to be fetched for it.
    """

    name: str
    train: int
    test: int
    classes: int
    fewest: int
    folders: tuple[str, ...]
    files: tuple[str, ...]
    download: int
    labels_md5: str = ""


KNOWN = {
    known.name: known
    for known in (
        Known("mnist5k", 4_000, 1_000, 10, 400, (), (), 0),
        Known(
            "mnist", 60_000, 10_000, 10, 5_421, ("MNIST/raw", "mnist", ""), tuple(IDX_SIZES), 11_594_722,
            "a25bea736e30d166cdddb491f175f624",
        ),
        Known(
            "fashion-mnist", 60_000, 10_000, 10, 6_000, ("FashionMNIST/raw", "fashion-mnist", ""), tuple(IDX_SIZES),
            30_878_645, "9018921c3c673c538a1fc5bad174d6f9",
        ),
        Known(
            "cifar10", 50_000, 10_000, 10, 5_000, ("cifar-10-batches-py", "cifar10", ""), CIFAR10_FILES, 170_498_071
        ),
        Known(
            "cifar100", 50_000, 10_000, 100, 500, ("cifar-100-python", "cifar100", ""), ("train", "test", "meta"),
            169_001_437,
        ),
    )
}  # fmt: skip


def data_folder(chosen: str | None = None) -> Path:
    """Return the data folder: `chosen`, else MLI_TUI_DATA, else the user's data folder. Not created here."""
    named = chosen or os.environ.get(ENVIRONMENT_NAME)
    if not named:
        return platformdirs.user_data_path("mli-tui") / "data"
    return _absolute(named, "data folder")


def _absolute(named: str, what: str) -> Path:
    try:
        return Path(named).expanduser().absolute()
    except RuntimeError:
        raise BadRequest(f"{what} {safe_line(named)}: there is no such user's home") from None


def locate(name: str, root: Path | None = None) -> Path:
    """Return the folder that holds the files of a downloadable data set, whole as far as a glance tells.

    Looked for in the data folder `root` (None: the one that the user has set), then where Debian puts it. Raises
    `BadRequest` with the command that gets it.
    """
    known = KNOWN[name]
    root = root or data_folder()
    get = f"`mli-tui data get {name}` gets it"
    wrong: list[str] = []
    for folder in (*(root / part for part in known.folders), SYSTEM / name):
        try:
            files = [_present(folder / file) for file in known.files]
            if all(files):
                faults = _faults(known, folder)
                if not faults:
                    return folder
                wrong += faults
        except OSError as error:
            wrong.append(f"{error.filename or folder}: {error.strerror or error}")
    if wrong:
        raise BadRequest(f"data.name = '{name}': {safe_line(wrong[0], 400)}; {get} anew")
    raise BadRequest(f"data.name = '{name}': is not in {safe_line(str(root))}; {get}")


def _present(path: Path) -> bool:
    return path.is_file() or packed(path).is_file()


def packed(path: Path) -> Path:
    """Return the name of a file's gzip form."""
    return path.with_name(path.name + ".gz")


def _faults(known: Known, folder: Path) -> list[str]:
    """Return what a glance at the files of an idx data set finds wrong: sizes, and whose labels these are."""
    if not known.labels_md5:
        return []
    for file in known.files:
        path = folder / file
        if path.is_file() and path.stat().st_size != IDX_SIZES[file]:
            return [f"{path} has {path.stat().st_size} bytes; expected {IDX_SIZES[file]}"]
    labels = folder / IDX_LABELS
    try:
        content = labels.read_bytes() if labels.is_file() else gzip.decompress(packed(labels).read_bytes())
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return [f"{packed(labels)} is damaged"]
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != known.labels_md5:
        return [f"{labels} is not that of {known.name}"]
    return []


def missing(data: Data) -> str:
    """Return why the data set can't be used on this machine, as far as a glance tells; "" where it can."""
    try:
        require(data)
    except BadRequest as error:
        return str(error)
    return ""


def is_downloadable(data: Data) -> bool:
    """Return whether `mli-tui data get` gets this data set."""
    return data.name in KNOWN and KNOWN[data.name].download > 0


def ready(experiment: Experiment) -> Experiment:
    """Return the experiment with the path of its own data made absolute: the worker has no folder of the user's.

    Raises `BadRequest`, one line, where its data set is missing or can't be what the specification asks for.
    """
    kind, colon, place = experiment.data.name.partition(":")
    if colon:
        name = f"{kind}:{_absolute(place, 'data.name')}"
        data = msgspec.structs.replace(experiment.data, name=name)
        experiment = msgspec.structs.replace(experiment, data=data)
    require(experiment.data)
    return experiment


def require(data: Data) -> None:
    """Raise `BadRequest` where the data set is missing, or is known not to have what is asked of it."""
    kind, _, place = data.name.partition(":")
    if kind == "npz":
        require_npz(data.name, Path(place))
    elif kind == "imagefolder":
        class_folders(data.name, Path(place))
    elif known := KNOWN.get(kind):
        check_classes(data, known.classes)
        if data.per_class > known.fewest:
            raise BadRequest(
                f"data.per_class = {data.per_class}: expected at most {known.fewest}, "
                f"the training inputs of the smallest class of {known.name}"
            )
        if known.download:
            locate(known.name)
    else:
        check_classes(data, data.classes)


def check_classes(data: Data, classes: int) -> None:
    """Raise `BadRequest` where `data.class_weights` has not one number for each of `classes` classes."""
    if data.class_weights and len(data.class_weights) != classes:
        raise BadRequest(
            f"data.class_weights = {list(data.class_weights)}: expected {classes} numbers, "
            f"one for each class of {safe_line(data.name)}; has {len(data.class_weights)}"
        )


def require_npz(name: str, path: Path) -> None:
    """Raise `BadRequest` unless the file is a zip with the four arrays; their content is the worker's to check."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = {entry.removesuffix(".npy") for entry in archive.namelist()}
    except OSError as error:
        raise BadRequest(f"data.name = {safe_line(name)!r}: can't be read: {error.strerror}") from None
    except zipfile.BadZipFile:
        raise BadRequest(f"data.name = {safe_line(name)!r}: not an .npz file, or cut off") from None
    if lacking := [array for array in NPZ_ARRAYS if array not in found]:
        raise BadRequest(f"data.name = {safe_line(name)!r}: lacks {', '.join(lacking)}; {NPZ_EXPECTED}")


NPZ_EXPECTED = "expected the arrays " + ", ".join(NPZ_ARRAYS)


def class_folders(name: str, folder: Path) -> list[str]:
    """Return the class folders of an image folder, sorted; raises `BadRequest` unless both splits have the same."""
    try:
        found = {
            split: sorted(entry.name for entry in os.scandir(folder / split) if entry.is_dir())
            for split in ("train", "test")
        }
    except OSError as error:
        raise BadRequest(
            f"data.name = {safe_line(name)!r}: {safe_line(str(error.filename))}: {error.strerror}; "
            "expected train/CLASS/* and test/CLASS/*"
        ) from None
    train, test = found["train"], found["test"]
    if len(train) < 2:
        raise BadRequest(f"data.name = {safe_line(name)!r}: train has {len(train)} class folders; expected at least 2")
    if odd := sorted(set(train) ^ set(test)):
        raise BadRequest(
            f"data.name = {safe_line(name)!r}: class {safe_line(odd[0], 60)!r} is in one of train and test only"
        )
    return train
