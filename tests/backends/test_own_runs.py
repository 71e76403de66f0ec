"""Runs between two checkpoints of a user's own, by real workers; and the user's code, whatever it does, is one line."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from backends import data, own_code
from backends.api import interpolate
from backends.devices import select
from backends.runs import export, launch, listing
from backends.runs.errors import BadRequest
from mli_tui.cli.own import experiment_between
from presets import Data, override
from tests.backends.own_networks import GOOD, write_code
from tests.backends.small import all_bits
from tests.backends.worker_runs import ended, wait


@pytest.fixture(autouse=True)
def own_slots(tmp_path_factory, monkeypatch):
    """A queue of this test's own: no other run on the machine is waited for."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setattr(sys, "path", list(sys.path))


def sha(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def checkpoint(path, seed: int, classes: int = 10):
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 12), nn.ReLU(), nn.Linear(12, classes))
    safetensors.torch.save_file(network.state_dict(), path)
    return network


def make(tmp_path, start="a.safetensors", end="b.safetensors"):
    code = write_code(tmp_path, GOOD)
    paths = [name if name == "zero" else str(tmp_path / name) for name in (start, end)]
    spec = experiment_between(f"{code}:net", *paths, "mnist5k", "own")
    return launch.create(tmp_path / "runs", override(spec, ["interpolation.points=5", "train.threads=1"]))


def run(paths):
    launch.start(paths, "cpu", own_code=True)
    return wait(paths, ended)


def test_a_run_between_two_checkpoints_is_an_ordinary_run(tmp_path):
    start, end = checkpoint(tmp_path / "a.safetensors", 1), checkpoint(tmp_path / "b.safetensors", 2)
    paths = make(tmp_path)
    view = run(paths)
    assert (view.status, view.message, view.epochs, view.threads) == ("done", "", (), 1)
    assert all(check.start and check.end for check in view.ends.values())
    mnist = data.load(Data(), select("cpu"), torch.float32)
    found = interpolate(start, start.state_dict(), end.state_dict(), mnist, points=5)
    for (scheme, split), points in view.curves.items():
        assert [p.loss for p in points] == pytest.approx(found.loss[scheme][split], rel=1e-5)
    assert all_bits(safetensors.torch.load_file(paths.checkpoints / "final.safetensors")) == all_bits(end.state_dict())
    summary = json.loads(paths.summary.read_text())
    assert summary["seed"] is None
    biases = {row.index: row.bias for row in export.bias_rows(view)}
    assert [biases[i] for i in range(10)] == end.state_dict()["3.bias"].tolist()
    assert summary["bias"]["largest_class"] == int(end.state_dict()["3.bias"].argmax())
    rows = list(csv.DictReader(io.StringIO(paths.biases.read_text())))
    for at, network, point in (("start", start, 0), ("end", end, -1)):
        here = [row for row in rows if row["epoch"] == at]
        assert [float(row["bias"]) for row in here] == network.state_dict()["3.bias"].tolist()
        assert [float(row["class_error"]) for row in here] == list(view.curves["linear", "train"][point].class_error)
    assert len(rows) == 20
    at_the_end = view.curves["linear", "train"][-1].class_error
    assert {row.index: row.error for row in export.bias_rows(view)} == dict(enumerate(at_the_end))
    own = listing.read_experiment(paths).own
    sums = own.model_sha256, own.start_sha256, own.end_sha256
    assert sums == tuple(sha(tmp_path / name) for name in ("nets.py", "a.safetensors", "b.safetensors"))
    assert paths.log.read_text() == ""


def test_another_number_of_classes_fails_in_one_line(tmp_path):
    checkpoint(tmp_path / "b.safetensors", 2, classes=7)
    paths = make(tmp_path, start="zero")
    view = run(paths)
    assert (view.status, view.curves) == ("failed", {})
    assert view.message.endswith(
        "its shapes are not the network's: 3.weight is 7 x 12, in the network 10 x 12, 3.bias is 7, in the network 10"
    )
    assert not (paths.checkpoints / "final.safetensors").exists()
    assert paths.log.read_text() == ""


