"""The app on a pseudo-terminal: first frame, memory with 50 runs, and keys while a worker trains on every core."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import presets
from backends.runs import launch, listing, workers
from backends.runs.paths import RunPaths
from benchmarks.line import Line
from tests.mli_tui import make_run

STARTS, KEYS, RUNS = 10, 200, 50
COMMAND = str(Path(sys.executable).with_name("mli-tui"))


def app(root: Path, *arguments: str, **line: float) -> Line:
    """Return `mli-tui` at 120x40, over this line."""
    return Line([COMMAND, *arguments, "--runs-dir", str(root)], **line)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "runs"
        root.mkdir()
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
        for number in range(RUNS):
            make_run.finished(root, f"quick-20260921-120000-{number:04x}")
        print(f"## the app, 120x40, {RUNS} finished runs")
        first_frame(root)
        keys(root)


def first_frame(root: Path) -> None:
    frames, imports, memory, torch = [], [], 0.0, False
    for _ in range(STARTS):
        shown = app(root)
        frames.append(shown.until(lambda s: "fc10-mnist5k" in s.text))
        shown.quiet(1.5)
        memory = max(memory, shown.resident_mb())
        torch = torch or "torch" in Path(f"/proc/{shown.process.pid}/maps").read_text()
        shown.close()
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import textual.app"], check=True)
        imports.append(time.perf_counter() - began)
    frame, imported = statistics.median(frames), statistics.median(imports)
    print(f"first frame: {1e3 * frame:.0f} ms median of {STARTS} (goal: at most 400)")
    print(f"python -c 'import textual.app': {1e3 * imported:.0f} ms, ratio {frame / imported:.2f}")
    print(
        f"resident memory with {RUNS} runs listed: {memory:.1f} MB (goal: under 90); torch loaded: {torch}", flush=True
    )


def keys(root: Path) -> None:
    """Seconds from a key to the first changed cell, on a live run whose worker uses every core."""
    spec = presets.override(presets.load("fc10-mnist5k"), ["train.max_epochs=100000", "train.stop_loss=0.0"])
    run = launch.create(root, spec)
    launch.start(run, "cpu")
    shown = app(root, "attach", run.run_id)
    while listing.read_run(run).epoch < 3:
        time.sleep(0.1)
    shown.until(lambda s: "train split" in s.text)
    taken = [press_digit(shown) for _ in range(KEYS)]
    load = os.getloadavg()[0]
    shown.close()
    stop(run)
    taken.sort()
    p50, p99 = taken[len(taken) // 2], taken[int(0.99 * len(taken)) - 1]
    times = f"p50 {1e3 * p50:.1f} ms, p99 {1e3 * p99:.1f} ms (goal: under 100), worst {1e3 * taken[-1]:.1f} ms"
    print(f"key to changed screen, {KEYS} keys while training (load {load:.1f}): {times}")


def press_digit(shown: Line, limit: float = 5.0) -> float:
    """Press 5 or 6, which put the cursor to that tenth of alpha; return the seconds until it is read there."""
    shown.quiet(0.02, limit=0.1)
    digit = "6" if "at alpha 0.50" in shown.screen.text else "5"
    shown.press(digit)
    return shown.until(lambda s: f"at alpha 0.{digit}0" in s.text, limit)


def stop(run: RunPaths) -> None:
    workers.send_stop(run)
    while workers.liveness(run) is workers.Liveness.ALIVE:
        time.sleep(0.05)


if __name__ == "__main__":
    main()
