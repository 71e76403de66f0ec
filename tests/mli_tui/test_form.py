"""The launch form through Pilot: every key, what it shows while a value is typed, and what it starts."""

import textwrap
import threading

import msgspec
import pytest
from textual.widgets import DataTable, Static

from backends.runs import launch, sweeps
from mli_tui import actions, form_rows, launching
from mli_tui.app import MliApp
from mli_tui.cli import devices
from mli_tui.draft import Draft
from mli_tui.keys import lines, short
from mli_tui.screens import form
from mli_tui.screens.confirm import ConfirmScreen
from mli_tui.screens.form import FormScreen, Search
from mli_tui.screens.prompt import PromptScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.start import StartScreen
from mli_tui.screens.sweep import SweepScreen
from mli_tui.widgets.cost import Cost
from mli_tui.widgets.key_list import KeyList
from mli_tui.widgets.keys_footer import KeysFooter
from presets import load, override
from presets.keys import keys
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.test_app import text_of, until
from tests.mli_tui.test_own_runs_shown import RECORDED

SIZE = (120, 40)


@pytest.fixture
def notes(monkeypatch):
    """What the app notifies."""
    said = []
    monkeypatch.setattr(MliApp, "notify", lambda self, message, **options: said.append(message))
    return said


@pytest.fixture
def started(monkeypatch):
    """Runs and sweeps for which a process was asked, in place of starting it."""
    asked = []

    def start(paths, backend="auto", *, module=launch.WORKER):
        asked.append((paths, module))
        return ""

    monkeypatch.setattr(launch, "start", start)
    return asked


@pytest.fixture
async def opened(tmp_path):
    """The form of the preset `quick`, in an app that runs."""
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=SIZE) as pilot:
        await open_form(app, pilot)
        yield app, pilot


async def open_form(app, pilot):
    await pilot.pause()
    app.open_form(app.root, load("quick"), "quick", "small")
    await until(pilot, lambda: isinstance(app.screen, FormScreen) and app.screen.query_one(Cost).ready)


def rows(app):
    """Return the rows that can be chosen, by key, as text."""
    return {row.name: row.content.plain for row in app.screen.query_one(KeyList).rows if row.name}


def chosen(app):
    return app.screen.query_one(KeyList).chosen


def go_to(app, key):
    app.screen.query_one(KeyList).go_to(key)


async def put(app, pilot, key, text):
    """Edit a key as a user does."""
    go_to(app, key)
    await pilot.press("enter", "ctrl+u", *text)


async def test_f_opens_the_form_of_the_preset_under_the_cursor(tmp_path):
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "f")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        second = app.screen_stack[1]._presets[1]
        assert app.screen.draft.base == second.experiment
        assert text_of(app, "heading").startswith(f"launch {second.name}")
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)


async def test_capital_n_opens_the_form_of_the_run_that_is_shown(tmp_path, started):
    spec = override(load("quick"), ["model.depth=6"])
    run = make_run.finished(tmp_path, experiment=spec)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "done" in text_of(app, "heading"))
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        assert app.screen.draft.base == spec
        assert f"as in {run.run_id}" in text_of(app, "heading")
        await put(app, pilot, "train.seed", "5")
        await pilot.press("f5")
        await until(pilot, lambda: started)
        assert started[0][0].experiment.read_text() != run.experiment.read_text()


@pytest.mark.parametrize(
    ("settings", "command"),
    [((), "$ mli-tui run quick --set train.seed=5"), (("model.depth=6",), "experiment.toml --set train.seed=5")],
)
async def test_the_command_of_a_run_that_is_just_a_preset_names_the_preset(tmp_path, settings, command):
    spec = msgspec.structs.replace(override(load("quick"), list(settings)), title="as an older version says it")
    run = make_run.finished(tmp_path, experiment=spec)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=(200, 40)) as pilot:
        await until(pilot, lambda: "done" in text_of(app, "heading"))
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        await put(app, pilot, "train.seed", "5")
        await until(pilot, lambda: command in text_of(app, "cost"))
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert text_of(app, "cost").rstrip().endswith(command)


