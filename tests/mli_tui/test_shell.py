"""What every screen has, through Pilot: help, palette, settings, themes, own keys, the export menu, the hint."""

import asyncio

import pytest
from textual.command import CommandPalette
from textual.widgets import OptionList, Static

from mli_tui import clipboard, exporting, keys, settings, themes
from mli_tui.app import MliApp
from mli_tui.plotting.palette import _COLOURS
from mli_tui.screens.confirm import ConfirmScreen
from mli_tui.screens.export import ExportScreen
from mli_tui.screens.help import HelpScreen
from mli_tui.screens.run import RunScreen
from mli_tui.screens.settings import SettingsScreen, SettingsTable
from mli_tui.screens.start import StartScreen
from mli_tui.screens.text import TextScreen
from mli_tui.settings import Settings
from mli_tui.widgets.hint import Hint, shown_file
from mli_tui.widgets.keys_footer import KeysFooter
from mli_tui.widgets.plot import PlotView
from presets import load
from tests.mli_tui import make_run, make_sweep
from tests.mli_tui.test_app import SIZE, notes, plot_of, text_of, until  # noqa: F401


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def run(tmp_path):
    return make_run.finished(tmp_path / "runs")


def opened(run, **options):
    return MliApp(run.folder.parent, run.run_id, **options)


async def seen(pilot):
    await until(pilot, lambda: "done" in text_of(pilot.app, "heading"))


def help_text(app):
    assert isinstance(app.screen, HelpScreen)
    return str(app.screen.query_one(Static).content)


async def test_help_tells_the_keys_of_what_has_the_focus_and_of_the_screen(run):
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        await seen(pilot)
        await pilot.press("question_mark")
        text = help_text(app)
        assert "log: log or linear scale" in text
        assert "stop: at the next batch, with a checkpoint (not now)" in text
        assert "In the list" not in text
        await pilot.press("escape", "escape", "tab")
        await pilot.press("question_mark")
        text = help_text(app)
        assert text.startswith("In the list 'runs'")
        assert text.count("In the list 'runs'") == 1
        assert "  j down         down" in text
        assert "  space          mark: marked runs are compared, tagged, pinned and deleted together" in text
        assert "log or linear scale" not in text


async def test_help_is_true_of_keys_that_were_changed(run):
    app = opened(run, keymap={"run.log": "x", "text.close": "z"})
    async with app.run_test(size=SIZE) as pilot:
        await seen(pilot)
        await pilot.press("y")
        assert not plot_of(app, "loss").log
        await pilot.press("x")
        assert plot_of(app, "loss").log
        await pilot.press("question_mark")
        assert "  x              log: log or linear scale" in help_text(app)
        assert str(app.screen.query_one("VerticalScroll").border_title) == "Help (z closes, y copies)"
        await pilot.press("escape")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("z")
        assert isinstance(app.screen, RunScreen)


@pytest.mark.parametrize(("key", "moves"), [("j", 1), ("G", 100)])
async def test_the_help_scrolls_by_letters(run, key, moves):
    app = opened(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark", key)
        await pilot.pause()
        scroll = app.screen.query_one("VerticalScroll")
        assert scroll.scroll_offset.y == min(moves, scroll.max_scroll_y) > 0
        await pilot.press("k" if key == "j" else "g")
        await pilot.pause()
        assert scroll.scroll_offset.y == 0


async def test_the_palette_has_hidden_actions_too(run):
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        await seen(pilot)
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        assert set(commands) >= {"Info", "Settings", "Save screen", "Theme"}
        assert commands["Log"].help == "log or linear scale of loss and error (key y)"
        assert not set(commands) & {"Down", "Keys", "Screenshot", "Palette"}
        commands["Settings"].callback()
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))


