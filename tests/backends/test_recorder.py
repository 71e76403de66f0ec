"""`Recorder`: a user's own loop becomes an ordinary run, and is itself not changed by being watched."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from backends.api import Recorder, interpolate
from backends.runs import export, launch, listing, workers
from backends.runs.errors import BadRequest, RunError
from backends.runs.journal import Reader
from backends.runs.paths import RunPaths
from backends.runs.workers import Liveness
from presets import SpecError
from presets.loader import load_file
from tests.backends.own_networks import net, pair
from tests.backends.small import all_bits, state

ROOT = Path(__file__).parents[2]
QUICK = ("interpolation.points=11",)


def steps(model: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    """An epoch of somebody's loop, shuffled by torch's global random numbers."""
    inputs, labels = pair()
    for index in torch.randperm(len(labels)).split(10):
        optimiser.zero_grad()
        cross_entropy(model(inputs[index]), labels[index]).backward()
        optimiser.step()


def loop(root: Path | None, epochs: int = 4, test: object = None, **options: object):
    """Train, watched where there is a folder for it; return the model and the recorder."""
    torch.manual_seed(3)
    model = net()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    if root is None:
        for _ in range(epochs):
            steps(model, optimiser)
        return model, None
    options = {"settings": QUICK, "name": "my-run"} | options
    with Recorder(model, train=pair(), test=test, runs_dir=root, **options) as record:
        for _ in range(epochs):
            steps(model, optimiser)
            record.epoch()
    return model, record


def paths(record: Recorder) -> RunPaths:
    return RunPaths(record.folder)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    return loop(tmp_path_factory.mktemp("runs"), test=pair(12, seed=5))


def test_being_watched_changes_no_bit_of_the_training(recorded):
    alone, _ = loop(None)
    assert all_bits(state(recorded[0])) == all_bits(state(alone))
    assert recorded[0].training


def test_it_is_an_ordinary_run_directory(recorded):
    model, record = recorded
    run, view = paths(record), listing.read_run(paths(record))
    assert (view.status, view.epoch, view.run_id) == ("done", 4, record.run_id)
    assert record.run_id.startswith("my-run-")
    assert json.loads(run.summary.read_text()) == export.summary(view)
    assert run.curves.read_text() == export.curves_csv([view])
    assert run.biases.read_text() == export.biases_csv([view])
    assert run.biases.read_text().count("\n") == 1 + 5 * 4
    assert all(check.start and check.end for check in view.ends.values())
    assert len(view.ends) == 4
    assert [event.seq for event in Reader(run.events).read()] == list(range(view.version))
    assert not run.reserve.exists()
    kept = safetensors.torch.load_file(run.checkpoints / "final.safetensors")
    assert all_bits(kept) == all_bits(state(model))
    assert all_bits(safetensors.torch.load_file(run.checkpoints / "initial.safetensors")) == all_bits(state(net()))


def test_epochs_are_measured_on_both_splits(recorded):
    model, record = recorded
    last = listing.read_run(paths(record)).epochs[-1]
    for (inputs, labels), loss in ((pair(), last.loss), (pair(12, seed=5), last.test_loss)):
        with torch.no_grad():
            assert loss == pytest.approx(float(cross_entropy(model(inputs), labels)), rel=1e-12)
    assert last.biases == tuple(model[-1].bias.tolist())
    assert last.lr is None


def test_its_curves_are_those_of_interpolate(recorded):
    model, record = recorded
    data = {"train": pair(), "test": pair(12, seed=5)}
    found = interpolate(net(), state(net()), state(model), data, points=11)
    view = listing.read_run(paths(record))
    for key, points in view.curves.items():
        assert tuple(p.loss for p in points) == found.loss[key[0]][key[1]]
    assert {s: v.measured for (s, split), v in view.plateaus.items() if split == "train"} == {
        scheme: splits["train"] for scheme, splits in found.plateaus.items()
    }


def test_the_specification_claims_nothing_of_the_loop(recorded):
    text = paths(recorded[1]).experiment.read_text()
    spec = load_file(paths(recorded[1]).experiment)
    assert spec.recorded
    assert (spec.seed, spec.most_epochs, spec.data.name, spec.model.network) == (None, None, "own", "own")
    assert spec.title == "recorded: Sequential"
    assert "lr" not in text
    assert "depth" not in text


def test_no_specification_alone_runs_it_again(recorded):
    with pytest.raises(BadRequest, match="was recorded from a training loop of your own; only that program can run it"):
        launch.start(paths(recorded[1]))


def test_while_it_runs_it_is_live_and_afterwards_it_is_not(tmp_path):
    model = net()
    with Recorder(model, train=pair(), runs_dir=tmp_path, settings=QUICK) as record:
        record.epoch(lr=0.5)
        view = listing.read_run(paths(record))
        assert (view.status, view.phase, view.epoch, view.epochs[-1].lr) == ("running", "training", 1, 0.5)
        assert set(view.live) == {"linear", "homogeneous"}
        assert workers.liveness(paths(record)) is Liveness.ALIVE
        assert workers.lock_held(paths(record))
    assert listing.read_run(paths(record)).status == "done"
    assert workers.liveness(paths(record)) is Liveness.DEAD
    assert not workers.lock_held(paths(record))


def test_without_a_test_split_there_are_no_test_curves(tmp_path):
    view = listing.read_run(paths(loop(tmp_path, epochs=1)[1]))
    assert view.status == "done"
    assert {split for _, split in view.curves} == {"train"}
    assert view.splits == ("train",)
    assert view.epochs[-1].test_loss is None


def test_kept_checkpoints_are_those_that_the_settings_ask_for(tmp_path):
    _, record = loop(tmp_path, epochs=5, settings=[*QUICK, "output.checkpoint_every=2"])
    kept = {file.stem for file in paths(record).checkpoints.glob("*.json")}
    assert kept == {"initial", "epoch-0002", "epoch-0004", "final"}


def test_an_error_ends_the_run_as_failed_and_goes_on(tmp_path):
    with pytest.raises(ZeroDivisionError), Recorder(net(), train=pair(), runs_dir=tmp_path) as record:
        record.epoch()
        _ = 1 // 0
    view = listing.read_run(paths(record))
    assert (view.status, view.epoch) == ("failed", 1)
    assert view.message == "ZeroDivisionError: integer division or modulo by zero"
    assert json.loads(paths(record).summary.read_text())["status"] == "failed"
    assert not workers.lock_held(paths(record))


def test_ctrl_c_ends_the_run_as_stopped_and_goes_on(tmp_path):
    with pytest.raises(KeyboardInterrupt), Recorder(net(), train=pair(), runs_dir=tmp_path) as record:
        raise KeyboardInterrupt
    view = listing.read_run(paths(record))
    assert (view.status, view.message) == ("stopped", "")


def test_a_loss_that_is_not_finite_ends_the_run_as_failed(tmp_path):
    model = net()
    refused = pytest.raises(RunError, match=r"^the loss is not finite at epoch 1$")
    with refused, Recorder(model, train=pair(), runs_dir=tmp_path) as record:
        with torch.no_grad():
            model[0].weight.fill_(torch.nan)
        record.epoch()
    view = listing.read_run(paths(record))
    assert (view.status, view.epoch, view.message) == ("failed", 0, "the loss is not finite at epoch 1")


def test_a_class_without_inputs_costs_the_live_curves_only(tmp_path):
    inputs, labels = pair()
    few = labels < 3
    with Recorder(net(), train=(inputs[few], labels[few]), runs_dir=tmp_path, settings=QUICK) as record:
        record.epoch()
    view = listing.read_run(paths(record))
    assert view.status == "done"
    assert view.live == {}
    assert view.notes == ("no live curves: they need every class, and class 3 has no training input",)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"train": (pair()[0], pair()[1] + 1)}, "train: classes run from 1 to 4; expected 0 to 3"),
        ({"name": "a b"}, "preset = 'a b': expected letters, digits, "),
        ({"schemes": ["cubic"]}, "interpolation.schemes = ['cubic']: expected a list of"),
        ({"class_names": ["a"]}, "class_names: 1 names; expected 4, one for each output"),
        ({"settings": ["model.network=fc"]}, "data.name = 'own': expected a data set by name"),
        ({"settings": ["train.lr=0.5"]}, "train.lr = 0.5: expected its default: it decides nothing for a network of"),
        ({"settings": ["train.threads=2"]}, "train.threads = 2: expected its default"),
        ({"settings": ["data.per_class=5"]}, "data.per_class = 5: expected its default"),
        ({"settings": ["interpolation.start=noise"]}, "interpolation.start = 'noise': expected another start"),
    ],
)
def test_what_can_not_be_recorded_is_refused_before_anything_is_written(tmp_path, options, line):
    with pytest.raises((RunError, SpecError)) as refused:
        Recorder(net(), **({"train": pair(), "runs_dir": tmp_path / "runs"} | options))
    assert str(refused.value).startswith(line)
    assert not (tmp_path / "runs").exists()


PROGRAM = """
import sys, time
sys.path.insert(0, {root!r})
from backends.api import Recorder
from tests.backends.own_networks import net, pair
with Recorder(net(), train=pair(), runs_dir=sys.argv[1]) as record:
    print(record.run_id, flush=True)
    while True:
        record.epoch()
        time.sleep(0.01)
"""


def test_the_apps_stop_ends_the_program_and_the_run_is_whole(tmp_path):
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(root=str(ROOT)), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    run = RunPaths(tmp_path / program.stdout.readline().strip())
    while listing.read_run(run).epoch < 2:
        time.sleep(0.05)
    workers.send_stop(run, signal.SIGTERM)
    assert program.wait(60) == 143
    program.stdout.close()
    view = listing.read_run(run)
    assert view.status == "stopped"
    assert json.loads(run.summary.read_text())["train"]["epochs"] == view.epoch >= 2


def test_the_example_of_the_document_runs_as_it_stands(tmp_path):
    text = (ROOT / "docs" / "own-models.md").read_text()
    (example,) = re.findall(r"```python\n(# loop\.py\n.*?)```", text, re.DOTALL)
    environment = os.environ | {"MLI_TUI_RUNS": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", example], env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    (run,) = (RunPaths(folder) for folder in tmp_path.iterdir())
    view = listing.read_run(run)
    assert (view.status, view.experiment.preset) == ("done", "my-run")
    assert view.epoch == 20
    assert len(view.curves) == 4
    added = [line for line in example.splitlines() if line.rstrip().endswith("# added")]
    assert 1 <= len(added) <= 5