async def test_capital_n_says_why_a_recorded_run_has_no_form(tmp_path, notes):
    run = make_run.finished(tmp_path, experiment=RECORDED)
    app = MliApp(tmp_path, run.run_id)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "done" in text_of(app, "heading"))
        await pilot.press("N")
        await pilot.pause()
        assert isinstance(app.screen, RunScreen)
        footer = {key.description for key in app.screen.query_one(KeysFooter).keys}
        assert "Export" in footer
        assert not footer & {"Form", "Launch", "More points"}
    assert notes[0].startswith(f"run {run.run_id}: was recorded from a training loop of your own")


async def test_a_row_has_value_default_and_what_is_allowed(opened):
    app, _ = opened
    assert rows(app)["model.depth"].split() == ["depth", "8", "10", "1", "to", "100", "layers"]
    assert "own.model" not in rows(app)


def test_what_is_said_of_a_key_is_never_cut_at_80_columns():
    for key in keys():
        allowed, meaning = (line.plain for line in form_rows.about(key, Draft(load("quick"))))
        assert len(textwrap.wrap(allowed, 78, break_on_hyphens=False)) <= 2, key.name
        assert len(textwrap.wrap(meaning, 78, break_on_hyphens=False)) <= 3, key.name


async def test_what_a_key_means_stands_below(opened):
    app, _ = opened
    go_to(app, "train.lr")
    await until(opened[1], lambda: "Learning rate, before the schedule" in text_of(app, "meaning"))
    assert text_of(app, "said") == "train.lr  a number above 0.0 to 1000.0"


@pytest.mark.parametrize(("down", "up"), [("j", "k"), ("down", "up")])
async def test_moving_passes_over_headings(opened, down, up):
    app, pilot = opened
    go_to(app, "data.pad")
    await pilot.press(down)
    assert chosen(app) == "model.network"
    await pilot.press(up)
    assert chosen(app) == "data.pad"


async def test_g_goes_to_the_first_key_and_capital_g_to_the_last(opened):
    app, pilot = opened
    await pilot.press("G")
    assert chosen(app) == "needs_gpu"
    await pilot.press("g")
    assert chosen(app) == "data.name"


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        (["slash"], ["⏎ To the keys", "esc Back", "f5 Launch"]),
        (["enter"], ["⏎ Keep", "esc Back", "f5 Launch"]),
    ],
)
async def test_while_a_line_is_typed_no_key_is_offered_that_writes_there(opened, keys, shown):
    app, pilot = opened
    await pilot.press(*keys)
    footer = app.screen.query_one(KeysFooter)
    await until(pilot, lambda: [one.text for one in footer.keys] == shown)
    told = {key for _, rows in short(app.screen) for key, _ in rows}
    told |= {key for line in lines(app.screen) for key in line[2:16].split() if line.startswith("  ")}
    assert {"escape", "f5", "f7"} <= told
    await pilot.press("ctrl+u", *(key for key in told if len(key) == 1), "slash", "x", "question_mark")
    assert app.focused.value == "/x?"


async def test_tab_takes_what_is_suggested_for_a_value_and_stays_there(opened):
    app, pilot = opened
    await put(app, pilot, "model.activation", "ta")
    await until(pilot, lambda: app.focused._suggestion == "tanh")
    await pilot.press("tab", "tab", "shift+tab")
    assert (app.focused.id, app.focused.value) == ("edit", "tanh")
    assert app.screen.draft.text("model.activation") == "tanh"