async def test_a_theme_that_was_chosen_is_remembered(run):
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        assert app.theme == "mli-dark"
        await pilot.press("comma", "right")
        await until(pilot, lambda: app.theme == "mli-light")
        await until(pilot, lambda: settings.load(settings.settings_file())[0].theme == "mli-light")
        await pilot.press("left", "escape")
        await until(pilot, lambda: settings.load(settings.settings_file())[0].theme == "mli-dark")
        app.theme = "nord"  # as the command palette does
        await until(pilot, lambda: settings.load(settings.settings_file())[0].theme == "nord")
    again = opened(run, chosen=settings.load(settings.settings_file())[0])
    async with again.run_test(size=SIZE):
        assert again.theme == "nord"


async def test_a_theme_that_is_not_there_is_one_line(run, notes):  # noqa: F811
    app = opened(run, chosen=Settings(theme="\x1b[31mred"))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: notes)
        assert app.theme == "mli-dark"
    assert notes[0][0].startswith("settings.toml: theme = '\\x1b[31mred': expected one of ")


async def test_the_marker_changes_at_once_down_to_plain_letters(run):
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        await seen(pilot)
        await pilot.press("comma", "j", "l", "l")
        assert app.chosen.marker == "ascii"
        await pilot.press("escape")
        plot = app.screen.query_one("#loss", PlotView)
        await until(pilot, lambda: plot._rows and all(strip.text.isascii() for strip in plot._rows))
        await until(pilot, lambda: app.export_screenshot(simplify=True).isascii())
        await pilot.press("comma", "j", "h", "escape")
        assert app.chosen.marker == "blocks"
        assert plot.look.marker == "hd"


async def test_settings_say_what_they_are_and_any_of_their_keys_closes(run):
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        for key in ("escape", "q", "comma"):
            await pilot.press("comma")
            assert isinstance(app.screen, SettingsScreen)
            await pilot.press("j", "j", "j", "j")
            about = str(app.screen.query_one("#setting", Static).content)
            assert about.startswith("seconds that a notice stays")
            assert str(settings.settings_file()) in about
            await pilot.press(key)
            assert isinstance(app.screen, RunScreen)
        await pilot.press("comma", "j", "j", "space")
        assert app.chosen.grid is True
        await pilot.press("j", "space")
        assert app.chosen.mouse is False
        await pilot.press("j", "enter")
        assert app.chosen.notice_seconds == 12
        assert str(app.screen.query_one(SettingsTable).get_row("notice_seconds")[1]) == "< 12 >"


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("c", "tables"),
        ("p", "png"),
        ("v", "svg"),
        ("f", "pdf"),
        ("s", "screen"),
        ("y", "numbers"),
        ("b", "biases"),
        ("w", "folder"),
    ],
)
async def test_each_letter_of_the_export_menu(run, monkeypatch, key, kind):
    asked = []
    monkeypatch.setattr(exporting, "export_run", lambda app, paths, view, *rest: asked.append(rest))
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        await seen(pilot)
        await pilot.press("t", "y", "e")
        assert isinstance(app.screen, ExportScreen)
        await pilot.press(key)
        await until(pilot, lambda: asked)
        assert isinstance(app.screen, RunScreen)
    ((told, reading),) = asked
    assert (told, reading.splits, reading.log) == (kind, ("test",), True)


async def test_the_export_menu_by_arrows_letters_and_enter(run, monkeypatch):
    asked = []
    monkeypatch.setattr(exporting, "export_run", lambda app, paths, view, kind, *rest: asked.append(kind))
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        await seen(pilot)
        for close in ("escape", "q", "e"):
            await pilot.press("e", close)
            assert isinstance(app.screen, RunScreen)
        assert asked == []
        await pilot.press("e", "down", "j", "j", "k", "enter")
        await until(pilot, lambda: asked)
        await pilot.press("e")
        assert app.screen.query_one(OptionList).option_count == 8
    assert asked == ["svg"]


@pytest.mark.parametrize("key", ["e", "question_mark"])
@pytest.mark.parametrize(
    ("size", "over"), [((120, 40), True), ((100, 30), True), ((99, 30), False), ((100, 29), False)]
)
async def test_the_menu_and_the_help_stand_over_the_screen_where_there_is_room(run, key, size, over):
    app = opened(run)
    async with app.run_test(size=size) as pilot:
        await seen(pilot)
        below = text_of(app, "heading").split()[0]
        await pilot.press(key)
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        drawn = ["".join(segment.text for segment in strip) for strip in strips]
        assert any("╭" in line for line in drawn)
        assert (below in drawn[0]) is over
        ground = app.screen.styles.background
        assert ground.a == (0 if over else 1), "as it was, which costs a slow line nothing, or hidden"
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: app.screen.styles.background.a == 1)