def test_a_run_directory_alone_runs_no_code(tmp_path):
    checkpoint(tmp_path / "b.safetensors", 2)
    paths = make(tmp_path, start="zero")
    write_code(tmp_path, f"open({str(tmp_path / 'was-here')!r}, 'w')")
    with pytest.raises(BadRequest, match="runs code of your own, which only `mli-tui interpolate --model"):
        launch.start(paths, "cpu")
    command = [sys.executable, "-m", "backends.worker", str(paths.folder), "--backend", "cpu"]
    worker = subprocess.run(command, capture_output=True, text=True, check=False)
    assert worker.returncode == 2
    assert worker.stderr.count("\n") == 1
    assert "runs code of your own" in worker.stderr
    assert not paths.events.exists()
    assert not (tmp_path / "was-here").exists()


def test_code_that_raises_fails_in_one_line_and_the_log_has_it_whole(tmp_path):
    checkpoint(tmp_path / "b.safetensors", 2)
    code = "import torch\n\n\ndef net():\n    raise KeyError('two\\nlines \\x1b[31m')\n"
    (tmp_path / "nets.py").write_text(code)
    spec = experiment_between(f"{tmp_path / 'nets.py'}:net", "zero", str(tmp_path / "b.safetensors"), "mnist5k", "own")
    paths = launch.create(tmp_path / "runs", spec)
    view = run(paths)
    assert view.status == "failed"
    assert view.message.startswith(f"own.model = '{tmp_path}/nets.py:net': KeyError: ")
    assert "\x1b" not in view.message
    assert "in net" in paths.log.read_text()


def test_what_is_not_deterministic_is_a_note_of_the_run(tmp_path):
    checkpoint(tmp_path / "b.safetensors", 2)
    code = write_code(
        tmp_path,
        """
        import torch
        from torch import nn


        def net():
            torch.zeros(2).put_(torch.tensor([0]), torch.tensor([1.0]))
            return nn.Sequential(nn.Flatten(), nn.Linear(784, 12), nn.ReLU(), nn.Linear(12, 10))
        """,
    )
    spec = experiment_between(f"{code}:net", "zero", str(tmp_path / "b.safetensors"), "mnist5k", "own")
    paths = launch.create(tmp_path / "runs", override(spec, ["interpolation.points=5", "train.threads=1"]))
    view = run(paths)
    assert (view.status, view.message) == ("done", "")
    assert "put_ is not deterministic here: the last bits of a repetition may differ" in view.notes