async def test_a_value_is_checked_while_it_is_typed(opened):
    app, pilot = opened
    await put(app, pilot, "model.depth", "20")
    assert text_of(app, "said").startswith("model.depth  a whole number from 1 to 100 (layers)  was 8")
    assert rows(app)["model.depth"].startswith("* depth              20 ")
    await pilot.press("0")
    assert text_of(app, "said") == "! model.depth = 200: expected a whole number from 1 to 100"
    assert rows(app)["model.depth"].startswith("! depth              200")
    assert "* 1 changed  ! 1 refused" in text_of(app, "heading")
    await pilot.press("backspace", "enter")
    assert "refused" not in text_of(app, "heading")
    assert app.screen.draft.texts == {"model.depth": "20"}
    assert app.screen.focused.id == "keys"


async def test_letters_are_typed_into_a_value_and_do_nothing_else(opened, started):
    app, pilot = opened
    await put(app, pilot, "title", "xsuqjkfhl /N?:")
    assert app.screen.draft.text("title") == "xsuqjkfhl /N?:"
    assert started == []


async def test_escape_leaves_a_value_as_it_was(opened):
    app, pilot = opened
    await put(app, pilot, "model.depth", "6")
    await pilot.press("enter")
    await put(app, pilot, "model.depth", "99999")
    await pilot.press("escape")
    assert app.screen.draft.texts == {"model.depth": "6"}
    assert isinstance(app.screen, FormScreen)


async def test_u_undoes_the_key_under_the_cursor(opened):
    app, pilot = opened
    await put(app, pilot, "model.depth", "0")
    await pilot.press("enter", "u")
    assert app.screen.draft.texts == {}
    assert rows(app)["model.depth"].startswith("  depth              8 ")


@pytest.mark.parametrize(("key", "value"), [("l", "true"), ("right", "true"), ("space", "true"), ("h", "true")])
async def test_values_that_are_few_are_gone_through(opened, key, value):
    app, pilot = opened
    go_to(app, "interpolation.by_layer")
    await pilot.press(key)
    assert app.screen.draft.texts == {"interpolation.by_layer": value}
    await pilot.press("left")
    assert app.screen.draft.texts == {}


async def test_typing_in_the_search_narrows_the_keys(opened):
    app, pilot = opened
    await pilot.press("slash", *"warmup")
    assert list(rows(app)) == ["train.warmup_epochs"]
    await pilot.press("down", "enter", "ctrl+u", "3", "enter")
    assert app.screen.draft.texts == {"train.warmup_epochs": "3"}
    await pilot.press("escape")
    assert len(rows(app)) > 50
    assert chosen(app) == "train.warmup_epochs"
    assert isinstance(app.screen, FormScreen)


async def test_the_cursor_goes_to_the_key_that_is_called_as_was_typed(opened):
    app, pilot = opened
    await pilot.press("slash", *"max_ep", "enter", "enter", "ctrl+u", "9", "enter")
    assert len(rows(app)) > 1
    assert app.screen.draft.texts == {"train.max_epochs": "9"}


async def test_a_search_that_finds_nothing_leaves_nothing_to_edit(opened):
    app, pilot = opened
    await pilot.press("slash", *"zzz", "enter", "enter", "l", "u", "j")
    assert rows(app) == {}
    assert text_of(app, "said") == "no such key"
    await pilot.press("slash", "ctrl+u")
    assert len(rows(app)) > 50


@pytest.mark.parametrize("key", ["x", "f5"])
async def test_launching_starts_the_changed_run_and_shows_it(opened, started, key):
    app, pilot = opened
    await put(app, pilot, "model.depth", "6")
    await pilot.press("enter", key)
    await until(pilot, lambda: isinstance(app.screen, RunScreen))
    [(paths, module)] = started
    assert module == launch.WORKER
    assert launch.listing.read_experiment(paths) == override(load("quick"), ["model.depth=6"])
    await pilot.press("escape")
    assert isinstance(app.screen, StartScreen)