def footer(app):
    return [key.text for key in app.screen.query_one(KeysFooter).keys]


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_help_and_quit_have_room_in_every_footer_and_no_key_is_cut(run, tmp_path, width):
    app = MliApp(run.folder.parent)
    sweep = make_sweep.made(tmp_path / "sweeps", over=("train.seed=0,1",))
    async with app.run_test(size=(width, 24)) as pilot:
        await until(pilot, lambda: app.screen_stack[1].rows)
        shown = {}
        for name, enter in (
            ("presets", lambda: None),
            ("runs", lambda: app.screen.query_one("#runs").focus()),
            ("run", lambda: app.open_run(run)),
            ("sweep", lambda: app.open_run(sweep)),
            ("compare", lambda: app.open_compare([run, run])),
            ("form", lambda: app.open_form(run.folder.parent, load("quick"), "quick")),
            ("device", lambda: app.open_device(None)),
        ):
            enter()
            await until(pilot, lambda: footer(app)[-2:] == ["? Help", "q Quit"])
            shown[name] = footer(app)
            assert app.screen.query_one(KeysFooter).content.cell_length <= width, name
        assert len(shown["runs"]) > 4


async def test_a_click_in_the_footer_presses_the_key_there(run):
    app = opened(run)
    async with app.run_test(size=(160, 40)) as pilot:
        await seen(pilot)
        await until(pilot, lambda: "e Export" in footer(app))
        keys = app.screen.query_one(KeysFooter).keys
        starts = {key.description: sum(before.width for before in keys[:n]) for n, key in enumerate(keys)}
        await pilot.click(KeysFooter, offset=(159, 0))
        assert isinstance(app.screen, RunScreen)
        await pilot.click(KeysFooter, offset=(starts["Export"] + keys[0].width - 1, 0))
        await until(pilot, lambda: isinstance(app.screen, ExportScreen))


async def test_a_footer_follows_the_width(run):
    app = MliApp(run.folder.parent)
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: app.screen_stack[1].rows)
        await pilot.press("tab")
        await until(pilot, lambda: "d Delete" in footer(app))
        wide = footer(app)
        await pilot.resize_terminal(60, 24)
        await until(pilot, lambda: len(footer(app)) < len(wide))
        narrow = footer(app)
        assert narrow == [*wide[: len(narrow) - 2], "? Help", "q Quit"]
        await pilot.resize_terminal(160, 40)
        await until(pilot, lambda: footer(app) == wide)


async def test_the_help_tells_what_keys_do_before_how_to_move(run):
    app = MliApp(run.folder.parent)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen_stack[1].rows)
        for place, actions in (("presets", ["enter", "f"]), ("runs", ["enter", "space", "/"])):
            if place == "runs":
                await pilot.press("tab")
            told = keys.lines(app.screen)
            assert told[0] == f"In the list {place!r}"
            inside = [line.split()[0] for line in told[1 : told.index("")]]
            assert inside[: len(actions)] == actions
            moves = [inside.index(key) for key in ("j", "k", "g", "G", "pageup")]
            others = [inside.index(key) for key in (["o", "u", "T", "b"] if place == "runs" else ["f"])]
            assert max(others) < min(moves)


async def test_figures_are_drawn_by_the_command_with_split_and_scale(run, tmp_path, monkeypatch, notes):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        await seen(pilot)
        await pilot.press("t", "e", "v")
        await until(pilot, lambda: len(notes) > 1)
    assert notes[0][0] == "drawing the figure ..."
    target = tmp_path / f"{run.run_id}-curves-test.svg"
    assert notes[1][0] == f"written: {target}"
    assert target.read_text().count("homogeneous") >= 2


