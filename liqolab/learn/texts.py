"""The words of the interface, one catalogue a language, for the plain face and the terminal one alike.

A catalogue is one file or several (``en.yaml``, ``en.walkthrough.yaml``), which make one whole.

A text is named by a dotted key and filled in with values: ``texts("step.entered", title=…)``. The pseudo-language
``xx`` is made from English, longer and accented, to show what does not fit and what was never put into the catalogue.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

DEFAULT_LANGUAGE = "en"
PSEUDO_LANGUAGE = "xx"
LANGUAGE_VARIABLE = "LIQOLAB_LANGUAGE"

_FOLDER = Path(__file__).with_name("texts")
# Every scalar is a text to it: "no" and "off" are words here.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_ACCENTS = str.maketrans("aeiouAEIOUcnsyCNSY", "áéíóúÁÉÍÓÚçñšýÇÑŠÝ")
_PLACEHOLDER = re.compile(r"(\{[^{}]*\})")
_PSEUDO_GROWTH = 0.4


class Texts:
    """The catalogue of one language; what it lacks is taken from English."""

    def __init__(self, language: str = DEFAULT_LANGUAGE) -> None:
        self.language = language
        self._own = catalogue(language)
        self._english = catalogue(DEFAULT_LANGUAGE)

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of `key`, filled in.

        Raises:
            KeyError: no language has it, or a value is missing: a mistake of the program's, not of a person's.
        """
        template = self._own.get(key) or self._english[key]
        return template.format(**values) if values else template

    def many(self, key: str, count: int, /, **values: object) -> str:
        """The text of ``key.one`` or ``key.other``, whichever goes with `count`, which fills ``{count}`` too."""
        return self(f"{key}.one" if count == 1 else f"{key}.other", count=count, **values)

    def __contains__(self, key: str) -> bool:
        return key in self._english


def languages() -> list[str]:
    """All languages with a catalogue, English first."""
    found = sorted({path.name.partition(".")[0] for path in _FOLDER.glob("*.yaml")})
    return sorted(found, key=lambda language: language != DEFAULT_LANGUAGE)


def choose_language(asked: str | None = None, environ: Mapping[str, str] = os.environ) -> str:
    """The language asked for, else that of the environment if there is a catalogue for it, else English."""
    if asked:
        return asked
    for variable in (LANGUAGE_VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(variable):
            language = re.split(r"[_.@]", value)[0].lower()
            return language if language in (*languages(), PSEUDO_LANGUAGE) else DEFAULT_LANGUAGE
    return DEFAULT_LANGUAGE


@lru_cache
def catalogue(language: str) -> Mapping[str, str]:
    """Key → text, keys joined with dots; empty for a language that has no catalogue."""
    if language == PSEUDO_LANGUAGE:
        return {key: pseudo(text) for key, text in catalogue(DEFAULT_LANGUAGE).items()}
    found: dict[str, str] = {}
    for path in sorted(_FOLDER.glob(f"{language}*.yaml")):
        if path.name.partition(".")[0] == language:
            found.update(_flat(yaml.load(path.read_text(encoding="utf-8"), _LOADER)))  # noqa: S506 (makes nothing but texts)
    return found


def pseudo(text: str) -> str:
    """`text` accented and two fifths longer, its placeholders untouched."""
    parts = [part if i % 2 else part.translate(_ACCENTS) for i, part in enumerate(_PLACEHOLDER.split(text))]
    growth = round(len(_PLACEHOLDER.sub("", text)) * _PSEUDO_GROWTH)
    return f"[{''.join(parts)}{'~' * growth}]"


def _flat(tree: Mapping[str, Any], path: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in tree.items():
        found += _flat(value, f"{path}{key}.") if isinstance(value, dict) else [(f"{path}{key}", str(value))]
    return found