BROKEN = {
    "raises": ("def net():\n    raise ValueError('no luck\\nat all')", "ValueError: no luck"),
    "exits": ("import sys\nsys.exit(3)", "SystemExit: 3"),
    "syntax": ("def net(:", "SyntaxError: "),
    "imports": ("import no_such_module_at_all", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
    "no name": ("def other(): ...", "the file has no net"),
    "no module": ("def net(): return [1]", "the factory returned list; expected a torch.nn.Module"),
    "class": ("from torch import nn\nnet = nn.Linear", "TypeError: "),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_gives_no_network_is_one_line(tmp_path, case):
    body, line = BROKEN[case]
    code = write_code(tmp_path, body)
    with pytest.raises(BadRequest) as refused:
        own_code.build(f"{code}:net", sha(code))
    assert str(refused.value).startswith(f"own.model = '{code}:net': {line}")
    assert "\n" not in str(refused.value)


def test_a_file_that_changed_since_is_not_run(tmp_path):
    code = write_code(tmp_path, GOOD)
    before = sha(code)
    write_code(tmp_path, f"open({str(tmp_path / 'was-here')!r}, 'w')")
    with pytest.raises(BadRequest, match=r"nets\.py has changed since the run was made$"):
        own_code.build(f"{code}:net", before)
    code.unlink()
    with pytest.raises(BadRequest, match=r"nets\.py: No such file or directory$"):
        own_code.build(f"{code}:net", before)
    assert not (tmp_path / "was-here").exists()


def test_what_lies_beside_the_file_can_be_imported(tmp_path):
    write_code(tmp_path, "WIDTH = 12\n", "beside_the_file_of_own_runs.py")
    code = write_code(
        tmp_path,
        """
        from dataclasses import dataclass
        from torch import nn
        from beside_the_file_of_own_runs import WIDTH

        @dataclass
        class Sizes:
            width: int = WIDTH

        class Net(nn.Linear):
            def __init__(self):
                super().__init__(Sizes().width, 10)
        """,
    )
    network = own_code.build(f"{code}:Net", sha(code))
    assert isinstance(network, nn.Linear)
    assert network.in_features == 12


def refuse_code(tmp_path):
    (tmp_path / "nets.py").write_text("def net():\n    raise ValueError('no luck')\n")
    return "own.model = '{folder}/nets.py:net': ValueError: no luck"


def refuse_shape(tmp_path):
    torch.manual_seed(3)
    other = nn.Sequential(nn.Flatten(), nn.Linear(784, 13), nn.ReLU(), nn.Linear(13, 10))
    safetensors.torch.save_file(other.state_dict(), tmp_path / "b.safetensors")
    return "checkpoint {folder}/b.safetensors: its shapes are not the network's: 1.weight is 13 x 784, in the network"


def refuse_classes(tmp_path):
    checkpoint(tmp_path / "b.safetensors", 2, classes=7)
    return "checkpoint {folder}/b.safetensors: its shapes are not the network's: 3.weight is 7 x 12"


def refuse_outputs(tmp_path):
    write_code(tmp_path, GOOD.replace("12, 10", "12, 7"))
    return "model: gives 7 outputs; expected 10, the classes of the data"


def refuse_half(tmp_path):
    whole = (tmp_path / "b.safetensors").read_bytes()
    (tmp_path / "b.safetensors").write_bytes(whole[: len(whole) // 2])
    return "checkpoint {folder}/b.safetensors: "


def refuse_pickle(tmp_path):
    torch.save(nn.Linear(2, 2), tmp_path / "b.safetensors.pt")
    (tmp_path / "b.safetensors.pt").rename(tmp_path / "b.pt")
    return "checkpoint {folder}/b.pt: is no plain file of tensors: with code in it (torch.nn.modules.linear.Linear)"


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize(
    "spoil", [refuse_code, refuse_shape, refuse_classes, refuse_outputs, refuse_half, refuse_pickle]
)
def test_what_only_the_worker_can_judge_is_refused_with_one_line_and_leaves_nothing(tmp_path, spoil, detached):
    checkpoint(tmp_path / "a.safetensors", 1)
    checkpoint(tmp_path / "b.safetensors", 2)
    write_code(tmp_path, GOOD)
    line = spoil(tmp_path).format(folder=tmp_path)
    end = "b.pt" if (tmp_path / "b.pt").exists() else "b.safetensors"
    command = [sys.executable, "-m", "mli_tui", "interpolate", "--model", "nets.py:net", "--start", "a.safetensors"]
    command += ["--end", end, "--data", "mnist5k", "--runs-dir", "runs", *(["--detach"] if detached else [])]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.startswith(f"mli-tui: {line}")
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("interpolation.end=file:{folder}/b.safetensors", "checkpoint {folder}/b.safetensors: its names are not the"),
        ("interpolation.only=['conv9']", "interpolation.only = 'conv9': no such layer; expected a number h or one of"),
        ("model.network=torchvision:resnet19", "model.network = 'torchvision:resnet19': torchvision has no such"),
        ("data.name=npz:{folder}/half.npz", "data.name = 'npz:{folder}/half.npz': not an .npz file, or cut off"),
    ],
)
def test_a_preset_that_can_t_be_run_as_it_was_changed_is_refused_before_it_trains(tmp_path, setting, line):
    checkpoint(tmp_path / "b.safetensors", 2)
    np.savez(tmp_path / "whole.npz", **{f"{v}_{s}": np.zeros(40, np.int64) for v in "xy" for s in ("train", "test")})
    whole = (tmp_path / "whole.npz").read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    command = [sys.executable, "-m", "mli_tui", "run", "quick", "--set", setting.format(folder=tmp_path)]
    answer = subprocess.run(
        [*command, "--runs-dir", str(tmp_path / "runs")], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.startswith(f"mli-tui: {line.format(folder=tmp_path)}")
    assert not (tmp_path / "runs").exists() or list((tmp_path / "runs").iterdir()) == []
