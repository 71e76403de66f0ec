"""`--plain`: lines in place of drawing, at a terminal, too."""

import pytest

from mli_tui.cli import output, overview
from tests.mli_tui import make_run
from tests.mli_tui.command import mli


def test_the_overview_says_presets_runs_and_how_to_go_on(tmp_path, capsys):
    run = make_run.finished(tmp_path)
    answer = mli(capsys, "--plain", "--runs-dir", tmp_path)
    lines = answer.out.splitlines()
    assert answer.code == 0
    assert lines[0] == "Presets, which can be run:"
    assert any(line.startswith("fc10-mnist5k: The plateau: 10 layers") for line in lines)
    (told,) = (line for line in lines if line.startswith(run.run_id))
    assert told.startswith(f"{run.run_id}: done, 37 epochs, ")
    assert told.endswith("error plateau ends at alpha linear 0.679, homogeneous 0.036")
    assert "To follow a run: mli-tui attach RUN --plain" in answer.out
    assert lines[-1] == "Every command: mli-tui --help"


def test_without_runs_it_says_so_and_of_many_it_says_how_many_more(tmp_path):
    assert f"There are no runs in {tmp_path} yet." in list(overview.lines(tmp_path))
    for number in range(overview.MOST_RUNS + 2):
        make_run.create(tmp_path, f"quick-20260921-120000-{number:04}")
    assert "and 2 older ones: mli-tui runs" in list(overview.lines(tmp_path))


@pytest.mark.parametrize("words", [("--plain", "attach", "last"), ("attach", "last", "--plain")])
def test_attach_follows_in_lines_even_at_a_terminal(tmp_path, capsys, monkeypatch, words):
    make_run.finished(tmp_path)
    monkeypatch.setenv("MLI_TUI_RUNS", str(tmp_path))
    monkeypatch.setattr(output, "interactive", lambda: True)
    answer = mli(capsys, *words)
    assert answer.code == 0
    assert answer.out.startswith("run quick-")
    assert answer.out.isprintable() or set("".join(answer.out.split("\n"))).isdisjoint("⣀⠤┤│")