async def test_f5_launches_from_within_an_edit(opened, started):
    app, pilot = opened
    await put(app, pilot, "model.depth", "6")
    await pilot.press("f5")
    await until(pilot, lambda: started)
    assert launch.listing.read_experiment(started[0][0]).model.depth == 6


async def test_several_values_start_a_sweep_and_say_how_many_runs_it_is(opened, started, notes):
    app, pilot = opened
    await put(app, pilot, "model.depth", "4,6")
    await pilot.press("enter")
    await put(app, pilot, "train.seed", "0..2")
    await pilot.press("enter")
    assert "a sweep of 6 runs" in text_of(app, "heading")
    assert "mli-tui sweep quick --over model.depth=4,6 --over train.seed=0..2" in text_of(app, "cost")
    await pilot.press("x")
    await until(pilot, lambda: isinstance(app.screen, SweepScreen))
    [(paths, module)] = started
    assert module == "backends.sweep"
    planned = sweeps.plan(load("quick"), [sweeps.axis("model.depth=4,6"), sweeps.axis("train.seed=0..2")])
    assert sweeps.read(paths).cells == planned.cells
    assert paths.run_id == planned.name
    assert notes == [f"{planned.name}: 6 runs"]


async def test_a_large_sweep_asks_first(opened, started):
    app, pilot = opened
    await put(app, pilot, "train.seed", f"1..{form.ASKS_ABOVE + 1}")
    await pilot.press("enter", "x")
    assert isinstance(app.screen, ConfirmScreen)
    await pilot.press("n")
    await pilot.pause()
    assert started == []
    await pilot.press("x", "y")
    await until(pilot, lambda: started)
    assert sweeps.read(started[0][0]).size == form.ASKS_ABOVE + 1


async def test_what_is_refused_is_not_started_and_its_key_is_shown(opened, started):
    app, pilot = opened
    await put(app, pilot, "model.depth", "0")
    await pilot.press("enter", "slash", *"seed", "enter", "x")
    await pilot.pause()
    assert started == []
    assert chosen(app) == "model.depth"
    assert text_of(app, "said").startswith("! model.depth = 0: expected")


async def test_other_refused_keys_are_named_below(opened):
    app, pilot = opened
    await put(app, pilot, "model.depth", "0")
    await pilot.press("enter")
    go_to(app, "train.seed")
    await until(pilot, lambda: text_of(app, "said").startswith("train.seed"))
    assert text_of(app, "cost") == "! model.depth = 0: expected a whole number from 1 to 100"


async def test_what_can_not_start_here_is_said_and_the_form_stays(opened, started, notes, monkeypatch):
    app, pilot = opened
    monkeypatch.setattr(devices, "gpus", lambda: ([], "no driver"))
    go_to(app, "needs_gpu")
    await pilot.press("l", "x")
    await until(pilot, lambda: notes)
    assert notes[0].startswith("needs_gpu = true: no CUDA device can be used here (no driver)")
    assert isinstance(app.screen, FormScreen)
    assert started == []


async def test_s_saves_a_preset_that_appears_in_the_list(opened, notes, tmp_path, monkeypatch):
    app, pilot = opened
    folder = tmp_path / "presets"
    monkeypatch.setenv("MLI_TUI_PRESETS", str(folder))
    await put(app, pilot, "model.depth", "6")
    await pilot.press("enter", "s")
    assert isinstance(app.screen, PromptScreen)
    await pilot.press(*"mine", "enter")
    await until(pilot, lambda: notes)
    assert notes == [f"preset mine is kept in {folder / 'mine.toml'}"]
    assert load("mine").model.depth == 6
    await pilot.press("escape", "y")
    presets = app.screen.query_one("#presets", DataTable)
    await until(pilot, lambda: str(presets.get_row_at(presets.row_count - 1)[0]) == "mine")


def said(app):
    return str(app.screen.query_one("#said", Static).content)


