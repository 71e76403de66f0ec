"""The app on a real pseudo-terminal at 120x40, beside `wandb leet`: bytes, a bad line, big lists, idleness.

    make bench-ui

`wandb` goes into an environment of its own (.venv-peers), and is left out with one line where it can't be installed.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import presets
from backends.runs.journal import Writer
from backends.runs.paths import RunPaths
from benchmarks import bench_app
from benchmarks.line import Line
from benchmarks.peer_leet import Leet
from tests.mli_tui import make_run
from tests.virtual_terminal import VirtualTerminal

EVENTS_A_SECOND = 5.0
"""As of `fc10-mnist5k`, which says an epoch each 0.2 s, and live curves at every fifth."""
BAD_LINE = {"rate": 5000.0, "latency": 0.2}
"""5 KB/s, and 200 ms each way: 0.4 s pass before any answer can be there."""
SSH_BUFFER = 1 << 20
LIVE_SECONDS, IDLE_SECONDS, KEYS = 20.0, 10.0, 20


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
        # A first start has a hint on the screen.
        subprocess.run([sys.executable, "-c", "from mli_tui.widgets import hint; hint.remember()"], check=True)
        leet = Leet.installed(Path(folder) / "wandb")
        print("## the app, 120x40, on a pseudo-terminal")
        starts(Path(folder) / "starts", leet)
        many_runs(Path(folder) / "many")
        long_run(Path(folder) / "long")
        steady(Path(folder) / "steady", leet)
        for name, line in (("", {}), (", behind SSH's buffers", {"buffer": SSH_BUFFER}), (", silent", {"answers": 0})):
            bad_line(Path(folder) / f"bad{len(name)}", name, {**BAD_LINE, **line})


def told(what: str, value: str, goal: str = "", beside: str = "") -> None:
    """Print one row of the table."""
    print(f"{what:<58} {value:>12} {f'(goal: {goal})' if goal else '':<22} {beside}".rstrip(), flush=True)


def curves(screen: VirtualTerminal) -> bool:
    """Return whether curves are on the screen."""
    return sum("\u2801" <= letter <= "\u28ff" for letter in screen.text) > 20


def starts(root: Path, leet: Leet | None) -> None:
    """Seconds from the start of the process to something that can be read."""
    run = make_run.finished(root)
    ours, opened, played, theirs = [], [], [], []
    for _ in range(5):
        played.append(timed(Line([bench_app.COMMAND, "demo"]), curves))
        ours.append(timed(bench_app.app(root), lambda s: "fc10-mnist5k" in s.text))
        opened.append(timed(bench_app.app(root, "attach", run.run_id), curves))
        if leet:
            theirs.append(timed(leet.open(leet.finished()), curves))
    told("first frame", f"{1e3 * statistics.median(ours):.0f} ms", "400 ms")
    told("mli-tui demo: first curve", ms(played), "1 s")
    told("first curve of a run named on the command line", ms(opened), "", compared(opened, theirs, "first metric"))


def timed(line: Line, shown: Callable[[VirtualTerminal], object]) -> float:
    taken = line.until(shown, 20.0)
    line.close()
    return taken


def ms(times: list[float]) -> str:
    return f"{1e3 * statistics.median(times):.0f} ms"


def compared(ours: list[float], theirs: list[float], what: str) -> str:
    if not theirs:
        return ""
    return f"wandb leet, {what}: {ms(theirs)}, ratio {statistics.median(ours) / statistics.median(theirs):.2f}"


def many_runs(root: Path) -> None:
    """The list of 2,000 runs, from the start of the process."""
    first = make_run.finished(root)
    for number in range(1, 2000):
        shutil.copytree(first.folder, root / f"quick-20260922-120000-{number:04x}", copy_function=os.link)
    times = []
    for _ in range(3):
        line = bench_app.app(root)
        times.append(line.until(lambda s: s.text.count("✓ done") > 5, 20.0))
        whole = times[-1] + line.until(lambda s: "2,000" in s.text or "2000" in s.text, 20.0)
        memory = line.resident_mb()
        line.close()
    told("2,000 runs: rows on the screen, from the start", ms(times), "500 ms")
    told("2,000 runs: all counted; memory", f"{whole:.1f} s", "", f"{memory:.0f} MB")


def long_run(root: Path) -> None:
    """From the key that opens a run of 500 epochs and five schemes to its curves."""
    spec = presets.override(presets.load("fc10-ablation"), ["train.max_epochs=500"])
    run = make_run.create(root, experiment=spec)
    said = [*make_run.beginning(), *make_run.training(500), *make_run.interpolation(spec), *make_run.ending()]
    make_run.append(run, said, step=0.2)
    times = []
    for _ in range(5):
        line = bench_app.app(root)
        line.until(lambda s: "✓ done" in s.text)
        line.quiet(0.5)
        line.press("\t")
        line.quiet(0.3)
        line.press("\r")
        times.append(line.until(curves, 20.0))
        line.close()
    told("opening a run of 500 epochs and 5 schemes", ms(times), "300 ms")


@contextmanager
def training(run: RunPaths, a_second: float = EVENTS_A_SECOND) -> Iterator[None]:
    """Let the run go on: a thread appends what its worker would."""
    over = threading.Event()

    def work() -> None:
        writer = Writer(run.events)
        for event in make_run.training(5000)[14:]:
            if over.wait(1 / a_second):
                break
            writer.append(event)
        writer.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def steady(root: Path, leet: Leet | None) -> None:
    """Bytes a second while a run trains, then when nothing changes; memory and processor time."""
    run = make_run.live(root, epochs=5)
    line = bench_app.app(root, "attach", run.run_id)
    line.until(curves)
    line.quiet(1.0)
    with training(run):
        line.run(2.0)
        live = line.run(LIVE_SECONDS) / LIVE_SECONDS
    line.quiet(2.0)
    before = line.cpu_seconds()
    idle, memory = line.run(IDLE_SECONDS), line.resident_mb()
    busy = 100 * (line.cpu_seconds() - before) / IDLE_SECONDS
    line.close()
    theirs = leet.steady(LIVE_SECONDS, IDLE_SECONDS, EVENTS_A_SECOND) if leet else None
    rate = f"wandb leet: {theirs.live / 1e3:.1f} KB/s, ratio {live / theirs.live:.2f}" if theirs else ""
    told("while a run trains, two live plots", f"{live / 1e3:.1f} KB/s", "at most 20 KB/s", rate)
    told("when nothing changes, 10 s", f"{idle} bytes", "0", f"wandb leet: {theirs.idle} bytes" if theirs else "")
    told(
        "processor when nothing changes",
        f"{busy:.1f} %",
        "under 1 %",
        f"wandb leet: {theirs.busy:.1f} %" if theirs else "",
    )
    more = f"wandb leet: {theirs.memory:.0f} MB, ratio {memory / theirs.memory:.2f}" if theirs else ""
    told("resident memory, live run", f"{memory:.0f} MB", "", more)


def bad_line(root: Path, name: str, line_options: dict[str, float]) -> None:
    """Keys over 5 KB/s and 200 ms each way, while a run trains; then a burst of keys and of events."""
    run = make_run.live(root, epochs=5)
    line = bench_app.app(root, "attach", run.run_id, **line_options)
    line.until(curves)
    line.quiet(1.5)
    with training(run):
        line.run(2.0)
        taken = []
        for _ in range(KEYS):
            taken.append(bench_app.press_digit(line, 15.0))
            line.run(0.3)
        with training(run, a_second=200):
            line.press("tl" * 20)
            line.run(2.0)
        after = bench_app.press_digit(line, 30.0)
    left = line.quiet(1.5)
    worst = "silent terminals: no goal" if "answers" in line_options else "under 1 s"
    told(
        f"5 KB/s, 200 ms each way{name}: key to its answer, worst",
        f"{max(taken):.2f} s",
        worst,
        f"median {statistics.median(taken):.2f} s",
    )
    told(
        "  the same after a burst of 40 keys and 400 events",
        f"{after:.2f} s",
        worst,
        f"then {left:.1f} s until all is there",
    )
    line.close()


if __name__ == "__main__":
    main()
