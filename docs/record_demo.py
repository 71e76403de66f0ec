"""Record the run that `mli-tui demo` plays: `python docs/record_demo.py`. Half a minute on two cores."""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from pathlib import Path

import presets
from backends.runs import launch, listing
from mli_tui.cli import following
from presets.loader import DEFAULT

FOLDER = Path(__file__).parents[1] / "mli_tui" / "recorded"


def main() -> int:
    """Run the default preset and keep what its worker said, without the name of this machine."""
    with tempfile.TemporaryDirectory() as folder:
        run = launch.create(Path(folder), presets.load(DEFAULT))
        launch.start(run, "cpu")
        following.follow(run, following.PlainReporter(run))
        assert listing.recorded_run(run).status == "done"
        said = [json.loads(line) for line in run.events.read_text().splitlines()]
        FOLDER.joinpath("experiment.toml").write_text(run.experiment.read_text())
    for event in said:
        if event["type"] == "started":
            event |= {"host": "recorded", "pid": 1}
    lines = "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in said)
    FOLDER.joinpath("events.jsonl.gz").write_bytes(gzip.compress(lines.encode(), 9, mtime=0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
