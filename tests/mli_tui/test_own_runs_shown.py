"""Runs of a user's own loop or checkpoints on every surface: no seed, no number of epochs that nobody knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backends.runs import events, listing
from backends.runs.paths import RunPaths
from mli_tui import class_table, epoch_pictures, pictures, tables
from mli_tui.app import MliApp
from mli_tui.cli import output, report
from mli_tui.cli.following import points_done, progress_line
from mli_tui.format import time_left
from mli_tui.heading import heading
from mli_tui.plotting.palette import Look
from mli_tui.reading import Reading
from mli_tui.screens.run import RunScreen
from mli_tui.words import sentence
from presets import Data, Experiment, Interpolation, Model, Own
from tests.mli_tui import make_run
from tests.mli_tui.command import mli

RECORDED = Experiment(preset="my-loop", data=Data(name="own"), model=Model(network="own"))
BETWEEN = Experiment(
    preset="own",
    model=Model(network="own"),
    interpolation=Interpolation(start="file:/a.pt", end="file:/b.pt"),
    own=Own(model="/nets.py:net", model_sha256="0" * 64, start_sha256="1" * 64, end_sha256="2" * 64),
)
LIVE_ID = "my-loop-20260921-120000-0002"


def live(root: Path, epochs: int = 3, train_only: bool = False) -> RunPaths:
    paths = make_run.create(root, LIVE_ID, experiment=RECORDED)
    said = [*make_run.beginning(), *make_run.training(epochs)]
    if train_only:
        known = next(event for event in said if isinstance(event, events.Dataset))
        said[said.index(known)] = events.Dataset(
            class_names=known.class_names, train=4000, test=0, largest_class_share={"train": 0.1}
        )
    make_run.append(paths, said, step=0.4)
    make_run.sign(paths)
    return paths


def between(root: Path) -> RunPaths:
    paths = make_run.create(root, "own-20260921-120000-0001", experiment=BETWEEN)
    said = [*make_run.beginning()[:3], *make_run.interpolation(BETWEEN), *make_run.ending()]
    make_run.append(paths, said)
    return paths


def test_a_recorded_run_claims_no_last_epoch_and_no_seed(tmp_path: Path) -> None:
    view = listing.read_run(live(tmp_path))
    assert heading(view, ("train",)).plain.startswith("my-loop  ▶ training   recorded · train split · epoch 3 · loss ")
    assert progress_line(view).startswith("epoch 3  loss ")
    assert "left" not in progress_line(view)
    assert time_left(view) is None
    assert report.training(view).startswith("3 epochs, loss ")


def test_before_its_first_curve_it_says_how_far_it_is(tmp_path: Path) -> None:
    assert sentence(listing.read_run(live(tmp_path))) == "training: epoch 3, no curve yet"


def test_lists_show_it_without_a_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "interactive", lambda: False)
    live(tmp_path)
    (row,) = json.loads(mli(capsys, "runs", "--json", "--runs-dir", tmp_path).out)
    assert (row["seed"], row["max_epochs"], row["epochs"]) == (None, None, 3)
    assert mli(capsys, "runs", "--runs-dir", tmp_path).code == 0
    answer = mli(capsys, "export", LIVE_ID, "--biases", "-", "--runs-dir", tmp_path)
    assert answer.out.splitlines()[1].startswith(f"{LIVE_ID},my-loop,,0,")


def test_without_test_inputs_nothing_waits_for_test_curves(tmp_path: Path) -> None:
    view = listing.read_run(live(tmp_path, train_only=True))
    assert points_done(view) == (0, 2 * 101)
    assert pictures.curves(view, Reading(splits=("test",)), "loss").empty == "no test inputs in this run"
    assert "no test inputs in this run" in tables.ends_table(view, ("test",), Look(), 120)[0].plain


def test_a_run_between_checkpoints_is_not_said_to_train(tmp_path: Path) -> None:
    paths = between(tmp_path)
    view = listing.read_run(paths)
    assert heading(view, ("train",)).plain.startswith("own  ✓ done   own checkpoints · train split")
    assert report.training(view) == "none: the curves go between two checkpoints"
    assert [line.plain.split()[1] for line in class_table.lines(view, Reading(), 60, 12, Look())[2:]] == ["-"] * 10
    for plot in (epoch_pictures.training(view), epoch_pictures.biases(view)):
        assert plot.empty == "curves between two checkpoints: no training"
    shown = "\n".join(report.whole(view))
    assert 'own.model = "/nets.py:net"' in shown
    assert "no biases are known without training" in shown
    assert sentence(view).startswith("error stays above ")


@pytest.mark.parametrize("make", [live, between])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_app_shows_it_and_refuses_to_launch_it_again(tmp_path, monkeypatch, make, size):
    said: list[str] = []
    monkeypatch.setattr(MliApp, "notify", lambda self, message, **options: said.append(message))
    paths = make(tmp_path)
    app = MliApp(tmp_path, paths.run_id)
    async with app.run_test(size=size) as pilot:
        for _ in range(200):
            await pilot.pause(0.02)
            if isinstance(app.screen, RunScreen) and app.screen.view is not None:
                break
        assert app.screen.view is not None
        await pilot.press("t", "l", "n")
        for _ in range(200):
            await pilot.pause(0.02)
            if any("of your own" in line for line in said):
                break
    assert len([line for line in said if "of your own" in line]) == 1
    assert set(said[:-1]) <= {"nothing is measured yet that a cursor could read"}
    assert [folder.name for folder in tmp_path.iterdir()] == [paths.run_id]
