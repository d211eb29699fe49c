"""What may be shown: texts from clusters and commands without secrets, and without anything a terminal would obey.

`presentable` proves it by a type: whatever shows a text takes a `Presentable`, and one that is presentable already does
not pass again. They all take hostile text as it comes: every pattern runs in linear time, and nothing is ever raised.
What is taken out keeps its place (``‹redacted›``), so that a reader sees that there was something. Where doubt remains,
a value behind a name like ``password`` goes and a word in a sentence stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from liqolab.steps.failing.secret_manifests import without_secret_data

REDACTED = "‹redacted›"


class Presentable(str):
    """A text that may be shown: made by `presentable`, and by what lays out nothing but such texts."""

    __slots__ = ()


NOTHING_SAID = Presentable("")

TEXT_LIMIT = 20_000
"""How many characters of one text a report shows."""

_SLACK = 64
"""A text that was shortened once is not shortened again for the words that say so."""

_LEAST_SECRET = 4
"""Shorter values of a Secret object are too ordinary to be looked for in a text."""

_WORDS = r"pass(?:word|wd|phrase)|token|secret|credentials?|(?:api|access|secret|private)[-_]?key|client-key-data"
_NO_SECRETS = frozenset(
    ("true", "false", "null", "none", "nil", "yes", "no", "~", "<none>", "<unset>", "***", "xxx", "|", ">", "|-", ">-")
)

_PEM = re.compile(
    r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)"
    r"(?:(?:[^-]|-(?!----))*(-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)|[A-Za-z0-9+/=\s]*)"
    r"(?:‹redacted›)?"
)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?")
_KNOWN_SHAPES = re.compile(
    r"(?<![\w-])(?:(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{16}|gh[pousr]_\w{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}"
    r"|xox[abprs]-[\w-]{10,}|AIza[\w-]{35}|sk_live_\w{16,})(?![\w-])"
)
_AUTHORIZATION = re.compile(
    r"""(?i)(\bauthorization["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?:(?:bearer|basic|token|digest)[ \t]{1,4})?)([^\s"']+)"""
)
_SCHEME = re.compile(r"(?i)\b(bearer|basic)([ \t]{1,4})([\w.~+/=-]{8,})")
_URL = re.compile(r"(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,20}://)([^\s/:@\"']{0,256}):([^\s/@\"']{1,512})@")
_URL_TOKEN = re.compile(r"(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,20}://)([^\s/:@\"']{16,512})@")
_FLAG = re.compile(
    r"""(?i)(--[\w-]{0,40}(?:pass(?:word|wd|phrase)|token|secret|api-key|access-key)[ \t]{1,4})"""
    r"""("[^"\n]*"|'[^'\n]*'|[^\s"'-][^\s"']*)"""
)
_LITERAL = re.compile(r"""(--from-literal[= \t]["']?[^=\s"']{1,256}=)("[^"\n]*"|'[^'\n]*'|[^\s"']+)""")
_QUOTED_AFTER = re.compile(r'(?i)\b(invalid (?:token|password|key)[ \t]{1,4})"[^"\n]*"')
_ASSIGNED = re.compile(
    rf"""(?i)((?:{_WORDS})\\?["']?[ \t]{{0,8}})([:=])([ \t]{{0,8}})"""
    r"""(\\?"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,;&"'(){}\[\]‹›]+)"""
)
_REST_OF_LINE = re.compile(r"[^\n]*")


def redact(text: str, values: Iterable[str] = ()) -> str:
    """`text` with everything that looks like a secret replaced by ``‹redacted›``, and `values` wherever they occur."""
    for value in sorted(set(values), key=len, reverse=True):
        if len(value) >= _LEAST_SECRET:
            text = text.replace(value, REDACTED)
    text = without_secret_data(text, REDACTED)
    text = _PEM.sub(lambda found: f"{found[1]}{REDACTED}{found[2] or ''}", text)
    text = _URL.sub(rf"\1\2:{REDACTED}@", text)
    text = _URL_TOKEN.sub(rf"\1{REDACTED}@", text)
    text = _LITERAL.sub(rf"\1{REDACTED}", text)
    text = _FLAG.sub(rf"\1{REDACTED}", text)
    text = _AUTHORIZATION.sub(rf"\1{REDACTED}", text)
    text = _QUOTED_AFTER.sub(rf'\1"{REDACTED}"', text)
    text = _ASSIGNED.sub(_assignment, text)
    text = _SCHEME.sub(_scheme, text)
    text = _JWT.sub(REDACTED, text)
    return _KNOWN_SHAPES.sub(REDACTED, text)


def _assignment(found: re.Match[str]) -> str:
    name, sign, blank, value = found.groups()
    quote = value[: len(value) - len(value.lstrip("\\\"'"))]
    bare = value.strip("\\\"'")
    if not bare or bare.lower() in _NO_SECRETS or REDACTED in bare:
        return found.group()
    if sign == ":" and not quote and _is_prose(found, bare):
        return found.group()
    return f"{name}{sign}{blank}{quote}{REDACTED}{quote}"


def _is_prose(found: re.Match[str], value: str) -> bool:
    """Whether ``token: expired yesterday`` is a sentence: more words follow, and the value itself could be one."""
    rest = _REST_OF_LINE.match(found.string, found.end())
    following = rest.group().strip() if rest else ""
    return bool(following) and not following.startswith(("#", ",", "}", "&", ";", '"')) and not _looks_random(value)


def _scheme(found: re.Match[str]) -> str:
    scheme, blank, value = found.groups()
    return f"{scheme}{blank}{REDACTED}" if _looks_random(value) else found.group()


def _looks_random(value: str) -> bool:
    """Whether no word of a sentence looks like this."""
    mixed = value not in (value.lower(), value.upper(), value.capitalize())
    return len(value) >= 8 and (any(character.isdigit() for character in value) or mixed or len(value) >= 24)


_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"} | {0x7F: "␡"}
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f\ud800-\udfff]"
)


def printable(text: str, limit: int = TEXT_LIMIT) -> str:
    """`text` in at most `limit` characters (and a few that say how many more there were), valid in any encoding of
    Unicode, with everything that a terminal or a browser would obey shown instead of done: ``␛[31m``, ``‹U+202E›``.
    """
    shown = text if len(text) <= limit + _SLACK else text[:limit]
    safe = _UNSAFE.sub(_visible, shown.replace("\r\n", "\n"))
    return safe if shown is text else f"{safe}… ({len(text) - limit} more characters)"


def presentable(text: str, limit: int = TEXT_LIMIT, values: Collection[str] = ()) -> Presentable:
    """`text` without secrets, printable, and no longer than `limit` characters (see `redact` and `printable`)."""
    short = len(text) <= limit + _SLACK
    if isinstance(text, Presentable) and not values:
        return text if short else Presentable(printable(text, limit))
    if short:
        return Presentable(printable(redact(text, values), limit + 2 * _SLACK))
    # Cut before the search for secrets: what straddles this cut is far behind what is shown.
    head = redact(text[: 2 * limit + 4_096], values)[:limit]
    return Presentable(f"{printable(head, limit)}… ({len(text) - limit} more characters)")


def _visible(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code in _CONTROLS:
        return _CONTROLS[code]
    if 0xDC80 <= code <= 0xDCFF:
        # How Python carries a byte that was not valid UTF-8.
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"‹U+{code:04X}›"