async def test_without_matplotlib_the_line_names_the_command(run, tmp_path, monkeypatch, notes):  # noqa: F811
    hidden = tmp_path / "hidden" / "matplotlib"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError('hidden')")
    monkeypatch.setenv("PYTHONPATH", str(hidden.parent), prepend=":")
    monkeypatch.chdir(tmp_path)
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        await seen(pilot)
        await pilot.press("e", "p")
        await until(pilot, lambda: len(notes) > 1)
    assert notes[1][0].endswith("pip install 'mli-tui[figures]'")
    assert not list(tmp_path.glob("*.png"))


async def test_the_screen_is_saved_without_the_menu(run, tmp_path, monkeypatch, notes):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        await seen(pilot)
        await pilot.press("e", "s")
        await until(pilot, lambda: notes)
    (picture,) = tmp_path.glob("mli-tui-*.svg")
    assert notes[0][0] == f"written: {picture}"
    text = picture.read_text()
    assert "quick" in text
    assert "PNG" not in text


@pytest.mark.parametrize(("key", "name", "holds"), [("y", "", "plateau ends"), ("b", "-biases", "class")])
async def test_copies_go_to_the_clipboard_and_into_a_file(run, tmp_path, notes, key, name, holds):  # noqa: F811
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        await seen(pilot)
        await pilot.press("e", key)
        await until(pilot, lambda: notes)
        assert holds in app.clipboard
        file = tmp_path / "state" / "mli-tui" / "copied" / f"{run.run_id}{name}.txt"
        assert file.read_text() == app.clipboard
    assert str(file) in notes[0][0]


async def test_what_terminals_do_not_take_is_only_written(run, tmp_path, notes):  # noqa: F811
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        clipboard.copy(app, "../big \x1b", "x" * (clipboard.MOST_BYTES + 1))
        await until(pilot, lambda: notes)
        assert app.clipboard == ""
    (file,) = (tmp_path / "state" / "mli-tui" / "copied").iterdir()
    assert file.name == "big.txt"
    assert notes[0][0].startswith("74,995 bytes are too many")


async def test_a_text_is_copied_without_what_a_terminal_could_obey(run, notes):  # noqa: F811
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        clipboard.copy(app, "x", "a\x1b]52;c;aGk=\x07\nb")
        await until(pilot, lambda: notes)
        assert app.clipboard == "a\\x1b]52;c;aGk=\\x07\nb"


async def test_a_notice_stands_at_the_top_and_hides_no_curve(run):
    app = opened(run)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await seen(pilot)
        app.notify("x" * 100, markup=False)
        await until(pilot, lambda: app.screen.query("Toast"))
        await pilot.pause()
        toast = app.screen.query_one("Toast").region
        assert toast == app.screen.query_one("#heading").region
        assert (toast.height, toast.width) == (1, SIZE[0])


@pytest.mark.parametrize("size", [(80, 24), SIZE])
async def test_notices_hide_neither_keys_nor_any_row_of_the_lists(run, size):
    app = MliApp(run.folder.parent)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.screen.query_one("#runs").row_count == 1)
        for text in ("first", "second", "third"):
            app.notify(text, markup=False)
        await until(pilot, lambda: len(app.screen.query("Toast")) == 3)
        await pilot.pause()
        kept = [app.screen.query_one(name).region for name in ("#about", "#runs", "KeysFooter")]
        presets = app.screen.query_one("#presets").region
        kept.append(presets.shrink((2, 0, 0, 0)))  # its border and its head
        for toast in app.screen.query("Toast"):
            assert toast.region.height == 1
            assert not any(toast.region.overlaps(region) for region in kept)


async def test_the_hint_is_shown_once_and_goes_with_the_first_run(run):
    app = MliApp(run.folder.parent, first_start=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query(Hint))
        lines = str(app.screen.query_one(Hint).content).split("\n")
        assert len(lines) == 3
        assert max(map(len, lines)) <= 78
        await until(pilot, shown_file().exists)
        await until(pilot, lambda: app.screen.query_one("#runs").row_count == 1)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, StartScreen) and not app.screen.query(Hint))
    again = MliApp(run.folder.parent)
    async with again.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.1)
        assert not again.screen.query(Hint)


