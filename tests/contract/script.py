"""Scripts of exchanges with an API server, as they stand in ``exchanges/*.yaml``.

A script is data, so that the same requests reach a real control plane and ours: `tests.contract.player` plays it.

    about: what the script asks for
    each:                                    # optional: the exchanges once for each of these, with their variables
      - {kind: ConfigMap, object: {data: {a: b}}}
    exchanges:
      - title: a name that is taken          # unique in the script; without one it is the request line
        POST: /api/v1/namespaces/{ns}/configmaps
        body: {metadata: {name: a}}
        keep: {uid: metadata.uid}            # later exchanges write {uid}

`Exchange` says what else an exchange may carry. ``{ns}`` is the script's namespace, which is there before the first
exchange; names of cluster-scoped objects begin with it, so that scripts do not meet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "exchanges"

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")

_VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Exchange:
    """One request, and what of its answer matters."""

    title: str
    method: str
    path: str
    body: Any = None
    """A document that is sent as JSON, or a text that is sent as it is."""
    type: str = ""
    """Content-Type, or a short word for one: see `tests.contract.player.TYPES`."""
    accept: str = "json"
    """Accept, likewise."""
    user: str | dict[str, Any] = ""
    """Whom the administrator impersonates: a name, or ``{name, groups, uid, extra}``."""
    token: str = ""
    """A bearer token in place of the administrator's certificate; ``none`` is nobody at all."""
    headers: dict[str, str] = field(default_factory=dict)
    keep: dict[str, str] = field(default_factory=dict)
    """Variable → path in the answer, such as ``metadata.uid`` or ``items.0.metadata.name``."""
    until: dict[str, Any] = field(default_factory=dict)
    """Path → value: the request is repeated until the answer has it, because a controller has to act first."""
    events: int = 0
    """The answer is a watch, and this many events of it are the answer."""
    only: tuple[str, ...] = ()
    """Paths of the answer to compare, where all of it is not the subject; of a failure, all is."""
    without: tuple[str, ...] = ()
    """Paths of the answer that others than the API server decide."""
    unordered: tuple[str, ...] = ()
    """Paths of lists whose order the real one leaves to chance."""
    raw: bool = False
    """The text is compared to the last character, JSON too."""


@dataclass(frozen=True)
class Script:
    """Exchanges in one namespace, in order."""

    name: str
    about: str
    exchanges: tuple[Exchange, ...]


def scripts() -> dict[str, Script]:
    """Every script by its name, which is its file's."""
    return {path.stem: read(path.stem, path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}


def read(name: str, text: str) -> Script:
    """Raises ValueError for a script that says something that nobody would carry out."""
    document = yaml.load(text, Loader=yaml.CSafeLoader)
    if unknown := document.keys() - {"about", "each", "exchanges"}:
        raise ValueError(f"{name}: unknown {sorted(unknown)}")
    found = list(_exchanges(name, document))
    titles = [exchange.title for exchange in found]
    if twice := sorted({title for title in titles if titles.count(title) > 1}):
        raise ValueError(f"{name}: more than one exchange is called {twice}")
    return Script(name, document["about"], tuple(found))


def _exchanges(name: str, document: Mapping[str, Any]) -> Iterator[Exchange]:
    for variables in document.get("each", [{}]):
        for written in document["exchanges"]:
            try:
                yield _exchange(fill(written, variables))
            except (TypeError, ValueError) as error:
                raise ValueError(f"{name}: {written}: {error}") from error


def _exchange(written: dict[str, Any]) -> Exchange:
    (method,) = [word for word in METHODS if word in written]
    rest = {"user" if key == "as" else key: value for key, value in written.items() if key != method}
    if unknown := rest.keys() - {known.name for known in fields(Exchange)}:
        raise ValueError(f"unknown {sorted(unknown)}")
    rest.setdefault("title", f"{method} {written[method]}")
    for several in ("only", "without", "unordered"):
        rest[several] = tuple(rest.get(several, ()))
    return Exchange(method=method, path=written[method], **rest)


def fill(written: Any, variables: Mapping[str, Any]) -> Any:
    """`written` with its variables' values; a text that is one variable and nothing else becomes what that is, what
    stands under ``$merge`` is merged into the object around it, and ``$repeat: [text, times]`` is a long text.
    """
    if isinstance(written, dict):
        if written.keys() == {"$repeat"}:
            text, times = written["$repeat"]
            return text * times
        filled = {fill(key, variables): fill(value, variables) for key, value in written.items()}
        merged = filled.pop("$merge", {})
        return filled | merged
    if isinstance(written, list):
        return [fill(item, variables) for item in written]
    if not isinstance(written, str) or "{" not in written:
        return written
    whole = _VARIABLE.fullmatch(written)
    if whole and whole[1] in variables:
        return variables[whole[1]]
    return _VARIABLE.sub(lambda found: str(variables.get(found[1], found[0])), written)
