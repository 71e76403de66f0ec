"""Loading a full data set and putting it on the device, against reading its raw files.

Each side is as it is in use: ours in a process that is made ready as a worker is, the other in a plain Python. They
take turns in processes of their own, since what a worker does for its memory would speed plain reading up as well.
"""

import gzip
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from backends.runs import datasets
from backends.runs.errors import RunError
from benchmarks.side_by_side import report
from presets.experiment import Data

SPEC = Data(name="fashion-mnist")
KIND = os.environ.get("BENCH_DEVICE", "cpu")
ROUNDS, REPEATS = 3, 7


def main() -> int:
    if len(sys.argv) > 1:
        return one_side(sys.argv[1], Path(sys.argv[2]))
    print(f"## loading {SPEC.name}, 70,000 images, onto {KIND}")
    try:
        folder = datasets.locate(SPEC.name)
    except RunError as error:
        print(f"skipped: {error}")
        return 0
    compare("as it lies there", folder)
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch) / "FashionMNIST" / "raw"
        raw.mkdir(parents=True)
        for name in datasets.IDX_SIZES:
            (raw / name).write_bytes(content(folder / name))
        os.environ[datasets.ENVIRONMENT_NAME] = scratch
        compare("unpacked", raw)
        shutil.rmtree(raw)
    return 0


def content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else gzip.decompress(datasets.packed(path).read_bytes())


def compare(how: str, folder: Path) -> None:
    taken = {"ours": [], "bare": []}
    for _ in range(ROUNDS):
        for side, found in taken.items():
            command = [sys.executable, "-m", "benchmarks.bench_data", side, str(folder)]
            found.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    ours, bare = (statistics.median(taken[side]) for side in ("ours", "bare"))
    report(f"loading, {how}", ours, bare, "reading the raw files", 3.0)


def one_side(side: str, folder: Path) -> int:
    """Print the median seconds of one side, once everything is in the cache of the system."""
    work = loader() if side == "ours" else lambda: [content(folder / name) for name in datasets.IDX_SIZES]
    work()
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    print(statistics.median(times))
    return 0


def loader():
    import torch

    from backends import data, devices
    from backends.placement import usable_cores

    devices.prepare(usable_cores())
    device = devices.select("cuda" if KIND == "cuda" else "cpu")

    def load() -> None:
        data.load(SPEC, device, torch.float32)
        device.synchronise()

    return load


if __name__ == "__main__":
    sys.exit(main())