async def test_the_name_of_a_built_in_preset_is_refused_while_it_is_typed(opened, notes, tmp_path, monkeypatch):
    app, pilot = opened
    monkeypatch.setenv("MLI_TUI_PRESETS", str(tmp_path / "presets"))
    await pilot.press("s", *"quick")
    await app.workers.wait_for_complete()
    await pilot.press("enter")
    assert isinstance(app.screen, PromptScreen)
    assert said(app) == "NAME = 'quick': is the name of a built-in preset; expected another"
    await pilot.press("2")
    assert said(app) == launching.NAME_HINT
    await pilot.press("enter")
    await until(pilot, lambda: notes)
    assert notes == [f"preset quick2 is kept in {tmp_path}/presets/quick2.toml"]


async def test_a_preset_of_ones_own_is_replaced_only_after_a_question(opened, notes, tmp_path, monkeypatch):
    app, pilot = opened
    monkeypatch.setenv("MLI_TUI_PRESETS", str(tmp_path / "presets"))
    await pilot.press("s", *"mine", "enter")
    await until(pilot, lambda: notes)
    before = (tmp_path / "presets" / "mine.toml").read_bytes()
    await put(app, pilot, "train.seed", "7")
    await pilot.press("enter", "s", *"mine")
    await app.workers.wait_for_complete()
    await pilot.press("enter")
    assert isinstance(app.screen, ConfirmScreen)
    await pilot.press("n")
    await until(pilot, lambda: isinstance(app.screen, PromptScreen) and app.focused.value == "mine")
    assert (tmp_path / "presets" / "mine.toml").read_bytes() == before
    await app.workers.wait_for_complete()
    await pilot.press("enter", "y")
    await until(pilot, lambda: len(notes) == 2)
    assert load("mine").train.seed == 7
    assert isinstance(app.screen, FormScreen)


async def test_an_empty_name_is_refused_in_words(opened):
    app, pilot = opened
    await pilot.press("s", "enter")
    assert isinstance(app.screen, PromptScreen)
    assert said(app).startswith("preset = '': expected letters")


async def test_a_name_that_is_none_is_said_while_it_is_typed(opened, monkeypatch, tmp_path):
    app, pilot = opened
    monkeypatch.setenv("MLI_TUI_PRESETS", str(tmp_path / "presets"))
    await pilot.press("s", *"-x", "enter")
    assert isinstance(app.screen, PromptScreen)
    assert str(app.screen.query_one("#said", Static).content).startswith("preset = '-x': expected")
    await pilot.press("home", "y", "enter")
    assert isinstance(app.screen, FormScreen)


async def test_escape_asks_for_no_name(opened, monkeypatch):
    app, pilot = opened
    kept = []
    monkeypatch.setattr(actions, "keep_preset", lambda *a: kept.append(a))
    await pilot.press("s", "a", "escape")
    await pilot.press("s", "enter", "escape")
    await pilot.pause()
    assert isinstance(app.screen, FormScreen)
    assert kept == []


async def test_a_sweep_is_saved_as_a_preset_that_is_one(opened, notes, tmp_path, monkeypatch):
    app, pilot = opened
    monkeypatch.setenv("MLI_TUI_PRESETS", str(tmp_path / "presets"))
    await put(app, pilot, "train.seed", "1,2")
    await pilot.press("enter", "s", *"both", "enter")
    await until(pilot, lambda: notes)
    assert load("both").over == ("train.seed=1,2",)


async def test_a_preset_that_is_a_sweep_opens_and_starts_as_one(opened, started):
    app, pilot = opened
    spec = load("quick-starts")
    app.open_form(app.root, spec, spec.preset)
    await pilot.pause()
    assert rows(app)["interpolation.start"].startswith("  start              init,zero,noise,epoch:1")
    assert "a sweep of 4 runs" in text_of(app, "heading")
    await pilot.press("x")
    await until(pilot, lambda: started)
    assert sweeps.read(started[0][0]).cells == sweeps.plan(spec, []).cells


