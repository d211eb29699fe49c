"""An answer in a form that is the same for every server that answers alike.

What a server makes up (uids, revisions, times, addresses, tokens, generated names) gets a name by its kind and the
exchange in which it appeared: two answers that mention the same uid still do, and an answer that is wrong does not make
all that follow it wrong. What a request brought along is never renamed: a server has to give it back.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.script import Exchange

_UID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_TIME = re.compile(r"\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z")
_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")
_PEM = re.compile(r"-----BEGIN (\w+)-----.*?-----END \1-----\n?", re.DOTALL)
_AGE = re.compile(r"\d+[smh](?:\d+s)?|<invalid>")
_VOLUME = re.compile(r"\bkube-api-access-[a-z0-9]{5}\b")
_REVISION = re.compile(r"(?<=ResourceVersion in )(the precondition|record) \((\d+)\)")
_CREDENTIAL = re.compile(r"(?<=X509SHA256=)[0-9a-f]{64}")
_CURRENT = re.compile(r"(?<=, current: )\d+")
_OBJECT = re.compile(r'(?<=Invalid value: )(?:"\{\\"apiVersion\\".*\}"|\{"apiVersion".*?\}(?=: ))', re.DOTALL)
"""The whole object, which a patch that cannot be decoded is told about, with all that controllers wrote into it."""
_GIVEN = {"clusterIP": "ip", "nodePort": "port", "healthCheckNodePort": "port"}
"""Field → the kind of what a server gives out there."""
_CONTROLLERS = "kube-controller-manager"
"""Who writes when it likes: that its fields are recorded is not what an exchange is about."""
_RECENT = timedelta(days=2)


class Names:
    """The names that one script's answers have given so far; `exchange` is the one that is under way."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self._now = datetime.now(UTC)
        self.exchange = ""
        self._names: dict[tuple[str, str], str] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._literals: dict[str, str] = {}

    def of(self, kind: str, value: str) -> str:
        """The name of a value, the same each time."""
        if (kind, value) not in self._names:
            count = self._counts[kind, self.exchange] = self._counts.get((kind, self.exchange), 0) + 1
            self._names[kind, value] = f"<{kind} of {self.exchange}{f' {count}' if count > 1 else ''}>"
        return self._names[kind, value]

    def literal(self, kind: str, value: str) -> str:
        """Likewise, and from now on wherever the value stands in a text."""
        self._literals[value] = self.of(kind, value)
        return self._literals[value]

    def text(self, text: str) -> str:
        """`text` with names in place of what was made up."""
        if self.namespace in text:
            text = text.replace(self.namespace, "{ns}")
        for value, name in self._literals.items():
            if value in text:
                # A network is none of the addresses in it.
                text = re.sub(rf"(?<![\d.]){re.escape(value)}(?![\d.]|/\d)", lambda _, name=name: name, text)
        if len(text) < 8:
            return text
        text = _UID.sub(lambda found: self.of("uid", found[0]), text)
        text = _TIME.sub(self._time, text)
        text = _CURRENT.sub("<revision>", _OBJECT.sub("<object>", text))
        text = _REVISION.sub(lambda found: f"{found[1]} ({self.of('revision', found[2])})", text)
        text = _CREDENTIAL.sub("<hash>", text)
        text = _TOKEN.sub("<token>", text)
        text = _VOLUME.sub("kube-api-access-<suffix>", text)
        return _PEM.sub(lambda found: f"<{found[1]}>", text)

    def _time(self, found: re.Match[str]) -> str:
        when = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
        return ("<time.micro>" if found[2] else "<time>") if when > self._now - _RECENT else found[0]


def answer(request: Exchange, status: int, headers: Mapping[str, str], text: str, names: Names) -> dict[str, Any]:
    """Status, the headers that matter where they are not the usual ones, and the body."""
    made: dict[str, Any] = {"code": status}
    if (form := headers.get("Content-Type", "")) != "application/json":
        made["type"] = form
    for header in ("Warning", "Allow", "Retry-After", "WWW-Authenticate"):
        if values := [value for key, value in _items(headers) if key.lower() == header.lower()]:
            made[header.lower()] = [names.text(value) for value in values]
    if start := value_at(request.body, "metadata.generateName"):
        for name in re.findall(rf"\b{re.escape(start)}[a-z0-9]{{5}}\b", text):
            names.literal(names.text(start) + "*", name)
    document = None if request.raw else decoded(text)
    if isinstance(document, dict | list):
        sent = json.dumps(request.body) + request.path
        body = _chosen(_Body(names, sent).document(document), request, status)
        made |= _status(body) if _is_plain_status(body, status) else {"body": body}
    else:
        made["body"] = names.text(text)
    return made


