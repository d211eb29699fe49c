"""Names of properties as CEL identifiers, and back: ``x-y`` is ``x__dash__y``, ``namespace`` is ``__namespace__``.

Source: https://kubernetes.io/docs/reference/using-api/cel/#escaping.
"""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = (
    "true false null in as break const continue else for function if import let loop package namespace return var void "
    "while"
)
RESERVED: Final = frozenset(_WORDS.split())
NAMEABLE: Final = RESERVED - {"true", "false", "null", "in"}
"""Reserved words that may follow a dot all the same: ``self.namespace``."""

_PLAIN: Final = re.compile(r"[a-zA-Z_./-][a-zA-Z0-9_./-]*", re.ASCII)
_IDENTIFIER: Final = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*", re.ASCII)
_ESCAPES: Final = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_ESCAPED: Final = re.compile(r"__|[-./]")


def escape(name: str) -> str | None:
    """The identifier that a property goes by in expressions; None when it cannot be named there."""
    if name in RESERVED:
        return f"__{name}__"
    if not _PLAIN.fullmatch(name):
        return None
    return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], name)


def is_identifier(name: str) -> bool:
    """Whether a name may be a variable's."""
    return bool(_IDENTIFIER.fullmatch(name)) and name not in RESERVED
