"""The keys: one table of everything that can be bound, and the user's changes to it.

Every binding has an id; `KEYS` gives its usual keys, and the catalogue of texts its description under
``tui.key.ID``. A user's own keys are in ``keys.toml`` in the configuration folder::

    [keys]
    "lesson.next" = "ctrl+n"
    "map.goal" = ["G", "f9"]

A file that cannot be used is not used at all: what is wrong with it is said, and the usual keys hold.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from textual.binding import ActiveBinding, Binding

from liqolab_tui.wording import Say

KEYS: Mapping[str, str] = MappingProxyType(
    {
        "app.help": "question_mark,f1",
        "app.lesson": "f2",
        "app.map": "f3",
        "app.explorer": "f4",
        "app.acceptance": "f5",
        "app.terminal": "f6",
        "app.snapshots": "f7",
        "app.course": "f8",
        "app.shell": "ctrl+z",
        "app.palette": "ctrl+p",
        "app.quit": "ctrl+q",
        "app.leave": "q",
        "app.back": "escape",
        "lesson.next": "n",
        "lesson.previous": "p",
        "lesson.check": "c",
        "lesson.hint": "h",
        "lesson.solution": "s",
        "lesson.solve": "S",
        "lesson.reset": "x",
        "lesson.go": "g",
        "lesson.list": "l",
        "lesson.prompt": "t",
        "lesson.map": "v",
        "lesson.zoom": "z",
        "lesson.interrupt": "ctrl+c",
        "lesson.down": "down,j",
        "lesson.up": "up,k",
        "command.run": "enter",
        "command.edit": "e",
        "command.copy": "y",
        "map.goal": "G",
        "map.lesson": "v",
        "map.up": "up",
        "map.down": "down",
        "map.left": "left",
        "map.right": "right",
        "map.open": "enter",
        "explorer.kind": "colon",
        "explorer.filter": "slash",
        "explorer.describe": "d",
        "explorer.yaml": "y",
        "explorer.logs": "l",
        "explorer.events": "e",
        "explorer.why": "w",
        "explorer.open": "enter",
        "explorer.all": "a",
        "explorer.next": "tab",
        "explorer.cluster": "0,1,2,3,4,5,6,7,8,9",
        "acceptance.run": "r",
        "acceptance.stop": "ctrl+c",
        "acceptance.all": "a",
        "acceptance.report": "o",
        "snapshots.save": "s",
        "snapshots.restore": "enter",
        "snapshots.delete": "delete",
        "snapshots.reset": "x",
    }
)
"""Id of a binding to its usual keys, comma-separated, as Textual names keys."""


@dataclass(frozen=True, slots=True)
class UserKeys:
    """What the user's file says: ids to keys, or else what is wrong with it."""

    keys: Mapping[str, str]
    problem: str = ""


def bound(id: str, action: str, *, show: bool = False, priority: bool = False, display: str | None = None) -> Binding:
    """The binding of that id; its description is looked up when it is shown."""
    return Binding(KEYS[id], action, id, show=show, priority=priority, id=id, key_display=display)


def worded(active: Mapping[str, ActiveBinding], say: Say) -> dict[str, ActiveBinding]:
    """The same bindings, described in the words of the catalogue."""
    return {
        key: entry._replace(binding=replace(entry.binding, description=say(f"tui.key.{entry.binding.id}")))
        if entry.binding.id
        else entry
        for key, entry in active.items()
    }


def configuration_file(environ: Mapping[str, str] = os.environ) -> Path:
    """``liqolab/keys.toml`` among the user's configuration files."""
    base = environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "liqolab" / "keys.toml"


def load_user_keys(path: Path) -> UserKeys:
    """The user's own keys; none where there is no file."""
    if not path.exists():
        return UserKeys({})
    import tomllib  # most have no such file, and the first frame waits for what is imported here

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return UserKeys({}, str(error))
    keys = document.get("keys", {})
    if not isinstance(keys, dict):
        return UserKeys({}, "[keys] is not a table")
    chosen: dict[str, str] = {}
    for name, value in keys.items():
        names = [value] if isinstance(value, str) else value
        if name not in KEYS:
            return UserKeys({}, f'"{name}" is none of {", ".join(KEYS)}')
        if not isinstance(names, list) or not names or not all(isinstance(key, str) and key for key in names):
            return UserKeys({}, f'"{name}" needs a key, or a list of keys')
        chosen[name] = ",".join(names)
    twice = _clash({**KEYS, **chosen}, chosen)
    return UserKeys({}, twice) if twice else UserKeys(chosen)


def _clash(keys: Mapping[str, str], chosen: Mapping[str, str]) -> str:
    """Two things of one place on one key, where the user brought it about; empty for none."""
    for name in chosen:
        place = name.partition(".")[0]
        for other, others in keys.items():
            together = other.partition(".")[0] in (place, "app") or place == "app"
            shared = set(keys[name].split(",")) & set(others.split(","))
            if other != name and together and shared:
                return f'"{name}" and "{other}" both want {", ".join(sorted(shared))}'
    return ""