def decoded(text: str) -> Any:
    """What a JSON text says; None for any other text."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def value_at(document: Any, path: str) -> Any:
    """What stands at ``spec.ports.0.port``, or None; names with dots stand in quotes."""
    for step in re.findall(r'"[^"]*"|[^.]+', path):
        key = step.strip('"')
        if isinstance(document, list) and key.isdigit():
            document = document[int(key)] if int(key) < len(document) else None
        elif isinstance(document, dict):
            document = document.get(key)
        else:
            return None
    return document


def _is_plain_status(body: Any, status: int) -> bool:
    """A Status that says what every Status says, besides what it has to say."""
    usual = {"kind": "Status", "apiVersion": "v1", "metadata": {}}
    if not isinstance(body, dict) or not body.items() >= usual.items():
        return False
    return body.get("code") == (status if body.get("status") == "Failure" else None)


def _status(body: dict[str, Any]) -> dict[str, Any]:
    told = [key for key in ("status", "reason", "message", "details") if key in body]
    rest = body.keys() - {*told, "kind", "apiVersion", "metadata", "code"}
    return {"status": body["status"]} | {key: body[key] for key in (*told[1:], *sorted(rest))}


def _items(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(headers.items())


def _chosen(document: Any, request: Exchange, status: int) -> Any:
    if request.only and status < 400:
        return {path: value_at(document, path) for path in request.only}
    for path in request.unordered:
        if isinstance(found := value_at(document, path), list):
            found.sort(key=json.dumps)
    for path in set(request.without) - ({"status"} if status >= 400 else set()):
        above, _, key = path.rpartition(".")
        place = value_at(document, above) if above else document
        if isinstance(place, dict):
            place.pop(key, None)
    return document


class _Body:
    """The document of one answer, made comparable."""

    def __init__(self, names: Names, sent: str) -> None:
        self._names = names
        self._sent = sent

    def document(self, value: Any, key: str = "", volatile: bool = False) -> Any:
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            if key == "managedFields":
                return sorted(_manager(entry, self._names) for entry in value if entry.get("manager") != _CONTROLLERS)
            if key == "columnDefinitions":
                return [_column(column) for column in value]
            if key == "cells":
                return [self._cell(item) for item in value]
            inner = {"clusterIPs": "clusterIP"}.get(key, "")
            return [self.document(item, inner) for item in value]
        return self._plain(value, key)

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        metadata = value.get("metadata")
        if isinstance(metadata, dict):
            value = value | {"metadata": self._metadata(metadata, "items" in value or "rows" in value)}
        if value.get("type") == "BOOKMARK":
            value["object"]["metadata"]["resourceVersion"] = "<revision>"
        return {self._names.text(key): self.document(item, key) for key, item in value.items()}

    def _metadata(self, metadata: dict[str, Any], of_list: bool) -> dict[str, Any]:
        """Revisions and generated names; a list's revision is the cluster's, which others move too."""
        told = dict(metadata)
        revision = told.get("resourceVersion")
        if isinstance(revision, str) and revision.isdigit() and revision != "0":
            told["resourceVersion"] = "<revision>" if of_list else self._names.of("revision", revision)
        if told.get("continue"):
            told["continue"] = "<continue>"
        return told

    def _plain(self, value: Any, key: str) -> Any:
        given = _GIVEN.get(key)
        if given and value and value != "None" and str(value) not in self._sent:
            return self._names.literal(given, str(value))
        if not isinstance(value, str):
            return value
        if value.startswith("LS0tLS1CRUdJTi") and value not in self._sent:
            return self._names.text(_revealed(value))
        return self._names.text(value)

    def _cell(self, value: Any) -> Any:
        if not isinstance(value, str):
            return self.document(value)
        if _AGE.fullmatch(value):
            return "<age>"
        return re.sub(
            r"(?<=:)3[0-2]\d{3}(?=/)", lambda found: self._names.of("port", found[0]), self._names.text(value)
        )


def _revealed(text: str) -> str:
    try:
        return base64.b64decode(text).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text


def _manager(entry: dict[str, Any], names: Names) -> str:
    """An entry of managedFields as a line. Its time is left out, and so is the order, which depends on it."""
    subresource = f" {entry['subresource']}" if "subresource" in entry else ""
    fields = names.text(_fields(entry.get("fieldsV1", {})))
    return names.text(
        f"{entry.get('manager')} {entry.get('operation')} {entry.get('apiVersion')}{subresource}: {fields}"
    )


def _column(column: dict[str, Any]) -> str:
    """A column of a table as a line, with the beginning of its description: they are long, and the same for many."""
    form, about = column.pop("format"), column.pop("description")
    told = f"{column.pop('name')}: {column.pop('type')} {form or '-'} {column.pop('priority')}"
    return f"{told} {about[:30]}{column or ''}".strip()


def _fields(tree: dict[str, Any]) -> str:
    """``{"f:data": {".": {}, "f:a": {}}}`` as ``data(. a)``."""
    told = []
    for key, inner in sorted(tree.items()):
        name = key.removeprefix("f:")
        told.append(f"{name}({_fields(inner)})" if inner else name)
    return " ".join(told)