async def test_escape_asks_before_changes_are_lost(opened):
    app, pilot = opened
    await put(app, pilot, "train.seed", "1")
    await pilot.press("enter", "escape")
    assert isinstance(app.screen, ConfirmScreen)
    await pilot.press("n")
    assert isinstance(app.screen, FormScreen)
    await pilot.press("escape", "y")
    await until(pilot, lambda: isinstance(app.screen, StartScreen))


async def test_pasted_escapes_are_shown_and_never_sent(opened):
    app, pilot = opened
    go_to(app, "title")
    await pilot.press("enter", "ctrl+u")
    app.screen.query_one("#edit").insert_text_at_cursor("a\x1b]52;c;aGk=\x07")
    await pilot.pause()
    assert app.screen.draft.text("title") == "a\\x1b]52;c;aGk=\\x07"


async def test_without_a_run_like_it_the_cost_is_not_known(opened):
    app, _ = opened
    assert text_of(app, "cost").startswith("time and memory: not known\nno finished run like it here")
    assert text_of(app, "cost").endswith("$ mli-tui run quick")


async def test_the_cost_is_that_of_finished_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("os.uname", lambda: type("Host", (), {"nodename": "host"}))
    make_run.finished(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await open_form(app, pilot)
        await until(pilot, lambda: text_of(app, "cost").startswith("time at most "))
        assert "if it ends at epoch 37 as that run" in text_of(app, "cost")
        await put(app, pilot, "model.depth", "6")
        await until(pilot, lambda: text_of(app, "cost").startswith("time and memory: not known"))


async def test_each_run_of_a_sweep_is_checked_while_it_is_typed(opened):
    app, pilot = opened
    await put(app, pilot, "train.optimiser", "sgd,flow")
    await until(pilot, lambda: text_of(app, "said").startswith("! train.optimiser"))
    assert "1 refused" in text_of(app, "heading")
    assert rows(app)["train.optimiser"].startswith("! ")


async def test_what_a_slow_look_at_a_former_draft_finds_is_not_shown(opened, monkeypatch):
    app, pilot = opened
    go_on, looking = threading.Event(), threading.Event()
    planned = Draft.planned

    def slow(draft):
        if draft.texts.get("train.optimiser") == "sgd,flow":
            looking.set()
            go_on.wait(10)
        return planned(draft)

    monkeypatch.setattr(Draft, "planned", slow)
    await put(app, pilot, "train.optimiser", "sgd,flow")
    await until(pilot, looking.is_set)
    assert "adding up" in text_of(app, "cost")
    await pilot.press("escape")
    go_on.set()
    await until(pilot, lambda: app.screen.query_one(Cost).ready)
    assert "refused" not in text_of(app, "heading")
    assert text_of(app, "cost").startswith("time and memory: not known")


async def test_a_key_in_the_form_lays_nothing_out_anew(opened, monkeypatch):
    app, pilot = opened
    laid_out = []
    lay_out = FormScreen._refresh_layout
    monkeypatch.setattr(FormScreen, "_refresh_layout", lambda *a, **o: laid_out.append(1) or lay_out(*a, **o))
    for first, others in (("j", "jk"), ("slash", "lr"), ("down", "j")):
        await pilot.press(first, *others)  # another focus has other keys in the footer
        await pilot.pause()
        laid_out.clear()
        await pilot.press(*others)
        await pilot.pause()
        assert laid_out == [], first
    await pilot.press("escape")
    await put(app, pilot, "model.depth", "9")
    laid_out.clear()
    await pilot.press("9", "9")
    await until(pilot, lambda: "refused" in text_of(app, "heading"))
    assert laid_out == []


async def test_a_changed_key_makes_its_own_row_and_no_other(opened):
    app, pilot = opened
    before = app.screen.query_one(KeyList).rows
    await put(app, pilot, "model.depth", "6")
    after = app.screen.query_one(KeyList).rows
    assert [new.name for old, new in zip(before, after, strict=True) if old.content is not new.content] == [
        "model.depth"
    ]


async def test_the_lines_of_cost_are_whole_on_a_small_screen(tmp_path, monkeypatch):
    monkeypatch.setattr("os.uname", lambda: type("Host", (), {"nodename": "host"}))
    make_run.finished(tmp_path)
    app = MliApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(app, pilot)
        await put(app, pilot, "train.seed", "1..400")
        await until(pilot, lambda: text_of(app, "cost").startswith("400 runs"))
        cost = app.screen.query_one(Cost)
        assert all(len(line) <= cost.content_size.width for line in text_of(app, "cost").splitlines())


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (20, 6), (1, 1)])
async def test_any_size_draws_and_resizes(tmp_path, size):
    app = MliApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        await open_form(app, pilot)
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert "1 to 100 layers" in rows(app)["model.depth"]
        await pilot.resize_terminal(*size)
        await pilot.pause()
    assert app.return_code in (0, None)


