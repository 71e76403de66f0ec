"""`wandb leet` on runs that wandb itself writes, in an environment apart."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.line import Line

ENVIRONMENT = Path(os.environ.get("MLI_TUI_PEERS", ".venv-peers"))
WRITE = """
import math, sys, time, wandb
folder, steps, a_second = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
run = wandb.init(project="mli", dir=folder, config={"train.lr": 0.03, "model.depth": 10})
print("begun", flush=True)
for step in range(steps):
    fall = math.exp(-step / 80)
    losses = {"loss/train": 2.3 * fall, "loss/test": 2.3 * fall + 0.05}
    run.log({**losses, "error/train": 0.9 * fall, "error/test": 0.9 * fall + 0.02})
    if a_second: time.sleep(1 / a_second)
if a_second: time.sleep(600)
run.finish()
"""


@dataclass
class Steady:
    """Bytes a second while it changes, bytes while nothing does, percent of a core then, and memory in MB."""

    live: float
    idle: int
    busy: float
    memory: float


class Leet:
    """The `wandb` of an environment apart, and the runs it wrote into `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._finished: Path | None = None

    @classmethod
    def installed(cls, folder: Path) -> Leet | None:
        """Install wandb where it is not; say so in one line where that fails."""
        python = ENVIRONMENT / "bin" / "python"
        try:
            if not (ENVIRONMENT / "bin" / "wandb").exists():
                subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True, capture_output=True)
                command = [str(python), "-m", "pip", "install", "--quiet", "wandb>=0.31"]
                subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"wandb leet is left out: it could not be installed into {ENVIRONMENT} ({error})")
            return None
        return cls(folder)

    def finished(self) -> Path:
        """Return a finished run of 500 steps."""
        if self._finished is None:
            subprocess.run(self._command("finished", 500, 0), check=True, capture_output=True, env=self._env())
            self._finished = self._latest("finished")
        return self._finished

    def open(self, run: Path) -> Line:
        """Open a run in `wandb leet`."""
        return Line([str(ENVIRONMENT / "bin" / "wandb"), "leet", "run", str(run)], **self._env())

    def steady(self, live_seconds: float, idle_seconds: float, a_second: float) -> Steady:
        """Measure a run while it trains, and when it has nothing new."""
        steps = int((live_seconds + 8) * a_second)
        command = self._command("live", steps, a_second)
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self._env())
        assert writer.stdout is not None
        while b"begun" not in writer.stdout.readline():
            pass
        time.sleep(2.0)
        line = self.open(self._latest("live"))
        line.run(5.0)
        live = line.run(live_seconds) / live_seconds
        memory = line.resident_mb()
        line.close()
        writer.kill()
        writer.wait()
        line = self.open(self.finished())  # one that runs shows its machine's state every now and then
        line.run(5.0)
        before = line.cpu_seconds()
        idle = line.run(idle_seconds)
        busy = 100 * (line.cpu_seconds() - before) / idle_seconds
        line.close()
        return Steady(live, idle, busy, memory)

    def _command(self, name: str, steps: int, a_second: float) -> list[str]:
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return [str(ENVIRONMENT / "bin" / "python"), "-c", WRITE, str(folder), str(steps), str(a_second)]

    def _latest(self, name: str) -> Path:
        return (self._folder / name / "wandb" / "latest-run").resolve()

    def _env(self) -> dict[str, str]:
        return {**os.environ, "WANDB_MODE": "offline", "WANDB_SILENT": "true", "HOME": str(self._folder)}
