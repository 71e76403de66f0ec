"""keys: every action with its key, in the form in which keys can be chosen."""

from __future__ import annotations

import json

from mli_tui.cli import output
from mli_tui.settings import keys_file


def keys() -> None:
    """Print every action of the app with its keys, in the form that keys.toml has.

    Lines of it that are put into that file, with other keys, change the keys. What can't be fulfilled is told when the
    app opens, and by `mli-tui doctor`.
    """
    from mli_tui.keymap import actions
    from mli_tui.keys import key_name

    output.say(f"# {keys_file()}: an action, and a key or a list of keys such as 'x', 'f5', 'ctrl+x'.")
    place = ""
    for action in actions().values():
        if (here := action.id.partition(".")[0]) != place:
            place = here
            output.say(f"\n[{place}]")
        names = [key_name(key) for key in action.keys]
        value = json.dumps(names if len(names) > 1 else names[0])
        output.say(f"{action.id.partition('.')[2] + ' = ' + value:<40} # {action.description}")