async def test_a_sweep_made_before_goes_on(opened, started):
    app, pilot = opened
    before = make_sweep.made(app.root, missing=1)
    planned = sweeps.read(before)
    app.open_form(app.root, planned.base, "quick")
    await pilot.pause()
    for axis in planned.axes:
        await put(app, pilot, axis.key, ",".join(axis.values))
        await pilot.press("enter")
    await pilot.press("x")
    await until(pilot, lambda: started)
    assert started[0][0].run_id == before.run_id


async def test_a_hostile_preset_of_ones_own_puts_no_escape_on_the_terminal(tmp_path, monkeypatch):
    folder = tmp_path / "presets"
    folder.mkdir()
    monkeypatch.setenv("MLI_TUI_PRESETS", str(folder))
    hostile = r"[b]x\u001b]52;c;aGk=\u0007\u202e"
    (folder / "mine.toml").write_text(
        f'preset = "mine"\ntitle = "{hostile}"\nshows = "{hostile}"\nover = ["{hostile}=1,2"]\n'
        f'[data]\nname = "npz:{hostile}"\n'
    )
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=SIZE) as pilot:
        presets = app.screen.query_one("#presets", DataTable)
        presets.move_cursor(row=presets.row_count - 1)
        await pilot.pause(0.2)
        assert is_harmless(app)
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        go_to(app, "data.name")
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert is_harmless(app)


def is_harmless(app):
    """Whether the hostile text is on the screen, and nothing of it that a terminal obeys."""
    shown = "".join(segment.text for strip in app.screen._compositor.render_strips() for segment in strip)
    assert "[b]x\\x1b]52;c;aGk=\\x07\\u202e" in shown
    return not {"\x1b", "\x07", "\u202e"} & set(shown)


async def test_the_search_has_no_key_before_it_is_asked_for(tmp_path, monkeypatch):
    focused = []
    monkeypatch.setattr(Search, "on_focus", lambda self: focused.append(self), raising=False)
    app = MliApp(tmp_path / "runs")
    async with app.run_test(size=SIZE) as pilot:
        await open_form(app, pilot)
        assert isinstance(app.focused, KeyList)
        assert focused == []
        await pilot.press("slash", "l")
        assert app.screen.query_one(Search).value == "l"
        assert focused


async def test_pages_move_by_what_is_in_view_and_stop_at_the_ends(opened):
    app, pilot = opened
    keys = app.screen.query_one(KeyList)
    names = [row.name for row in keys.rows if row.name]
    first = names.index(keys.chosen)
    await pilot.press("pagedown")
    further = names.index(keys.chosen)
    assert first < further <= first + keys.size.height
    await pilot.press("pageup")
    assert names.index(keys.chosen) == first
    await pilot.press(*["pagedown"] * len(names))
    assert keys.chosen == names[-1]