async def test_the_hint_and_a_question_name_the_keys_as_they_are(run):
    keymap = {"run.export": "X", "confirm.yes": "f5", "start.other": "f2", "presets.launch": "o"}
    app = MliApp(run.folder.parent, first_start=True, keymap=keymap)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query(Hint))
        hint = str(app.screen.query_one(Hint).content)
        assert "; o launches it" in hint
        assert "f2 goes to the runs, enter opens one" in hint
        assert "in a run X exports" in hint
        await pilot.press("f2")
        await until(pilot, lambda: app.screen.query_one("#runs").row_count == 1)
        answers = []
        app.push_screen(ConfirmScreen("Really?"), answers.append)
        await until(pilot, lambda: [str(one.content) for one in app.screen.query(Static)][-1] == "\nf5  yes     n  no")
        await pilot.press("y")
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("f5")
        await until(pilot, lambda: answers == [True])


async def test_no_colour_leaves_marks_and_labels(run, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        await seen(pilot)
        assert app.look.no_colour
        await pilot.press("comma")
        assert "mli-dark" in str(app.screen.query_one(SettingsTable).get_row("theme")[1])
        await pilot.press("escape", "e")
        first = app.screen.query_one(OptionList).get_option_at_index(0)
        assert str(first.prompt).startswith("c ")


@pytest.mark.parametrize(("term", "accent"), [("xterm-16color", "#0000aa"), ("xterm-256color", themes.LIGHT.accent)])
def test_of_16_colours_the_light_theme_takes_those_that_are_read_on_light_ground(tmp_path, monkeypatch, term, accent):
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLORTERM", "")
    assert MliApp(tmp_path).available_themes["mli-light"].accent == accent


@pytest.mark.parametrize("theme", themes.OURS, ids=lambda theme: theme.name)
def test_the_grounds_of_our_themes_carry_the_colours_of_the_plots(theme):
    """A third of WCAG's largest contrast is no aim for a curve; 1.6 to 1 is seen, beside marker and label."""
    ground = luminance(theme.background)
    assert abs(ground - luminance(("#f5f5f5", "#1e1e1e")[theme.dark])) < 0.06
    for name, colours in _COLOURS.items():
        colour = luminance(colours[not theme.dark])
        contrast = (max(colour, ground) + 0.05) / (min(colour, ground) + 0.05)
        assert contrast > 1.6, (name, contrast)


def luminance(code):
    parts = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_keys_are_named_as_one_types_them():
    names = [keys.key_name(key) for key in ("question_mark", "f5", "ctrl+x", "comma", "escape", "space", "G")]
    assert names == ["?", "f5", "ctrl+x", ",", "escape", "space", "G"]


async def test_an_app_that_saves_settings_answers_keys_meanwhile(run, monkeypatch):
    import threading

    release = threading.Event()
    monkeypatch.setattr(settings, "save", lambda *a: release.wait(10))
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("comma", "right", "escape", "question_mark")
        await asyncio.wait_for(until(pilot, lambda: isinstance(app.screen, HelpScreen)), 5)
        release.set()


def test_no_figure_replaces_another(tmp_path):
    first = exporting.free(tmp_path / "run-curves.png")
    assert first == tmp_path / "run-curves.png"
    for name in ("run-curves-2.png", "run-curves-3.png"):
        first.write_bytes(b"x")
        first = exporting.free(tmp_path / "run-curves.png")
        assert first == tmp_path / name


async def test_colon_opens_the_palette_and_y_copies_a_text(run, monkeypatch):
    copied = []
    monkeypatch.setattr(MliApp, "copy_to_clipboard", lambda self, text: copied.append(text))
    app = opened(run)
    async with app.run_test(size=SIZE) as pilot:
        await seen(pilot)
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        await pilot.press("y")
        await until(pilot, lambda: copied)
        assert "linear" in copied[0]
        assert run.run_id in copied[0]
