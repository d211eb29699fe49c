"""Values that a report has to survive: what a cluster, a container or a feature could put in front of a reader.

Each is a text as it could stand in a log line, a message or a name; `DOCUMENTS` are objects as a manifest or a text
block could hold them. `FORBIDDEN` is what no report may contain, whatever it was given.
"""

from __future__ import annotations

import base64
from typing import Any

import yaml

SECRET = "correct-horse-battery-staple-42"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQifQ.c2lnbmF0dXJlLXdpdGgtZW50cm9weQ"
PRIVATE_KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq98Y2Yw0m5uP7hQ1nTq0Yk3Jx5n6o2\n"
    "Rk9yZXZlciBhbmQgZXZlciBhbmQgZXZlcg==\n-----END RSA PRIVATE KEY-----"
)
_ENCODED = base64.b64encode(SECRET.encode()).decode()

TEXTS: dict[str, str] = {
    "colours and cursor": "\x1b[31mred\x1b[0m \x1b[2J\x1b[1;1Hgone\x1b]0;title\x07",
    "clipboard": "\x1b]52;c;cm0gLXJmIC8=\x07 and \x1bP$q\x1b\\ and \x9b31m",
    "a megabyte": "x" * 1_000_000,
    "secrets": "\n".join(
        (
            f"Authorization: Bearer {TOKEN}",
            f"liqoctl peer out-of-band naples --auth-token {SECRET}",
            f"password={SECRET} postgres://admin:{SECRET}@db:5432/x",
            PRIVATE_KEY,
            f"client-key-data: {_ENCODED}",
            f"apiVersion: v1\ndata:\n  pass: {_ENCODED}\nkind: Secret\n",
            f'{{"apiVersion":"v1","data":{{"pass":"{_ENCODED}"}},"kind":"Secret"}}',
            "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
        )
    ),
    "bytes that are no text": b"caf\xe9 \xff\xfe \xc3\x28 end".decode(errors="surrogateescape"),
    "nothing and its like": "a\0b\x01\x08\x7f\r\v\f\x85\ufffe\uffff\ud800",
    "direction": "user\u202e gnp.exe\u202c \u2066isolated\u2069 \u200bhidden\ufeff\u2028next",
    "markup": "]]><script>alert(1)</script><img src=x onerror=alert(2)> &amp; --> <!-- \"'`</style>",
    "terminal hyperlink": "\x1b]8;;file:///etc/passwd\x1b\\click\x1b]8;;\x1b\\ %s {0} {x} ${HOME} $(id) `id`",
}


def _laughs() -> Any:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 10)]
    return yaml.safe_load("\n".join(lines))


def _deep() -> Any:
    document: Any = "bottom"
    for _ in range(5_000):
        document = {"in": [document]}
    return document


def _cycle() -> Any:
    document: dict[str, Any] = {"kind": "ConfigMap"}
    document["self"] = document
    return document


DOCUMENTS: dict[str, Any] = {
    "a billion laughs": _laughs(),
    "very deep": _deep(),
    "in itself": _cycle(),
    "no json": yaml.safe_load("{day: 2020-01-01, set: !!set {a, b}, bytes: !!binary aGk=, nan: .nan, 1: one, ~: none}"),
    "very large number": {"number": 10**10_000},
    "a secret": {"kind": "Secret", "data": {"pass": _ENCODED}, "stringData": {"pass": SECRET, "more": {"x": SECRET}}},
    **{name: {"text": text, text[:50]: 1} for name, text in TEXTS.items()},
}

FORBIDDEN: tuple[str, ...] = (
    SECRET,
    TOKEN,
    _ENCODED,
    "MIIEpAIBAAKCAQEA7bq98Y2Yw0m5uP7hQ1nTq0Yk3Jx5n6o2",
    "AKIAIOSFODNN7EXAMPLE",
    "\x1b",
    "\x07",
    "\0",
    "\x08",
    "\x7f",
    "\x85",
    "\x9b",
    "\u202e",
    "\u2066",
    "\u2028",
    "\ufeff",
    "\ufffe",
    "\uffff",
)
"""Texts that must not stand in any report. Whether ``<script>`` may depends on the format: in HTML it may not."""

LONGEST = 200_000
"""No report of one failure is longer, in characters."""
