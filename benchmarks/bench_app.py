"""The app on a pseudo-terminal: first frame, memory with 50 runs, and keys while a worker trains on every core."""

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import presets
from backends.runs import launch, listing, workers
from backends.runs.paths import RunPaths
from tests.mli_tui import make_run

STARTS, KEYS, RUNS = 10, 200, 50


class App:
    """`mli-tui` at 120x40; `t0` is just before its process starts."""

    def __init__(self, root: Path, *arguments: str):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        command = [str(Path(sys.executable).with_name("mli-tui")), *arguments, "--runs-dir", str(root)]
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.t0 = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment
        )
        os.close(slave)

    def read_until(self, text: bytes, limit: float = 60.0) -> float:
        seen, deadline = b"", time.perf_counter() + limit
        while text not in seen:
            if time.perf_counter() > deadline:
                raise TimeoutError(text, seen[-500:])
            if select.select([self.master], [], [], 0.05)[0]:
                seen += os.read(self.master, 1 << 16)
        return time.perf_counter() - self.t0

    def quiet(self, seconds: float) -> int:
        """Read until nothing came for `seconds`; return how many bytes came."""
        count = 0
        while select.select([self.master], [], [], seconds)[0]:
            count += len(os.read(self.master, 1 << 16))
        return count

    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def loads_torch(self) -> bool:
        return "torch" in Path(f"/proc/{self.process.pid}/maps").read_text()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "runs"
        root.mkdir()
        os.environ["XDG_STATE_HOME"] = folder
        for number in range(RUNS):
            make_run.finished(root, f"quick-20260921-120000-{number:04x}")
        print(f"## the app, 120x40, {RUNS} finished runs")
        first_frame(root)
        keys(root)


def first_frame(root: Path) -> None:
    frames, imports, memory, torch = [], [], 0.0, False
    for _ in range(STARTS):
        app = App(root)
        frames.append(app.read_until(b"fc10-mnist5k"))
        app.quiet(1.5)
        memory, torch = max(memory, app.resident_mb()), torch or app.loads_torch()
        app.close()
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import textual.app"], check=True)
        imports.append(time.perf_counter() - began)
    frame, imported = statistics.median(frames), statistics.median(imports)
    print(f"first frame: {1e3 * frame:.0f} ms median of {STARTS} (goal: at most 500)")
    print(f"python -c 'import textual.app': {1e3 * imported:.0f} ms, ratio {frame / imported:.2f}")
    print(
        f"resident memory with {RUNS} runs listed: {memory:.1f} MB (goal: under 90); torch loaded: {torch}", flush=True
    )


def keys(root: Path) -> None:
    """Seconds from a key to the first changed cell, on a live run whose worker uses every core."""
    spec = presets.override(presets.load("fc10-mnist5k"), ["train.max_epochs=100000", "train.stop_loss=0.0"])
    run = launch.create(root, spec)
    launch.start(run, "cpu")
    app = App(root, "attach", run.run_id)
    while listing.read_run(run).epoch < 3:
        time.sleep(0.1)
    app.quiet(0.2)
    taken = [press(app, b"t") for _ in range(KEYS)]
    load = os.getloadavg()[0]
    app.close()
    stop(run)
    taken.sort()
    p50, p99 = taken[len(taken) // 2], taken[int(0.99 * len(taken)) - 1]
    times = f"p50 {1e3 * p50:.1f} ms, p99 {1e3 * p99:.1f} ms (goal: under 100), worst {1e3 * taken[-1]:.1f} ms"
    print(f"key to changed screen, {KEYS} keys while training (load {load:.1f}): {times}")


def press(app: App, key: bytes) -> float:
    """Press `t`, which changes the word train/test in the heading; wait for that word, not for any byte."""
    app.quiet(0.02)
    began = time.perf_counter()
    os.write(app.master, key)
    seen = b""
    while b"test" not in seen and b"rain" not in seen:
        if time.perf_counter() - began > 5:
            return 5.0
        if select.select([app.master], [], [], 0.5)[0]:
            seen += os.read(app.master, 1 << 16)
    return time.perf_counter() - began


def stop(run: RunPaths) -> None:
    workers.send_stop(run)
    while workers.liveness(run) is workers.Liveness.ALIVE:
        time.sleep(0.05)


if __name__ == "__main__":
    main()
