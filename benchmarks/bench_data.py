"""Loading a full data set and putting it on the device, against reading its raw files."""

import gzip
import os
import shutil
import sys
import tempfile
from pathlib import Path

import torch

from backends import data, devices
from backends.placement import usable_cores
from backends.runs import datasets
from backends.runs.errors import RunError
from benchmarks.side_by_side import medians, report
from presets.experiment import Data

SPEC = Data(name="fashion-mnist")
KIND = os.environ.get("BENCH_DEVICE", "cpu")


def main() -> int:
    # A plain process, without what a worker does for its memory: reading alone would gain the most from that.
    torch.set_num_threads(usable_cores())
    device = devices.select("cuda" if KIND == "cuda" else "cpu")
    print(f"## loading {SPEC.name}, 70,000 images, onto {device.name}, {torch.get_num_threads()} threads")
    try:
        folder = datasets.locate(SPEC.name)
    except RunError as error:
        print(f"skipped: {error}")
        return 0
    data.load(SPEC, device, torch.float32)  # torchvision is imported, the files are in the cache of the system
    compare("as it lies there", folder, device)
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch) / "FashionMNIST" / "raw"
        raw.mkdir(parents=True)
        for name in datasets.IDX_SIZES:
            (raw / name).write_bytes(content(folder / name))
        os.environ[datasets.ENVIRONMENT_NAME] = scratch
        compare("unpacked", raw, device)
        shutil.rmtree(raw)
    return 0


def content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else gzip.decompress(datasets.packed(path).read_bytes())


def compare(how: str, folder: Path, device: devices.Device) -> None:
    def ours() -> None:
        data.load(SPEC, device, torch.float32)
        device.synchronise()

    def bare() -> None:
        for name in datasets.IDX_SIZES:
            content(folder / name)

    taken = medians(7, ours=ours, bare=bare)
    report(f"loading, {how}", taken["ours"], taken["bare"], "reading the raw files", 3.0)


if __name__ == "__main__":
    sys.exit(main())
